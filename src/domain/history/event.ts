import type { EpochMs } from '../../base/clock.ts';
import type { OccurrenceId, PolicyId, WebhookId } from '../ids.ts';
import type { Schedule } from '../group/policy.ts';

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
      readonly by: string;
      readonly desiredBefore: number;
      readonly desiredAfter: number;
    } & ExecutionOutcome)
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
  | {
      readonly event: 'policy.created' | 'policy.changed' | 'policy.deleted';
      readonly policyId: PolicyId;
      readonly by: string;
    }
  | {
      /** `rotated`: it was given another capability, and the one before does nothing any more. */
      readonly event: 'webhook.created' | 'webhook.changed' | 'webhook.rotated' | 'webhook.deleted';
      readonly policyId: PolicyId;
      readonly webhookId: WebhookId;
      readonly by: string;
    }
  | { readonly event: 'group.created'; readonly by: string; readonly desiredAfter: number }
  | {
      readonly event: 'group.changed';
      readonly by: string;
      readonly what: 'config' | 'launch' | 'paused' | 'resumed';
      readonly desiredBefore: number;
      readonly desiredAfter: number;
    }
  | { readonly event: 'group.deleted'; readonly by: string }
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
