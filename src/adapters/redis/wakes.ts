/**
 * Hears what commits publish about their partitions, on a connection of its own.
 *
 * Trigger: a message. Every few seconds it subscribes again to all that anybody wants to hear of: that
 * costs nothing where it is subscribed, shows that the connection lives, and mends one that lost its
 * subscriptions or leads to a node that has left. Bound: one request at a time. Back-off: the same
 * interval. Stop: `close`.
 *
 * A message that comes while nobody is subscribed is lost. So whoever listens is woken, for all that there is,
 * whenever its subscription has taken effect: at first, and after each connection that was lost.
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
  /** Channels of which the present subscriber hears. */
  readonly #inEffect = new Set<string>();
  #attempt = 0;
  #subscriber: Redis | undefined;
  #subscribing: Promise<void> = Promise.resolve();
  /** The request that waits for the one under way, if any does. */
  #next: Promise<void> | undefined;
  #heartbeat: Promise<void> | undefined;

  /** `open` makes a connection that does not come back by itself: to the next server, where `attempt` is greater. */
  constructor(open: (attempt: number) => Redis, clock: Pick<Clock, 'sleep'>) {
    this.#open = open;
    this.#clock = clock;
  }

  /** Calls `onWake` after each message about the partition, and where some may have been missed. Returns how to stop it. */
  add(partition: PartitionId, onWake: (wake: Wake) => void): () => void {
    const channel = keysOf(partition).wakes;
    this.#channels.add(channel);
    void this.#subscribeInTurn();
    this.#heartbeat ??= this.#beat();
    return this.#listeners.add(channel, onWake);
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
    // Whoever comes while one request waits for its turn is part of that one: a node takes up many partitions
    // at once.
    this.#next ??= this.#subscribing.then(() => {
      this.#next = undefined;
      return this.#subscribe();
    });
    this.#subscribing = this.#next;
    return this.#next;
  }

  async #subscribe(): Promise<void> {
    const channels = [...this.#channels].filter((channel) => this.#listeners.has(channel));
    if (this.#closing.signal.aborted || channels.length === 0) return;
    try {
      const subscriber = this.#subscriber ?? (await this.#connect());
      await subscriber.subscribe(...channels);
      this.#tookEffect(channels);
    } catch {
      // Its listener was told of the error; whoever waits for wakes has a poll; the next beat tries again.
      this.#subscriber?.disconnect();
      this.#subscriber = undefined;
      this.#attempt += 1;
    }
  }

  /** Tells the listeners of those channels that were not heard of before: a message may have been missed. */
  #tookEffect(channels: readonly string[]): void {
    for (const channel of channels) {
      if (this.#inEffect.has(channel)) continue;
      this.#inEffect.add(channel);
      for (const wake of ['due', 'divergent'] as const) this.#listeners.tell(channel, wake);
    }
  }

  async #connect(): Promise<Redis> {
    const subscriber = this.#open(this.#attempt);
    // Known from here on, so that whoever closes ends a connection too that is only being made.
    this.#subscriber = subscriber;
    this.#inEffect.clear();
    subscriber.on('message', (channel: string, message: string) => {
      if (message === 'due' || message === 'divergent') this.#listeners.tell(channel, message);
    });
    await subscriber.connect();
    return subscriber;
  }
}
