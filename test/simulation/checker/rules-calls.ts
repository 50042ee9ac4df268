/** Whether what providers were asked and told means what it says, and is not asked more often than it has to be. */
import { callsMax, CALLS_SPAN_MS } from './allowances.ts';
import type { EntryOf, Violation } from './entries.ts';
import type { Facts } from './facts.ts';
import type { Grant } from './locks.ts';
import { iso } from './rules-claims.ts';
import { tellingsOf } from './tellings.ts';

type Found = Omit<Violation, 'rule'>;
type Order = EntryOf<'provider.told'>;
type Look = EntryOf<'provider.looked'>;

/** An order's lock or renewal was lost with a server, and with it perhaps the change that the order followed from. */
export function releasedEarly(facts: Facts): readonly Found[] {
  // What a store that is emptied loses, no replica would have kept.
  const failOvers = facts.faults.filter(({ what }) => what === 'store-failed-over');
  const losses = facts.byKind
    .of('store.rolled-back')
    .filter(({ store, t }) =>
      failOvers.some((fault) => fault.store === store && fault.t <= t && t <= fault.endedAt),
    );
  return tellingsOf(facts).flatMap(({ entry: { t, groupId, desired }, grant }): Found[] => {
    if (grant === undefined) return [];
    const { store, change, t: grantedAt } = grant.entry;
    const loss = losses.find(
      (found) => found.store === store && found.t >= grantedAt && found.lastChange < change,
    );
    if (loss === undefined) return [];
    const what = `${desired} were ordered after what was lost ${iso(loss.t)}`;
    return [{ t, groupId, what }];
  });
}

/** Two orders of a group bear the same key and ask for different numbers: whoever honours keys drops the later one. */
export function keyReused(facts: Facts): readonly Found[] {
  const firstByKey = new Map<string, Order>();
  return facts.byKind.of('provider.told').flatMap((order): Found[] => {
    const { groupId, key, desired, t } = order;
    const first = firstByKey.get(`${groupId} ${key}`) ?? order;
    firstByKey.set(`${groupId} ${key}`, first);
    if (first.desired === desired) return [];
    const what = `${desired} were ordered under the key ${key}, under which ${first.desired} were ordered ${iso(first.t)}`;
    return [{ t, what, groupId }];
  });
}

/** An order names another occurrence or execution than the one that changed the desired capacity last. */
export function toldWrongCause(facts: Facts): readonly Found[] {
  return tellingsOf(facts).flatMap(({ entry, grant }): Found[] => {
    const state = grant?.state;
    const { t, groupId, cause } = entry;
    if (state === undefined || cause === state.changedBy) return [];
    return [{ t, groupId, what: `the cause is ${String(cause)}, not ${String(state.changedBy)}` }];
  });
}

/** A mark was cleared by a pass that did not see, after its last order, as many servers as were desired. */
export function clearedBlind(facts: Facts): readonly Found[] {
  const { byKind, telltales } = facts;
  const lockedAt = new Map<string, number>();
  const orders = grouped(byKind.of('provider.told'), nameOf);
  const looks = grouped(byKind.of('provider.looked'), nameOf);
  return [...telltales.grants.values()].flat().flatMap((grant): Found[] => {
    const { entry } = grant;
    const wanted = wantedBy(grant);
    if (entry.kind === 'store.locked') lockedAt.set(entry.holder, entry.t);
    if (entry.kind !== 'store.settled' || !entry.isCleared || wanted === undefined) return [];
    const { t, groupId, partition, process } = entry;
    const name = nameOf({ process, groupId });
    const since = lockedAt.get(entry.holder) ?? t;
    const ordered = orders.get(name)?.findLast((order) => order.sentAt >= since && order.t <= t);
    const from = ordered?.t ?? since;
    const isSeen = looks
      .get(name)
      ?.some((look) => look.t >= from && look.t <= t && look.actual === wanted);
    if (isSeen === true) return [];
    const what = `the mark was cleared, and ${wanted} servers were not seen since ${iso(from)}`;
    return [{ t, what, groupId, partition }];
  });
}

/** How many servers the group is to have; undefined where nobody is to look. */
function wantedBy({ state }: Grant): number | undefined {
  if (state === undefined) return undefined;
  if (state.isDeleting) return 0;
  return state.isPaused || state.isSuspended ? undefined : state.desired;
}

interface Call {
  readonly process: string | undefined;
  readonly groupId: string;
}

function nameOf({ process, groupId }: Call): string {
  return `${String(process)} ${groupId}`;
}

function grouped<Entry>(
  entries: readonly Entry[],
  by: (entry: Entry) => string,
): ReadonlyMap<string, readonly Entry[]> {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    const name = by(entry);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [entry]);
    else group.push(entry);
  }
  return groups;
}

/** A provider was asked about a group, or told something, more often within a while than any back-off allows. */
export function tooManyCalls(facts: Facts): readonly Found[] {
  const { byKind } = facts;
  const looks = byKind.of('provider.looked');
  const inOrder = (a: Order | Look, b: Order | Look): number => a.t - b.t;
  const all = [...looks, ...byKind.of('provider.told')].toSorted(inOrder);
  return [
    ...crowdsOf(facts, all, 'answered'),
    ...crowdsOf(
      facts,
      looks.filter(({ actual }) => actual === undefined),
      'failed',
    ),
  ];
}

function crowdsOf(
  facts: Facts,
  calls: readonly (Order | Look)[],
  how: 'answered' | 'failed',
): readonly Found[] {
  const turns = turnsOf(facts);
  return [...grouped(calls, ({ groupId }) => groupId)].flatMap(([groupId, own]): Found[] => {
    const turnsIn = (from: number, to: number): number =>
      turns.filter(({ t, groupId: of = groupId }) => of === groupId && t >= from && t <= to).length;
    let first = 0;
    for (const [index, { t }] of own.entries()) {
      while ((own[first]?.t ?? t) < t - CALLS_SPAN_MS) first += 1;
      const count = index - first + 1;
      // Turns are counted only where there are more calls than without one.
      if (count <= callsMax(facts.timings, how, 0)) continue;
      const most = callsMax(facts.timings, how, turnsIn(t - 2 * CALLS_SPAN_MS, t));
      if (count <= most) continue;
      const calls = how === 'failed' ? 'looks that failed' : 'calls';
      return [{ t, groupId, what: `${count} ${calls} within five minutes, ${most} at most` }];
    }
    return [];
  });
}

/** What makes passes begin at once, and back-offs begin anew. */
function turnsOf({ byKind }: Facts): readonly { readonly t: number; readonly groupId?: string }[] {
  return [
    ...byKind.of('store.applied').filter(({ isMarked }) => isMarked),
    ...[...byKind.of('store.acquired'), ...byKind.of('store.rolled-back')].map(({ t }) => ({ t })),
  ];
}
