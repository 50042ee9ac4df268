import type { EpochMs } from '../../base/clock.ts';
import type { JsonObject } from '../../base/json.ts';
import type { GroupId, PolicyId, TenantId } from '../ids.ts';
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
}

/** One server that is to leave its group, whatever else is wanted. */
export interface Eviction {
  readonly id: string;
  /** Whether the server is to end; else it goes on running, apart from the group. */
  readonly isPurged: boolean;
}

/** What scaling decisions change. */
export interface ScalingState {
  readonly desired: number;
  /** When a policy last changed this group; undefined before the first time. */
  readonly touchedAt?: EpochMs;
  readonly isPaused: boolean;
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
