import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { SeedResult } from './judge.ts';

/** There is a worker for each core: threads that collect its garbage would take another's time. */
const NODE_OPTIONS = ['--single-threaded-gc', '--max-semi-space-size=64'];

/** Beside this file, compiled where this file is. */
const WORKER = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url),
);

export interface PoolOptions {
  /** In the order in which they are begun. */
  readonly seeds: readonly number[];
  readonly workers: number;
  readonly onResult: (result: SeedResult) => void;
  /** Asked after each result: whether to let the other seeds be. */
  readonly isEnough?: () => boolean;
}

/** Judges many seeds in several processes. Rejects where one of those ends by itself. */
export async function judgeSeeds(options: PoolOptions): Promise<void> {
  const left = [...options.seeds].reverse();
  const count = Math.min(options.workers, left.length);
  await Promise.all(Array.from({ length: count }, () => workThrough(left, options)));
}

/** One worker, for as long as there are seeds. */
function workThrough(left: number[], { onResult, isEnough }: PoolOptions): Promise<void> {
  const worker = fork(WORKER, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: [...process.execArgv, ...NODE_OPTIONS],
  });
  const next = (): void => {
    const seed = isEnough?.() === true ? undefined : left.pop();
    if (seed === undefined) worker.disconnect();
    else worker.send(seed);
  };
  worker.on('message', (result: SeedResult) => {
    onResult(result);
    next();
  });
  next();
  return ended(worker);
}

function ended(worker: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.on('error', reject);
    worker.on('exit', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`a worker ended with ${String(code ?? signal)}`));
    });
  });
}
