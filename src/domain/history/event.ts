import type { EpochMs } from '../../base/clock.ts';
import type { OccurrenceId, PolicyId, WebhookId } from '../ids.ts';
import type { Schedule } from '../group/policy.ts';
import type { Caller } from './caller.ts';
import type { ValueChange } from './value-change.ts';

/** Why an execution changed nothing though the policy was consulted. `window`: it is a plan, and is not executed. */
export type RefusalReason = 'policy-cooldown' | 'group-cooldown' | 'no-change' | 'window';
/** Why a policy was not consulted. */
export type SkipReason = 'paused' | 'suspended' | 'deleting';
/** Why occurrences were not acted on. */
export type MissReason = 'superseded' | 'too-late' | 'catch-up-limit';

/** What became of an execution that reached its group. */
export type ExecutionOutcome =
  | { readonly outcome: 'scaled' }
  | { readonly outcome: 'refused'; readonly reason: RefusalReason }
  | { readonly outcome: 'skipped'; readonly reason: SkipReason };

/** What is told of a change besides what it was. Events from before this was told have none of it. */
type Traced = {
  readonly by: string;
  readonly caller?: Omit<Caller, 'by'>;
  /** Old and new values; absent where there is nothing to tell but the event itself. */
  readonly changes?: readonly ValueChange[];
  /** How many more values changed. */
  readonly omittedCount?: number;
};

/** A change that somebody wanted, by the event that it would have been. */
export type WantedChange = {
  /** Absent where it was not even looked at what was wanted. */
  readonly wanted?:
    | 'policy.executed'
    | 'policy.created'
    | 'policy.changed'
    | 'policy.deleted'
    | 'policy.skipped'
    | 'override.set'
    | 'override.removed'
    | 'webhook.created'
    | 'webhook.changed'
    | 'webhook.rotated'
    | 'webhook.deleted'
    | 'server.deleted'
    | 'group.changed'
    | 'group.marked'
    | 'group.deleted';
  readonly what?: 'config' | 'launch' | 'paused' | 'resumed';
  readonly policyId?: PolicyId;
  readonly webhookId?: WebhookId;
  readonly serverId?: string;
};

/**
 * One fact of a group's history. It is part of the commit that made it true, so history and state
 * cannot disagree. Desired capacity is the replay of `desiredAfter`.
 */
export type HistoryEvent =
  | ({
      readonly event: 'policy.fired';
      readonly policyId: PolicyId;
      readonly occurrenceId: OccurrenceId;
      readonly plannedAt: EpochMs;
      readonly dueAt: EpochMs;
      readonly desiredBefore: number;
      readonly desiredAfter: number;
      /** What the group wants apart from its plan; absent where that is its desired capacity. */
      readonly base?: number;
    } & ExecutionOutcome)
  | ({
      readonly event: 'policy.executed';
      readonly policyId: PolicyId;
      readonly executionId: string;
      readonly desiredBefore: number;
      readonly desiredAfter: number;
      readonly base?: number;
    } & Traced &
      ExecutionOutcome)
  | {
      /**
       * A run of occurrences that nothing was done about. Counted when it is read, as `schedule` tells which lie
       * between; with calendars, when it was recorded.
       */
      readonly event: 'policy.missed';
      readonly policyId: PolicyId;
      readonly first: EpochMs;
      readonly last: EpochMs;
      readonly reason: MissReason;
      readonly schedule: Schedule;
      readonly count?: number;
    }
  | {
      /** A capacity window opened or closed, and the desired capacity was derived anew. */
      readonly event: 'window.opened' | 'window.closed';
      readonly policyId: PolicyId;
      readonly opensAt: EpochMs;
      readonly closesAt: EpochMs;
      readonly desiredBefore: number;
      readonly desiredAfter: number;
    }
  | {
      /** What somebody had a group keep to is over, as was said when it began. */
      readonly event: 'override.ended' | 'pause.ended';
      readonly until: EpochMs;
      readonly desiredBefore: number;
      readonly desiredAfter: number;
    }
  | ({
      readonly event: 'override.set' | 'override.removed';
      readonly desiredBefore: number;
      readonly desiredAfter: number;
    } & Traced)
  | ({
      /** Somebody had the next occurrence of a policy left out. */
      readonly event: 'policy.skipped';
      readonly policyId: PolicyId;
      readonly plannedAt: EpochMs;
    } & Traced)
  | {
      /** Another release of the time zone data has the armed occurrence at another instant. */
      readonly event: 'policy.moved';
      readonly policyId: PolicyId;
      readonly from: EpochMs;
      /** What is armed in its place; absent where the schedule has no occurrence left. */
      readonly to?: EpochMs;
      /** The release. */
      readonly timeZones: string;
    }
  | { readonly event: 'policy.parked'; readonly policyId: PolicyId; readonly reason: string }
  | ({
      readonly event: 'policy.created' | 'policy.changed' | 'policy.deleted';
      readonly policyId: PolicyId;
    } & Traced)
  | ({
      /** `rotated`: it was given another capability, and the one before does nothing any more. */
      readonly event: 'webhook.created' | 'webhook.changed' | 'webhook.rotated' | 'webhook.deleted';
      readonly policyId: PolicyId;
      readonly webhookId: WebhookId;
    } & Traced)
  | ({
      /** Somebody took a server out of the group. `isPurged`: it is to end as well. */
      readonly event: 'server.deleted';
      readonly serverId: string;
      readonly isPurged: boolean;
      readonly desiredBefore: number;
      readonly desiredAfter: number;
    } & Traced)
  | {
      /** Servers that were taken out of the group are not there any more. */
      readonly event: 'server.left';
      readonly serverIds: readonly string[];
    }
  | ({ readonly event: 'group.created'; readonly desiredAfter: number } & Traced)
  | ({
      readonly event: 'group.changed';
      readonly what: 'config' | 'launch' | 'paused' | 'resumed';
      readonly desiredBefore: number;
      readonly desiredAfter: number;
    } & Traced)
  | ({
      /** Calendars that its policies name are others now, and these policies were armed anew. */
      readonly event: 'group.calendars-changed';
      readonly names: readonly string[];
    } & Traced)
  /** Somebody had it looked at. */
  | ({ readonly event: 'group.marked' } & Traced)
  | ({ readonly event: 'group.deleted' } & Traced)
  | ({
      /** Somebody wanted a change, and the answer was no: nothing was changed, and this alone was recorded. */
      readonly event: 'change.refused';
      readonly outcome: 'refused';
      readonly reason: string;
    } & WantedChange &
      Traced)
  | {
      readonly event: 'group.converged';
      readonly desired: number;
      readonly actualBefore?: number;
      readonly actual: number;
    }
  | {
      /** `failed`: a person must act. `waiting`: nothing can be done here, but nothing is wrong either. */
      readonly event: 'group.failed' | 'group.waiting';
      readonly reasons: readonly string[];
    }
  | {
      /** It has not the servers that it should have had by now, as its configuration says. */
      readonly event: 'group.overdue';
      readonly desired: number;
      readonly actual: number;
      readonly since: EpochMs;
    }
  | {
      /** It was overdue, and has them. */
      readonly event: 'group.reached';
      readonly desired: number;
      /** Since that many were desired, or it was found not to have them any more. */
      readonly afterMs: number;
    };

/** An event as the store keeps it: numbered within its group and stamped with the store's clock at the commit. */
export interface RecordedEvent {
  /** 1 for the group's first event; grows by one. */
  readonly sequence: number;
  readonly at: EpochMs;
  readonly event: HistoryEvent;
}
