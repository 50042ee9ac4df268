/** Turns what went wrong into the windows in which less is asked for. */
import type { Timings } from '../trace.ts';
import { AFTER_PROCESS, deadPassMs, providerBackMs, RECOVERIES, repairedMs } from './allowances.ts';
import type { StoreClock } from './clocks.ts';
import type { EntriesByKind, EntryOf } from './entries.ts';
import { drainsOf, processSpans } from './processes.ts';
import type { ProcessSpan } from './processes.ts';
import { Windows } from './windows.ts';
import type { Window } from './windows.ts';

/** Windows for what owners and their schedulers do, and for what becomes of groups at their providers. */
export interface Disturbances {
  readonly claims: Windows;
  readonly convergence: Windows;
}

type Fault = EntryOf<'fault.began'> & { readonly endedAt: number };

/** All that disturbs a run, with what each fault needs to be over. */
export function disturbancesOf(
  byKind: EntriesByKind,
  clocks: ReadonlyMap<string, StoreClock>,
  began: EntryOf<'world.began'>,
): Disturbances {
  const { timings } = began;
  const faults = faultsOf(byKind);
  const spans = processSpans(byKind);
  const general = [
    { key: 'all', from: began.t, to: began.t + AFTER_PROCESS.started(timings) },
    ...faults.flatMap((fault) => generalWindow(fault, timings)),
    ...processWindows(spans, timings),
    ...desertedWindows(workingSpans(spans, byKind), began, faults),
    ...drainWindows(byKind, timings),
  ];
  const lost = faults
    .filter(({ what }) => RECOVERIES[what].reach === 'policy')
    .flatMap((fault) => lostWindow(fault, new Windows(general), timings));
  const passesMs = deadPassMs(timings);
  const longer = general.map((window) => ({ ...window, to: window.to + passesMs }));
  return {
    claims: new Windows([...general, ...lost]),
    convergence: new Windows([
      ...longer,
      ...faults.flatMap((fault) => providerWindow(fault, timings)),
      ...[...clocks].flatMap(([store, clock]) =>
        clock.stepsBack().map(({ t, byMs }) => ({
          ...{ key: `store ${store}`, from: t, to: t + byMs + passesMs },
        })),
      ),
    ]),
  };
}

/** The key of the windows of drains: what somebody wants to happen, and is no reason for it not to. */
const DRAINS = 'drains';

/** What concerns a partition: the keys of its windows. */
export function keysOf(place: { readonly partition: string; readonly store: string }): string[] {
  return ['all', DRAINS, `store ${place.store}`, `region ${regionOf(place.partition)}`];
}

/**
 * What concerns who is to have which partition: everything, since a node that is unfit for one region counts as
 * changed for all.
 */
export function keysOfAll(began: EntryOf<'world.began'>): string[] {
  return [DRAINS, ...faultKeysOf(began)];
}

/** The same without what operators want. */
export function faultKeysOf({ regions, storeOf }: EntryOf<'world.began'>): string[] {
  const stores = Object.values(storeOf).map((store) => `store ${store}`);
  return ['all', ...stores, ...regions.map((region) => `region ${region}`)];
}

/** The region that a partition is in. */
export function regionOf(partition: string): string {
  return partition.slice(0, partition.lastIndexOf('/'));
}

/** Every fault with its end; one that never ended lasted until all was calm. */
export function faultsOf(byKind: EntriesByKind): readonly Fault[] {
  const endedAt = new Map(byKind.of('fault.ended').map(({ fault, t }) => [fault, t]));
  const calmedAt = byKind.of('world.calmed')[0]?.t;
  return byKind
    .of('fault.began')
    .map((fault) => ({ ...fault, endedAt: endedAt.get(fault.fault) ?? calmedAt ?? Infinity }));
}

function generalWindow(fault: Fault, timings: Timings): readonly Window[] {
  const { reach, afterMs } = RECOVERIES[fault.what];
  const isOfStore = reach === 'store' || (reach === 'link' && fault.store !== undefined);
  if (reach !== 'all' && reach !== 'link' && reach !== 'store') return [];
  const key = isOfStore && fault.store !== undefined ? `store ${fault.store}` : 'all';
  return [{ key, from: fault.t, to: fault.endedAt + afterMs(timings, isOfStore) }];
}

