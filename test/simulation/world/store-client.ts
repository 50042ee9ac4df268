import { LutraError } from '../../../src/base/errors.ts';
import type { PartitionLayout } from '../../../src/domain/partition/partition-of.ts';
import type { Store, Wake } from '../../../src/ports/store.ts';
import type { Network } from './network.ts';
import type { SimProcess } from './process.ts';
import type { StoreServer } from './store-server.ts';

export interface StoreClientParts {
  readonly process: SimProcess;
  readonly node: string;
  readonly network: Network;
  readonly server: StoreServer;
  readonly timeoutMs: number;
}

/** A connection of one process to one store. */
export class StoreClient implements Store {
  readonly identity: string;
  readonly layout: PartitionLayout;
  readonly #parts: StoreClientParts;
  readonly #subscriptions = new Set<() => void>();

  constructor(parts: StoreClientParts) {
    this.identity = parts.server.identity;
    this.layout = parts.server.layout;
    this.#parts = parts;
  }

  readonly acquire: Store['acquire'] = (partition, token) =>
    this.#call('acquire', (server, process) => server.acquire(process, partition, token));
  readonly due: Store['due'] = (partition, limit) =>
    this.#read('due', (store) => store.due(partition, limit));
  readonly commit: Store['commit'] = (partition, token, units) =>
    this.#call(typeof token === 'string' ? 'commit' : 'claim', (server, process) =>
      server.commit(process, partition, { token, units }),
    );
  readonly divergent: Store['divergent'] = (partition, limit) =>
    this.#read('divergent', (store) => store.divergent(partition, limit));
  readonly lock: Store['lock'] = (partition, token, request) =>
    this.#call('lock', (server, process) => server.lock(process, partition, { token, request }));
  readonly renew: Store['renew'] = (partition, token, request) =>
    this.#call('renew', (server, process) => server.renew(process, partition, { token, request }));
  readonly settle: Store['settle'] = (partition, token, request) =>
    this.#call('settle', (server, process) =>
      server.settle(process, partition, { token, request }),
    );
  readonly group: Store['group'] = (groupId) =>
    this.#read('group', (store) => store.group(groupId));
  readonly groups: Store['groups'] = (tenantId, page) =>
    this.#read('groups', (store) => store.groups(tenantId, page));
  readonly countGroups: Store['countGroups'] = (tenantId) =>
    this.#read('groups', (store) => store.countGroups(tenantId));
  readonly walk: Store['walk'] = (partition, page) =>
    this.#read('walk', (store) => store.walk(partition, page));
  readonly history: Store['history'] = (groupId, request) =>
    this.#read('history', (store) => store.history(groupId, request));

  subscribe(...[partition, onWake]: Parameters<Store['subscribe']>): () => void {
    const { process, node, network, server } = this.#parts;
    const news = { process, node, server: server.name, operation: 'wake' };
    const pass = (wake: Wake): void => {
      network.notify(news, () => {
        onWake(wake);
      });
    };
    const stop = server.subscribe(partition, pass);
    this.#subscriptions.add(stop);
    return () => {
      stop();
      this.#subscriptions.delete(stop);
    };
  }

  /** The process is gone: the server tells it nothing any more. */
  disconnect(): void {
    for (const stop of this.#subscriptions) stop();
    this.#subscriptions.clear();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #read<Answer>(operation: string, ask: (store: Store) => Promise<Answer>): Promise<Answer> {
    return this.#call(operation, (server) => server.read(ask));
  }

  #call<Answer>(
    operation: string,
    ask: (server: StoreServer, process: string) => Promise<Answer>,
  ): Promise<Answer> {
    const { process, node, network, server, timeoutMs } = this.#parts;
    return network.call({
      ...{ process, node, server: server.name, operation: `store.${operation}`, timeoutMs },
      carryOut: () =>
        server.isUp
          ? ask(server, process.name)
          : Promise.reject(unavailable(`store ${server.name} refuses the connection`)),
      timedOut: () => unavailable(`store ${server.name} did not answer ${operation} in time`),
    });
  }
}

function unavailable(message: string): LutraError {
  return new LutraError('store-unavailable', message);
}
