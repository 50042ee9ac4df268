/**
 * Keeps trying to open a store until it is there.
 *
 * Trigger: being made. Bound: one try. Concurrency: one at a time. Back-off: jittered, up to five seconds.
 * Stop: the first success, or `close`.
 */
import { backoffMs } from '../base/backoff.ts';
import type { BackoffSettings } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import { LutraError, messageOf } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import type { PartitionId } from '../domain/ids.ts';
import type { PartitionLayout } from '../domain/partition/partition-of.ts';
import type { Store, Wake } from '../ports/store.ts';

/** What a late store stands for, and how to get at it. */
export interface LateStoreParts {
  readonly identity: string;
  readonly layout: PartitionLayout;
  readonly open: () => Promise<Store>;
  readonly clock: Clock;
  readonly random: Random;
  /** Told of every try that rejects, whatever the reason; the next one comes in `retryInMs`, unless the store is closed. */
  readonly onFailure: (error: unknown, retryInMs: number) => void;
}

const BACKOFF: BackoffSettings = { firstMs: 200, maxMs: 5_000 };

/** A subscription; its store is told of it at once or as soon as it is there. */
interface Subscription {
  readonly partition: PartitionId;
  readonly onWake: (wake: Wake) => void;
  stop: (() => void) | undefined;
}

/**
 * Stands for a store that may not be reachable yet.
 *
 * Until it is, every call rejects with `store-unavailable` and says why the last try to open it did. Once
 * opened it is the store itself: what is lost later is for that store to find again.
 */
export class LateStore implements Store {
  readonly identity: string;
  readonly layout: PartitionLayout;
  readonly #parts: LateStoreParts;
  readonly #closing = new AbortController();
  readonly #waiting = new Set<Subscription>();
  readonly #firstTry: Promise<void>;
  readonly #tries: Promise<void>;
  #store: Store | undefined;
  #lastFailure: unknown = new Error('the first try has not ended yet');

  readonly acquire: Store['acquire'] = (...args) => this.#ask((store) => store.acquire(...args));
  readonly due: Store['due'] = (...args) => this.#ask((store) => store.due(...args));
  readonly commit: Store['commit'] = (...args) => this.#ask((store) => store.commit(...args));
  readonly divergent: Store['divergent'] = (...args) =>
    this.#ask((store) => store.divergent(...args));
  readonly lock: Store['lock'] = (...args) => this.#ask((store) => store.lock(...args));
  readonly renew: Store['renew'] = (...args) => this.#ask((store) => store.renew(...args));
  readonly settle: Store['settle'] = (...args) => this.#ask((store) => store.settle(...args));
  readonly group: Store['group'] = (...args) => this.#ask((store) => store.group(...args));
  readonly groups: Store['groups'] = (...args) => this.#ask((store) => store.groups(...args));
  readonly countGroups: Store['countGroups'] = (...args) =>
    this.#ask((store) => store.countGroups(...args));
  readonly walk: Store['walk'] = (...args) => this.#ask((store) => store.walk(...args));
  readonly history: Store['history'] = (...args) => this.#ask((store) => store.history(...args));

  constructor(parts: LateStoreParts) {
    this.identity = parts.identity;
    this.layout = parts.layout;
    this.#parts = parts;
    // Not before the constructor has returned: `open` may use what this store is made a part of.
    this.#firstTry = Promise.resolve().then(() => this.#try());
    this.#tries = this.#tryUntilOpen();
  }

  /** Resolves or rejects as the first try to open the store does. */
  ready(): Promise<void> {
    return this.#firstTry;
  }

  subscribe(partition: PartitionId, onWake: (wake: Wake) => void): () => void {
    if (this.#store !== undefined) return this.#store.subscribe(partition, onWake);
    const subscription: Subscription = { partition, onWake, stop: undefined };
    this.#waiting.add(subscription);
    return () => {
      this.#waiting.delete(subscription);
      subscription.stop?.();
    };
  }

  /** Ends the tries, waits for one that is under way, and closes the store where there is one. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#tries;
    await this.#store?.close();
  }

  async #ask<Answer>(ask: (store: Store) => Promise<Answer>): Promise<Answer> {
    if (this.#store !== undefined) return ask(this.#store);
    const why = messageOf(this.#lastFailure);
    throw new LutraError('store-unavailable', `store ${this.identity} is not open yet: ${why}`, {
      cause: this.#lastFailure,
    });
  }

  async #tryUntilOpen(): Promise<void> {
    const { clock, random, onFailure } = this.#parts;
    const { signal } = this.#closing;
    for (let failureCount = 1; !signal.aborted; failureCount += 1) {
      try {
        await (failureCount === 1 ? this.#firstTry : this.#try());
        return;
      } catch (error) {
        this.#lastFailure = error;
        const retryInMs = backoffMs(BACKOFF, failureCount, random.fraction());
        onFailure(error, retryInMs);
        await clock.sleep(retryInMs, signal);
      }
    }
  }

  async #try(): Promise<void> {
    const store = await this.#parts.open();
    // Subscribed before the first call gets through: an owner hears of all that follows its `acquire`.
    for (const subscription of this.#waiting) {
      subscription.stop = store.subscribe(subscription.partition, subscription.onWake);
    }
    this.#waiting.clear();
    this.#store = store;
  }
}
