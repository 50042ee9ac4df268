import { hasCode } from '../base/errors.ts';
import type { EpochMs } from '../base/clock.ts';
import { definitionField, progressField } from '../domain/group/fields.ts';
import { TIMER_ID } from '../domain/plan/timer.ts';
import type { DueGroup, DueList, DuePolicy, Store, StoredGroup } from '../ports/store.ts';

/**
 * The groups of a full list with all that is due of them, as far as it may matter: of the one that the list ends in, and
 * of those whose plans turn. A list may end among policies that are due at one instant, and these are decided together;
 * and what turned during an outage turned until now. Of two windows that meet, or of which the later one was to open an
 * hour ago, a pass that had only the one that closes would have its group go without both until the next pass.
 */
export async function withTurningWhole(
  store: Pick<Store, 'group'>,
  { now, groups }: Pick<DueList, 'now' | 'groups'>,
): Promise<readonly DueGroup[]> {
  const last = lastOf(groups);
  const read = async (group: DueGroup): Promise<DueGroup> => {
    if (group !== last && !group.policies.some(isTurn)) return group;
    const stored = await readOf(store, group);
    // What was changed since is left due by the commit, and the next pass looks at it again.
    if (stored?.version !== group.version) return group;
    return { ...group, policies: duePoliciesOf(stored, now) };
  };
  return Promise.all(groups.map(read));
}

/** By the text alone: what is taken for a window and is none costs a read, and reading each definition twice costs more. */
function isTurn({ policyId, definition }: DuePolicy): boolean {
  return policyId === TIMER_ID || definition?.includes('"kind":"window"') === true;
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
