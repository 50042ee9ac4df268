/** How a node knows its callers. */
import { AdminSecret } from '../access/admin-secret.ts';
import { Credentials } from '../access/credentials.ts';
import { KnownTokens } from '../access/known-tokens.ts';
import type { TokenDeps } from '../access/manage-tokens.ts';
import { keepTokensKnown } from '../access/run.ts';
import type { JwtIssuerSettings } from '../adapters/jwt/issuer.ts';
import { dateAt } from '../adapters/system/clock.ts';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { Config } from '../config/schema.ts';
import type { CallerCheck, CredentialCheck } from '../ports/credentials.ts';
import type { Observe } from '../ports/observe.ts';
import type { TokenRegistry } from '../ports/token-registry.ts';
import { adminSecretIn } from './admin-token.ts';

/** What the API knows callers by; `off` where nothing is set up for it. */
export interface NodeAccess {
  readonly credentials: CallerCheck | 'off';
  readonly tokens: TokenDeps | 'off';
  /** Keeps up with tokens that other nodes make and revoke, until the signal aborts. Never rejects. */
  readonly keepUp: (signal: AbortSignal) => Promise<void>;
}

const OFF: NodeAccess = { credentials: 'off', tokens: 'off', keepUp: () => Promise.resolve() };

/**
 * What the settings amount to. Rejects with `config-invalid` where the file of the admin's token cannot be used, and
 * as the registry does where tokens cannot be read.
 */
export async function buildAccess(
  { adminTokenFile, jwt }: Config['auth'],
  parts: {
    readonly registry: TokenRegistry;
    readonly clock: Clock;
    readonly random: Random;
    readonly observe: Observe;
  },
): Promise<NodeAccess> {
  const issuer = issuerSettings(jwt);
  if (adminTokenFile === undefined && issuer === undefined) return OFF;
  const admin =
    adminTokenFile === undefined ? undefined : new AdminSecret(await adminSecretIn(adminTokenFile));
  const known = await KnownTokens.open(parts);
  return {
    credentials: new Credentials({
      admin,
      tokens: known,
      issuer: issuer && (await issuerCheck(issuer, parts.clock)),
    }),
    tokens: { ...parts, known },
    keepUp: (signal) => keepTokensKnown(known, parts, signal),
  };
}

/** Loaded on use: most nodes have no issuer. */
async function issuerCheck(settings: JwtIssuerSettings, clock: Clock): Promise<CredentialCheck> {
  const { JwtIssuer } = await import('../adapters/jwt/issuer.ts');
  return new JwtIssuer(settings, { clock, fetch, dateAt });
}

/** Undefined where no issuer is set; its three settings are set together. */
function issuerSettings(jwt: Config['auth']['jwt']): JwtIssuerSettings | undefined {
  const { issuer, audience, jwksUrl } = jwt;
  if (issuer === undefined || audience === undefined || jwksUrl === undefined) return undefined;
  return { ...jwt, issuer, audience, jwksUrl };
}
