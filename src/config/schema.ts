/**
 * What can be set, within which bounds, and which settings depend on one another.
 */
import { isIP, isIPv4 } from 'node:net';

import { z } from 'zod';

import { oneOf, section, textThat, wholeNumber } from './shape.ts';

const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** How much is logged: this level and those after it. */
type LogLevel = (typeof LOG_LEVELS)[number];

/** Everything about a node that can be set. No value is a secret: keys are named by their file. */
export interface Config {
  readonly node: {
    /** How this node is called in logs and in its status. */
    readonly name: string;
  };
  /** Absolute path of the folder that holds the store, the node's address and its signing key. */
  readonly dataFolder: string;
  readonly api: {
    /** A loopback address or `localhost`. */
    readonly host: string;
    /** 0 takes any free port. */
    readonly port: number;
    /** What links in replies begin with, without a slash at the end; undefined for the address that is listened on. */
    readonly urlRoot: string | undefined;
  };
  readonly store: {
    /** Read once, when the store is made. */
    readonly partitionCount: number;
  };
  readonly scheduler: {
    readonly batchMax: number;
    readonly pollMs: number;
    readonly repairIntervalMs: number;
  };
  readonly converger: {
    readonly batchMax: number;
    readonly concurrencyPerProvider: number;
    readonly concurrencyPerTenant: number;
    readonly pollMs: number;
    readonly lockTtlMs: number;
    /** Below `lockTtlMs`. */
    readonly callTimeoutMs: number;
    readonly backoffFirstMs: number;
    /** Not below `backoffFirstMs`. */
    readonly backoffMaxMs: number;
    readonly selfHealIntervalMs: number;
  };
  readonly ownership: { readonly readIntervalMs: number };
  readonly providers: {
    readonly process: {
      readonly enabled: boolean;
      /** Whether the processes of all groups end with the node. */
      readonly stopOnExit: boolean;
    };
    readonly webhook: {
      readonly enabled: boolean;
      /** Addresses, and ranges of them (CIDR), that may be called although they are private. */
      readonly allow: readonly string[];
      /** Absolute path of the key that signs requests. */
      readonly signingKeyFile: string;
    };
  };
  readonly limits: {
    readonly maxGroups: number;
    readonly maxPoliciesPerGroup: number;
    readonly pageMax: number;
    readonly bodyMaxBytes: number;
  };
  readonly log: { readonly level: LogLevel };
}

/** Settings as they are written: paths may be relative, and what is computed where it is missing may be left out. */
export type WrittenSettings = z.infer<typeof WRITTEN_SETTINGS>;

const DAY_MS = 86_400_000;
const interval = wholeNumber(10, DAY_MS);
const switchedOn = z.boolean({ error: 'write true or false' });
const path = textThat('write a path', (text) =>
  /^$|\p{Cc}/u.test(text) ? 'is not a path' : undefined,
);

/** The shape of `WrittenSettings`. */
export const WRITTEN_SETTINGS = section({
  node: section({
    name: textThat('write 1 to 255 characters without blanks', (text) =>
      /^[^\s\p{C}]{1,255}$/u.test(text) ? undefined : 'is not a name for a node',
    ),
  }),
  dataFolder: path,
  api: section({
    host: textThat('write 127.0.0.1, ::1 or localhost', wrongWithHost),
    port: wholeNumber(0, 65_535),
    urlRoot: textThat(
      'write http:// or https:// with a host, and no slash at the end',
      wrongWithUrlRoot,
    ).optional(),
  }),
  store: section({ partitionCount: wholeNumber(1, 1024) }),
  scheduler: section({
    batchMax: wholeNumber(1, 10_000),
    pollMs: interval,
    repairIntervalMs: interval,
  }),
  converger: section({
    batchMax: wholeNumber(1, 10_000),
    concurrencyPerProvider: wholeNumber(1, 1000),
    concurrencyPerTenant: wholeNumber(1, 1000),
    pollMs: interval,
    lockTtlMs: interval,
    callTimeoutMs: interval,
    backoffFirstMs: interval,
    backoffMaxMs: interval,
    selfHealIntervalMs: interval,
  }),
  ownership: section({ readIntervalMs: interval }),
  providers: section({
    process: section({ enabled: switchedOn, stopOnExit: switchedOn }),
    webhook: section({
      enabled: switchedOn,
      allow: z.array(textThat('write an address range such as 127.0.0.0/8', wrongWithRange), {
        error: 'write a list of address ranges such as [127.0.0.0/8]',
      }),
      signingKeyFile: path.optional(),
    }),
  }),
  limits: section({
    maxGroups: wholeNumber(1, 1_000_000),
    maxPoliciesPerGroup: wholeNumber(1, 1000),
    pageMax: wholeNumber(1, 1000),
    bodyMaxBytes: wholeNumber(1024, 67_108_864),
  }),
  log: section({ level: oneOf(LOG_LEVELS) }),
});

