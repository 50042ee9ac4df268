/** Whether partitions are where they belong, and stay there. */
import { balancedMs, handOverMs } from './allowances.ts';
import { faultKeysOf, keysOfAll, regionOf } from './disturbances.ts';
import type { EntryOf, Violation } from './entries.ts';
import type { Facts } from './facts.ts';
import { iso } from './rules-claims.ts';
import { drainsOf, endsOf, nodeOf } from './processes.ts';

type Found = Omit<Violation, 'rule'>;

/**
 * At the end a partition is with a node of another region than those that are to have it, or one of these has two
 * more of the region's partitions than another. What nobody has is a matter of its own.
 */
export function misplaced({ began, ended, byKind }: Facts): readonly Found[] {
  if (ended === undefined) return [];
  const drains = drainsOf(byKind);
  const working = ended.running.filter((process) => !drains.has(process));
  return began.regions.flatMap((region): Found[] => {
    const partitions = began.partitions.filter((partition) => regionOf(partition) === region);
    const owners = partitions.map((partition) => ended.owners[partition] ?? '');
    const takers = takersOf(region, began, working);
    if (takers.length === 0 || !owners.every((owner) => ended.running.includes(owner))) return [];
    const strange = owners.findIndex((owner) => !takers.includes(owner));
    const partition = partitions[strange];
    if (partition !== undefined) {
      const what = `at the end ${owners[strange] ?? ''} has it instead of ${takers.join(' or ')}`;
      return [{ t: ended.t, what, partition }];
    }
    const counts = takers.map((taker) => owners.filter((owner) => owner === taker).length);
    if (Math.max(...counts) - Math.min(...counts) <= 1) return [];
    const shares = takers.map((taker, index) => `${taker} ${String(counts[index])}`).join(', ');
    return [
      { t: ended.t, what: `at the end the partitions of ${region} are shared so: ${shares}` },
    ];
  });
}

/** Who is to share a region's partitions: its own nodes, or those of the first other region that has any. */
function takersOf(
  region: string,
  { regions, nodes }: EntryOf<'world.began'>,
  working: readonly string[],
): readonly string[] {
  const regionByNode = new Map(nodes.map((place) => [place.node, place.region]));
  const inOrder = [region, ...regions.filter((other) => other !== region)];
  const shares = inOrder.map((home) =>
    working.filter((process) => regionByNode.get(nodeOf(process)) === home),
  );
  return shares.find((processes) => processes.length > 0) ?? [];
}

/** An owner key changed hands though everything had long been where it belongs. */
export function restless({ began, byKind, disturbances, timings }: Facts): readonly Found[] {
  const boundMs = balancedMs(timings, began.partitions.length);
  const everywhere = keysOfAll(began);
  const leftAt = byKind.of('process.leaving').map(({ t }) => t);
  return byKind.of('key.held').flatMap(({ t, partition, process }): Found[] => {
    if (disturbances.claims.overlaps(t - boundMs, t, everywhere)) return [];
    if (leftAt.some((at) => at <= t && at >= t - boundMs)) return [];
    const what = `${process ?? 'nobody'} has it from now on, and nothing had happened for ${boundMs} ms`;
    return [{ t, what, partition }];
  });
}

/**
 * A process was asked to drain and does not, or drains and nobody asked; or it drains and keeps something, or takes
 * something, though others are there.
 */
export function undrained(facts: Facts): readonly Found[] {
  const { byKind, began, disturbances, timings, endedAt } = facts;
  const drains = drainsOf(byKind);
  const ends = endsOf(byKind);
  const faults = faultKeysOf(began);
  const unheard = byKind.of('drain.answered').flatMap(({ t, target, answer }): Found[] => {
    const deadline = t + handOverMs(timings);
    if (answer !== 'asked' || (ends.get(target) ?? endedAt) <= deadline) return [];
    // The wish goes with the session of whom it is about.
    if ((drains.get(target) ?? Infinity) <= deadline) return [];
    if (disturbances.claims.overlaps(t, deadline, faults)) return [];
    return [{ t: deadline, what: `${target} was asked to drain and does not` }];
  });
  const asked = new Set(byKind.of('drain.asked').map(({ target }) => target));
  const leaving = new Set(byKind.of('process.leaving').map(({ process }) => process));
  const unasked = [...drains].flatMap(([process, t]): Found[] =>
    asked.has(process) || leaving.has(process)
      ? []
      : [{ t, what: `${process} drains, and nobody asked it to` }],
  );
  return [...unheard, ...unasked, ...holdings(facts, drains)];
}

/** What processes hold that have long been draining. */
function holdings(
  { byKind, began, disturbances, timings, endedAt }: Facts,
  drains: ReadonlyMap<string, number>,
): readonly Found[] {
  const faults = faultKeysOf(began);
  return began.partitions.flatMap((partition) => {
    const held = byKind.of('key.held').filter((entry) => entry.partition === partition);
    return held.flatMap(({ t, process }, index): Found[] => {
      const drainsFrom = process === undefined ? undefined : drains.get(process);
      if (drainsFrom === undefined) return [];
      const from = Math.max(t, drainsFrom);
      const to = held[index + 1]?.t ?? endedAt;
      const deadline = disturbances.claims.deadline(from, handOverMs(timings), faults);
      const isTaken = t >= drainsFrom && !disturbances.claims.overlaps(t, t, faults);
      if (to <= deadline && !isTaken) return [];
      const what = `${process ?? ''} drains and has it from ${iso(from)} to ${iso(to)}`;
      return [{ t: to, what, partition }];
    });
  });
}
