/**
 * Asks every store that this node could work on for its time, and says which regions the node is unfit for:
 * those whose store has not answered for the length of a session, or whose clock is not this node's.
 *
 * Trigger: a fifth of the session's length. Bound: one probe at a time for each store, given up after two
 * fifths. Concurrency: stores are asked side by side, so that one which is silent holds up no other.
 * Back-off: none. Stop: the signal.
 */
import type { Clock, EpochMs } from '../base/clock.ts';
import { withDeadline } from '../base/deadline.ts';
import { messageOf } from '../base/errors.ts';
import { Latch } from '../base/latch.ts';
import type { Observe } from '../ports/observe.ts';

const PROBES_PER_TTL = 5;
/** What one probe may take: not so long that a store which is slow once is taken for silent. */
const PROBE_SHARE = 2 / 5;
/** A process that was frozen finds one probe unanswered when it wakes, for want of listening. */
const FAILURES_MIN = 2;

/** A store that this node could work on. */
export interface ShardProbe {
  readonly regions: readonly string[];
  /** Asks for the store's time. Given up, whether it heeds the signal or not, when that aborts. */
  readonly probe: (signal: AbortSignal) => Promise<EpochMs>;
}

export interface FitnessSettings {
  /** The length of a session. */
  readonly ttlMs: number;
  /** By how much the store's clock and this node's may differ. */
  readonly clockDifferenceMaxMs: number;
  readonly probes: readonly ShardProbe[];
}

/** What is known of one store at a moment. */
export interface ShardFacts {
  /** How long ago it answered last; since the first probe, where it never did. */
  readonly silentMs: number;
  /** Probes in a row that it did not answer. */
  readonly failureCount: number;
  /** Why it did not answer the last of them. */
  readonly failure: string;
  /** By how much the clocks differed at the last answer, at the least; 0 where it never answered. */
  readonly clockDifferenceMs: number;
}

/** Why a node cannot work on a store; undefined where it can. */
export function unfitReason(
  facts: ShardFacts,
  limits: Pick<FitnessSettings, 'ttlMs' | 'clockDifferenceMaxMs'>,
): string | undefined {
  const { silentMs, failureCount, failure, clockDifferenceMs } = facts;
  if (silentMs >= limits.ttlMs && failureCount >= FAILURES_MIN) {
    return `its store has not answered for ${String(Math.round(silentMs))} ms: ${failure}`;
  }
  if (clockDifferenceMs > limits.clockDifferenceMaxMs) {
    const differenceMs = String(Math.round(clockDifferenceMs));
    return `the clocks of its store and of this node differ by ${differenceMs} ms`;
  }
  return undefined;
}

/**
 * By how much two clocks surely differ, in ms, where one said `answered` at some time between `sent` and
 * `received` on the other: 0 where they may be alike.
 */
export function clockDifferenceMs(times: {
  readonly sent: EpochMs;
  readonly received: EpochMs;
  readonly answered: EpochMs;
}): number {
  const { sent, received, answered } = times;
  // In this order, unless our own clock was set in between.
  const [earliest, latest] = [Math.min(sent, received), Math.max(sent, received)];
  return Math.max(0, earliest - answered, answered - latest);
}

interface Shard extends ShardProbe {
  firstAskedAtMs: number | undefined;
  answeredAtMs: number | undefined;
  failureCount: number;
  failure: string;
  clockDifferenceMs: number;
  isUnfit: boolean;
}

/** What this node can work on, as far as stores are concerned. */
export class Fitness {
  readonly #deps: { readonly clock: Clock; readonly observe: Observe };
  readonly #settings: FitnessSettings;
  readonly #shards: readonly Shard[];

