/**
 * `npm run bench -- <case>`: measures, with method and machine beside the figures. Never part of pass or
 * fail: a promise that is not kept is said, and the exit code is 0 all the same.
 */
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf } from '../../src/base/errors.ts';
import { api } from './api/api.ts';
import type { BenchContext } from './bench.ts';
import { cluster, CLUSTER_PARTS } from './cluster/cluster.ts';
import { embedded } from './embedded/embedded.ts';
import { describeMachine } from './machine.ts';
import { peers, PEERS_PARTS } from './peers/peers.ts';
import { machineText, reportLine, sectionText } from './report.ts';
import type { Section } from './report.ts';
import { time, TIME_PARTS } from './time/time.ts';

interface Case {
  readonly about: string;
  /** Sections that can be measured alone, where some can. */
  readonly parts: readonly string[];
  /** Yields each section as soon as it is measured. */
  readonly run: (context: BenchContext) => AsyncIterable<Section>;
}

const CASES: Readonly<Record<string, Case>> = {
  embedded: {
    about: 'one machine on SQLite: bursts, lateness, flat cost, memory, next occurrences',
    parts: [],
    run: embedded,
  },
  cluster: {
    about: 'etcd and Redis: bursts, lateness, flat cost, bytes, take-over, restarts (six minutes)',
    parts: CLUSTER_PARTS,
    run: cluster,
  },
  peers: {
    about: 'Lutra against other schedulers, in turns, on the same servers (eleven minutes)',
    parts: PEERS_PARTS,
    run: peers,
  },
  api: {
    about: 'the HTTP API on SQLite against a bare Express server (three minutes)',
    parts: [],
    run: api,
  },
  time: {
    about:
      'forecasts of a year; next occurrences in UTC and in a zone, against others (two minutes)',
    parts: TIME_PARTS,
    run: time,
  },
};

const EXIT_USAGE = 64;
const EXIT_INTERRUPTED = 130;

const HELP = `Usage: npm run bench -- <case> [--quick | --full] [--only A,B] [--json]

Measures Lutra on this machine. Tables go to standard output, progress to standard error.

Cases:
${Object.entries(CASES)
  .map(([name, { about }]) => `  ${name.padEnd(10)} ${about}`)
  .join('\n')}

Options:
  --quick      small sizes: shows that it works, not how fast it is
  --full       the promised counts, where they take longer than a few minutes
  --only A,B   some sections alone; of cluster: ${CLUSTER_PARTS.join(', ')};
               of peers: ${PEERS_PARTS.join(', ')};
               of time: ${TIME_PARTS.join(', ')}
  --json       the same figures once more, as one line of JSON at the end
  --help       this text

Files are kept in the system's temporary folder (TMPDIR) and removed afterwards.
`;

interface Request {
  readonly name: string;
  readonly isQuick: boolean;
  readonly isFull: boolean;
  readonly isJson: boolean;
  readonly only: readonly string[] | undefined;
}

async function main(args: readonly string[]): Promise<number> {
  const request = readArgs(args);
  if (request === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  if (typeof request === 'string') {
    process.stderr.write(`${request}\n\n${HELP}`);
    return EXIT_USAGE;
  }
  await runCase(request);
  return 0;
}

/** The request, `help`, or what is wrong with it. */
function readArgs(args: readonly string[]): Request | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        json: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        only: { type: 'string' },
        full: { type: 'boolean', default: false },
      },
    });
    if (values.help) return 'help';
    const [name, ...others] = positionals;
    if (name === undefined) return 'Which case?';
    if (others.length > 0) return `One case at a time, not also ${others.join(', ')}.`;
    return checked({
      ...{ name, isQuick: values.quick, isFull: values.full, isJson: values.json },
      only: values.only?.split(','),
    });
  } catch (error) {
    return messageOf(error);
  }
}

/** The request, or what cannot be done of it. */
function checked(request: Request): Request | string {
  const { name, isQuick, isFull, only = [] } = request;
  const found = Object.hasOwn(CASES, name) ? CASES[name] : undefined;
  if (found === undefined) return `There is no case "${name}".`;
  if (isQuick && isFull) return 'Either --quick or --full.';
  const unknown = only.find((part) => !found.parts.includes(part));
  return unknown === undefined ? request : `${name} cannot measure "${unknown}" alone.`;
}

async function runCase({ name, isQuick, isFull, isJson, only }: Request): Promise<void> {
  const found = CASES[name];
  if (found === undefined) throw new Error(`no case ${name}`);
  const folder = await mkdtemp(join(tmpdir(), 'lutra-bench-'));
  const clean = (): void => {
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('SIGINT', () => {
    clean();
    process.exit(EXIT_INTERRUPTED);
  });
  try {
    const machine = await describeMachine(folder);
    process.stdout.write(`${machineText(machine)}\n`);
    const startedAt = performance.now();
    const progress = (text: string): void => {
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(0).padStart(4);
      process.stderr.write(`${seconds} s  ${text}\n`);
    };
    const sections: Section[] = [];
    for await (const section of found.run({ folder, isQuick, isFull, only, progress })) {
      process.stdout.write(`${sectionText(section)}\n`);
      sections.push(section);
    }
    progress('done');
    if (isJson) {
      process.stdout.write(`${reportLine({ bench: name, isQuick, isFull, machine, sections })}\n`);
    }
  } finally {
    clean();
  }
}

process.exitCode = await main(process.argv.slice(2));
