/** One run from beginning to end. */
import { setTimeout as sleep } from 'node:timers/promises';
import { secondsOf } from './chart.ts';
import { FaultCluster } from './cluster.ts';
import type { ClusterPlan } from './cluster.ts';
import { judge } from './judge.ts';
import type { FaultKind } from './kinds.ts';
import { showProgress } from './progress.ts';
import type { Report } from './report.ts';
import type { Run } from './runs/run.ts';
import { verdictOf } from './verdict.ts';
import { World } from './world.ts';
import type { Extent } from './world.ts';

/** Until the first nodes have a term each, and sweeps and compilers have done their first work. */
const WARM_UP_MS = 5_000;
const SETTLE_LIMIT_MS = 60_000;
const POLL_MS = 250;
/** After the last fault: that nothing more happens is part of what is promised. In TTLs. */
const QUIET_TTLS = 2;

/** What is to be played. */
export interface Play {
  readonly name: string;
  readonly run: Run;
  readonly plan: ClusterPlan;
  readonly extent: Extent;
  /** Kinds of fault that cannot be had here, and why. */
  readonly leftOut: readonly string[];
  readonly tell: (text: string) => void;
}

/** Starts a cluster, strikes it, judges it. Rejects where the harness itself cannot go on. */
export async function play({ name, run, plan, extent, leftOut, tell }: Play): Promise<Report> {
  tell(`starting etcd, Redis and ${plan.nodeCount} nodes`);
  const cluster = await FaultCluster.open(plan);
  try {
    for (const node of cluster.nodes) node.start();
    await untilSettled(cluster);
    await sleep(WARM_UP_MS);
    tell('striking');
    const world = new World(cluster, extent);
    world.keepReading();
    const stopShowing = showProgress(world);
    const judgeRun = await run.play(world).finally(stopShowing);
    tell('quiet phase: recovery, the last orders, all histories');
    const last = await world.nemesis.recovered(Date.now());
    await sleep(QUIET_TTLS * plan.ttlMs);
    await world.finish();
    const unconverged = await world.unconverged();
    const judgement = judge(world, { last, unconverged });
    const checks = [...judgement.checks, ...(await judgeRun())];
    return reportOf({ name, plan, extent, leftOut }, world, { ...judgement, checks });
  } finally {
    await cluster.close();
  }
}

async function untilSettled(cluster: FaultCluster): Promise<void> {
  const endsAt = Date.now() + SETTLE_LIMIT_MS;
  for (;;) {
    const why = await cluster.whyUnsettled();
    if (why === undefined) return;
    if (Date.now() > endsAt) throw new Error(`the cluster does not come up: ${why}`);
    await sleep(POLL_MS);
  }
}

function reportOf(
  { name, plan, extent, leftOut }: Pick<Play, 'name' | 'plan' | 'extent' | 'leftOut'>,
  { nemesis, accounts, latenesses, startedAt }: World,
  { checks, kinds }: Pick<Report, 'checks' | 'kinds'>,
): Report {
  const { struck } = nemesis;
  const seen = new Set<FaultKind>(struck.map(({ kind }) => kind));
  const never = extent.kinds
    .filter((kind) => !seen.has(kind))
    .map((kind) => `${kind} never struck`);
  const facts = {
    ...{ run: name, seed: extent.seed, strikeCount: struck.length, kindCount: seen.size },
    occurrenceCount: accounts.firedCount + accounts.missedCount,
    leftOut: [...leftOut, ...never],
  };
  return {
    ...{ run: name, seed: extent.seed, startedAt: new Date(startedAt).toISOString() },
    settings: {
      ...{ nodes: plan.nodeCount, ttlMs: plan.ttlMs, policies: plan.policyCount },
      ...{ forMs: extent.forMs, times: extent.times },
    },
    ...{ verdict: verdictOf(checks, facts), checks, kinds, struck, leftOut: facts.leftOut },
    seconds: secondsOf(latenesses.sorted(), startedAt),
  };
}