  constructor(
    deps: { readonly clock: Clock; readonly observe: Observe },
    settings: FitnessSettings,
  ) {
    this.#deps = deps;
    this.#settings = settings;
    this.#shards = settings.probes.map((probe) => ({
      ...probe,
      ...{ firstAskedAtMs: undefined, answeredAtMs: undefined },
      ...{ failureCount: 0, failure: '', clockDifferenceMs: 0, isUnfit: false },
    }));
  }

  /**
   * Probes until the signal aborts, and publishes the regions that this node is unfit for when they change,
   * again and again until that was acknowledged. Never rejects.
   */
  async run(
    publish: (unfitFor: readonly string[]) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const changed = new Latch(this.#deps.clock, signal);
    await Promise.all([
      this.#publishChanges(publish, { changed, signal }),
      ...this.#shards.map((shard) =>
        this.#keepProbing(shard, {
          signal,
          onChange: () => {
            changed.set();
          },
        }),
      ),
    ]);
  }

  /** Whether the region's store has answered within the length of a session. */
  isAnswering(region: string): boolean {
    const answeredAtMs = this.#shardOf(region)?.answeredAtMs;
    if (answeredAtMs === undefined) return false;
    return this.#deps.clock.monotonicMs() - answeredAtMs < this.#settings.ttlMs;
  }

  /**
   * How long claims of the region have to wait until its clock is looked at again, in ms: 0 where it agrees
   * with this node's. One that has not been looked at is not trusted either.
   */
  holdMs(region: string): number {
    const shard = this.#shardOf(region);
    if (shard === undefined) return 0;
    const isTrusted =
      shard.answeredAtMs !== undefined &&
      shard.clockDifferenceMs <= this.#settings.clockDifferenceMaxMs;
    return isTrusted ? 0 : this.#intervalMs;
  }

  get #intervalMs(): number {
    return this.#settings.ttlMs / PROBES_PER_TTL;
  }

  #shardOf(region: string): Shard | undefined {
    return this.#shards.find(({ regions }) => regions.includes(region));
  }

  async #keepProbing(
    shard: Shard,
    { signal, onChange }: { readonly signal: AbortSignal; readonly onChange: () => void },
  ): Promise<void> {
    while (!signal.aborted) {
      if (await this.#probeChanges(shard, signal)) onChange();
      await this.#deps.clock.sleep(this.#intervalMs, signal);
    }
  }

  /** Probes once. Answers whether that changed what the node is fit for. */
  async #probeChanges(shard: Shard, signal: AbortSignal): Promise<boolean> {
    const { clock } = this.#deps;
    const sent = clock.now();
    shard.firstAskedAtMs ??= clock.monotonicMs();
    try {
      const ms = this.#settings.ttlMs * PROBE_SHARE;
      const answered = await withDeadline({ clock, ms, parent: signal }, (limit) =>
        untilAborted(shard.probe(limit), limit),
      );
      shard.answeredAtMs = clock.monotonicMs();
      shard.failureCount = 0;
      shard.clockDifferenceMs = clockDifferenceMs({ sent, received: clock.now(), answered });
    } catch (error) {
      shard.failureCount += 1;
      shard.failure = messageOf(error);
    }
    return !signal.aborted && this.#hasChanged(shard);
  }

  /** Judges the store anew, and tells when that comes out otherwise than before. */
  #hasChanged(shard: Shard): boolean {
    const { clock, observe } = this.#deps;
    const since = shard.answeredAtMs ?? shard.firstAskedAtMs ?? clock.monotonicMs();
    const { failureCount, failure, clockDifferenceMs } = shard;
    const silentMs = clock.monotonicMs() - since;
    const facts = { silentMs, failureCount, failure, clockDifferenceMs };
    const reason = unfitReason(facts, this.#settings);
    const isUnfit = reason !== undefined;
    if (isUnfit === shard.isUnfit) return false;
    shard.isUnfit = isUnfit;
    for (const region of shard.regions) {
      observe(isUnfit ? { event: 'node.unfit', region, reason } : { event: 'node.fit', region });
    }
    return true;
  }

  async #publishChanges(
    publish: (unfitFor: readonly string[]) => Promise<void>,
    { changed, signal }: { readonly changed: Latch; readonly signal: AbortSignal },
  ): Promise<void> {
    // Undefined while it is not known what others were told: a change that nobody acknowledged may be told later.
    let published: readonly string[] | undefined = [];
    while (!signal.aborted) {
      const unfitFor = this.#shards.flatMap(({ isUnfit, regions }) => (isUnfit ? regions : []));
      if (unfitFor.join() !== published?.join()) {
        published = undefined;
        try {
          await publish(unfitFor);
          published = unfitFor;
        } catch (err) {
          const retryInMs = this.#intervalMs;
          this.#deps.observe({ event: 'loop.failed', loop: 'fitness', err, retryInMs });
        }
      }
      await changed.wait(published === undefined ? this.#intervalMs : Number.POSITIVE_INFINITY);
    }
  }
}

/** What `work` comes to, unless the signal aborts before. */
async function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => {
      reject(new Error('the probe was given up'));
    };
  });
  signal.addEventListener('abort', onAbort);
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
