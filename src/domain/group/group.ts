import type { EpochMs } from '../../base/clock.ts';
import type { JsonObject } from '../../base/json.ts';
import type { GroupId, PolicyId, TenantId } from '../ids.ts';
import type { PlannedCapacity } from './planned-capacity.ts';
import type { Policy } from './policy.ts';

/** What people call a group; no decision reads it. */
export interface GroupLabels {
  readonly name: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** The name under which a file describes this group; given once, never changed. */
  readonly key?: string;
}

/** The bounds of every scaling decision. */
export interface GroupLimits {
  readonly minEntities: number;
  readonly maxEntities: number;
  readonly cooldownSeconds: number;
  /** How long after a change its servers may take to be there before that is told as overdue; absent: any time. */
  readonly reachedBySeconds?: number;
}

/** One server that is to leave its group, whatever else is wanted. */
export interface Eviction {
  readonly id: string;
  /** Whether the server is to end; else it goes on running, apart from the group. */
  readonly isPurged: boolean;
}

/** A capacity window that is open. What it keeps to is here too, so that no decision has to read its policy. */
export interface OpenWindow extends PlannedCapacity {
  readonly policyId: PolicyId;
  /** It is open from then on, and up to, but without, `closesAt`. */
  readonly opensAt: EpochMs;
  readonly closesAt: EpochMs;
  /** Where windows contradict each other, the highest priority wins. */
  readonly priority: number;
}

/** What a person has a group keep to for a while, whatever its windows say. */
export interface Override extends PlannedCapacity {
  readonly since: EpochMs;
  /** It holds up to, but without, this instant. */
  readonly until: EpochMs;
  readonly by: string;
  readonly reason: string;
}

/** What scaling decisions change. */
export interface ScalingState {
  /** What the converger brings about: derived of `base` and the plan. */
  readonly desired: number;
  /** What executions and configuration move, and what the group returns to; absent where it is `desired`. */
  readonly base?: number;
  /** Windows that were opened and not closed yet; absent where there are none. */
  readonly windows?: readonly OpenWindow[];
  readonly override?: Override;
  /** When a policy last changed this group; undefined before the first time. */
  readonly touchedAt?: EpochMs;
  readonly isPaused: boolean;
  /** When a pause ends by itself; absent where it lasts until somebody ends it. */
  readonly pausedUntil?: EpochMs;
  readonly isSuspended: boolean;
  /** Absorbing: the group is invisible to its tenant and is converged to nothing, then removed. */
  readonly isDeleting: boolean;
  /** Nothing is left of it but what a repeat of the request that created it is answered from. */
  readonly isEmptied?: boolean;
  /** The occurrence or execution that last changed `desired`; told to the provider. */
  readonly changedBy?: string;
  /** Servers that were told to leave and may still be there, the first told first; absent where there are none. */
  readonly evicting?: readonly Eviction[];
}

/** How servers are made: the type names a provider, which alone understands the arguments. */
export interface LaunchConfiguration {
  readonly type: string;
  readonly args: JsonObject;
}

/** One server, process or replica that a provider reported. */
export interface Server {
  readonly id: string;
}

/** That a group with `reachedBySeconds` has not as many servers as it should have. */
export interface Unreached {
  /** How many it should have. */
  readonly desired: number;
  /** Since when it should have them, or was found not to have them any more. */
  readonly since: EpochMs;
  /** When it was told to be overdue; stays, whatever is desired since, until as many are there. */
  readonly overdueAt?: EpochMs;
}

/** What the last convergence pass saw. Written by the converger alone; it does not move the group's version. */
export interface Observation {
  /** How many servers there are; undefined before the first observation. */
  readonly actual?: number;
  readonly servers: readonly Server[];
  readonly status: 'ACTIVE' | 'ERROR';
  /** Why the status is ERROR, or why the group is waiting; sentences that a user can act on. */
  readonly reasons: readonly string[];
  /** Passes in a row that did not reach the desired capacity. */
  readonly failureCount: number;
  readonly observedAt?: EpochMs;
  /** Absent where all are there, and where nobody said by when they are to be. */
  readonly unreached?: Unreached;
}

/** The observation of a group that no pass has looked at. */
export const UNOBSERVED: Observation = {
  servers: [],
  status: 'ACTIVE',
  reasons: [],
  failureCount: 0,
};

/** One scaling group, whole: the aggregate that a commit changes. */
export interface Group {
  readonly id: GroupId;
  readonly tenantId: TenantId;
  readonly labels: GroupLabels;
  readonly limits: GroupLimits;
  readonly state: ScalingState;
  readonly launch: LaunchConfiguration;
  readonly observation: Observation;
  readonly policies: ReadonlyMap<PolicyId, Policy>;
}
