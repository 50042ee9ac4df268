import type { EpochMs } from '../../base/clock.ts';
import type { OccurrenceId, PolicyId, WebhookId } from '../ids.ts';
import type { Schedule } from '../group/policy.ts';
import type { Caller } from './caller.ts';
import type { ValueChange } from './value-change.ts';

/** Why an execution changed nothing though the policy was consulted. */
export type RefusalReason = 'policy-cooldown' | 'group-cooldown' | 'no-change';
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
    } & ExecutionOutcome)
  | ({
      readonly event: 'policy.executed';
      readonly policyId: PolicyId;
      readonly executionId: string;
      readonly desiredBefore: number;
      readonly desiredAfter: number;
    } & Traced &
      ExecutionOutcome)
  | {
      /** A run of occurrences that nothing was done about, counted when it is read: `schedule` tells which lie between. */
      readonly event: 'policy.missed';
      readonly policyId: PolicyId;
      readonly first: EpochMs;
      readonly last: EpochMs;
      readonly reason: MissReason;
      readonly schedule: Schedule;
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
    };

/** An event as the store keeps it: numbered within its group and stamped with the store's clock at the commit. */
export interface RecordedEvent {
  /** 1 for the group's first event; grows by one. */
  readonly sequence: number;
  readonly at: EpochMs;
  readonly event: HistoryEvent;
}
