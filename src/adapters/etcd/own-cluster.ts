/** That etcd holds the cluster which this process knows, what to do where it has lost it, and what where it holds another. */
import { LutraError } from '../../base/errors.ts';
import type { EtcdConnection } from './connection.ts';
import { readSettings, refillCluster, settingsOf } from './init.ts';
import type { ClusterSettings } from './init.ts';
import { epochOf } from './keys.ts';
import type { KeyValue } from './keys.ts';
import { emptied } from './sessions.ts';

export interface OwnClusterOptions {
  /** What the cluster was made with, as this process found it when it started. */
  readonly known: ClusterSettings;
  /** Told when this process has given etcd, which had lost the cluster, what it knows; with the epoch there now. */
  readonly onRefill: (epoch: number) => void;
}

/** Everything under the keys of the cluster, at one revision. */
export interface ClusterKeys {
  readonly found: readonly KeyValue[];
  readonly epoch: number;
}

/**
 * The cluster in etcd, as against the one that this process belongs to. One that etcd has lost is given back
 * by whoever has read it before, since its knowledge is older than the loss: with a greater epoch, so that
 * stores take new tokens for newer. One that nobody has read yet may be gone for good, and stays so.
 */
export class OwnCluster {
  readonly #connection: EtcdConnection;
  readonly #options: OwnClusterOptions;
  /** The greatest that was read; undefined before the first read. */
  #epochSeen: number | undefined;

  constructor(connection: EtcdConnection, options: OwnClusterOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  /** Rejects with `coordination-foreign` or `coordination-empty` where the cluster is not there, and cannot be given back. */
  async assertThere(): Promise<void> {
    const settings = await readSettings(this.#connection);
    if (settings === undefined) await this.#refill();
    else this.#assertOwn(settings);
  }

  /** All keys of the cluster. Rejects as `assertThere` does. */
  async read(): Promise<ClusterKeys> {
    const before = await this.#readOnce();
    if (before !== undefined) return before;
    await this.#refill();
    const after = await this.#readOnce();
    if (after === undefined) throw emptied(this.#connection);
    return after;
  }

  /** Undefined where etcd has lost the cluster. */
  async #readOnce(): Promise<ClusterKeys | undefined> {
    const { keys } = this.#connection;
    const found = await this.#connection.range('reading members and owners', keys.all);
    const [settings, epochKey] = [keys.settings, keys.epoch].map((name) =>
      found.find(({ key }) => key === name),
    );
    if (settings !== undefined) this.#assertOwn(settingsOf(settings));
    if (settings === undefined || epochKey === undefined) return undefined;
    const epoch = epochOf(epochKey);
    this.#epochSeen = Math.max(this.#epochSeen ?? 0, epoch);
    return { found, epoch };
  }

  async #refill(): Promise<void> {
    if (this.#epochSeen === undefined) throw emptied(this.#connection);
    const { known, onRefill } = this.#options;
    this.#assertOwn(await refillCluster(this.#connection, known, this.#epochSeen));
    const { keys } = this.#connection;
    const epochKey = await this.#connection.get('reading the epoch', keys.epoch);
    if (epochKey === undefined) throw emptied(this.#connection);
    onRefill(epochOf(epochKey));
  }

  #assertOwn(found: ClusterSettings): void {
    const { identity } = this.#options.known;
    if (found.identity === identity) return;
    const { cluster } = this.#connection.settings;
    throw new LutraError(
      'coordination-foreign',
      `etcd holds another cluster "${cluster}": its stores are ${found.identity}, and those of this node are ${identity}`,
    );
  }
}
