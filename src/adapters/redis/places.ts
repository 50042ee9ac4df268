/**
 * The places of new groups on the lists of their tenants: a group is put on its list before it is made, so that the list
 * says whether there is room for it.
 *
 * Where tenants have groups in other stores, too, a place is claimed at first: only once it is taken are the lists of
 * other stores looked at, so that of several that take the last place in several stores at once, whoever takes it last
 * finds all others there. A claimed place is nobody else's to count on, or to give back.
 */
import type { TenantId } from '../../domain/ids.ts';
import { ABSENT } from '../../ports/store.ts';
import type { Unit, UnitResult } from '../../ports/store.ts';
import type { RunScript } from './connection.ts';
import { claimsKey, tenantKey } from './keys.ts';
import { ReplyReader, unexpected } from './replies.ts';
import { SCRIPTS } from './scripts.ts';

/** How many groups of a tenant the other stores list. Rejects where one of them does not answer. */
export type CountElsewhere = (tenantId: TenantId) => Promise<number>;

/** What became of the groups that units are about to make. */
interface Placed {
  /** Those that are on their tenants' lists now, and were not. */
  readonly added: readonly Unit[];
  /** Those without a place: there is none, or that is to be found out by deciding again in a moment. */
  readonly refused: ReadonlyMap<Unit, Extract<UnitResult, 'full' | 'stale'>>;
}

/** Puts the groups that units are about to make on their tenants' lists, where there is room for them. */
export async function placeNewGroups(
  run: RunScript,
  units: readonly Unit[],
  countElsewhere: CountElsewhere | undefined,
): Promise<Placed> {
  const added: Unit[] = [];
  const refused = new Map<Unit, 'full' | 'stale'>();
  const place = async (unit: Unit): Promise<void> => {
    const outcome = await placeOne(run, unit, countElsewhere);
    if (outcome === 'added') added.push(unit);
    if (outcome === 'full') refused.set(unit, 'full');
    if (outcome === 'claimed') refused.set(unit, 'stale');
  };
  await Promise.all(
    units
      .filter(
        ({ expectVersion, listingMax }) => expectVersion === ABSENT || listingMax !== undefined,
      )
      .map(place),
  );
  return { added, refused };
}

/** `claimed`: the place is another's for now, or was given back for another's sake. */
type Outcome = 'added' | 'present' | 'full' | 'claimed';

async function placeOne(
  run: RunScript,
  unit: Unit,
  countElsewhere: CountElsewhere | undefined,
): Promise<Outcome> {
  const { tenantId, listingMax } = unit;
  const isShared = listingMax !== undefined && countElsewhere !== undefined;
  const { outcome, count } = await take(run, unit, isShared ? unit.commitId : NO_CLAIM);
  if (outcome !== 'added' || !isShared) return outcome;
  const elsewhere = await countElsewhere(tenantId).catch(async (error: unknown) => {
    await endClaim(run, unit, 'give');
    throw error;
  });
  const ended = await endClaim(run, unit, count + elsewhere <= listingMax ? 'keep' : 'give');
  return ended === 'kept' ? 'added' : 'claimed';
}

/** The place is for good at once. */
const NO_CLAIM = '';

/** One script, so that of two that take the last place at once only one has it. `count`: how many places are taken with it. */
async function take(
  run: RunScript,
  { tenantId, groupId, listingMax, listedElsewhere = 0 }: Unit,
  claim: string,
): Promise<{ readonly outcome: Outcome; readonly count: number }> {
  const max = listingMax === undefined ? '' : String(Math.max(listingMax - listedElsewhere, 0));
  const keys = [tenantKey(tenantId), claimsKey(tenantId)];
  const reply = new ReplyReader(await run(SCRIPTS.list, keys, [groupId, max, claim]));
  const outcome = reply.text();
  if (outcome === 'added') return { outcome, count: reply.number() };
  if (outcome === 'present' || outcome === 'full' || outcome === 'claimed') {
    return { outcome, count: 0 };
  }
  throw unexpected(outcome, 'added, present, full or claimed');
}

/** Keeps a claimed place for good, or gives it back; `lost` where it is not claimed by this unit any more. */
async function endClaim(
  run: RunScript,
  { tenantId, groupId, commitId }: Unit,
  verdict: 'keep' | 'give',
): Promise<'kept' | 'given' | 'lost'> {
  const keys = [tenantKey(tenantId), claimsKey(tenantId)];
  const reply = new ReplyReader(await run(SCRIPTS.claim, keys, [groupId, commitId, verdict]));
  const ended = reply.text();
  if (ended === 'kept' || ended === 'given' || ended === 'lost') return ended;
  throw unexpected(ended, 'kept, given or lost');
}
