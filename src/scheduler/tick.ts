import type { EpochMs } from '../base/clock.ts';
import { hasCode, messageOf } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import type { Schedule } from '../domain/group/policy.ts';
import type { CommitId, FencingToken } from '../domain/ids.ts';
import type { Occurrences } from '../domain/schedule/occurrences.ts';
import type { Observe } from '../ports/observe.ts';
import type { OwnerTerm } from '../ports/owner-term.ts';
import type { CommitResult, DueGroup, Store, Unit } from '../ports/store.ts';
import { claimDue, parkAll } from './claim.ts';
import type { ClaimInput } from './claim.ts';
import { reportUnit } from './report.ts';
import { withTurningWhole } from './whole-group.ts';

/**
 * Once a commit has this many events, the rest of the batch goes into another, and others get to run in between.
 * A policy that makes up for what was missed has a hundred, and a whole batch of them would hold everybody up.
 */
const PART_EVENTS = 500;

/** What a pass needs. */
export interface TickDeps {
  readonly store: Store;
  readonly random: Random;
  readonly observe: Observe;
  readonly occurrencesOf: (schedule: Schedule) => Occurrences;
}

export type TickResult =
  | { readonly kind: 'fenced'; readonly newest: FencingToken }
  | {
      readonly kind: 'passed';
      /** The store's clock when the pass read it. */
      readonly now: EpochMs;
      readonly isMoreDue: boolean;
      /** When the next policy will be due, those that this pass armed included; undefined where none is armed. */
      readonly nextAt: EpochMs | undefined;
    };

/**
 * One pass over one partition: scan, judge, decide, claim.
 *
 * Nothing here talks to a provider. A claimed occurrence leaves its group divergent, and the converger
 * takes it from there. A crash on any line leaves either the old state or the claimed one. `stale` is not
 * an error: something moved, so the group is left due and the next pass looks again.
 */
export async function tick(
  term: OwnerTerm,
  deps: TickDeps,
  options: { readonly batchMax: number },
): Promise<TickResult> {
  const list = await deps.store.due(term.partition, options.batchMax);
  const { now, policyCount, nextAt } = list;
  const isFull = policyCount >= options.batchMax;
  const groups = isFull ? await withTurningWhole(deps.store, list) : list.groups;
  let [committedCount, staleCount] = [0, 0];
  let firstAt = nextAt;
  for (const claims of claimsInParts(groups, deps, now)) {
    if (term.signal.aborted) return { kind: 'passed', now, isMoreDue: false, nextAt };
    const commit = await claimBatch(term, deps, claims);
    if (commit.kind === 'fenced') return commit;
    committedCount += commit.committedCount;
    staleCount += commit.staleCount;
    firstAt = earliest(firstAt, claims);
  }
  const isMoreDue = staleCount > 0 || (isFull && committedCount > 0);
  return { kind: 'passed', now, isMoreDue, nextAt: firstAt };
}

/**
 * What is to be claimed, in as many commits as keep each of them short; each part is decided when it is its turn.
 * A single group may exceed the bound: it is claimed in one commit.
 */
function* claimsInParts(
  groups: readonly DueGroup[],
  deps: TickDeps,
  now: EpochMs,
): Generator<readonly GroupClaim[], void, undefined> {
  let part: GroupClaim[] = [];
  let eventCount = 0;
  for (const group of groups) {
    const unit = claimDue(group, claimInput(deps, now));
    if (unit.due.length === 0) continue;
    part.push({ group, unit });
    eventCount += unit.events.length;
    if (eventCount < PART_EVENTS) continue;
    yield part;
    part = [];
    eventCount = 0;
  }
  if (part.length > 0) yield part;
}

/** A wake would tell the same, but wakes are hints. */
function earliest(nextAt: EpochMs | undefined, claims: readonly GroupClaim[]): EpochMs | undefined {
  return claims
    .flatMap(({ unit }) => unit.due.map(({ dueAt }) => dueAt))
    .reduce((a, b) => (a === undefined || (b !== undefined && b < a) ? b : a), nextAt);
}

interface GroupClaim {
  readonly group: DueGroup;
  readonly unit: Unit;
}

function claimInput(deps: TickDeps, now: EpochMs): ClaimInput {
  const { random, occurrencesOf } = deps;
  return { now, commitId: random.uuid() as CommitId, occurrencesOf };
}

type BatchResult =
  | { readonly kind: 'claimed'; readonly committedCount: number; readonly staleCount: number }
  | { readonly kind: 'fenced'; readonly newest: FencingToken };

/** Commits the batch in one round trip; where a single record spoils it, group by group. */
async function claimBatch(
  term: OwnerTerm,
  deps: TickDeps,
  claims: readonly GroupClaim[],
): Promise<BatchResult> {
  const units = claims.map(({ unit }) => unit);
  try {
    return report(term, deps, units, await deps.store.commit(term.partition, term.token, units));
  } catch (error) {
    if (!hasCode(error, 'unit-refused')) throw error;
  }
  let committedCount = 0;
  let staleCount = 0;
  for (const claim of claims) {
    const result = await claimAlone(term, deps, claim);
    if (result.kind === 'fenced') return result;
    committedCount += result.committedCount;
    staleCount += result.staleCount;
  }
  return { kind: 'claimed', committedCount, staleCount };
}

/** Commits one group; what the store refuses even alone is parked, so that it is seen and does not come back. */
async function claimAlone(
  term: OwnerTerm,
  deps: TickDeps,
  claim: GroupClaim,
): Promise<BatchResult> {
  const claimed = await commitAlone(term, deps, claim.unit);
  if (claimed.kind !== 'unit-refused') return claimed;
  const input = claimInput(deps, claim.unit.decidedAt);
  const parked = await commitAlone(term, deps, parkAll(claim.group, input, claimed.reason));
  if (parked.kind !== 'unit-refused') return parked;
  // Not even that: it stays due, is tried again with every pass, and holds nobody up.
  const { groupId, tenantId } = claim.group;
  const { partition } = term;
  const { reason } = parked;
  deps.observe({ event: 'group.record-malformed', partition, tenantId, groupId, reason });
  return { kind: 'claimed', committedCount: 0, staleCount: 0 };
}

async function commitAlone(
  term: OwnerTerm,
  deps: TickDeps,
  unit: Unit,
): Promise<BatchResult | { readonly kind: 'unit-refused'; readonly reason: string }> {
  try {
    const commit = await deps.store.commit(term.partition, term.token, [unit]);
    return report(term, deps, [unit], commit);
  } catch (error) {
    if (!hasCode(error, 'unit-refused')) throw error;
    return { kind: 'unit-refused', reason: messageOf(error) };
  }
}

/** Tells what the commit did, unit by unit. */
function report(
  term: OwnerTerm,
  { observe }: TickDeps,
  units: readonly Unit[],
  commit: CommitResult,
): BatchResult {
  if (commit.kind === 'fenced') return commit;
  let staleCount = 0;
  for (const [index, unit] of units.entries()) {
    if (commit.results[index] === 'committed') {
      reportUnit(observe, term.partition, unit, commit.at);
    } else {
      staleCount += 1;
      const { groupId, tenantId } = unit;
      observe({ event: 'group.claim-stale', partition: term.partition, tenantId, groupId });
    }
  }
  return { kind: 'claimed', committedCount: units.length - staleCount, staleCount };
}
