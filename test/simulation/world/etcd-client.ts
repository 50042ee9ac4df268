import { LutraError } from '../../../src/base/errors.ts';
import type { Coordination } from '../../../src/ports/coordination.ts';
import type { EtcdServer } from './etcd-server.ts';
import type { Network } from './network.ts';
import type { SimProcess } from './process.ts';

export const ETCD = 'etcd';

/** What lies between one process and etcd. */
export interface EtcdLink {
  readonly process: SimProcess;
  readonly node: string;
  readonly network: Network;
  readonly server: EtcdServer;
  readonly timeoutMs: number;
}

/** A connection of one process to etcd. */
export class EtcdClient implements Coordination {
  readonly #parts: EtcdLink;
  readonly #watches = new Set<() => void>();
  /** The greatest epoch that was read. */
  #epochSeen: number | undefined;

  constructor(parts: EtcdLink) {
    this.#parts = parts;
  }

  readonly open: Coordination['open'] = (...args) =>
    this.#call('open', (etcd) => etcd.open(...args));
  readonly renew: Coordination['renew'] = (...args) =>
    this.#call('renew', (etcd) => etcd.renew(...args));
  readonly publish: Coordination['publish'] = (...args) =>
    this.#call('publish', (etcd) => etcd.publish(...args));
  readonly campaign: Coordination['campaign'] = (...args) =>
    this.#call('campaign', (etcd) => etcd.campaign(...args));
  readonly resign: Coordination['resign'] = (...args) =>
    this.#call('resign', (etcd) => etcd.resign(...args));
  readonly raiseEpoch: Coordination['raiseEpoch'] = (...args) =>
    this.#call('raise-epoch', (etcd) => etcd.raiseEpoch(...args));
  readonly requestDrain: Coordination['requestDrain'] = (...args) =>
    this.#call('drain', (etcd) => etcd.requestDrain(...args));
  readonly close: Coordination['close'] = (...args) =>
    this.#call('close', (etcd) => etcd.close(...args));

  async read(): ReturnType<Coordination['read']> {
    const view = await this.#call('read', (etcd) => etcd.read());
    this.#epochSeen = Math.max(this.#epochSeen ?? 0, view.epoch);
    return view;
  }

  watch(onChange: () => void): () => void {
    const { process, node, network, server } = this.#parts;
    const news = { process, node, server: ETCD, operation: 'watch' };
    const stop = server.watch(() => {
      network.notify(news, onChange);
    });
    this.#watches.add(stop);
    return () => {
      stop();
      this.#watches.delete(stop);
    };
  }

  /** The process is gone: etcd tells it nothing any more. */
  disconnect(): void {
    for (const stop of this.#watches) stop();
    this.#watches.clear();
  }

  #call<Answer>(operation: string, ask: (etcd: Coordination) => Promise<Answer>): Promise<Answer> {
    const { process, node, network, server, timeoutMs } = this.#parts;
    return network.call({
      ...{ process, node, server: ETCD, operation: `etcd.${operation}`, timeoutMs },
      carryOut: () => server.ask(this.#epochSeen, ask),
      timedOut: () =>
        new LutraError('coordination-unavailable', `etcd did not answer ${operation} in time`),
    });
  }
}
