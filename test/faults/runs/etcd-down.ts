import { setTimeout as sleep } from 'node:timers/promises';
import { percentilesOf } from '../../bench/statistics.ts';
import { NORMAL } from '../bounds.ts';
import type { Check } from '../verdict.ts';
import type { World } from '../world.ts';
import type { Run } from './run.ts';

/** Before the outage: what is normal on this machine. */
const CALM_MS = 30_000;
const SETTLED_MS = 15_000;
const P99_MAX_MS = 10;
/** Two spans of time on a machine that does other things too. */
const FACTOR_MAX = 2;

interface SpanOfTime {
  readonly from: number;
  readonly until: number;
}

/** All of etcd is away for long. */
export const etcdDown: Run = {
  about:
    'all members of etcd are down for --for (10 min): nothing is late, all settles ≤ 15 s after',
  forMs: 600_000,
  kinds: ['etcd-down'],
  play: async (world) => {
    const { cluster, extent, nemesis } = world;
    world.endsAt += CALM_MS;
    nemesis.now = 'calm, for comparison';
    const calm = await spanOf(() => sleep(CALM_MS));
    const heldBefore = await tokensOf(world);
    const from = Date.now();
    nemesis.now = 'etcd is down';
    const { members } = cluster.etcd;
    await Promise.all(members.map((member) => member.kill()));
    const down = await spanOf(() => sleep(extent.forMs));
    const heldAfter = await tokensOf(world);
    await Promise.all(members.map((member) => member.start()));
    const struck = await nemesis.finish(
      { kind: 'etcd-down', number: 1, atMs: CALM_MS, forMs: extent.forMs },
      from,
    );
    return () => [
      ...latenessChecks(world, calm, down),
      {
        promise: 'every owner keeps what it owns while etcd is down',
        found: `${heldBefore.length} tokens before, ${heldAfter.length} after`,
        isKept: heldBefore.join() === heldAfter.join(),
      },
      {
        promise: `ownership is settled ${SETTLED_MS} ms after etcd is back`,
        found: struck.why ?? `after ${struck.recoveryMs} ms`,
        isKept: (struck.recoveryMs ?? Number.POSITIVE_INFINITY) <= SETTLED_MS,
      },
      {
        promise: 'no node is restarted',
        found: cluster.nodes.map(({ startCount }) => startCount).join(', '),
        isKept: cluster.nodes.every(({ startCount }) => startCount === 1),
      },
    ];
  },
};

async function spanOf(wait: () => Promise<void>): Promise<SpanOfTime> {
  const from = Date.now();
  await wait();
  return { from, until: Date.now() };
}

async function tokensOf({ cluster }: World): Promise<readonly string[]> {
  const owned = await Promise.all(cluster.nodes.map((node) => node.owned()));
  return owned
    .flatMap((tokens) => [...tokens].map(([partition, token]) => `${partition} ${token.claimId}`))
    .sort();
}

/** Claims and orders, during the outage as before it. */
function latenessChecks(world: World, calm: SpanOfTime, down: SpanOfTime): readonly Check[] {
  const samples = world.latenesses.sorted();
  const claims = ({ from, until }: SpanOfTime): readonly number[] =>
    samples
      .filter(({ dueAt, isMissed }) => dueAt >= from && dueAt <= until && !isMissed)
      .map(({ dueAt, at }) => at - dueAt);
  const orders = ({ from, until }: SpanOfTime): readonly number[] =>
    world.cluster.orders.latenessesMs(from, until);
  return [
    compared('claims', claims(calm), claims(down)),
    compared('orders at the receiver', orders(calm), orders(down)),
  ];
}

function compared(what: string, before: readonly number[], after: readonly number[]): Check {
  const promise = `${what} are no later without etcd (p99 ≤ ${P99_MAX_MS} ms or ${FACTOR_MAX} × before, max ≤ ${NORMAL.maxMs} ms)`;
  if (before.length === 0 || after.length === 0) {
    return { promise, found: 'nothing to compare', isKept: false };
  }
  const [was, is] = [percentilesOf(before), percentilesOf(after)];
  return {
    promise,
    found: `p99 ${was.p99} ms before and ${is.p99} ms during it, ${is.max} ms at most`,
    isKept: is.p99 <= Math.max(P99_MAX_MS, FACTOR_MAX * was.p99) && is.max <= NORMAL.maxMs,
  };
}
