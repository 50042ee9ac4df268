import type { WrittenSettings } from './schema.ts';

/**
 * What holds where nothing is set. Two settings are computed from others when they are missing: links
 * begin with the address that is listened on (`api.urlRoot`), and the signing key lies in the data
 * folder (`providers.webhook.signingKeyFile`).
 */
export function defaultSettings(machine: { readonly hostName: string }): WrittenSettings {
  return {
    // Nodes of one cluster run on different machines, and a restart keeps the name.
    node: { name: machine.hostName },
    // Beside the project that is tried out, and hidden like other tools' state.
    dataFolder: '.lutra',
    api: {
      // There is no authentication yet, so only this machine may call.
      host: '127.0.0.1',
      // The port of the API that ours is compatible with.
      port: 9000,
      urlRoot: undefined,
    },
    // SQLite has one writer, so more partitions would only take turns.
    store: { partitionCount: 1 },
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
    // Ownership is read even where a watch stays silent; a take-over may wait this long.
    ownership: { readIntervalMs: 2000 },
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
    limits: {
      // The first three are Otter's limits, which its clients expect.
      maxGroups: 1000,
      maxPoliciesPerGroup: 100,
      pageMax: 100,
      // A group with its 100 policies takes a tenth of this.
      bodyMaxBytes: 1_048_576,
    },
    // A line for each change that an operator cares about.
    log: { level: 'info' },
  };
}
