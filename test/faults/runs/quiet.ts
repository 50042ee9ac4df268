import { setTimeout as sleep } from 'node:timers/promises';
import { boundOf } from '../bounds.ts';
import { mendLinks, setLinks } from '../node.ts';
import type { Strike } from '../schedule.ts';
import type { World } from '../world.ts';
import type { Run } from './run.ts';

const CALM_MS = 2_000;

/** Several things at once, and then nothing: the cluster has to recover without hands. */
export const quiet: Run = {
  about:
    'storms of a killed node, a paused one, a cut one and a dead member of etcd; then recovery ≤ 3 × TTL',
  forMs: 180_000,
  times: 8,
  kinds: ['node-killed', 'node-paused', 'store-cut', 'member-killed'],
  play: async (world) => {
    for (let number = 1; number <= world.extent.times; number += 1) {
      await sleep(CALM_MS);
      await storm(world, number);
    }
    // Recovery is among what every run is asked.
    return () => [];
  },
};

async function storm(world: World, number: number): Promise<void> {
  const { cluster, nemesis } = world;
  const { ttlMs } = cluster.plan;
  const victims = [...cluster.names].sort(() => world.fraction() - 0.5);
  const [killed = '', paused = '', cut = paused] = victims.slice(
    0,
    cluster.names.length > 2 ? 3 : 2,
  );
  const member = world.any(cluster.etcd.members);
  const forMs = Math.round((0.5 + world.fraction() * 1.5) * ttlMs);
  const from = Date.now();
  nemesis.now = `storm: ${killed} killed, ${paused} paused, ${cut} cut off, ${member.name} killed`;
  const links = cluster.node(cut).storeLinks;
  setLinks(links, 'hole');
  cluster.node(paused).signal('SIGSTOP');
  await Promise.all([cluster.node(killed).kill(), member.kill()]);
  await sleep(forMs);
  cluster.node(paused).signal('SIGCONT');
  mendLinks(links, 'hole');
  cluster.node(killed).start();
  await member.start();
  const base = { number, atMs: from - world.startedAt, forMs };
  const strikes: readonly Strike[] = [
    { ...base, kind: 'node-killed', node: killed },
    { ...base, kind: 'node-paused', node: paused },
    { ...base, kind: 'store-cut', node: cut, how: 'hole' },
    { ...base, kind: 'member-killed', member: cluster.etcd.members.indexOf(member) },
  ];
  // One may hand its work to the next that is about to fall, so their bounds add up.
  const bounds = strikes.map((strike) => boundOf(strike, ttlMs));
  const maxMs = bounds.reduce((sum, bound) => sum + bound.maxMs, 0);
  const why = 'what each of the four may cost, one after the other';
  const bound = { maxMs, mayMiss: true, why };
  await Promise.all(strikes.map((strike) => nemesis.finish(strike, from, bound)));
}
