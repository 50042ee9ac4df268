/** What providers were told, each with the grant that it rests on. */
import type { FaultKind } from '../faults.ts';
import type { EntryOf } from './entries.ts';
import type { Facts } from './facts.ts';
import { isSame } from './locks.ts';
import type { Grant } from './locks.ts';
import { nodeOf } from './processes.ts';

export interface Telling {
  readonly entry: EntryOf<'provider.told'>;
  /** The latest lock, renewal or settlement of its token when it was sent; undefined where there was none. */
  readonly grant: Grant | undefined;
  /** The true time at which the lock that the grant was of ended. */
  readonly lockedUntil: number;
  /** Names what may have held it up between the grant and its sending; undefined where nothing did. */
  readonly delay: string | undefined;
}

const OF_LINKS: readonly FaultKind[] = [
  ...(['link-cut', 'requests-lost', 'replies-lost', 'link-slow', 'link-lossy'] as const),
];
const ON_THE_WAY: readonly FaultKind[] = [
  ...OF_LINKS,
  ...(['provider-down', 'provider-slow', 'provider-ambiguous', 'provider-throttling'] as const),
];

/** All of them, in the order in which they arrived. */
export function tellingsOf(facts: Facts): readonly Telling[] {
  return facts.byKind.of('provider.told').map((entry) => {
    const grant = grantOf(facts, entry);
    const since = grant?.entry.t ?? entry.sentAt;
    return { entry, grant, lockedUntil: untilOf(grant), delay: delayOf(facts, entry, since) };
  });
}

/** Whether a fault was in force on the way of the order to its provider. */
export function wasHeldUp(facts: Facts, { entry }: Telling): boolean {
  const { sentAt, t, process } = entry;
  return facts.faults.some(
    ({ what, node, t: from, endedAt }) =>
      ON_THE_WAY.includes(what) &&
      (node === undefined || node === nodeOf(process)) &&
      from <= t &&
      endedAt >= sentAt,
  );
}

/** Of a lock that was granted while the process stood still, it learns on waking, after what it had been granted before. */
function grantOf(facts: Facts, entry: EntryOf<'provider.told'>): Grant | undefined {
  const { groupId, process, token, sentAt } = entry;
  const freezes = facts.freezes.get(process) ?? [];
  return facts.telltales.grants
    .get(groupId)
    ?.findLast(
      ({ entry: { kind, t, token: granted } }) =>
        t <= sentAt &&
        isSame(granted, token) &&
        !(
          kind === 'store.locked' &&
          freezes.some(({ from, to }) => from < t && t < to && to >= sentAt)
        ),
    );
}

function untilOf(grant: Grant | undefined): number {
  if (grant === undefined) return Number.NEGATIVE_INFINITY;
  const { entry } = grant;
  return entry.kind === 'store.settled' ? entry.t : entry.t + entry.until - entry.at;
}

function delayOf(
  { freezes, faults }: Facts,
  entry: EntryOf<'provider.told'>,
  since: number,
): string | undefined {
  const { process, sentAt, groupId } = entry;
  const freeze = freezes.get(process)?.find(({ from, to }) => from <= sentAt && to >= since);
  if (freeze !== undefined) return `${groupId} ${process} ${freeze.from}`;
  const fault = faults.find(
    ({ what, node, t, endedAt }) =>
      OF_LINKS.includes(what) &&
      (node === undefined || node === nodeOf(process)) &&
      t <= sentAt &&
      endedAt >= since,
  );
  return fault && `${groupId} fault ${fault.fault}`;
}
