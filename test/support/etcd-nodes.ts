/** Nodes that own partitions of one store in memory, and agree on that in a real etcd. */
import { MemoryStore } from '../../src/adapters/memory/store.ts';
import type { MemoryState } from '../../src/adapters/memory/state.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { systemRandom } from '../../src/adapters/system/random.ts';
import type { FencingToken, NodeId, PartitionId } from '../../src/domain/ids.ts';
import { runOwnership } from '../../src/ownership/run.ts';
import type { OwnershipEnd } from '../../src/ownership/run.ts';
import type { LutraEvent } from '../../src/ports/observe.ts';
import type { EtcdNode, EtcdWorld } from './etcd-fixture.ts';
import { untilOver } from './nodes.ts';

/** An event, and when it was told on the monotonic clock. */
type TimedEvent = LutraEvent & { readonly atMs: number };

/** One node that runs. */
export interface OwningNode extends EtcdNode {
  readonly events: readonly TimedEvent[];
  readonly ended: Promise<OwnershipEnd>;
  /** The tokens of the terms that run. */
  readonly owned: ReadonlyMap<PartitionId, FencingToken>;
  readonly stop: () => void;
  /** Whether it was told of such an event. */
  readonly told: (name: LutraEvent['event']) => boolean;
}

/** Starts a node of the world's cluster, in the only region. */
export function startOwning(world: EtcdWorld, state: MemoryState, name: string): OwningNode {
  const etcdNode = world.node();
  const events: TimedEvent[] = [];
  const owned = new Map<PartitionId, FencingToken>();
  const stopping = new AbortController();
  const observe = (event: LutraEvent): void => {
    events.push({ ...event, atMs: performance.now() });
    if (event.event === 'partition.acquired') owned.set(event.partition, event.token);
    if (event.event === 'partition.released') owned.delete(event.partition);
  };
  const ended = runOwnership(
    {
      ...{ coordination: etcdNode.coordination, store: new MemoryStore(state, systemClock) },
      ...{ clock: systemClock, random: systemRandom, observe },
    },
    {
      member: {
        ...{ node: name as NodeId, region: 'here', address: `http://${name}`, version: '1' },
        ...{ isDraining: false, unfitFor: [] },
      },
      ...{ readIntervalMs: 1_000, whenSessionEnds: 'rejoin', handOverMax: 8 },
    },
    { serve: untilOver, signal: stopping.signal },
  );
  ended.catch(() => undefined); // tests await it when they are ready for it
  return {
    ...etcdNode,
    ...{ events, ended, owned },
    stop: () => {
      stopping.abort();
    },
    told: (event) => events.some((one) => one.event === event),
  };
}
