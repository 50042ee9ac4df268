/** Clusters in etcd for tests, and processes that coordinate there. */
import { EtcdConnection } from '../../src/adapters/etcd/connection.ts';
import { EtcdCoordination } from '../../src/adapters/etcd/coordination.ts';
import { initCluster } from '../../src/adapters/etcd/init.ts';
import type { ClusterSettings } from '../../src/adapters/etcd/init.ts';
import type { EtcdSettings } from '../../src/adapters/etcd/options.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { systemRandom } from '../../src/adapters/system/random.ts';
import type { LutraError } from '../../src/base/errors.ts';
import type { LeasedFixture } from '../contract/coordination/world.ts';
import { LAYOUT } from './builders.ts';

/** What tests make clusters with. */
export const MADE = { identity: 'the store', layout: LAYOUT };

/** One node's way to etcd. */
export interface EtcdNode {
  readonly connection: EtcdConnection;
  readonly coordination: EtcdCoordination;
  /** The epoch after each time that it gave an emptied etcd what it knows. */
  readonly refills: readonly number[];
  /** What it said of keys that it could not read. */
  readonly malformed: readonly LutraError[];
}

/** A cluster of a name of its own, and the nodes that were made for it. */
export interface EtcdWorld extends LeasedFixture {
  readonly settings: EtcdSettings;
  /** A node that has not joined; `change` is how it differs from the others. */
  readonly node: (change?: Partial<EtcdSettings>) => EtcdNode;
}

/** Makes a cluster that nobody else uses. */
export async function anEtcdWorld(
  given: Partial<EtcdSettings> & Pick<EtcdSettings, 'endpoints'>,
  made: ClusterSettings = MADE,
): Promise<EtcdWorld> {
  const cluster = `test-${systemRandom.hex(6)}`;
  const times = { ttlMs: 3_000, graceMs: 3_000, callTimeoutMs: 1_000 };
  const settings: EtcdSettings = { cluster, ...times, ...given };
  const connections: EtcdConnection[] = [];

  function node(change: Partial<EtcdSettings> = {}): EtcdNode {
    const connection = new EtcdConnection(
      { ...settings, ...change },
      { clock: systemClock, random: systemRandom },
    );
    connections.push(connection);
    const refills: number[] = [];
    const malformed: LutraError[] = [];
    const coordination = new EtcdCoordination(connection, {
      known: made,
      onRefill: (epoch) => void refills.push(epoch),
      onMalformed: (error) => void malformed.push(error),
    });
    return { connection, coordination, refills, malformed };
  }

  await initCluster(node().connection, made);
  return {
    settings,
    node,
    ttlMs: settings.ttlMs,
    graceMs: settings.graceMs,
    process: () => Promise.resolve(node().coordination),
    pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    close: () => {
      for (const connection of connections) connection.close();
      return Promise.resolve();
    },
  };
}
