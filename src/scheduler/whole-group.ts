import { hasCode } from '../base/errors.ts';
import type { EpochMs } from '../base/clock.ts';
import { definitionField, progressField } from '../domain/group/fields.ts';
import type { DueGroup, DueList, DuePolicy, Store, StoredGroup } from '../ports/store.ts';

/**
 * The groups of a full list, the one that it ends in with all that is due of it. A list may end among policies that
 * are due at one instant, and these are decided together: of two windows that meet, a pass that had only the one that
 * closes would have its group go without both until the next pass.
 */
export async function withLastWhole(
  store: Pick<Store, 'group'>,
  { now, groups }: Pick<DueList, 'now' | 'groups'>,
): Promise<readonly DueGroup[]> {
  const last = lastOf(groups);
  if (last === undefined) return groups;
  const stored = await readOf(store, last);
  // What was changed since is left due by the commit, and the next pass looks at it again.
  if (stored?.version !== last.version) return groups;
  const policies = duePoliciesOf(stored, now);
  return groups.map((group) => (group === last ? { ...group, policies } : group));
}

/** The group that a list ends in: lists are ordered by dueAt, then group. */
function lastOf(groups: readonly DueGroup[]): DueGroup | undefined {
  return groups.reduce<DueGroup | undefined>((last, group) => {
    const [a, b] = [
      last?.policies.at(-1)?.dueAt ?? -Infinity,
      group.policies.at(-1)?.dueAt ?? -Infinity,
    ];
    return last === undefined || b > a || (b === a && group.groupId > last.groupId) ? group : last;
  }, undefined);
}

/** One group that cannot be read must not keep the others from being claimed. */
async function readOf(
  store: Pick<Store, 'group'>,
  { groupId }: DueGroup,
): Promise<StoredGroup | undefined> {
  try {
    return (await store.group(groupId)).group;
  } catch (error) {
    if (hasCode(error, 'record-malformed') || hasCode(error, 'unit-refused')) return undefined;
    throw error;
  }
}

function duePoliciesOf({ fields, due }: StoredGroup, now: EpochMs): readonly DuePolicy[] {
  return [...due]
    .filter(([, dueAt]) => dueAt <= now)
    .sort(([idA, a], [idB, b]) => a - b || (idA < idB ? -1 : 1))
    .map(([policyId, dueAt]) => ({
      ...{ policyId, dueAt },
      definition: fields[definitionField(policyId)],
      progress: fields[progressField(policyId)],
    }));
}
