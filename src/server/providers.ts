import { join } from 'node:path';
import { ProcessProvider } from '../adapters/providers/process/provider.ts';
import { WebhookProvider } from '../adapters/providers/webhook/provider.ts';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { readEnvironment } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import type { Observe } from '../ports/observe.ts';
import type { CapacityProvider } from '../ports/provider.ts';
import { sharedSigningKey, signingKey } from './signing-key.ts';

/**
 * The providers that the configuration switches on, by launch type; in a cluster none that runs something on one
 * machine, since a group's next owner may be on another. `scope` tells our processes from those of others.
 */
export async function buildProviders(
  config: Pick<Config, 'dataFolder' | 'providers'>,
  parts: {
    readonly mode: 'embedded' | 'cluster';
    readonly scope: string;
    readonly version: string;
    readonly clock: Clock;
    readonly random: Random;
    readonly observe: Observe;
    /** Whether processes end when the provider is closed; asked then. */
    readonly stopsProcesses: () => boolean;
  },
): Promise<ReadonlyMap<string, CapacityProvider>> {
  const { process, webhook } = config.providers;
  const providers: CapacityProvider[] = [];
  if (process.enabled && parts.mode === 'embedded') {
    providers.push(
      new ProcessProvider({
        ...parts,
        logFolder: join(config.dataFolder, 'processes'),
        environment: readEnvironment(),
        stopsAtClose: parts.stopsProcesses,
      }),
    );
  }
  if (webhook.enabled) {
    providers.push(
      new WebhookProvider({
        ...parts,
        signingKey: await (parts.mode === 'cluster'
          ? sharedSigningKey(webhook.signingKeyFile)
          : signingKey(webhook.signingKeyFile, parts.random)),
        allow: webhook.allow,
      }),
    );
  }
  return new Map(providers.map((provider) => [provider.type, provider]));
}
