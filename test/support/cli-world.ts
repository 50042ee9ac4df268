import type { Clock } from '../../src/base/clock.ts';
import { runCli } from '../../src/cli/run.ts';
import type { Output, World } from '../../src/cli/world.ts';
import { FakeClock } from './fake-clock.ts';

/** What a test says about the world that a command runs in; the rest is ordinary. */
export interface WorldOptions {
  /** Text by absolute path. */
  readonly files?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
  /** What is piped in. */
  readonly input?: AsyncIterable<string>;
  readonly fetch?: typeof fetch;
  readonly clock?: Clock;
  readonly isTerminal?: boolean;
  readonly interrupted?: AbortSignal;
  readonly startNode?: World['startNode'];
  readonly initCluster?: World['initCluster'];
  readonly recoverCluster?: World['recoverCluster'];
}

/** How a command ended and what it printed. */
export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What chance comes to in a fake world. */
export const FAKE_UUID = '00000000-0000-4000-8000-000000000001';

/** 2030-01-01T00:00:00Z, a Tuesday. */
export const NEW_YEAR_2030 = Date.UTC(2030, 0, 1);

/** A world without network and without nodes, in the folder `/home/ada`, on New Year's Day 2030. */
export function fakeWorld(options: WorldOptions = {}): {
  readonly world: World;
  readonly stdout: FakeOutput;
  readonly stderr: FakeOutput;
} {
  const { files = {}, isTerminal = false } = options;
  const { startNode, initCluster, recoverCluster } = { ...NOTHING_RUNS, ...options };
  const stdout = new FakeOutput(isTerminal);
  const stderr = new FakeOutput(isTerminal);
  const world: World = {
    version: '1.2.3',
    zonesVersion: '2030a',
    hostName: 'ada-machine',
    folder: '/home/ada',
    environment: options.environment ?? {},
    clock: options.clock ?? new FakeClock(NEW_YEAR_2030),
    random: { uuid: () => FAKE_UUID, fraction: () => 0 },
    interrupted: options.interrupted ?? new AbortController().signal,
    fetch: options.fetch ?? (() => Promise.reject(new TypeError('fetch failed'))),
    readText: (path) => {
      const text = files[path];
      return text === undefined ? Promise.reject(missing(path)) : Promise.resolve(text);
    },
    readInput: () => options.input ?? piped(),
    stdout,
    stderr,
    ...{ startNode, initCluster, recoverCluster },
  };
  return { world, stdout, stderr };
}

/** Runs a command line to its end. */
export async function runIn(options: WorldOptions, ...words: readonly string[]): Promise<Ended> {
  const { world, stdout, stderr } = fakeWorld(options);
  const exitCode = await runCli(words, world);
  return { exitCode, stdout: stdout.text, stderr: stderr.text };
}

/** Keeps what is written to it. */
export class FakeOutput implements Output {
  readonly isTerminal: boolean;
  text = '';

  constructor(isTerminal: boolean) {
    this.isTerminal = isTerminal;
  }

  write(text: string): void {
    this.text += text;
  }

  drained(): Promise<void> {
    return Promise.resolve();
  }
}

/** Input in these chunks. */
export async function* piped(...chunks: readonly string[]): AsyncGenerator<string> {
  yield* await Promise.resolve(chunks);
}

const NOTHING_RUNS: Pick<World, 'startNode' | 'initCluster' | 'recoverCluster'> = {
  startNode: () => Promise.reject(new Error('no node in this test')),
  initCluster: () => Promise.reject(new Error('no cluster in this test')),
  recoverCluster: () => Promise.reject(new Error('no cluster in this test')),
};

function missing(path: string): Error {
  return Object.assign(new Error(`ENOENT: no such file, open '${path}'`), { code: 'ENOENT' });
}
