/** What owners do meanwhile, in tests of what people do. */
import type { CommitId, GroupId } from '../../src/domain/ids.ts';
import { NOT_AN_OWNER } from '../../src/ports/store.ts';
import type { UnitResult } from '../../src/ports/store.ts';
import { partitionOfTarget } from '../../src/scaling/write-group.ts';
import { claimDue } from '../../src/scheduler/claim.ts';
import type { ScalingFixture } from './scaling.ts';

/** Claims all that is due in the group's partition now; the results of the commit. */
export async function claimAllDue(
  { store, deps }: ScalingFixture,
  groupId: GroupId,
): Promise<readonly UnitResult[]> {
  const partition = partitionOfTarget(store, groupId);
  if (partition === undefined) throw new Error(`group ${groupId} has no partition`);
  const { now, groups } = await store.due(partition, 100);
  const { occurrencesOf } = deps;
  const units = groups.map((group) =>
    claimDue(group, { now, commitId: deps.random.uuid() as CommitId, occurrencesOf }),
  );
  const commit = await store.commit(partition, NOT_AN_OWNER, units);
  if (commit.kind !== 'answered') throw new Error('a commit without a token was fenced');
  return commit.results;
}
