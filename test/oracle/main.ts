/**
 * `npm run oracle`: compares next occurrences in time zones with a walk over the clock, minute by minute.
 * Exit code 0 where all agree, 1 where some differ or nothing was compared, 64 for a bad option.
 */
import { systemRandom } from '../../src/adapters/system/random.ts';
import { readOptions, SEED_MAX } from './options.ts';
import type { Options } from './options.ts';
import { compareChanges, compareRandom } from './run.ts';

const EXIT_FAULTS = 1;
const EXIT_USAGE = 64;
const PROGRESS_EVERY = 4_000;

const HELP = `Usage: npm run oracle -- [options]

Asks for next occurrences of expressions of both dialects in random zones, at random instants and choices for changes
of the clocks, and for all occurrences around every change of every zone from 2020 to 2037; and finds the same by
looking at the clock of the zone each minute.

  --cases N   how many random cases (default: 100000)
  --share N   1 in so many changes of the clocks (default: 1, all of them)
  --seed N    decides the cases (default: any; it is printed)
  --help      this text

Exit codes: 0 all agree, 1 some differ or nothing was compared, 64 a bad option.
`;

process.exitCode = main(process.argv.slice(2));

function main(args: readonly string[]): number {
  const options = readOptions(args);
  if (options === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  if ('complaint' in options) {
    process.stderr.write(`${options.complaint}\n`);
    return EXIT_USAGE;
  }
  return run(options);
}

function run({ caseCount, oneIn, seed = anySeed() }: Options): number {
  process.stdout.write(`seed ${String(seed)}, ${String(caseCount)} random cases\n`);
  const random = compareRandom(seed, caseCount, (done) => {
    if (done % PROGRESS_EVERY === 0) {
      process.stderr.write(`${String(done)} of ${String(caseCount)}\n`);
    }
  });
  const changes = compareChanges(seed, 1 / oneIn, (zone) => process.stderr.write(`${zone}\n`));
  const faults = [...random.faults, ...changes.faults];
  for (const fault of faults) process.stdout.write(`${fault}\n`);
  process.stdout.write(
    `${String(random.caseCount)} random cases, ${String(changes.caseCount)} spans around ` +
      `${String(changes.changeCount)} changes of clocks: ` +
      `${faults.length === 0 ? 'all agree' : countOf(faults)}\n`,
  );
  return faults.length === 0 ? 0 : EXIT_FAULTS;
}

function countOf(faults: readonly string[]): string {
  return faults.length === 1 ? '1 fault' : `${String(faults.length)} faults`;
}

function anySeed(): number {
  return 1 + Math.floor(systemRandom.fraction() * SEED_MAX);
}
