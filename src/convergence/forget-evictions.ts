import type { Random } from '../base/random.ts';
import { decodeState, encodeField } from '../domain/group/fields.ts';
import type { CommitId, GroupId } from '../domain/ids.ts';
import { withoutEvictions } from '../domain/scaling/evict.ts';
import type { OwnerTerm } from '../ports/owner-term.ts';
import type { Store } from '../ports/store.ts';
import { markUnit } from './mark.ts';

/**
 * Takes servers that have left off the group's list of those that are to leave. A commit of its own, and not a
 * part of settling: people add to the list while a pass is under way, and only the version says so. The group
 * stays divergent until the pass is settled, so a pass that ends here is followed by another. Answers whether
 * nothing is left to forget: not where the group moved in between, or the term is over, as settling then shows.
 */
export async function forgetEvictions(
  term: OwnerTerm,
  deps: { readonly store: Store; readonly random: Random },
  left: { readonly groupId: GroupId; readonly serverIds: readonly string[] },
): Promise<boolean> {
  const { groupId, serverIds } = left;
  const { now, group } = await deps.store.group(groupId);
  if (group === undefined) return true;
  const state = withoutEvictions(decodeState(group.fields['state']), serverIds);
  const unit = {
    ...markUnit(group, { commitId: deps.random.uuid() as CommitId, decidedAt: now }),
    set: { state: encodeField(state) },
    divergence: 'keep' as const,
    events: [{ event: 'server.left' as const, serverIds }],
  };
  const commit = await deps.store.commit(term.partition, term.token, [unit]);
  return commit.kind === 'answered' && commit.results[0] === 'committed';
}
