/**
 * What can be set, and within which bounds. Which settings depend on one another is in `relations.ts`.
 */
import { z } from 'zod';

import {
  isRegionName,
  wrongWithEndpoint,
  wrongWithHost,
  wrongWithRange,
  wrongWithRedisEntry,
  wrongWithUrlRoot,
} from './addresses.ts';
import { AUTH_SETTINGS } from './auth-schema.ts';
import type { AuthConfig } from './auth-schema.ts';
import { oneOf, section, textThat, wholeNumber } from './shape.ts';

const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** How much is logged: this level and those after it. */
type LogLevel = (typeof LOG_LEVELS)[number];

const DURABILITIES = ['any', 'strict'] as const;

/**
 * What a store has to promise about acknowledged writes. `any`: what it promises is reported. `strict`: a
 * node refuses to start where one could be lost.
 */
type Durability = (typeof DURABILITIES)[number];

const REDIS_KINDS = ['single', 'sentinel', 'cluster'] as const;

/** What Redis runs as: one server, servers behind sentinels, or a Redis Cluster. */
type RedisKind = (typeof REDIS_KINDS)[number];

/** The statuses that Nova gives images. Servers can be made of an active one only. */
const IMAGE_STATUSES = ['ACTIVE', 'DELETED', 'ERROR', 'SAVING', 'UNKNOWN'] as const;

/** An image that there is, whether it can be used or not. */
export interface CatalogueImage {
  readonly id: string;
  readonly status: (typeof IMAGE_STATUSES)[number];
}

/** How to show who one is and to know who others are; all PEM, all by absolute path. */
interface TlsFiles {
  /** Certificates of those who may sign for servers; undefined for those that Node trusts. */
  readonly caFile: string | undefined;
  /** What this node shows to servers; set together with `keyFile`. */
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
}

/**
 * Everything about a node that can be set. Keys and passwords are named by their file. One place may hold a
 * secret all the same: a URL of Redis may have a password in it, so URLs are shown without (`withoutPassword`).
 */
