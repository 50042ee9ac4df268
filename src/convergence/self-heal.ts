import type { EpochMs } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { decodeObservation, decodeState } from '../domain/group/fields.ts';
import type { CommitId } from '../domain/ids.ts';
import type { OwnerTerm } from '../ports/owner-term.ts';
import type { CommitResult, Store, StoredGroup } from '../ports/store.ts';
import { markUnit } from './mark.ts';

/**
 * Marks those groups of a page for checking again that no pass has looked at for `checkAfterMs`, so that
 * what somebody changed behind Lutra's back heals. Groups that are paused or suspended are let be; one
 * that is being deleted is marked however it lost its mark, since nothing else would ever finish it.
 * Answers with the commit, or undefined where nothing was to be marked.
 */
export async function selfHealPage(
  term: OwnerTerm,
  deps: { readonly store: Store; readonly random: Random },
  page: {
    readonly now: EpochMs;
    readonly groups: readonly StoredGroup[];
    readonly checkAfterMs: number;
  },
): Promise<CommitResult | undefined> {
  const units = page.groups
    .filter((group) => !group.isDivergent && needsCheck(group, page))
    .map((group) =>
      markUnit(group, { commitId: deps.random.uuid() as CommitId, decidedAt: page.now }),
    );
  if (units.length === 0) return undefined;
  return deps.store.commit(term.partition, term.token, units);
}

function needsCheck(
  group: StoredGroup,
  page: { readonly now: EpochMs; readonly checkAfterMs: number },
): boolean {
  try {
    const state = decodeState(group.fields['state']);
    if (state.isDeleting) return true;
    if (state.isPaused || state.isSuspended) return false;
    const { observedAt } = decodeObservation(group.fields['observed']);
    // By distance: an observation from before the clock was set back must not put checks off until then.
    return observedAt === undefined || Math.abs(page.now - observedAt) >= page.checkAfterMs;
  } catch {
    // A malformed record is reported by the passes and the repair that meet it; a check mends nothing.
    return false;
  }
}
