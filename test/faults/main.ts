/**
 * `npm run faults`: a cluster of real parts, faults on a seeded schedule, and a checker. Ends with one line and
 * an exit code: 0 everything promised was kept, 1 it was not, 2 the harness itself could not go on, 64 the
 * command line is wrong.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import pc from 'picocolors';
import { systemRandom } from '../../src/adapters/system/random.ts';
import { messageOf } from '../../src/base/errors.ts';
import { NORMAL } from './bounds.ts';
import { chartOf } from './chart.ts';
import { findFaketime } from './faketime.ts';
import { FAULTS } from './kinds.ts';
import { readOptions } from './options.ts';
import type { Options } from './options.ts';
import { play } from './play.ts';
import type { Play } from './play.ts';
import { checksText, kindsText, reportFile, reportLine } from './report.ts';
import type { Report } from './report.ts';
import { EVERY_FAULT, runOf, RUNS } from './runs.ts';
import { EXIT_BROKEN, EXIT_FAILED, EXIT_KEPT, EXIT_USAGE, failureLine } from './verdict.ts';

const HELP = `Usage: npm run faults -- [--for 10m] [--nodes 5] [--seed N] [--run NAME | --only A,B] [--output FOLDER]

Starts a cluster of real parts (three members of etcd, Redis with AOF always, nodes of the built program, a
receiver of orders), strikes it while policies fire, and checks every history with a calendar of its own.
The last line is the verdict: KEPT (exit code 0), BROKEN (1) or FAILED, where the harness could not go on (2).

Options:
  --run NAME       one of the runs below
  --for TIME       how long faults strike: 90s, 10m, 1h30m (each run has its own)
  --times N        how often, in runs that count
  --every TIME     from fault to fault, in the soak
  --nodes N        how many nodes (5)
  --policies N     how many policies, a tenth of which is due each second (2000)
  --ttl TIME       how long sessions last (5s)
  --seed N         the faults of an earlier run, in the same order
  --only A,B       these faults alone
  --output FOLDER  where chart.svg, report.json and the nodes' logs are kept (else a new temporary folder)
  --json           the report once more, as one line on standard output before the verdict
  --help           this text

Runs:
${Object.entries(RUNS)
  .map(([name, { about }]) => `  ${name.padEnd(22)} ${about}`)
  .join('\n')}

Faults:
${Object.entries(FAULTS)
  .map(([name, about]) => `  ${name.padEnd(22)} ${about}`)
  .join('\n')}
`;

const SEEDS = 2 ** 31;
const NO_FAKETIME = 'clock-shifted: there is no libfaketime (Debian: faketime)';

async function main(args: readonly string[]): Promise<number> {
  const seed = Math.floor(systemRandom.fraction() * SEEDS);
  const options = readOptions(args, { seed, runs: Object.keys(RUNS) });
  if (options === 'help') {
    process.stdout.write(HELP);
    return EXIT_KEPT;
  }
  if ('complaint' in options) {
    process.stderr.write(`${options.complaint}\n"npm run faults -- --help" tells what there is.\n`);
    return EXIT_USAGE;
  }
  const name = options.run ?? EVERY_FAULT;
  process.stdout.write(`seed ${options.seed}\n`);
  const work = await mkdtemp(join(tmpdir(), 'lutra-faults-'));
  try {
    const output = await outputOf(options);
    const report = await play(playOf(name, options, { folder: work, logFolder: output }));
    await show(report, output, options);
    return report.verdict.isKept ? EXIT_KEPT : EXIT_BROKEN;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? String(error.stack) : messageOf(error)}\n`);
    process.stdout.write(`${pc.red(failureLine(name, options.seed, messageOf(error)))}\n`);
    return EXIT_FAILED;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function outputOf({ output }: Options): Promise<string> {
  if (output === undefined) return mkdtemp(join(tmpdir(), 'lutra-faults-report-'));
  const folder = resolve(output);
  await mkdir(folder, { recursive: true });
  return folder;
}

function playOf(
  name: string,
  options: Options,
  folders: Pick<Play['plan'], 'folder' | 'logFolder'>,
): Play {
  const run = runOf(name);
  const wanted = run.kinds ?? options.only;
  const faketime = findFaketime();
  const kinds = wanted.filter((kind) => kind !== 'clock-shifted' || faketime !== undefined);
  return {
    ...{ name, run, leftOut: kinds.length < wanted.length ? [NO_FAKETIME] : [] },
    plan: {
      ...{ ...folders, nodeCount: options.nodeCount, ttlMs: options.ttlMs, faketime },
      policyCount: options.policyCount,
      hasReplica: run.hasReplica ?? kinds.includes('store-failed-over'),
    },
    extent: {
      ...{ seed: options.seed, kinds, everyMs: options.everyMs },
      forMs: options.forMs ?? run.forMs,
      times: options.times ?? run.times ?? 0,
    },
    tell: (text) => process.stderr.write(`${text}\n`),
  };
}

async function show(
  report: Report,
  folder: string,
  { isJson }: Pick<Options, 'isJson'>,
): Promise<void> {
  const started = Date.parse(report.startedAt);
  const second = (at: number): number => (at - started) / 1000;
  const svg = chartOf({
    title: report.verdict.line,
    seconds: report.seconds,
    bands: report.struck.map(({ kind, label, from, endedAt, until }) => ({
      kind,
      ...{
        label,
        fromSecond: second(from),
        endSecond: second(endedAt),
        untilSecond: second(until),
      },
    })),
    boundMs: NORMAL.maxMs,
  });
  await writeFile(join(folder, 'chart.svg'), svg);
  await writeFile(join(folder, 'report.json'), reportFile(report));
  process.stdout.write(
    `\n${kindsText(report.kinds)}\n\n${checksText(report.checks)}\n\n` +
      `chart.svg, report.json and the nodes' logs are in ${folder}\n`,
  );
  if (isJson) process.stdout.write(`${reportLine(report)}\n`);
  const { isKept, line } = report.verdict;
  process.stdout.write(`${isKept ? pc.green(line) : pc.red(line)}\n`);
}

process.exitCode = await main(process.argv.slice(2));
