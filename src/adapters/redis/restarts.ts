/**
 * Tells a server that was merely restarted from one that took another's place.
 *
 * Behind a connection there may suddenly be another data set: that of a replica which was promoted, or of a
 * copy. What is written under a token there may contradict what was lost. So scripts refuse an owner whose
 * `acquire` another server answered, and the owner acquires anew after it has made sure that it still owns.
 * One case is harmless: a lone primary that syncs every write to its log, and still does after a restart. One
 * that was promoted is none, though it be alone by now: its primary may have got its replica, and
 * acknowledged more than that received, after the partition was acquired there.
 */
import type { SendCommand } from './connection.ts';
import type { Restart, ServerId } from './fence.ts';
import { readServerFacts } from './server-facts.ts';
import type { ServerFacts } from './server-facts.ts';

/** How many servers are remembered: a new one comes with every restart. */
const SERVERS_MAX = 16;

/** What is known of the servers on which partitions were acquired. */
export class Restarts {
  readonly #send: SendCommand;
  /** Whether each was a lone primary that loses nothing, the latest last. */
  readonly #losesNothing = new Map<ServerId, boolean>();

  constructor(send: SendCommand) {
    this.#send = send;
  }

  /** Looks at a server on which a partition was acquired, unless it is known. What cannot be asked is taken for the worse. */
  async learn(server: ServerId): Promise<void> {
    if (this.#losesNothing.has(server)) return;
    const facts = await readServerFacts(this.#send).catch(() => undefined);
    if (facts?.id === server) this.#remember(facts);
  }

  /** The restart, where nothing was lost by it; undefined where the partition has to be acquired anew. */
  async excuse({ from, to }: Restart): Promise<Restart | undefined> {
    if (this.#losesNothing.get(from) !== true) return undefined;
    await this.learn(to);
    return this.#losesNothing.get(to) === true ? { from, to } : undefined;
  }

  #remember(facts: ServerFacts): void {
    const { id, wasPromoted, replicaCount, keepsLog, fsync } = facts;
    const isLone = replicaCount === 0 && !wasPromoted;
    this.#losesNothing.set(id, isLone && keepsLog && fsync === 'always');
    const [oldest] = this.#losesNothing.keys();
    if (this.#losesNothing.size > SERVERS_MAX && oldest !== undefined) {
      this.#losesNothing.delete(oldest);
    }
  }
}
