/** What people's requests commit: one unit of one group, which tells who made it and what was there before. */
import type { EpochMs } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { Caller } from '../domain/history/caller.ts';
import { traced } from '../domain/history/trace.ts';
import type { CommitId, GroupId, TenantId } from '../domain/ids.ts';
import { ABSENT } from '../ports/store.ts';
import type { StoredGroup, Unit } from '../ports/store.ts';

/** The group that a change is about, and who asks for it. */
export interface ChangeTarget {
  readonly tenantId: TenantId;
  readonly groupId: GroupId;
  /** Who asks, and from where; kept in the history. */
  readonly caller?: Caller;
}

/** What a unit does to its group. */
export type GroupChange = Pick<
  Unit,
  'set' | 'remove' | 'due' | 'divergence' | 'listing' | 'listingMax' | 'events'
>;

/** A change that does nothing: the start of every other one. */
export const NO_CHANGE: GroupChange = {
  set: {},
  remove: [],
  due: [],
  divergence: 'keep',
  listing: 'keep',
  events: [],
};

/** A unit that has the change made where the group is as it was read. */
export function unitOf(
  target: ChangeTarget,
  read: { readonly now: EpochMs; readonly group: StoredGroup | undefined },
  change: GroupChange,
  random: Pick<Random, 'uuid'>,
): Unit {
  const { tenantId, groupId, caller } = target;
  return {
    groupId,
    tenantId,
    commitId: random.uuid() as CommitId, // fresh and random: what a commit id is
    decidedAt: read.now,
    expectVersion: read.group?.version ?? ABSENT,
    ...change,
    events: traced(change.events, { ...change, fields: read.group?.fields ?? {} }, caller),
  };
}
