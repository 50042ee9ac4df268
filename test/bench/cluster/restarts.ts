/** Nodes are stopped in peace and started again, one every so often: what is lost, doubled or late. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PartitionId } from '../../../src/domain/ids.ts';
import type { Section } from '../report.ts';
import { percentilesOf, rounded } from '../statistics.ts';
import type { ClusterContext } from './context.ts';
import { accountFor, storeProbes } from './firing.ts';
import type { Accounts, Claim, FiringGroup } from './firing.ts';
import type { Lab } from './lab.ts';
import type { BenchNode } from './node.ts';

const GAP_MAX_MS = 100;
/** Policies that fire once, so often, around each stop in each partition of the node. */
const PROBE_EVERY_MS = 25;
const PROBES_BEFORE_MS = 100;
const PROBES_AFTER_MS = 700;
/** Until the probes are stored, the first is due. */
const LEAD_MS = 1_000;

/** One stop of a node. */
interface Stop {
  /** From the signal to the end of the process. */
  readonly leaveMs: number;
  readonly probes: readonly FiringGroup[];
  /** How long each key was nobody's, by the logs of the nodes. */
  readonly keylessMs: readonly number[];
}

/** Stops and starts one node after the other, under the load of groups that fire all the time. */
export async function measureRestarts(
  lab: Lab,
  groups: readonly FiringGroup[],
  context: ClusterContext,
): Promise<Section> {
  const { restarts: count, restartEverySeconds } = context.extent;
  await lab.startAll();
  await lab.settled();
  const startedAt = Date.now();
  const stops: Stop[] = [];
  for (let index = 0; index < count; index += 1) {
    context.progress(`restart ${String(index + 1)} of ${String(count)}`);
    const node = lab.nodes[index % lab.nodes.length];
    if (node === undefined) throw new Error('the lab has nodes');
    stops.push(await restart(lab, node));
    await sleep(Math.max(startedAt + (index + 1) * restartEverySeconds * 1000 - Date.now(), 0));
  }
  await lab.settled();
  const probes = stops.flatMap((stop) => stop.probes);
  const accounts = await accountFor(lab.store, [...groups, ...probes]);
  const probed = await accountFor(lab.store, probes);
  return sectionOf(stops, {
    accounts,
    gaps: stops.flatMap((stop) => gapsOf(stop, probed.claims)),
    main: accounts.claims.filter(({ dueAt }) => dueAt > startedAt && dueAt % 1_000 === 0),
  });
}

async function restart(lab: Lab, node: BenchNode): Promise<Stop> {
  const owners = await lab.owners();
  const partitions = [...owners].filter(([, { node: id }]) => id === node.id).map(([name]) => name);
  const stopAt = Date.now() + LEAD_MS;
  const instants = instantsAround(stopAt);
  const probes = await storeProbes(lab.store, lab.receiver, { partitions, instants });
  await sleep(Math.max(stopAt - Date.now(), 0));
  const signalledAtMs = performance.now();
  const signalledAt = Date.now();
  const logged = await node.stop();
  const leaveMs = performance.now() - signalledAtMs;
  await sleep(PROBES_AFTER_MS);
  const keylessMs = keylessBetween(logged, lab.running(), signalledAt);
  await node.start();
  return { leaveMs, probes, keylessMs };
}

function instantsAround(at: number): readonly number[] {
  const count = (PROBES_BEFORE_MS + PROBES_AFTER_MS) / PROBE_EVERY_MS;
  // Never at whole seconds, which are those of the load.
  const first = at - PROBES_BEFORE_MS;
  return Array.from({ length: count }, (_, index) => first + index * PROBE_EVERY_MS).filter(
    (instant) => instant % 1_000 !== 0,
  );
}

/** From when a node said that it had given a partition back to when another said that it had it. */
function keylessBetween(
  left: ReturnType<BenchNode['logged']>,
  others: readonly BenchNode[],
  after: number,
): readonly number[] {
  const taken = others.flatMap((node) => node.logged());
  return left.flatMap(({ event, time, partition }) => {
    const releasedAt = Date.parse(time);
    if (event !== 'partition.released' || releasedAt < after) return [];
    const next = taken.find(
      (line) =>
        line.event === 'partition.acquired' &&
        line.partition === partition &&
        // It is told of only after it was given back.
        Date.parse(line.time) >= after,
    );
    return next === undefined ? [] : [Math.max(Date.parse(next.time) - releasedAt, 0)];
  });
}

/** By partition: how late the latest of its probes was claimed. */
function gapsOf({ probes }: Stop, claims: readonly Claim[]): readonly number[] {
  const latest = new Map<PartitionId, number>();
  const instants = new Set(
    probes.flatMap(({ policies }) => policies.map(({ schedule }) => instantOf(schedule))),
  );
  for (const { partition, dueAt, at } of claims) {
    if (instants.has(dueAt))
      latest.set(partition, Math.max(at - dueAt, latest.get(partition) ?? 0));
  }
  return [...latest.values()];
}

function instantOf(schedule: FiringGroup['policies'][number]['schedule']): number {
  return schedule.kind === 'at' ? Date.parse(schedule.at) : Number.NaN;
}

function sectionOf(
  stops: readonly Stop[],
  found: {
    readonly accounts: Accounts;
    readonly gaps: readonly number[];
    readonly main: readonly Claim[];
  },
): Section {
  const { lostCount, doubledCount, faults } = found.accounts;
  const gap = percentilesOf(found.gaps);
  const keyless = percentilesOf(stops.flatMap(({ keylessMs }) => keylessMs));
  const lateness = percentilesOf(found.main.map(({ dueAt, at }) => at - dueAt));
  return {
    name: 'restarts',
    title: 'Rolling restarts under load',
    method: [
      'SIGTERM of one node after the other, each started again at once, under the load of policies that fire at whole',
      `seconds. Gap: in each partition of the node that leaves, policies of a paused group are due every ${String(PROBE_EVERY_MS)} ms around`,
      'the signal; the latest of them tells for how long nobody claimed. Keyless: from the old owner’s line that it had given the partition back to',
      'the new one’s that it had it. Load: lateness of all claims of the load, hand-backs to the new nodes included.',
    ],
    columns: [
      { key: 'what', title: '' },
      { key: 'count', title: 'count' },
      { key: 'p50Ms', title: 'p50 ms' },
      { key: 'p99Ms', title: 'p99' },
      { key: 'maxMs', title: 'max' },
      { key: 'lost', title: 'lost' },
      { key: 'doubled', title: 'doubled' },
    ],
    rows: [
      rowOf('gap of a partition', found.gaps.length, gap),
      rowOf('keyless', found.gaps.length, keyless),
      {
        ...rowOf('claims of the load', found.main.length, lateness),
        lost: lostCount,
        doubled: doubledCount,
      },
      rowOf('signal to exit', stops.length, percentilesOf(stops.map(({ leaveMs }) => leaveMs))),
    ],
    verdicts: [
      {
        promise: `gap at p99 at most ${String(GAP_MAX_MS)} ms`,
        found: `${String(gap.p99)} ms`,
        isKept: gap.p99 <= GAP_MAX_MS,
      },
      {
        promise: 'nothing lost, nothing doubled, every history whole',
        found: [String(lostCount), String(doubledCount), ...faults.slice(0, 3)].join(', '),
        isKept: faults.length === 0,
      },
    ],
  };
}

function rowOf(
  what: string,
  count: number,
  { p50, p99, max }: ReturnType<typeof percentilesOf>,
): Section['rows'][number] {
  return { what, count, p50Ms: rounded(p50), p99Ms: rounded(p99), maxMs: rounded(max) };
}
