/** A node that runs as its users run it, what is stored on it, and what its groups order from. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Programs, urlOf } from '../../support/built-program.ts';
import { endWithUs, makeReady } from '../../support/ready-cluster.ts';
import { startCapacityReceiver } from '../cluster/receiver.ts';
import { ask, serverAt } from './client.ts';
import type { Server } from './client.ts';
import { storeGroups } from './stored.ts';
import type { Stored } from './operation.ts';

/** A node in a process of its own, on SQLite. */
export interface Lab {
  readonly node: Server;
  readonly stored: Stored;
  /** Waits until the node has done what requests have set off: it takes hardly any processor time any more. */
  readonly atRest: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/**
 * As by default but for limits, which must not strike. Requests are counted all the same, as where somebody set limits.
 * Providers may call the receiver, which is on this machine.
 */
const SETTINGS = {
  LUTRA_LIMITS_MAX_GROUPS: '1000000',
  LUTRA_LIMITS_RATES_PER_TENANT_PER_MINUTE: '1000000',
  LUTRA_LIMITS_RATES_PER_CAPABILITY_PER_SECOND: '1000000',
  LUTRA_PROVIDERS_WEBHOOK_ALLOW: '127.0.0.0/8',
};

const REST_WINDOW_MS = 200;
const REST_SHARE = 0.15;
const REST_LIMIT_MS = 120_000;

/** Builds the program where it is older than its sources, starts a node and stores what is asked for. */
export async function openLab(folder: string): Promise<Lab> {
  await makeReady();
  const closers: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const each of [...closers].reverse()) await each();
  };
  try {
    const receiver = await startCapacityReceiver();
    closers.push(() => receiver.close());
    const programs = new Programs();
    closers.push(endWithUs(programs), () => programs.killAll());
    const node = serverAt('the node', await urlOf(programs.node(join(folder, 'node'), SETTINGS)));
    closers.push(() => node.pool.destroy());
    const stored = await storeGroups(node, receiver.urlOf);
    return { node, stored, atRest: () => atRest(node), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function atRest(node: Server): Promise<void> {
  const endsAt = performance.now() + REST_LIMIT_MS;
  for (;;) {
    const startedAt = performance.now();
    const before = await processorSeconds(node);
    await sleep(REST_WINDOW_MS);
    const used = (await processorSeconds(node)) - before;
    if (used * 1_000 < (performance.now() - startedAt) * REST_SHARE) return;
    if (performance.now() > endsAt) throw new Error('the node did not come to rest');
  }
}

async function processorSeconds(node: Server): Promise<number> {
  const { text } = await ask(node, { method: 'GET', path: '/metrics' });
  const found = /^process_cpu_seconds_total (\S+)$/m.exec(text)?.[1];
  if (found === undefined) throw new Error('the node has no metric process_cpu_seconds_total');
  return Number(found);
}
