/** Whether a node can do its work now. */
import type { Clock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import { partitionId } from '../domain/partition/partition-of.ts';
import type { Readiness } from '../ports/status.ts';
import type { Store } from '../ports/store.ts';
import { answerWithin } from './answer-within.ts';

/** How long the store may take. Monitors give up after a few seconds, and being slow is an answer here. */
const PROBE_MS = 2_000;

/** What a node knows of itself. */
export interface ReadinessFacts {
  readonly region: string;
  /**
   * `none`: no session, before the first or after one that ended. `over`: it does not own anything any more,
   * and will not.
   */
  readonly membership: 'none' | 'leased' | 'doubtful' | 'over';
  readonly isDraining: boolean;
  /** Why it cannot work on the partitions of its own region; undefined where it can. */
  readonly unfitBecause: string | undefined;
}

/**
 * Judges by the facts, and by one read of the store of the node's own region.
 *
 * Doubt is no reason: a node that does not reach etcd goes on firing, and its store refuses it as soon as
 * another has taken over. Were doubtful nodes taken out of service, an outage of etcd would take out all of
 * them, though each still does its work.
 */
export async function judgeReadiness(
  facts: ReadinessFacts,
  deps: { readonly store: Store; readonly clock: Clock },
): Promise<Readiness> {
  const found = [...ownReasons(facts), await storeReason(facts.region, deps)];
  const reasons = found.filter((reason) => reason !== undefined);
  return { isReady: reasons.length === 0, reasons, isDoubtful: facts.membership === 'doubtful' };
}

function ownReasons(facts: ReadinessFacts): readonly (string | undefined)[] {
  const { region, membership, isDraining, unfitBecause } = facts;
  return [
    membership === 'none' ? 'the node has no session: it may own nothing' : undefined,
    membership === 'over' ? 'the node has given up what it owned and ends' : undefined,
    isDraining ? 'the node is draining: it gives away what it owns and takes no more' : undefined,
    unfitBecause === undefined
      ? undefined
      : `the node cannot work on its own region ${region}: ${unfitBecause}`,
  ];
}

async function storeReason(
  region: string,
  { store, clock }: { readonly store: Store; readonly clock: Clock },
): Promise<string | undefined> {
  const late = (): Error => new Error(`no answer within ${String(PROBE_MS)} ms`);
  try {
    // Any partition of the region does: all of them are in one store.
    const partition = partitionId(region, 0);
    await answerWithin({ clock, ms: PROBE_MS, late }, () => store.due(partition, 1));
    return undefined;
  } catch (error) {
    return `the store of region ${region} does not answer: ${messageOf(error)}`;
  }
}
