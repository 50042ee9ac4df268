import { growthOf } from '../growth.ts';
import type { Growth, Reading } from '../growth.ts';
import { checkOf } from '../judge.ts';
import { readAll } from '../sampler.ts';
import type { Check } from '../verdict.ts';
import type { World } from '../world.ts';
import { playSchedule } from './run.ts';
import type { Run } from './run.ts';

const EVERY_MS = 60_000;
const READ_EVERY_MS = 10_000;
const GROWTH_MAX = 0.1;
/** A handful of connections more or less is no growth. */
const COUNT_SLACK = 6;
/** What is shorter is warm-up. */
const JUDGED_FROM_MS = 20 * 60_000;

/** A fault every minute for long, with one node that nobody kills. */
export const soak: Run = {
  about:
    'a fault every 60 s (--every) for two hours: memory, leases, watchers, connections and files stay',
  forMs: 7_200_000,
  play: async (world) => {
    const { cluster, extent } = world;
    const readings: Reading[] = [];
    let isReading = false;
    const reading = setInterval(() => {
      // While something is done to the cluster, half of it may be away.
      if (isReading || world.nemesis.now !== '') return;
      isReading = true;
      void readAll(cluster, Date.now() - world.startedAt).then((read) => {
        readings.push(...read);
        isReading = false;
      });
    }, READ_EVERY_MS);
    try {
      const [spared = ''] = cluster.names;
      await playSchedule(world, { everyMs: extent.everyMs ?? EVERY_MS, spared });
    } finally {
      clearInterval(reading);
    }
    return () => judged(world, growthOf(readings, extent.forMs));
  },
};

function judged({ extent }: World, growth: readonly Growth[]): readonly Check[] {
  const isBytes = ({ name }: Growth): boolean => name.includes('bytes');
  const isLong = extent.forMs >= JUDGED_FROM_MS;
  const overgrown = growth.filter((each) => isBytes(each) && each.share >= GROWTH_MAX);
  const multiplied = growth.filter(
    (each) =>
      !isBytes(each) && each.after - each.before > Math.max(COUNT_SLACK, each.before * GROWTH_MAX),
  );
  const told = (list: readonly Growth[]): string => list.map(textOf).join(', ');
  const short = isLong ? '' : ' (too short to be judged)';
  return [
    checkOf(
      'memory of what lives on grows by less than 10 % after a quarter of the time',
      `${told(growth.filter(isBytes)) || 'nothing lived long enough'}${short}`,
      isLong ? overgrown.map(textOf) : [],
    ),
    checkOf(
      'leases, watchers, connections and files stay as many',
      `${told(growth.filter((each) => !isBytes(each))) || 'nothing lived long enough'}${short}`,
      isLong ? multiplied.map(textOf) : [],
    ),
  ];
}

function textOf({ name, before, after, share }: Growth): string {
  const figure = (value: number): string =>
    name.includes('bytes') ? `${(value / 2 ** 20).toFixed(1)} MB` : String(value);
  const percent = `${share >= 0 ? '+' : ''}${(share * 100).toFixed(1)} %`;
  return `${name}: ${figure(before)} → ${figure(after)} (${percent})`;
}
