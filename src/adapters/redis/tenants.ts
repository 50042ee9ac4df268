/**
 * The lists of tenants' groups.
 *
 * Each lies in a slot of its own, so it cannot be part of the commit that makes or drops a group: a group is
 * put on its list before it is made, and taken off after it was dropped. A crash in between leaves an entry
 * without a group, which readers leave out.
 */
import type { GroupId, TenantId } from '../../domain/ids.ts';
import type { PageRequest, Unit } from '../../ports/store.ts';
import { ABSENT } from '../../ports/store.ts';
import type { Outcome } from './commit.ts';
import type { RunScript, SendCommand } from './connection.ts';
import { tenantKey } from './keys.ts';
import { ReplyReader, unexpected } from './replies.ts';
import { SCRIPTS } from './scripts.ts';

/** One place on one list. */
export interface Entry {
  readonly tenantId: TenantId;
  readonly groupId: GroupId;
}

/** What became of the groups that units are about to make. */
interface Listed {
  /** Those that are on their tenants' lists now, and were not. */
  readonly added: readonly Unit[];
  /** Those for which there is no room. */
  readonly full: ReadonlySet<Unit>;
}

/** How many groups of a tenant the other stores list. Rejects where one of them does not answer. */
export type CountElsewhere = (tenantId: TenantId) => Promise<number>;

/** What it takes to put groups on lists. */
interface ListDeps {
  readonly run: RunScript;
  readonly send: SendCommand;
  /** Undefined where there are no other stores. */
  readonly countElsewhere: CountElsewhere | undefined;
  /** Those of the entries whose group is not there. */
  readonly withoutGroup: (entries: readonly Entry[]) => Promise<readonly Entry[]>;
}

/** Puts the groups that units are about to make on their tenants' lists, where there is room for them. */
export async function listNewGroups(deps: ListDeps, units: readonly Unit[]): Promise<Listed> {
  const made = units.filter(
    ({ expectVersion, listingMax }) => expectVersion === ABSENT || listingMax !== undefined,
  );
  const outcomes = await Promise.all(made.map((unit) => listOne(deps, unit)));
  return {
    added: made.filter((_, index) => outcomes[index] === 'added'),
    full: new Set(made.filter((_, index) => outcomes[index] === 'full')),
  };
}

/**
 * Takes a place on the list, and only then looks at the lists of other stores: of several that take the last place in
 * several stores at once, whoever takes it last finds all others there. Two that find each other may both give way.
 */
async function listOne(deps: ListDeps, unit: Unit): Promise<Place['outcome']> {
  const { outcome, count } = await takePlace(deps.run, unit);
  const { countElsewhere } = deps;
  const { tenantId, listingMax } = unit;
  if (outcome === 'full' || listingMax === undefined || countElsewhere === undefined) {
    return outcome;
  }
  try {
    if (count + (await countElsewhere(tenantId)) <= listingMax) return outcome;
  } catch (error) {
    await giveUp(deps, unit, outcome);
    throw error;
  }
  return giveUp(deps, unit, outcome);
}

/** Gives the place back, unless the group is there already: that was within its limit when it was made. */
async function giveUp(
  deps: ListDeps,
  unit: Unit,
  outcome: Place['outcome'],
): Promise<Place['outcome']> {
  const [entry] = await deps.withoutGroup([unit]);
  if (entry === undefined) return 'present';
  if (outcome === 'added') await unlist(deps.send, [entry]);
  return 'full';
}

/** A place on a list, and how many places are taken there with it. */
interface Place {
  readonly outcome: 'added' | 'present' | 'full';
  readonly count: number;
}

/** One script, so that of two that take the last place at once only one has it. */
async function takePlace(run: RunScript, unit: Unit): Promise<Place> {
  const { tenantId, groupId, listingMax, listedElsewhere = 0 } = unit;
  const max = listingMax === undefined ? '' : String(Math.max(listingMax - listedElsewhere, 0));
  const reply = new ReplyReader(await run(SCRIPTS.list, [tenantKey(tenantId)], [groupId, max]));
  const outcome = reply.text();
  if (outcome === 'full') return { outcome, count: 0 };
  if (outcome === 'added' || outcome === 'present') return { outcome, count: reply.number() };
  throw unexpected(outcome, 'added, present or full');
}

/**
 * The entries that a commit leaves behind without a group, for certain or perhaps: `listed` were put there
 * for its units. Of a unit that was sent before, nobody here knows what became of its group since. There
 * are no outcomes where the whole commit was refused.
 */
export function leftBehind(
  units: readonly Unit[],
  outcomes: readonly Outcome[],
  listed: readonly Entry[],
): { readonly surely: readonly Entry[]; readonly perhaps: readonly Entry[] } {
  const drops = ({ listing, remove }: Unit): boolean => listing === 'drop' || remove === 'group';
  return {
    surely: units.filter((unit, index) => outcomes[index] === 'applied' && drops(unit)),
    perhaps: units.filter(
      (unit, index) =>
        (outcomes[index] === 'repeated' && drops(unit)) ||
        (outcomes[index] !== 'applied' && listed.includes(unit)),
    ),
  };
}

/** Puts entries on their lists. */
export async function list(send: SendCommand, entries: readonly Entry[]): Promise<void> {
  await Promise.all(
    entries.map(({ tenantId, groupId }) => send('ZADD', tenantKey(tenantId), '0', groupId)),
  );
}

/** Takes entries off their lists. */
export async function unlist(send: SendCommand, entries: readonly Entry[]): Promise<void> {
  await Promise.all(
    entries.map(({ tenantId, groupId }) => send('ZREM', tenantKey(tenantId), groupId)),
  );
}

/** A page of the tenant's list, in ascending order of id. */
export async function readListed(
  send: SendCommand,
  tenantId: TenantId,
  { after, limit }: PageRequest<string>,
): Promise<readonly GroupId[]> {
  const lower = after === undefined ? '-' : `(${after}`;
  const range = [tenantKey(tenantId), lower, '+', 'LIMIT', '0', String(limit)];
  return (await send('ZRANGEBYLEX', ...range)) as readonly GroupId[]; // members that commits wrote
}

/** How many groups are on the tenant's list. */
export async function countListed(send: SendCommand, tenantId: TenantId): Promise<number> {
  return Number(await send('ZCARD', tenantKey(tenantId)));
}
