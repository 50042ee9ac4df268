import type { EpochMs } from '../../base/clock.ts';
import type { CalendarCopies } from '../calendar/calendar.ts';
import type { PolicyId } from '../ids.ts';
import type { PlannedCapacity } from './planned-capacity.ts';
import type { ClockChanges } from '../schedule/zoned-next.ts';

/** What an execution does to the desired capacity. */
export type Adjustment =
  | { readonly kind: 'change'; readonly amount: number }
  | { readonly kind: 'changePercent'; readonly percent: number }
  | { readonly kind: 'desiredCapacity'; readonly amount: number };

/** What holds while the window is open; it opens by the policy's schedule. It is a plan, and never executed. */
export interface CapacityWindow extends PlannedCapacity {
  readonly kind: 'window';
  /** How long it stays open, in whole seconds. */
  readonly durationSeconds: number;
  /** `wall`, or absent: until clocks show the opening's time plus the duration; `elapsed`: for exactly as long, whatever clocks do. */
  readonly measured?: 'wall' | 'elapsed';
  /** Absent: 0. */
  readonly priority?: number;
}

/** When a policy fires by itself; texts are kept as the user wrote them. */
export type Schedule = AtSchedule | CronSchedule;

/** A schedule that fires once. */
export interface AtSchedule {
  readonly kind: 'at';
  /** An instant in UTC; with `timezone` what the clocks there show, without a Z. */
  readonly at: string;
  /** The IANA name of the zone whose clocks it follows. */
  readonly timezone?: string;
  /** What becomes of it where the clocks of `timezone` skip or repeat it. Never `both`: it fires once. */
  readonly dst?: Partial<ClockChanges>;
}

/** A repeated schedule. What is absent is as it was before it could be said. */
export interface CronSchedule {
  readonly kind: 'cron';
  readonly cron: string;
  /** The IANA name of the zone whose clocks it follows; absent: UTC. */
  readonly timezone?: string;
  /** Absent: the grammar of Otter's v1.0 API. */
  readonly dialect?: 'extended';
  /** What becomes of times of day that the clocks of `timezone` skip or repeat. */
  readonly dst?: Partial<ClockChanges>;
  /** Its occurrences lie from `start` on and before `end`, instants in UTC. */
  readonly start?: string;
  readonly end?: string;
  /** An occurrence is due less than this after it is planned, and before the next is planned. Whole seconds. */
  readonly jitterSeconds?: number;
  /** Names of calendars: occurrences that lie in one of `exclude` are left out, and all that lie in none of `only`. */
  readonly exclude?: readonly string[];
  readonly only?: readonly string[];
  /** What the named calendars cover, as the group has it; never stored with the schedule. */
  readonly calendars?: CalendarCopies;
}

/** What to do with occurrences that are found late, as a user says it. */
export interface MisfireChoice {
  readonly policy: 'latest' | 'all' | 'skip';
  /** Absent: any lateness for `latest` and `all`, a minute for `skip`. Fractions count. */
  readonly withinSeconds?: number;
}

/** The same, complete. */
export interface Misfire {
  readonly policy: MisfireChoice['policy'];
  /** How late an occurrence may be and still be acted on, in ms; Infinity for any lateness. */
  readonly withinMs: number;
}

/**
 * A policy as its user defined it. A window makes it a policy of type `window`; else a schedule makes it one of type
 * `schedule`, and none one of type `webhook`.
 */
export interface PolicyDefinition {
  readonly name: string;
  /** Seconds; fractions count. */
  readonly cooldownSeconds: number;
  readonly adjustment: Adjustment | CapacityWindow;
  readonly schedule?: Schedule;
  /** Absent: late occurrences collapse into the latest, however late it is. */
  readonly misfire?: MisfireChoice;
  /** The name under which a file describes this policy; given once, never changed. */
  readonly key?: string;
}

/** How far a policy has come. */
export interface PolicyProgress {
  /** The armed occurrence: the nominal instant that fires next; of a window, when it opens or closes next. Undefined where nothing is armed. */
  readonly plannedAt?: EpochMs;
  /** The last occurrence that was claimed, whatever its outcome; of a window, its last opening. The next one armed is always later. */
  readonly claimedAt?: EpochMs;
  /** When an execution last changed the group; starts the policy's cooldown. */
  readonly touchedAt?: EpochMs;
  /** Why the policy cannot be decided. It stays disarmed until its user writes it anew. */
  readonly parked?: string;
  /** Openings of a window that do not take place, the latest that were skipped, both ends included. */
  readonly skipped?: { readonly first: EpochMs; readonly last: EpochMs };
}

/** One policy of a group. */
export interface Policy {
  readonly id: PolicyId;
  readonly definition: PolicyDefinition;
  readonly progress: PolicyProgress;
}
