import type { EpochMs } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { decodeLaunch, decodeObservation, decodeState } from '../domain/group/fields.ts';
import type { CommitId } from '../domain/ids.ts';
import type { OwnerTerm } from '../ports/owner-term.ts';
import type { CapacityProvider } from '../ports/provider.ts';
import type { CommitResult, Store, StoredGroup } from '../ports/store.ts';
import { markUnit } from './mark.ts';

export interface SelfHealDeps {
  readonly store: Store;
  readonly random: Random;
  readonly providers: ReadonlyMap<string, CapacityProvider>;
}

/** One page of a walk, and what makes a group of it worth looking at. */
export interface SelfHealPage {
  /** The store's clock at the read. */
  readonly now: EpochMs;
  readonly groups: readonly StoredGroup[];
  readonly checkAfterMs: number;
  /** When this term's first walk began. What a local provider ran before may have ended with its machine. */
  readonly since: EpochMs;
}

/**
 * Marks those groups of a page for checking again that no pass has looked at for `checkAfterMs`, so that
 * what somebody changed behind Lutra's back heals; and those of local providers that no pass has looked at
 * since the term began. Whether a group is divergent makes no difference: its next check may have been set
 * by a clock that was far ahead and has been put right since. Groups that are paused or suspended are let be; one
 * that is being deleted is marked however it lost its mark, since nothing else would ever finish it.
 * Answers with the commit, or undefined where nothing was to be marked.
 */
export async function selfHealPage(
  term: OwnerTerm,
  deps: SelfHealDeps,
  page: SelfHealPage,
): Promise<CommitResult | undefined> {
  const units = page.groups
    .filter((group) => needsCheck(deps, group, page))
    .map((group) =>
      markUnit(group, { commitId: deps.random.uuid() as CommitId, decidedAt: page.now }),
    );
  if (units.length === 0) return undefined;
  return deps.store.commit(term.partition, term.token, units);
}

function needsCheck(deps: SelfHealDeps, group: StoredGroup, page: SelfHealPage): boolean {
  try {
    const state = decodeState(group.fields['state']);
    if (state.isDeleting) return true;
    if (state.isPaused || state.isSuspended) return false;
    const { observedAt } = decodeObservation(group.fields['observed']);
    if (observedAt === undefined) return true;
    const { type } = decodeLaunch(group.fields['launch']);
    if (observedAt < page.since && deps.providers.get(type)?.isLocal === true) return true;
    // By distance: an observation from before the clock was set back must not put checks off until then.
    return Math.abs(page.now - observedAt) >= page.checkAfterMs;
  } catch {
    // A malformed record is reported by the passes and the repair that meet it; a check mends nothing.
    return false;
  }
}
