/** Whether partitions had owners and processes lived. */
import { handOverMs, settlingMs } from './allowances.ts';
import { keysOf, regionOf } from './disturbances.ts';
import type { Violation } from './entries.ts';
import type { Facts } from './facts.ts';
import { endsOf } from './processes.ts';
import { iso } from './rules-claims.ts';

type Found = Omit<Violation, 'rule'>;

interface Gap {
  readonly from: number;
  readonly to: number;
}

/** A partition was without a live owner for longer than it may be, or is at the end. */
export function ownerless(facts: Facts): readonly Found[] {
  const { began, ended, disturbances, timings } = facts;
  const ends = endsOf(facts.byKind);
  const holders = holdersOf(facts);
  return began.partitions.flatMap((partition) => {
    const store = began.storeOf[regionOf(partition)] ?? '';
    const keys = keysOf({ partition, store });
    const gaps = gapsOf(holders.get(partition) ?? [], ends, facts).flatMap(
      ({ from, to }): Found[] => {
        const deadline = disturbances.claims.deadline(from, handOverMs(timings), keys);
        if (to <= deadline) return [];
        return [{ t: to, what: `nobody had it from ${iso(from)} to ${iso(to)}`, partition }];
      },
    );
    const owner = ended?.owners[partition];
    const isHeld = owner !== undefined && ended?.running.includes(owner) === true;
    if (ended === undefined || isHeld || gaps.length > 0) return gaps;
    return [{ t: ended.t, what: `at the end ${owner ?? 'nobody'} holds it`, partition }];
  });
}

/** A process ended by itself. */
export function broke(facts: Facts): readonly Found[] {
  return facts.byKind
    .of('process.broke')
    .map(({ t, process, reason }) => ({ t, what: `${process} broke: ${reason}` }));
}

/** The world could not be brought to its end: something goes round and round. */
export function endless({ byKind }: Facts): readonly Found[] {
  return byKind.of('world.stuck').map(({ t, reason: what }) => ({ t, what }));
}

/** The trace does not tell enough: its world did not end, or not long enough after the last fault. */
export function unsettled(facts: Facts): readonly Found[] {
  const { ended, endedAt, timings, byKind } = facts;
  if (ended === undefined) return [{ t: endedAt, what: 'the world did not end' }];
  const calmedAt = byKind.of('world.calmed').at(-1)?.t ?? facts.began.t;
  const lastAt = facts.faults.reduce((last, fault) => Math.max(last, fault.endedAt), calmedAt);
  const partitionCount = facts.began.partitions.length;
  const neededMs = settlingMs(timings, { groupCount: facts.groupCount, partitionCount });
  if (ended.t - lastAt >= neededMs) return [];
  const what = `it ended ${ended.t - lastAt} ms after the last fault, and settling takes ${neededMs} ms`;
  return [{ t: ended.t, what }];
}

interface Held {
  readonly t: number;
  readonly process: string | undefined;
}

function holdersOf({ byKind }: Facts): ReadonlyMap<string, readonly Held[]> {
  const holders = new Map<string, Held[]>();
  for (const { t, partition, process } of byKind.of('key.held')) {
    const known = holders.get(partition);
    if (known === undefined) holders.set(partition, [{ t, process }]);
    else known.push({ t, process });
  }
  return holders;
}

/** The times in which nobody alive held the key. */
function gapsOf(
  held: readonly Held[],
  ends: ReadonlyMap<string, number>,
  { began, endedAt }: Facts,
): readonly Gap[] {
  const gaps: Gap[] = [];
  const all = [{ t: began.t, process: undefined }, ...held];
  for (const [index, { t, process }] of all.entries()) {
    const to = all[index + 1]?.t ?? endedAt;
    const from = process === undefined ? t : Math.max(t, ends.get(process) ?? Infinity);
    if (from >= to) continue;
    const last = gaps.at(-1);
    if (last?.to === from) gaps[gaps.length - 1] = { from: last.from, to };
    else gaps.push({ from, to });
  }
  return gaps;
}
