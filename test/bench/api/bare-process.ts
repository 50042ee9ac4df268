/** The bare server as the benchmark sees it. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Answer } from './client.ts';
import type { Operation } from './operation.ts';

/** What it answers. */
export interface BarePlan {
  readonly routes: readonly (Pick<Operation, 'method' | 'route'> & Answer)[];
}

/** A bare server that runs. */
export interface BareProcess {
  readonly url: string;
  readonly close: () => Promise<void>;
}

const SCRIPT = fileURLToPath(new URL('bare-server.ts', import.meta.url));
const LOADER = import.meta.resolve('tsx');

/** Starts it on a free port of this machine; resolves when it listens. */
export async function startBare(plan: BarePlan): Promise<BareProcess> {
  const child = fork(SCRIPT, [], { execArgv: ['--import', LOADER] });
  try {
    child.send(plan);
    const port = await portOf(child);
    return { url: `http://127.0.0.1:${String(port)}`, close: () => end(child) };
  } catch (error) {
    await end(child);
    throw error;
  }
}

async function portOf(child: ChildProcess): Promise<number> {
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`the bare server ended with ${String(code ?? signal)} before it listened`);
  });
  const [port] = (await Promise.race([once(child, 'message'), ended])) as [number];
  return port;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
