import { AUTH_DEFAULTS } from './auth-schema.ts';
import type { WrittenSettings } from './schema.ts';

/**
 * What holds where nothing is set. Two settings are computed from others when they are missing: links
 * begin with the address that is listened on (`api.urlRoot`), and the signing key lies in the data
 * folder (`providers.webhook.signingKeyFile`).
 */
export function defaultSettings(machine: { readonly hostName: string }): WrittenSettings {
  return {
    node: {
      // Nodes of one cluster run on different machines, and a restart keeps the name.
      name: machine.hostName,
      // Need not be said where there is one region.
      region: undefined,
    },
    // Beside the project that is tried out, and hidden like other tools' state.
    dataFolder: '.lutra',
    api: {
      // Nobody is asked who they are unless that is set up, so only this machine may call.
      host: '127.0.0.1',
      // The port of the API that ours is compatible with.
      port: 9000,
      urlRoot: undefined,
      // Whoever connects could write the header.
      trustedProxies: [],
    },
    auth: AUTH_DEFAULTS,
    store: {
      // SQLite has one writer, so more partitions would only take turns.
      partitionCount: 1,
      // What a store promises is reported; whether that is enough is the operator's to say.
      durability: 'any',
    },
    ...CLUSTER,
    scheduler: {
      // Large enough that a commit's fixed cost vanishes, small enough that the event loop stays under 50 ms.
      batchMax: 200,
      // Only a net below wakes and timers, which are what makes policies punctual.
      pollMs: 1000,
      // Finds policies without a due entry, which no crash should leave: rare is enough.
      repairIntervalMs: 300_000,
    },
    converger: {
      // Groups looked at in one pass; the rest waits for the next, which follows at once.
      batchMax: 256,
      // What one provider's API usually takes without throttling.
      concurrencyPerProvider: 16,
      // Half of a provider's share: one tenant alone cannot hold up the others.
      concurrencyPerTenant: 8,
      // As the scheduler's: a net below wakes.
      pollMs: 1000,
      // Twice the longest call, so that a healthy pass never loses its lock, and a dead one is waited for a minute.
      lockTtlMs: 60_000,
      // The longest time-out that a group may ask its provider for.
      callTimeoutMs: 30_000,
      // A provider that restarts is back within seconds.
      backoffFirstMs: 1000,
      // A provider that is down for hours is asked every five minutes.
      backoffMaxMs: 300_000,
      // Drift that nobody reported is found within five minutes.
      selfHealIntervalMs: 300_000,
    },
    ownership: {
      // Ownership is read even where a watch stays silent; a take-over may wait this long.
      readIntervalMs: 2000,
      // Few enough that what moves is late by milliseconds, many enough that a new node has its share in seconds.
      handOverMax: 8,
      // Synchronised clocks differ by far less; more would be lateness that anybody sees.
      clockDifferenceMaxMs: 2000,
    },
    providers: {
      process: {
        enabled: true,
        // What runs is the users' own and outlives a restart of its manager.
        stopOnExit: false,
      },
      webhook: {
        enabled: true,
        // A tenant's URL must not reach this machine or its network unless its operator says so.
        allow: [],
        signingKeyFile: undefined,
      },
    },
    // No provider of ours knows images and flavors, so an operator has to say which there are.
    catalogue: { images: [], flavors: [], personality: { maxFiles: 0, maxFileBytes: 0 } },
    limits: {
      // The first four are Otter's limits, which its clients expect.
      maxGroups: 1000,
      maxPoliciesPerGroup: 100,
      maxWebhooksPerPolicy: 25,
      pageMax: 100,
      // A group with its 100 policies takes a tenth of this.
      bodyMaxBytes: 1_048_576,
      rates: RATES,
      streams: {
        // Each reads its group's history twice a second.
        perNode: 100,
        // A tenth of them, so that a few tenants cannot take all.
        perTenant: 10,
      },
    },
    // A line for each change that an operator cares about.
    log: { level: 'info' },
  };
}

/** What holds in a cluster. Nothing of it is needed by a node that stands alone. */
const CLUSTER: Pick<WrittenSettings, 'cluster' | 'etcd' | 'redis'> = {
  cluster: {
    // One cluster to an etcd is usual, and needs no name.
    name: 'lutra',
    // The region of an embedded node, and enough for a cluster in one place.
    regions: ['local'],
    // Spreads evenly over a few dozen nodes, and a list of all is still read at a glance.
    partitionCount: 64,
  },
  etcd: {
    // A node stands alone unless it is told of others.
    endpoints: [],
    username: undefined,
    passwordFile: undefined,
    caFile: undefined,
    certFile: undefined,
    keyFile: undefined,
    // A dead node is replaced within twice this; shorter ones end when a machine is merely busy.
    sessionTtlMs: 5000,
    // A region whose nodes are all restarted keeps its partitions.
    regionGraceMs: 60_000,
    // Three tries fit into a session.
    callTimeoutMs: 1500,
  },
  redis: {
    // The least to run.
    kind: 'single',
    urls: [],
    sentinelName: undefined,
    username: undefined,
    passwordFile: undefined,
    caFile: undefined,
    certFile: undefined,
    keyFile: undefined,
    // A single server has no replicas to wait for.
    waitReplicas: 0,
    // Healthy replicas take milliseconds; what they could not do in a second is told as not done.
    waitTimeoutMs: 1000,
  },
};

/** How often something may be asked; 0 for as often as it likes. */
const RATES: WrittenSettings['limits']['rates'] = {
  // 1000 was usual for Otter, and was not Otter's own: a gateway in front of it refused what was more. Whoever
  // sets groups up in bulk would be over it within seconds, so it is for operators to ask for.
  perTenantPerMinute: 0,
  // As that gateway had it. Whoever has the URL may call without saying who they are, and nobody has to so often.
  perCapabilityPerSecond: 10,
  // A person who mistypes needs a few, and a program that goes on with a token that has ended is no danger.
  failedLoginsPerMinute: 30,
  // The same; senders that know one good URL are not refused with it, whatever else they send.
  unknownCapabilitiesPerMinute: 30,
  // Five capabilities of a group at their own limit; each execution is a write to the group's record.
  executionsPerGroupPerSecond: 50,
  // Twice what a tenant may have. Of each one that is deleted, the key is kept for a day, outside of `maxGroups`.
  keyedCreationsPerTenantPerDay: 2000,
};
