/**
 * The way to etcd: one client for each member, one of which is in use until it lets us down.
 *
 * etcd3 would choose a member anew for each call, so that with one member of three away every third call
 * failed; and it would hide that by sending calls again, and by not sending them for a while.
 */
import { Etcd3 } from 'etcd3';
import type { ICompare, IKeyValue, IRequestOp } from 'etcd3';
import type { Clock } from '../../base/clock.ts';
import { LutraError } from '../../base/errors.ts';
import { Listeners } from '../../base/listeners.ts';
import type { Random } from '../../base/random.ts';
import { isMembersTrouble, isRefusal, translated } from './errors.ts';
import { keysOf, revisionOf } from './keys.ts';
import type { Keys, KeyValue, Range } from './keys.ts';
import { checkSettings, clientOptions } from './options.ts';
import type { EtcdSettings } from './options.ts';

export interface EtcdDeps {
  readonly clock: Clock;
  readonly random: Pick<Random, 'fraction'>;
  /** Told of every call, where somebody measures them. */
  readonly onCall?: (call: EtcdCall) => void;
}

/** One call that was answered or not, tries at several members taken together. */
interface EtcdCall {
  /** The first word of what was being done, such as `campaigning`: without the names in it. */
  readonly operation: string;
  readonly durationMs: number;
  readonly isAnswered: boolean;
}

/** A member of etcd, and the client for it. */
export interface EtcdPlace {
  readonly endpoint: string;
  readonly client: Etcd3;
}

/** When a call is given up, on the wall clock: gRPC turns it into a wait as soon as it gets it. */
export interface CallLimit {
  readonly deadline: number;
}

/** What a transaction compares and then does, and does otherwise. */
export interface Transaction {
  readonly when: readonly ICompare[];
  readonly then: readonly IRequestOp[];
  /** Keys to read where a comparison fails. */
  readonly otherwise: readonly string[];
}

export type TransactionAnswer =
  | { readonly isDone: true; readonly revision: number }
  /** What was read instead, in order; undefined where there is no such key. */
  | { readonly isDone: false; readonly found: readonly (KeyValue | undefined)[] };

/** Calls to one cluster's keys. All reads are linearizable, and every call has an end. */
export class EtcdConnection {
  readonly settings: EtcdSettings;
  readonly deps: EtcdDeps;
  readonly keys: Keys;
  readonly places: readonly EtcdPlace[];
  readonly #switches = new Listeners<'switch', undefined>();
  readonly #closing = new AbortController();
  #index: number;

  /** Connects when it is first used. Throws `config-invalid` where the settings cannot be carried out. */
  constructor(settings: EtcdSettings, deps: EtcdDeps) {
    checkSettings(settings);
    this.settings = settings;
    this.deps = deps;
    this.keys = keysOf(settings.cluster);
    this.places = settings.endpoints.map((endpoint) => ({
      endpoint,
      client: new Etcd3(clientOptions(settings, endpoint, deps.clock)),
    }));
    // Each node with another one, so that no member has them all.
    this.#index = Math.floor(deps.random.fraction() * this.places.length);
  }

  /** Aborts when the connection is closed. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** The member in use. */
  get place(): EtcdPlace {
    const place = this.places[this.#index];
    if (place === undefined) throw new LutraError('config-invalid', 'no address of etcd is given');
    return place;
  }

  /**
   * Makes a call that may be repeated without harm. A member that turns it away at once is left for the
   * next one, while there is time; one that does not answer is left for the calls to come. Rejects with
   * `coordination-unavailable`, whose outcome is unknown, or `config-invalid`, where access is denied.
   */
  async call<Answer>(
    doing: string,
    send: (client: Etcd3, limit: CallLimit) => Promise<Answer>,
  ): Promise<Answer> {
    const { clock, onCall } = this.deps;
    const sentAtMs = clock.monotonicMs();
    let isAnswered = false;
    try {
      const answer = await this.#callMembers(doing, send);
      isAnswered = true;
      return answer;
    } finally {
      const [operation = doing] = doing.split(' ', 1);
      onCall?.({ operation, durationMs: clock.monotonicMs() - sentAtMs, isAnswered });
    }
  }

  async #callMembers<Answer>(
    doing: string,
    send: (client: Etcd3, limit: CallLimit) => Promise<Answer>,
  ): Promise<Answer> {
    const deadline = this.deps.clock.now() + this.settings.callTimeoutMs;
    for (let triedCount = 1; ; triedCount += 1) {
      const { place } = this;
      try {
        return await send(place.client, { deadline });
      } catch (error) {
        if (isMembersTrouble(error)) this.leave(place);
        const hasNext = triedCount < this.places.length && this.deps.clock.now() < deadline;
        if (!isRefusal(error) || !hasNext) throw translated(`${doing} at ${place.endpoint}`, error);
      }
    }
  }

  /** All keys of a range at one revision. */
  async range(doing: string, { start, end }: Range): Promise<readonly KeyValue[]> {
    const answer = await this.call(doing, (client, limit) =>
      client.kv.range({ key: Buffer.from(start), range_end: Buffer.from(end) }, limit),
    );
    return answer.kvs.map(keyValueOf);
  }

  /** One key, where it is there. */
  async get(doing: string, key: string): Promise<KeyValue | undefined> {
    const { kvs } = await this.call(doing, (client, limit) =>
      client.kv.range({ key: Buffer.from(key) }, limit),
    );
    return kvs.map(keyValueOf)[0];
  }

  /** Compares and does, at one revision. */
  async transact(doing: string, transaction: Transaction): Promise<TransactionAnswer> {
    const { when, then, otherwise } = transaction;
    const reads = otherwise.map((key) => ({ request_range: { key: Buffer.from(key) } }));
    const { succeeded, header, responses } = await this.call(doing, (client, limit) =>
      client.kv.txn({ compare: [...when], success: [...then], failure: reads }, limit),
    );
    if (succeeded) return { isDone: true, revision: revisionOf(header.revision) };
    const found = responses.map(({ response_range: { kvs } }) => kvs.map(keyValueOf)[0]);
    return { isDone: false, found };
  }

  /** Goes over to the next member, if this is still the one in use. */
  leave(place: EtcdPlace): void {
    if (place !== this.place || this.places.length === 1) return;
    this.#index = (this.#index + 1) % this.places.length;
    this.#switches.tell('switch', undefined);
  }

  /** Calls `onSwitch` after the member in use has changed. Returns how to stop it. */
  onSwitch(onSwitch: () => void): () => void {
    return this.#switches.add('switch', onSwitch);
  }

  /** Ends all connections; every later call rejects. */
  close(): void {
    this.#closing.abort();
    for (const { client } of this.places) client.close();
  }
}

function keyValueOf(kv: IKeyValue): KeyValue {
  return {
    key: String(kv.key),
    value: String(kv.value),
    lease: kv.lease,
    createRevision: revisionOf(kv.create_revision),
    modRevision: revisionOf(kv.mod_revision),
  };
}
