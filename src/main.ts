#!/usr/bin/env node
/**
 * The program: hands the command line the real world, and ends the process. Nothing else ends it.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { addAbortSignal } from 'node:stream';
import { isatty } from 'node:tty';

import { systemClock } from './adapters/system/clock.ts';
import { systemRandom } from './adapters/system/random.ts';
import { zonesVersion } from './adapters/system/zones-version.ts';
import { messageOf } from './base/errors.ts';
import { runCli } from './cli/run.ts';
import type { Output } from './cli/world.ts';
import { readEnvironment } from './config/load.ts';

const interruption = new AbortController();

process.on('uncaughtException', crash);
process.on('unhandledRejection', crash);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupt);
// A reader that has seen enough, such as `head`, is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  crash(error);
});

const version = ownVersion();
process.exitCode = await runCli(process.argv.slice(2), {
  version,
  zonesVersion,
  hostName: hostname(),
  folder: process.cwd(),
  environment: readEnvironment(),
  clock: systemClock,
  random: systemRandom,
  interrupted: interruption.signal,
  fetch,
  readText: (path) => readFile(path, 'utf8'),
  readInput: () => addAbortSignal(interruption.signal, process.stdin.setEncoding('utf8')),
  stdout: outputTo(process.stdout),
  stderr: outputTo(process.stderr),
  // Loaded on use: the other commands start faster without the store and the server.
  startNode: async (config) => (await import('./server/build.ts')).startNode(config, version),
  initCluster: async (config) => (await import('./server/make-cluster.ts')).initCluster(config),
  recoverCluster: async (config) =>
    (await import('./server/make-cluster.ts')).recoverCluster(config),
});

function outputTo(stream: NodeJS.WriteStream & { readonly fd: number }): Output {
  return {
    // Not stream.isTTY, which is undefined, and not false, where there is none.
    isTerminal: isatty(stream.fd),
    columns: isatty(stream.fd) ? stream.columns : undefined,
    write: (text) => {
      stream.write(text);
    },
    drained: async () => {
      if (stream.writableNeedDrain) await once(stream, 'drain');
    },
  };
}

/** The first signal asks the command to end; a second one does not wait for it. */
function interrupt(signal: NodeJS.Signals): void {
  if (interruption.signal.aborted) process.exit(1);
  interruption.abort(signal);
}

function crash(error: unknown): void {
  process.stderr.write(
    `lutra: ${error instanceof Error ? (error.stack ?? error.message) : messageOf(error)}\n`,
  );
  process.exit(1);
}

/** package.json lies above `src` as well as above `dist`. */
function ownVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version; // ours, and there since npm installed it
}
