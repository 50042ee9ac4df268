import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '../../../src/base/json.ts';
import type { GroupId, TenantId } from '../../../src/domain/ids.ts';
import type { LutraEvent } from '../../../src/ports/observe.ts';
import type { ProviderTarget } from '../../../src/ports/provider.ts';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { systemRandom } from '../../../src/adapters/system/random.ts';
import { procfs } from '../../../src/adapters/providers/process/procfs.ts';
import type { ProcessTable } from '../../../src/adapters/providers/process/process-table.ts';
import { ProcessProvider } from '../../../src/adapters/providers/process/provider.ts';
import { ps } from '../../../src/adapters/providers/process/ps.ts';

const NEVER = new AbortController().signal;
const PATIENCE_MS = 10_000;

/** What this machine offers by default. */
export const platformTable: ProcessTable = process.platform === 'linux' ? procfs : ps;

/** Workers, as scripts of Node. `ready` is written once the worker does what it is meant to do. */
export const WORKERS = {
  idle: `setInterval(() => {}, 1e6); console.log('ready')`,
  stubborn: `process.on('SIGTERM', () => {}); setInterval(() => {}, 1e6); console.log('ready')`,
  broken: `console.error('no database at db.example'); process.exit(3)`,
  /** Starts a child of its own and tells its pid. */
  parent: parentOf('{}'),
  /** The same, with the child in a session of its own. */
  parentOfSession: parentOf('{ detached: true }'),
  environment: `console.log(JSON.stringify(process.env)); setInterval(() => {}, 1e6)`,
} as const;

function parentOf(options: string): string {
  return `
    const { spawn } = require('node:child_process');
    const idle = ['-e', "setInterval(() => {}, 1e6)"];
    const child = spawn(process.execPath, idle, { stdio: 'ignore', ...${options} });
    console.log('child ' + child.pid);
    setInterval(() => {}, 1e6);`;
}

/** A place where real processes are started, which leaves none behind. */
export class ProcessLab {
  readonly scope = systemRandom.uuid();
  readonly folder = mkdtempSync(join(tmpdir(), 'lutra-processes-'));
  readonly events: LutraEvent[] = [];
  readonly #providers: ProcessProvider[] = [];

  /** A provider as a (re)started Lutra would have it. */
  provider(
    changes: Partial<ConstructorParameters<typeof ProcessProvider>[0]> = {},
  ): ProcessProvider {
    const provider = new ProcessProvider({
      scope: this.scope,
      logFolder: this.folder,
      environment: process.env,
      clock: systemClock,
      random: systemRandom,
      observe: (event) => this.events.push(event),
      ...changes,
    });
    this.#providers.push(provider);
    return provider;
  }

  target(worker: keyof typeof WORKERS, args: JsonObject = {}): ProviderTarget {
    return {
      groupId: systemRandom.uuid() as GroupId,
      tenantId: 'tenant' as TenantId,
      args: { command: [process.execPath, '-e', WORKERS[worker]], ...args },
    };
  }

  /** What was told under one name, in order. */
  told(name: LutraEvent['event']): readonly LutraEvent[] {
    return this.events.filter(({ event }) => event === name);
  }

  /** The output of an instance, once it has `marker` in it. */
  async output({ groupId }: ProviderTarget, instanceId: string, marker: string): Promise<string> {
    const path = join(this.folder, groupId, `${instanceId}.log`);
    return eventually(() => {
      const text = readFileSync(path, 'utf8');
      return text.includes(marker) ? text : undefined;
    });
  }

  /** The instances of a group, oldest first. */
  async ids(provider: ProcessProvider, target: ProviderTarget): Promise<readonly string[]> {
    const { servers } = await provider.observe(target, NEVER);
    return servers.map(({ id }) => id);
  }

  /** The pid of an instance's leader. */
  async pidOf(instanceId: string): Promise<number> {
    const found = await platformTable.scan(this.scope);
    const leader = found.find(
      (marked) => marked.instanceId === instanceId && marked.isSessionLeader,
    );
    if (leader === undefined) throw new Error(`${instanceId} does not run`);
    return leader.pid;
  }

  async close(): Promise<void> {
    for (const provider of this.#providers) await provider.close();
    await eventually(async () => {
      const left = await platformTable.scan(this.scope);
      for (const { pid } of left) killNow(pid);
      return left.length === 0 ? true : undefined;
    });
    rmSync(this.folder, { recursive: true });
  }
}

/** Kills a process as the kernel does that runs out of memory: without asking and without its group. */
export function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** The first answer of `look` that is not undefined, asked for again and again; a failure counts as none. */
export async function eventually<Result>(
  look: () => Result | undefined | Promise<Result | undefined>,
): Promise<Result> {
  const endsAtMs = performance.now() + PATIENCE_MS;
  let lastError: unknown = new Error('it did not come to pass');
  while (performance.now() < endsAtMs) {
    try {
      const result = await look();
      if (result !== undefined) return result;
    } catch (error) {
      lastError = error;
    }
    await systemClock.sleep(10, NEVER);
  }
  throw lastError;
}
