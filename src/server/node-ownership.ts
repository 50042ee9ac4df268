import type { Clock } from '../base/clock.ts';
import { Gate } from '../base/gate.ts';
import type { Random } from '../base/random.ts';
import { Slots } from '../convergence/slots.ts';
import { regionOf } from '../domain/partition/partition-of.ts';
import { runOwnership } from '../ownership/run.ts';
import type { OwnershipEnd } from '../ownership/run.ts';
import type { Observe } from '../ports/observe.ts';
import type { Config } from '../config/schema.ts';
import type { Foundation } from './foundation.ts';
import type { NodeParts } from './node-parts.ts';
import { serveTerm } from './serve-term.ts';
import type { ServeDeps, ServeSettings } from './serve-term.ts';

/**
 * Large batches that are under way at once: enough that the store and this process both always have something to
 * do, few enough that the event loop has its turn between them.
 */
const BACKLOG_PASSES_MAX = 4;

/** What owning takes of a node. Time and chance are handed in: with others in their place a whole cluster can be replayed. */
export interface OwnershipParts extends Pick<
  NodeParts,
  'node' | 'version' | 'presence' | 'providers' | 'occurrencesOf' | 'timeZones'
> {
  readonly clock: Clock;
  readonly random: Random;
  readonly observe: Observe;
  readonly config: Pick<Config, 'scheduler' | 'converger' | 'ownership'>;
  readonly foundation: Pick<
    Foundation,
    | 'region'
    | 'store'
    | 'calendars'
    | 'coordination'
    | 'ownership'
    | 'holdMs'
    | 'sweepDelayMs'
    | 'mendLists'
    | 'accompany'
  >;
}

/** Owns what this node should, and works on it, until the signal aborts. Ends and rejects as `runOwnership` does. */
export async function ownPartitions(
  parts: OwnershipParts,
  at: { readonly address: string; readonly signal: AbortSignal },
): Promise<OwnershipEnd> {
  const { config, version, node, clock, random, observe, foundation, presence } = parts;
  const { coordination, store, region, ownership } = foundation;
  const deps = serveDeps(parts);
  const gatesOf = regionalGates();
  const settings = serveSettings(parts);
  const over = new AbortController();
  let accompanying: Promise<void> = Promise.resolve();
  try {
    return await runOwnership(
      { coordination, store, random, clock, observe },
      {
        member: {
          ...{ node, region, address: at.address, version },
          ...{ isDraining: false, unfitFor: [] },
        },
        ...ownership,
        readIntervalMs: config.ownership.readIntervalMs,
      },
      {
        serve: (term) =>
          serveTerm(
            term,
            {
              ...deps,
              ...gatesOf(regionOf(term.partition)),
              holdMs: () => foundation.holdMs(regionOf(term.partition)),
              mendLists: (groups) => foundation.mendLists(term.partition, groups),
            },
            settings,
          ),
        signal: at.signal,
        onMembership: (membership) => {
          presence.membership = membership;
          accompanying = foundation.accompany(membership, over.signal);
        },
      },
    );
  } finally {
    presence.isOver = true;
    over.abort();
    await accompanying;
  }
}

type Gates = Pick<ServeDeps, 'backlog' | 'sweeping'>;

/** Each region has its own: a store that is slow to answer holds up nothing but itself. */
function regionalGates(): (region: string) => Gates {
  const gates = new Map<string, Gates>();
  return (region) => {
    const found = gates.get(region) ?? {
      backlog: new Gate(BACKLOG_PASSES_MAX),
      sweeping: new Gate(1),
    };
    gates.set(region, found);
    return found;
  };
}

function serveDeps({
  config,
  clock,
  random,
  observe,
  foundation,
  providers,
  occurrencesOf,
  timeZones,
}: OwnershipParts): Omit<ServeDeps, 'holdMs' | 'mendLists' | keyof Gates> {
  const { converger } = config;
  return {
    ...{ store: foundation.store, calendars: foundation.calendars, clock, random, observe },
    ...{ occurrencesOf, timeZones, providers },
    slots: new Slots({
      perProvider: converger.concurrencyPerProvider,
      perTenant: converger.concurrencyPerTenant,
    }),
  };
}

function serveSettings({
  config: { scheduler, converger },
  foundation: { sweepDelayMs },
}: OwnershipParts): ServeSettings {
  return {
    ...{ sweepDelayMs, scheduler },
    converger: {
      ...converger,
      backoff: { firstMs: converger.backoffFirstMs, maxMs: converger.backoffMaxMs },
    },
  };
}
