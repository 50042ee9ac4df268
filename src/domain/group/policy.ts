import type { EpochMs } from '../../base/clock.ts';
import type { PolicyId } from '../ids.ts';
import type { ClockChanges } from '../schedule/zoned-next.ts';

/** What an execution does to the desired capacity. */
export type Adjustment =
  | { readonly kind: 'change'; readonly amount: number }
  | { readonly kind: 'changePercent'; readonly percent: number }
  | { readonly kind: 'desiredCapacity'; readonly amount: number };

/** When a policy fires by itself; texts are kept as the user wrote them. */
export type Schedule = { readonly kind: 'at'; readonly at: string } | CronSchedule;

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

/** A policy as its user defined it. A schedule makes it a policy of type `schedule`, none one of type `webhook`. */
export interface PolicyDefinition {
  readonly name: string;
  /** Seconds; fractions count. */
  readonly cooldownSeconds: number;
  readonly adjustment: Adjustment;
  readonly schedule?: Schedule;
  /** Absent: late occurrences collapse into the latest, however late it is. */
  readonly misfire?: MisfireChoice;
  /** The name under which a file describes this policy; given once, never changed. */
  readonly key?: string;
}

/** How far a policy has come. */
export interface PolicyProgress {
  /** The armed occurrence: the nominal instant that fires next. Undefined where nothing is armed. */
  readonly plannedAt?: EpochMs;
  /** The last occurrence that was claimed, whatever its outcome. The next one armed is always later. */
  readonly claimedAt?: EpochMs;
  /** When an execution last changed the group; starts the policy's cooldown. */
  readonly touchedAt?: EpochMs;
  /** Why the policy cannot be decided. It stays disarmed until its user writes it anew. */
  readonly parked?: string;
}

/** One policy of a group. */
export interface Policy {
  readonly id: PolicyId;
  readonly definition: PolicyDefinition;
  readonly progress: PolicyProgress;
}
