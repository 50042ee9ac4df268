/** A worker is killed that holds work: how long until somebody does what it held, and fires what is next. */
import { setTimeout as sleep } from 'node:timers/promises';
import { extentOf as clusterExtentOf } from '../cluster/extent.ts';
import { storeFiring } from '../cluster/firing.ts';
import { measureKills } from '../cluster/kills.ts';
import { openLab as openCluster } from '../cluster/lab.ts';
import type { Section } from '../report.ts';
import { rounded } from '../statistics.ts';
import type { PeersContext } from './context.ts';
import { afterKill } from './made-up.ts';
import type { Aftermath } from './made-up.ts';
import { instantFor, MINUTE_MS } from './rules.ts';
import type { Rules } from './rules.ts';
import type { SubjectId } from './subject.ts';
import type { WorkerProcess } from './worker-process.ts';

const RULES = 100;
/** From the start of a worker to the instant, at least. */
const LEAD_MS = 6_000;
const POLL_MS = 100;
const KILLS_OF_LUTRA = 2;
const FIRING_POLICIES = 300;

/** What decides how long it takes, as each documents it: all by default. */
const NOTES: Partial<Record<SubjectId, string>> = {
  bullmq: 'looks for stalled jobs every 30 s, and takes them at the second look',
  agenda: 'the rule itself is what is locked, for lockLifetime: 10 min',
  'pg-boss': 'expireInSeconds: 15 min',
  'graphile-worker': 'locked for 4 h',
};

/** Kills a worker of each peer and nodes of Lutra. */
export async function measureKilledWorkers(context: PeersContext): Promise<Section> {
  const { killLimitMs } = context.extent;
  const onServers = context.lab.subjects.filter(
    ({ backing, packageName, fsync }) =>
      packageName !== undefined && backing !== 'memory' && fsync === undefined,
  );
  context.progress('kill: peers, all at the same time');
  const killed = await Promise.all(
    onServers.map(async ({ id }) => ({ id, aftermath: await killHolder(id, context) })),
  );
  context.progress('kill: nodes of Lutra, while it is seen what peers do');
  const rows = await Promise.all([
    killNodes(context),
    ...killed.map(async ({ id, aftermath }) => rowOf(id, await aftermath())),
  ]);
  const inProcess = context.lab.subjects.filter(({ backing }) => backing === 'memory');
  return {
    name: 'kill',
    title: 'The worker that held the work is killed',
    method: [
      `Peers: ${String(RULES)} rules that fire every minute. A worker takes what is due, and its jobs do not end; a second worker starts`,
      `beside it; the first is killed with SIGKILL. Seen for ${String(killLimitMs / 1_000)} s: of the firings that it held, how many the second did over`,
      'and when after the kill; and the next planned time of those rules: how many fired, and how late at the most.',
      'Waiting is all that this is, so all peers do it at the same time, and what is seen of them goes on beside. Lutra: whole nodes on three members of etcd and a',
      'Redis, one of which is killed; a claim is one commit, so no node ever holds one; the first claims in the partitions',
      'that it owned, from the signal; nothing lost, nothing doubled, by the whole histories.',
    ],
    columns: [
      { key: 'subject', title: 'who' },
      { key: 'held', title: 'held' },
      { key: 'madeUp', title: 'done over' },
      { key: 'firstSeconds', title: 'first after s' },
      { key: 'lastSeconds', title: 'last after s' },
      { key: 'next', title: 'fired next' },
      { key: 'nextLateMs', title: 'late max ms' },
      { key: 'note', title: 'note' },
    ],
    rows: [
      ...rows,
      ...inProcess.map(({ id }) => ({
        ...{ subject: id, note: 'its rules end with their process' },
      })),
    ],
    verdicts: [],
  };
}

/** Kills a worker that holds work; resolves then with what waits for what becomes of it. */
async function killHolder(
  id: SubjectId,
  { lab, extent }: PeersContext,
): Promise<() => Promise<Aftermath>> {
  const holder = await lab.startWorker(id);
  const instant = instantFor('minute', Date.now() + LEAD_MS);
  const rules: Rules = { count: RULES, periodMs: MINUTE_MS, offsetsMs: [instant % MINUTE_MS] };
  await holder.call('store', rules);
  await holder.call('watch', { isHolding: true });
  await holder.call('begin', rules);
  await untilHolding(id, holder);
  const other = await lab.startWorker(id);
  await other.call('watch', { isHolding: false });
  await other.call('begin', rules);
  const held = await holder.call('watched', undefined);
  const killedAt = Date.now();
  await holder.kill();
  const endsAt = killedAt + extent.killLimitMs;
  return async () => {
    let aftermath = afterKill({ held, killedAt, since: [] });
    while (Date.now() < endsAt && !aftermath.isComplete) {
      await sleep(POLL_MS);
      aftermath = afterKill({ held, killedAt, since: await other.call('watched', undefined) });
    }
    await other.kill();
    return aftermath;
  };
}

/** A minute that was missed is waited for again, once. */
async function untilHolding(id: SubjectId, holder: WorkerProcess): Promise<void> {
  const endsAt = Date.now() + 2 * MINUTE_MS + LEAD_MS;
  while ((await holder.call('watched', undefined)).length === 0) {
    if (Date.now() > endsAt) throw new Error(`${id} took no work`);
    await sleep(POLL_MS);
  }
}

function rowOf(subject: SubjectId, aftermath: Aftermath): Section['rows'][number] {
  const { heldCount, madeUpMs, nextLatenessesMs } = aftermath;
  const secondsOf = (ms: number): number => rounded(ms / 1_000, 1);
  return {
    ...{ subject, held: heldCount, madeUp: madeUpMs.length },
    ...(madeUpMs.length === 0
      ? {}
      : {
          firstSeconds: secondsOf(Math.min(...madeUpMs)),
          lastSeconds: secondsOf(Math.max(...madeUpMs)),
        }),
    note: NOTES[subject],
    next: nextLatenessesMs.length,
    ...(nextLatenessesMs.length === 0 ? {} : { nextLateMs: Math.max(...nextLatenessesMs) }),
  };
}

async function killNodes(context: PeersContext): Promise<Section['rows'][number]> {
  const lab = await openCluster(context.folder);
  try {
    const groups = await storeFiring(lab.store, lab.receiver, FIRING_POLICIES);
    await Promise.all(lab.nodes.slice(0, 2).map((node) => node.start()));
    const extent = { ...clusterExtentOf(context), kills: KILLS_OF_LUTRA };
    const reporting = (): void => undefined;
    const { rows } = await measureKills(lab, groups, { ...context, reporting, extent });
    const [row = {}] = rows;
    return {
      ...{ subject: 'lutra', held: 0, madeUp: 0 },
      firstSeconds: rounded(Number(row['p50Ms']) / 1_000, 1),
      lastSeconds: rounded(Number(row['maxMs']) / 1_000, 1),
      note: `${String(row['partitions'])} partitions: p50 and max; lost ${String(row['lost'])}, doubled ${String(row['doubled'])}`,
    };
  } finally {
    await lab.close();
  }
}
