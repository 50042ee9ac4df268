/**
 * `npm run mutate`: plants mistakes in the sources, one at a time, and has the instruments look for them: the
 * simulation, or a test that is named. An instrument that says nothing proves nothing.
 * Exit code 0 where all are caught, 1 where one is not, or where something is wrong without any; 64 for a bad option.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../src/base/errors.ts';
import { DEFECTS } from './defects.ts';
import { readOptions } from './options.ts';
import type { Options } from './options.ts';
import { outcomeText, withTable } from './outcome.ts';
import type { Tried } from './outcome.ts';
import { Nursery } from './plant.ts';
import { Trials } from './trials.ts';

const EXIT_MISSED = 1;
const EXIT_USAGE = 64;
const EXIT_INTERRUPTED = 130;
const DOCUMENT = 'docs/planted-defects.md';
const NAME_WIDTH = Math.max(...DEFECTS.map(({ name }) => name.length)) + 2;

const HELP = `Usage: npm run mutate -- [options]

Plants mistakes in a copy of the sources, one at a time, and has the simulation, or one test, look for each. What
does not catch its mistake proves nothing about sources without it.

  --only A,B     some defects alone
  --seeds N      how many seeds the simulation may take for a defect (default: 2000)
  --workers N    processes that share the seeds (default: one per core)
  --write        write the table into ${DOCUMENT}
  --json         the result as one line of JSON at the end
  --help         this text

Exit codes: 0 all are caught, 1 one is not, or something is wrong without any, 64 a bad option.

Defects:
${DEFECTS.map(({ name, about }) => `  ${name.padEnd(NAME_WIDTH)}${about}`).join('\n')}
`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(
    args,
    DEFECTS.map(({ name }) => name),
  );
  if (options === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  if ('complaint' in options) {
    process.stderr.write(`${options.complaint}\n`);
    return EXIT_USAGE;
  }
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      interrupted.abort();
    });
  }
  try {
    return await run(options, interrupted.signal);
  } catch (error) {
    if (interrupted.signal.aborted) return EXIT_INTERRUPTED;
    process.stderr.write(`${messageOf(error)}\n`);
    return EXIT_MISSED;
  }
}

async function run(options: Options, signal: AbortSignal): Promise<number> {
  const startedAtMs = performance.now();
  const root = process.cwd();
  const chosen = DEFECTS.filter(({ name }) => options.only?.includes(name) ?? true);
  tell('compiling');
  const nursery = await Nursery.make(root);
  try {
    const { seedCount, workers } = options;
    const trials = new Trials(nursery, {
      ...{ seedCount, workers, signal, onProgress: tell },
      path: process.env['PATH'] ?? '',
    });
    const tried: Tried[] = [];
    for (const [index, defect] of chosen.entries()) {
      tell(`${String(index + 1)} of ${String(chosen.length)}: ${defect.name}`);
      const outcome = await trials.try(defect);
      print(`${defect.name.padEnd(NAME_WIDTH)}${outcomeText(outcome)}`);
      tried.push({ defect, outcome });
    }
    const { complaints } = trials;
    const seconds = Math.round((performance.now() - startedAtMs) / 1000);
    summarise(tried, complaints, seconds);
    if (options.isJson) print(JSON.stringify(resultOf(tried, complaints, seconds)));
    const isMissed = tried.some(({ outcome }) => outcome.kind === 'missed');
    if (isMissed || complaints.length > 0) return EXIT_MISSED;
    if (options.writes) writeTable(root, tried);
    return 0;
  } finally {
    nursery.remove();
  }
}

/** Throws where a defect was not tried: the document says what catches each. */
function writeTable(root: string, tried: readonly Tried[]): void {
  const left = tried.filter(({ outcome }) => outcome.kind !== 'caught');
  if (left.length > 0) {
    const names = left.map(({ defect }) => defect.name).join(', ');
    throw new Error(`the table is not written: these were not tried: ${names}`);
  }
  const path = join(root, DOCUMENT);
  writeFileSync(path, withTable(readFileSync(path, 'utf8'), tried));
}

function summarise(tried: readonly Tried[], complaints: readonly string[], seconds: number): void {
  const countOf = (kind: string): string =>
    String(tried.filter(({ outcome }) => outcome.kind === kind).length);
  const of = String(tried.length);
  print('', `${countOf('caught')} of ${of} defects were caught, ${String(seconds)} s`);
  for (const { defect, outcome } of tried) {
    if (outcome.kind !== 'caught') print(`${defect.name}: ${outcomeText(outcome)}`);
  }
  if (complaints.length > 0) print('', 'Wrong without any defect:', ...complaints);
}

function resultOf(
  tried: readonly Tried[],
  complaints: readonly string[],
  seconds: number,
): Readonly<Record<string, unknown>> {
  const defects = tried.map(({ defect: { name, about }, outcome }) => ({ name, about, outcome }));
  return { seconds, complaints, defects };
}

function tell(text: string): void {
  process.stderr.write(text.endsWith('\n') ? text : `${text}\n`);
}

function print(...lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
}
