/** The store's Redis: alone, or with a replica on a link that can be cut, which may take its place. */
import type { Store } from '../../src/ports/store.ts';
import { startRedis } from '../support/redis-server.ts';
import type { TestRedis } from '../support/redis-server.ts';
import { startReplica } from '../support/redis-topologies.ts';
import { startProxy } from '../support/tcp-proxy.ts';
import type { ProxyMode, TcpProxy } from '../support/tcp-proxy.ts';

export interface Redis {
  readonly port: () => number;
  readonly url: () => string;
  readonly server: () => TestRedis;
  /** The cluster's store on the server that is the primary now, opened beside the nodes. */
  readonly store: () => Store;
  /** Opens it, once the cluster is made. */
  readonly openStore: () => Promise<void>;
  /** Sets the link from the primary to its replica. */
  readonly cutReplica: (mode: ProxyMode) => void;
  /**
   * Kills the primary and promotes its replica, whose store is opened. A new replica is not there yet, so that
   * nothing can be written. Answers the port of the new primary.
   */
  readonly promote: () => Promise<number>;
  /** Gives the primary a replica again. */
  readonly addReplica: () => Promise<void>;
  readonly close: () => Promise<void>;
}

interface Replica {
  readonly server: TestRedis;
  readonly link: TcpProxy;
}

const WITH_REPLICA = ['min-replicas-to-write', '1', 'min-replicas-max-lag', '10'];

/** Starts it, with AOF `always`. */
export async function openRedis(options: {
  readonly hasReplica: boolean;
  readonly openStore: (url: string) => Promise<Store>;
}): Promise<Redis> {
  const settings = options.hasReplica ? WITH_REPLICA : [];
  let primary = await startRedis({ fsync: 'always', settings });
  let replica: Replica | undefined;
  let store: Store | undefined;
  const gone: (() => Promise<void>)[] = [];

  async function addReplica(): Promise<void> {
    const link = await startProxy(primary.port);
    const server = await startReplica(primary, { port: link.port, fsync: 'always', settings });
    replica = { server, link };
  }
  async function reopenStore(): Promise<void> {
    await store?.close();
    store = await options.openStore(primary.url);
  }

  if (options.hasReplica) await addReplica();
  return {
    port: () => primary.port,
    url: () => primary.url,
    server: () => primary,
    store: () => {
      if (store === undefined) throw new Error('the store is not open');
      return store;
    },
    openStore: reopenStore,
    cutReplica: (mode) => replica?.link.setMode(mode),
    promote: async () => {
      if (replica === undefined) throw new Error('there is no replica');
      const { server, link } = replica;
      const old = primary;
      await old.kill();
      await link.close();
      await server.send('REPLICAOF', 'NO', 'ONE');
      gone.push(() => old.remove());
      replica = undefined;
      primary = server;
      await reopenStore();
      return primary.port;
    },
    addReplica,
    close: async () => {
      await store?.close();
      await replica?.server.remove();
      await replica?.link.close();
      await primary.remove();
      for (const remove of gone) await remove();
    },
  };
}