/** Whoever reaches the API may change everything, so nothing but this machine may reach it. */
function wrongWithHost(text: string): string | undefined {
  const isLoopback =
    text === 'localhost' || text === '::1' || (isIPv4(text) && text.startsWith('127.'));
  return isLoopback
    ? undefined
    : 'is not an address of this machine alone, and there is no authentication yet';
}

function wrongWithUrlRoot(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) return 'is not a web URL';
  if (url.username !== '' || url.password !== '')
    return 'holds credentials, which links would show';
  if (/[?#]|\/$/.test(text)) return 'ends in something that links cannot be added to';
  return undefined;
}

function wrongWithRange(text: string): string | undefined {
  const [address = '', bits, ...rest] = text.split('/');
  // isIP lets an interface (`fe80::1%eth0`) pass, which no range has.
  const version = address.includes('%') ? 0 : isIP(address);
  const bitsMax = { 4: 32, 6: 128 }[version] ?? -1;
  const hasBits = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= bitsMax);
  return version !== 0 && hasBits && rest.length === 0 ? undefined : 'is not an address range';
}

/** The longest that the webhook provider lets a group's own time-out be. */
const WEBHOOK_TIMEOUT_MAX_MS = 30_000;
/** The longest that processes may take to stop: a group's own time, and what SIGKILL takes after it. */
const PROCESS_STOP_MAX_MS = 25_000;

/** One setting that does not go together with another. */
export interface RelationProblem {
  /** The settings concerned, the one to blame first. */
  readonly keys: readonly string[];
  readonly text: string;
}

/** What is wrong with settings that are right one by one. */
export function relationProblems(settings: WrittenSettings): readonly RelationProblem[] {
  const { converger, providers } = settings;
  const { callTimeoutMs, lockTtlMs, backoffFirstMs, backoffMaxMs } = converger;
  const problems: RelationProblem[] = [];
  if (callTimeoutMs >= lockTtlMs) {
    problems.push({
      keys: ['converger.callTimeoutMs', 'converger.lockTtlMs'],
      text: `a call to a provider must end before the lock of its group does, received callTimeoutMs ${String(callTimeoutMs)} and lockTtlMs ${String(lockTtlMs)}; write a callTimeoutMs below lockTtlMs`,
    });
  }
  if (backoffFirstMs > backoffMaxMs) {
    problems.push({
      keys: ['converger.backoffFirstMs', 'converger.backoffMaxMs'],
      text: `waits between attempts grow, received backoffFirstMs ${String(backoffFirstMs)} and backoffMaxMs ${String(backoffMaxMs)}; write a backoffFirstMs of at most backoffMaxMs`,
    });
  }
  const needs = [
    { name: 'webhook', isEnabled: providers.webhook.enabled, ms: WEBHOOK_TIMEOUT_MAX_MS },
    { name: 'process', isEnabled: providers.process.enabled, ms: PROCESS_STOP_MAX_MS },
  ];
  for (const { name, isEnabled, ms } of needs) {
    if (!isEnabled || callTimeoutMs >= ms) continue;
    problems.push({
      keys: ['converger.callTimeoutMs', `providers.${name}.enabled`],
      text: `a group may ask the ${name} provider for ${String(ms)} ms, received ${String(callTimeoutMs)}; write at least ${String(ms)}, or switch the ${name} provider off`,
    });
  }
  return problems;
}
