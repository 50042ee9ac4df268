/**
 * Hears what commits publish about their partitions, on a connection of its own.
 *
 * Trigger: a message. Every few seconds it subscribes again to all that anybody wants to hear of: that
 * costs nothing where it is subscribed, shows that the connection lives, and mends one that lost its
 * subscriptions or leads to a node that has left. Bound: one request at a time. Back-off: the same
 * interval. Stop: `close`. A message that is lost meanwhile is made up for by its listener's own poll.
 */
import type { Redis } from 'ioredis';
import type { Clock } from '../../base/clock.ts';
import { Listeners } from '../../base/listeners.ts';
import type { PartitionId } from '../../domain/ids.ts';
import type { Wake } from '../../ports/store.ts';
import { keysOf } from './keys.ts';

const HEARTBEAT_MS = 2_000;

/** Whoever listens for wakes. */
export class Wakes {
  readonly #listeners = new Listeners<string, Wake>();
  /** Channels that somebody has listened to; those that nobody does any more are not subscribed again. */
  readonly #channels = new Set<string>();
  readonly #open: (attempt: number) => Redis;
  readonly #clock: Pick<Clock, 'sleep'>;
  readonly #closing = new AbortController();
  #attempt = 0;
  #subscriber: Redis | undefined;
  #subscribing: Promise<void> = Promise.resolve();
  #heartbeat: Promise<void> | undefined;

  /** `open` makes a connection that does not come back by itself: to the next server, where `attempt` is greater. */
  constructor(open: (attempt: number) => Redis, clock: Pick<Clock, 'sleep'>) {
    this.#open = open;
    this.#clock = clock;
  }

  /** Calls `onWake` after each message about the partition. Returns how to stop it. */
  add(partition: PartitionId, onWake: (wake: Wake) => void): () => void {
    const channel = keysOf(partition).wakes;
    this.#channels.add(channel);
    void this.#subscribeInTurn();
    this.#heartbeat ??= this.#beat();
    return this.#listeners.add(channel, onWake);
  }

  /** Resolves when all that was added so far is subscribed, or could not be. Never rejects. */
  settled(): Promise<void> {
    return this.#subscribing;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#subscriber?.disconnect();
    await this.#subscribing;
    await this.#heartbeat;
  }

  async #beat(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await this.#clock.sleep(HEARTBEAT_MS, signal);
      await this.#subscribeInTurn();
    }
  }

  #subscribeInTurn(): Promise<void> {
    this.#subscribing = this.#subscribing.then(() => this.#subscribe());
    return this.#subscribing;
  }

  async #subscribe(): Promise<void> {
    const channels = [...this.#channels].filter((channel) => this.#listeners.has(channel));
    if (this.#closing.signal.aborted || channels.length === 0) return;
    try {
      this.#subscriber ??= await this.#connected();
      await this.#subscriber.subscribe(...channels);
    } catch {
      // Its listener was told of the error; whoever waits for wakes has a poll; the next beat tries again.
      this.#subscriber?.disconnect();
      this.#subscriber = undefined;
      this.#attempt += 1;
    }
  }

  async #connected(): Promise<Redis> {
    const subscriber = this.#open(this.#attempt);
    subscriber.on('message', (channel: string, message: string) => {
      if (message === 'due' || message === 'divergent') this.#listeners.tell(channel, message);
    });
    try {
      await subscriber.connect();
    } catch (error) {
      subscriber.disconnect();
      throw error;
    }
    return subscriber;
  }
}
