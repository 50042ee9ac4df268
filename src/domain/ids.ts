import { assert } from '../base/assert.ts';
import type { Brand } from '../base/brand.ts';
import { epochMs } from '../base/clock.ts';
import type { EpochMs } from '../base/clock.ts';

/** A tenant, as it stands in the path of the API: any string. */
export type TenantId = Brand<string, 'TenantId'>;
/** A scaling group: a UUID of version 4 whose last byte is the group's region. */
export type GroupId = Brand<string, 'GroupId'>;
/** A scaling policy: a UUID of version 4. */
export type PolicyId = Brand<string, 'PolicyId'>;
/** A webhook of a policy: a UUID of version 4. */
export type WebhookId = Brand<string, 'WebhookId'>;
/** One commit: a UUID. It becomes the version of the group that it changes. */
export type CommitId = Brand<string, 'CommitId'>;
/** A partition: `region/number`. */
export type PartitionId = Brand<string, 'PartitionId'>;
/** One running process of Lutra. */
export type NodeId = Brand<string, 'NodeId'>;
/** One occurrence, the idempotency key of all that follows from it: `policyId@plannedAt`, plannedAt in epoch milliseconds. */
export type OccurrenceId = Brand<string, 'OccurrenceId'>;

/** Names the occurrence of a policy planned at an instant: the nominal instant is the identity. */
export function occurrenceId(policyId: PolicyId, plannedAt: EpochMs): OccurrenceId {
  return `${policyId}@${String(plannedAt)}` as OccurrenceId;
}

/** When the occurrence that a cause names was planned; undefined where it names none of this policy. */
export function plannedAtOf(policyId: PolicyId, cause: string): EpochMs | undefined {
  const { length } = policyId;
  // Compared in two steps, since every decision asks, and mostly of another policy's cause.
  if (!cause.startsWith(policyId) || cause[length] !== '@') return undefined;
  return epochMs(Number(cause.slice(length + 1)));
}

/**
 * What proves that a node owns a partition. `epoch` and `revision` grow with every new owner and are
 * compared as two numbers, in this order; equal ones with another `claimId` belong to somebody else.
 */
export interface FencingToken {
  readonly epoch: number;
  readonly revision: number;
  readonly claimId: string;
}

/** The token of a partition that nobody has owned yet. */
export const ZERO_TOKEN: FencingToken = { epoch: 0, revision: 0, claimId: '' };

/** Whether both are the same claim of the same owner. The only test that a write has to pass. */
export function isSameToken(a: FencingToken, b: FencingToken): boolean {
  return a.epoch === b.epoch && a.revision === b.revision && a.claimId === b.claimId;
}

/** Whether `candidate` may become the fence where `stored` is the fence now: it is newer, or the very same claim again. */
export function mayAcquire(candidate: FencingToken, stored: FencingToken): boolean {
  assert(
    Number.isSafeInteger(candidate.epoch) && Number.isSafeInteger(candidate.revision),
    'fencing tokens stay below 2^53, where doubles are exact',
  );
  if (candidate.epoch !== stored.epoch) return candidate.epoch > stored.epoch;
  if (candidate.revision !== stored.revision) return candidate.revision > stored.revision;
  return candidate.claimId === stored.claimId;
}