/** A lost entry is found by a sweep, and sweeps begin anew with every term. */
function lostWindow(fault: Fault, general: Windows, timings: Timings): readonly Window[] {
  const keys = ['all', ...(fault.store === undefined ? [] : [`store ${fault.store}`])];
  const to = general.deadline(fault.endedAt, repairedMs(timings), keys);
  return [{ key: `policy ${fault.policyId ?? ''}`, from: fault.t, to }];
}

/** A provider that fails, or that a node does not reach, is asked again after ever longer pauses. */
function providerWindow(fault: Fault, timings: Timings): readonly Window[] {
  const { reach, afterMs } = RECOVERIES[fault.what];
  if (reach !== 'provider' && reach !== 'link') return [];
  const key = fault.groupId === undefined ? 'all' : `group ${fault.groupId}`;
  const backMs = providerBackMs(timings) + deadPassMs(timings);
  return [
    {
      key,
      from: fault.t,
      to: fault.endedAt + afterMs(timings, fault.store !== undefined) + backMs,
    },
  ];
}

function processWindows(spans: readonly ProcessSpan[], timings: Timings): readonly Window[] {
  return spans.flatMap(({ from, to, isBirth }) => {
    const beginsMs = isBirth ? AFTER_PROCESS.started : AFTER_PROCESS.woken;
    const begun = { key: 'all', from, to: from + beginsMs(timings) };
    if (to === Infinity) return [begun];
    return [begun, { key: 'all', from: to, to: to + AFTER_PROCESS.gone(timings) }];
  });
}

/** What a node has that was asked to drain is handed over when it hears of it. */
function drainWindows(byKind: EntriesByKind, timings: Timings): readonly Window[] {
  const heardAt = [...byKind.of('drain.asked'), ...byKind.of('member.drains')];
  return heardAt.map(({ t }) => ({ key: DRAINS, from: t, to: t + AFTER_PROCESS.drained(timings) }));
}

/** Those in which a process was there to take something: one that drains is not. */
function workingSpans(
  spans: readonly ProcessSpan[],
  byKind: EntriesByKind,
): readonly ProcessSpan[] {
  const drainsFrom = drainsOf(byKind);
  return spans.flatMap((span) => {
    const to = Math.min(span.to, drainsFrom.get(span.process) ?? Infinity);
    return to > span.from ? [{ ...span, to }] : [];
  });
}

/**
 * While no process of a region is awake, nobody has its partitions, at first for the grace; and once more where etcd
 * gives back meanwhile what those had, for their sessions to end anew.
 */
function desertedWindows(
  spans: readonly ProcessSpan[],
  began: EntryOf<'world.began'>,
  faults: readonly Fault[],
): readonly Window[] {
  const { timings, nodes, regions } = began;
  const regionByNode = new Map(nodes.map(({ node, region }) => [node, region]));
  const graceMs = AFTER_PROCESS.deserted(timings);
  const everywhere = gapsBetween(spans, began.t);
  const restored = faults.filter(({ what }) => what === 'etcd-restored');
  return [
    ...everywhere.map(({ from, to }) => ({ key: 'all', from, to })),
    ...regions.flatMap((region) =>
      gapsBetween(
        spans.filter(({ node }) => regionByNode.get(node) === region),
        began.t,
      ).flatMap(({ from, to }) => {
        const begins = [
          { t: from, from },
          ...restored.flatMap(({ t, endedAt }) =>
            from <= endedAt && t <= to ? [{ t, from: endedAt + timings.readIntervalMs }] : [],
          ),
        ];
        return begins.map((begin) => ({
          ...{ key: `region ${region}`, from: begin.t },
          to: Math.min(to, begin.from + graceMs) + AFTER_PROCESS.gone(timings),
        }));
      }),
    ),
  ];
}

/** The times that no span covers. */
function gapsBetween(
  spans: readonly ProcessSpan[],
  start: number,
): readonly { readonly from: number; readonly to: number }[] {
  const gaps = [];
  let coveredTo = start;
  for (const { from, to } of spans.toSorted((a, b) => a.from - b.from)) {
    if (from > coveredTo) gaps.push({ from: coveredTo, to: from });
    coveredTo = Math.max(coveredTo, to);
  }
  if (coveredTo < Infinity) gaps.push({ from: coveredTo, to: Infinity });
  return gaps;
}