export interface Config {
  readonly node: {
    /** How this node is called in logs and in its status. */
    readonly name: string;
    /** The one of `cluster.regions` that this node is in; undefined only where there is one. */
    readonly region: string | undefined;
  };
  /** Absolute path of the folder that holds the store, the node's address and its signing key. */
  readonly dataFolder: string;
  readonly api: {
    /** An address, or `localhost`; one of this machine alone where nobody is asked who they are. */
    readonly host: string;
    /** 0 takes any free port. */
    readonly port: number;
    /** What links in replies begin with, without a slash at the end; undefined for the address that is listened on. */
    readonly urlRoot: string | undefined;
    /** Addresses or ranges of proxies whose `X-Forwarded-For` is believed. */
    readonly trustedProxies: readonly string[];
  };
  readonly auth: AuthConfig;
  readonly store: {
    /** Of a node that stands alone; read once, when its file is made. */
    readonly partitionCount: number;
    readonly durability: Durability;
  };
  /** What is fixed when a cluster is made. A node refuses to start where etcd says otherwise. */
  readonly cluster: {
    /** What keys in etcd begin with: several clusters may share one etcd. */
    readonly name: string;
    /** Their order decides who stands in for a region without nodes. At least one, each once. */
    readonly regions: readonly string[];
    /** Partitions of each region. */
    readonly partitionCount: number;
  };
  readonly etcd: TlsFiles & {
    /** Its members: `http://host:port`, or all of them `https://`. Empty where the node stands alone. */
    readonly endpoints: readonly string[];
    /** Set together with `passwordFile`. */
    readonly username: string | undefined;
    /** Absolute path. */
    readonly passwordFile: string | undefined;
    /** How long a node that fell silent keeps its partitions; at least 3000. */
    readonly sessionTtlMs: number;
    /** For how long after its last node's session a region waits for nodes before others stand in. */
    readonly regionGraceMs: number;
    /** Below `sessionTtlMs`. */
    readonly callTimeoutMs: number;
  };
  /** Certificates, where there are any, turn TLS on, as `rediss://` does. */
  readonly redis: TlsFiles & {
    readonly kind: RedisKind;
    /**
     * `URL` for every region or `region=URL` for one, all of one form. A region has one server, or one or
     * more sentinels or nodes of a Redis Cluster. Empty exactly where `etcd.endpoints` is. May hold passwords.
     */
    readonly urls: readonly string[];
    /** What the sentinels call the primary; set where `kind` is `sentinel`. */
    readonly sentinelName: string | undefined;
    /** The ACL user, in place of what URLs say; undefined for the default user. */
    readonly username: string | undefined;
    /** Absolute path. Counts in place of passwords in URLs, but of those for sentinels. */
    readonly passwordFile: string | undefined;
    /** How many replicas must have a write before anybody is told of it; 0 asks none. */
    readonly waitReplicas: number;
    /** How long they may take; below 1500. */
    readonly waitTimeoutMs: number;
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
  readonly ownership: {
    readonly readIntervalMs: number;
    /** Partitions that a node gives to others in one round. */
    readonly handOverMax: number;
    /** A node whose clock is further than this from a store's does not own partitions there. */
    readonly clockDifferenceMaxMs: number;
  };
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
  /** What launch configurations of servers may ask for. What is empty or 0 is not checked. */
  readonly catalogue: {
    readonly images: readonly CatalogueImage[];
    readonly flavors: readonly string[];
    readonly personality: {
      readonly maxFiles: number;
      readonly maxFileBytes: number;
    };
  };
  readonly limits: {
    readonly maxGroups: number;
    readonly maxPoliciesPerGroup: number;
    readonly maxWebhooksPerPolicy: number;
    readonly pageMax: number;
    readonly bodyMaxBytes: number;
    /** Requests; 0 for as many as come. */
    readonly rates: {
      readonly perTenantPerMinute: number;
      readonly perCapabilityPerSecond: number;
      /** Credentials that are not good, from one address. */
      readonly failedLoginsPerMinute: number;
      /** Capabilities that nothing has, from one address. */
      readonly unknownCapabilitiesPerMinute: number;
      /** By capabilities. */
      readonly executionsPerGroupPerSecond: number;
      /** Groups that are created with an idempotency key. */
      readonly keyedCreationsPerTenantPerDay: number;
    };
    /** Streams at once. */
    readonly streams: {
      readonly perNode: number;
      readonly perTenant: number;
    };
  };
  readonly log: { readonly level: LogLevel };
}

/** Settings as they are written: paths may be relative, and what is computed where it is missing may be left out. */
export type WrittenSettings = z.infer<typeof WRITTEN_SETTINGS>;

const DAY_MS = 86_400_000;
/** How long a command to Redis may take, which a wait for replicas is part of. */
const REDIS_COMMAND_MS = 1500;
const interval = wholeNumber(10, DAY_MS);
const switchedOn = z.boolean({ error: 'write true or false' });
const path = textThat('write a path', (text) =>
  /^$|\p{Cc}/u.test(text) ? 'is not a path' : undefined,
);
const word = (what: string): z.ZodString =>
  textThat('write 1 to 255 characters without blanks', (text) =>
    /^[^\s\p{C}]{1,255}$/u.test(text) ? undefined : `is not a name for ${what}`,
  );
const region = textThat(
  'write 1 to 63 lower-case letters, digits and -, and no - in front',
  (text) => (isRegionName(text) ? undefined : 'is not a name for a region'),
);
/** The region of a group is one byte of its id. */
const REGIONS_MAX = 256;
const REGIONS = `write a list of 1 to ${REGIONS_MAX} regions such as [eu, us]`;
const partitionCount = wholeNumber(1, 1024);
const listOf = (item: z.ZodString, error: string): z.ZodArray<z.ZodString> =>
  z.array(item, { error });
/** As a launch configuration names it. */
const reference = (what: string): z.ZodString =>
  textThat('write 1 to 255 characters without blanks, in quotes where they are digits', (text) =>
    /^\S{1,255}$/.test(text) ? undefined : `is not the id of ${what}`,
  );
const imageId = reference('an image');
const IMAGE = `write an id, or { id, status } with one of ${IMAGE_STATUSES.join(', ')} as status`;
const tlsFiles = {
  caFile: path.optional(),
  certFile: path.optional(),
  keyFile: path.optional(),
};

/** The shape of `WrittenSettings`. */
export const WRITTEN_SETTINGS = section({
  node: section({
    name: word('a node'),
    region: region.optional(),
  }),
  dataFolder: path,
  api: section({
    host: textThat('write 127.0.0.1, ::1, localhost or another address', wrongWithHost),
    port: wholeNumber(0, 65_535),
    urlRoot: textThat(
      'write http:// or https:// with a host, and no slash at the end',
      wrongWithUrlRoot,
    ).optional(),
    trustedProxies: listOf(
      textThat('write an address, or a range such as 10.0.0.0/8', wrongWithRange),
      'write a list of addresses such as [127.0.0.1]',
    ),
  }),
  auth: AUTH_SETTINGS,
  store: section({ partitionCount, durability: oneOf(DURABILITIES) }),
  cluster: section({
    name: textThat('write 1 to 64 letters, digits, dots, _ and -', (text) =>
      /^[A-Za-z0-9._-]{1,64}$/.test(text) ? undefined : 'is not a name for a cluster',
    ),
    regions: listOf(region, REGIONS).min(1, REGIONS).max(REGIONS_MAX, REGIONS),
    partitionCount,
  }),
  etcd: section({
    endpoints: listOf(
      textThat('write http://host:port or https://host:port', wrongWithEndpoint),
      'write a list of addresses such as [http://127.0.0.1:2379]',
    ),
    username: word('a user').optional(),
    passwordFile: path.optional(),
    ...tlsFiles,
    sessionTtlMs: wholeNumber(3000, DAY_MS),
    regionGraceMs: wholeNumber(0, DAY_MS),
    callTimeoutMs: interval,
  }),
  redis: section({
    kind: oneOf(REDIS_KINDS),
    urls: listOf(
      textThat(
        'write redis://host:port or region=redis://host:port, with rediss:// for TLS and user:password@ before the host where it is needed',
        wrongWithRedisEntry,
      ),
      'write a list of addresses such as [redis://127.0.0.1:6379]',
    ),
    sentinelName: word('a primary').optional(),
    username: word('a user').optional(),
    passwordFile: path.optional(),
    ...tlsFiles,
    waitReplicas: wholeNumber(0, 100),
    waitTimeoutMs: wholeNumber(10, REDIS_COMMAND_MS - 1),
  }),
  scheduler: section({
    // What a store takes at once.
    batchMax: wholeNumber(1, 200),
    pollMs: interval,
    repairIntervalMs: interval,
  }),
  converger: section({
    batchMax: wholeNumber(1, 1000),
    concurrencyPerProvider: wholeNumber(1, 1000),
    concurrencyPerTenant: wholeNumber(1, 1000),
    pollMs: interval,
    lockTtlMs: interval,
    callTimeoutMs: interval,
    backoffFirstMs: interval,
    backoffMaxMs: interval,
    selfHealIntervalMs: interval,
  }),
  ownership: section({
    readIntervalMs: interval,
    handOverMax: wholeNumber(1, 1024),
    clockDifferenceMaxMs: interval,
  }),
  providers: section({
    process: section({ enabled: switchedOn, stopOnExit: switchedOn }),
    webhook: section({
      enabled: switchedOn,
      allow: listOf(
        textThat('write an address range such as 127.0.0.0/8', wrongWithRange),
        'write a list of address ranges such as [127.0.0.0/8]',
      ),
      signingKeyFile: path.optional(),
    }),
  }),
  catalogue: section({
    images: z.array(
      z.union([imageId, section({ id: imageId, status: oneOf(IMAGE_STATUSES).optional() })], {
        error: IMAGE,
      }),
      { error: 'write a list of images such as [b1, { id: b2, status: SAVING }]' },
    ),
    flavors: listOf(reference('a flavor'), 'write a list of ids such as ["2", performance1-1]'),
    personality: section({
      maxFiles: wholeNumber(0, 1_000_000),
      maxFileBytes: wholeNumber(0, 67_108_864),
    }),
  }),
  limits: section({
    maxGroups: wholeNumber(1, 1_000_000),
    maxPoliciesPerGroup: wholeNumber(1, 1000),
    // Every use of a capability looks at all webhooks of its group.
    maxWebhooksPerPolicy: wholeNumber(1, 100),
    pageMax: wholeNumber(1, 1000),
    bodyMaxBytes: wholeNumber(1024, 67_108_864),
    rates: section({
      perTenantPerMinute: wholeNumber(0, 1_000_000),
      perCapabilityPerSecond: wholeNumber(0, 1_000_000),
      failedLoginsPerMinute: wholeNumber(0, 1_000_000),
      unknownCapabilitiesPerMinute: wholeNumber(0, 1_000_000),
      executionsPerGroupPerSecond: wholeNumber(0, 1_000_000),
      keyedCreationsPerTenantPerDay: wholeNumber(0, 1_000_000),
    }),
    // Below the connections that a node accepts, of which some must be left for requests.
    streams: section({ perNode: wholeNumber(0, 500), perTenant: wholeNumber(0, 500) }),
  }),
  log: section({ level: oneOf(LOG_LEVELS) }),
});
