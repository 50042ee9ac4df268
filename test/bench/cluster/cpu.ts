import type { BenchStore } from './bench-store.ts';

/** What work gave, and the processor time that it took this process and Redis, in ms. */
interface Measured<Result> {
  readonly result: Result;
  readonly ownMs: number;
  readonly redisMs: number;
}

/** Does the work and measures what it costs. */
export async function cpuOf<Result>(
  bench: Pick<BenchStore, 'server'>,
  work: () => Promise<Result>,
): Promise<Measured<Result>> {
  const redisBefore = await redisCpuMs(bench);
  const before = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  const redisMs = (await redisCpuMs(bench)) - redisBefore;
  return { result, ownMs: (user + system) / 1000, redisMs };
}

async function redisCpuMs({ server }: Pick<BenchStore, 'server'>): Promise<number> {
  const info = String(await server.send('INFO', 'cpu'));
  const seconds = ['used_cpu_user', 'used_cpu_sys'].map((name) => {
    const found = new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1];
    if (found === undefined) throw new Error('Redis does not say how much of a processor it used');
    return Number(found);
  });
  return seconds.reduce((sum, each) => sum + each, 0) * 1000;
}
