import type { Clock } from '../../../base/clock.ts';
import type { GroupId } from '../../../domain/ids.ts';

/** An instance that ends by itself within this time of its start did not get to work. */
const EARLY_MS = 10_000;
/** So many early exits … */
const EARLY_EXITS = 3;
/** … within this time are a crash loop, which is left alone until this time has passed since the last. */
const WINDOW_MS = 60_000;

/** How an instance ended by itself. */
export interface Exit {
  readonly groupId: GroupId;
  readonly instanceId: string;
  /** What was started: exits of one command say nothing about the next that a user tries. */
  readonly launch: string;
  readonly ranMs: number;
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
}

interface TimedExit {
  readonly exit: Exit;
  readonly atMs: number;
}

/** Remembers early exits, so that a command that cannot run is not started for ever. */
export class CrashLoops {
  readonly #clock: Clock;
  /** At most EARLY_EXITS for each group, the latest last. */
  readonly #exits = new Map<GroupId, readonly TimedExit[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Notes that an instance ended by itself just now. */
  record(exit: Exit): void {
    const atMs = this.#clock.monotonicMs();
    this.#forgetBefore(atMs - WINDOW_MS);
    if (exit.ranMs >= EARLY_MS) return;
    const earlier = this.#exits.get(exit.groupId) ?? [];
    const ofThisLaunch = earlier.filter((entry) => entry.exit.launch === exit.launch);
    this.#exits.set(exit.groupId, [...ofThisLaunch, { exit, atMs }].slice(-EARLY_EXITS));
  }

  /** The latest exit of a crash loop that the group is in with this launch; undefined where it is in none. */
  current(groupId: GroupId, launch: string): Exit | undefined {
    const exits = this.#exits.get(groupId) ?? [];
    const first = exits.at(0);
    const last = exits.at(-1);
    if (exits.length < EARLY_EXITS || first === undefined || last?.exit.launch !== launch) {
      return undefined;
    }
    const isDense = last.atMs - first.atMs <= WINDOW_MS;
    const isFresh = this.#clock.monotonicMs() - last.atMs < WINDOW_MS;
    return isDense && isFresh ? last.exit : undefined;
  }

  /** Memory follows the groups that crash now, not those that ever did. */
  #forgetBefore(ms: number): void {
    for (const [groupId, exits] of this.#exits) {
      if ((exits.at(-1)?.atMs ?? ms) < ms) this.#exits.delete(groupId);
    }
  }
}
