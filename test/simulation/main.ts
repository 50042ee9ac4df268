/**
 * `npm run simulate`: whole clusters in a virtual world, one for each seed, and a checker for what happened.
 * Exit code 0 where nothing is wrong, 1 where a seed failed, 2 where the simulation itself did, 64 for a bad option.
 */
import { messageOf } from '../../src/base/errors.ts';
import { addStrikes, formatCoverage, neverStruck } from './checker/coverage.ts';
import type { Strikes } from './checker/coverage.ts';
import { addPlanned, formatPlanned, neverPlanned } from './checker/planned.ts';
import type { PlannedCounts } from './checker/planned.ts';
import { judgeSeed } from './judge.ts';
import type { SeedResult } from './judge.ts';
import { readOptions } from './options.ts';
import type { Options } from './options.ts';
import { judgeSeeds } from './pool.ts';
import { shrinkPlan } from './shrink.ts';
import { entryLine, faultLine, storyOf, violationLine } from './story.ts';

const HELP = `Usage: npm run simulate -- [--seeds A..B | --seed N] [options]

Runs clusters in a virtual world: the real scheduler, converger and ownership on a simulated network, clocks,
etcd, stores and providers, with faults and users drawn from the seed; then checks what happened. Each seed is
six simulated hours.

  --seeds A..B    the seeds from A to B (default: 1..200)
  --seed N        one seed: prints everything that happened, and what is wrong with it
  --workers N     processes that share the work (default: one per core)
  --stop          end with the first seed that fails
  --keep-faults   do not look for the fewest faults that still fail
  --json          the result as one line of JSON at the end
  --help          this text

Exit codes: 0 nothing is wrong, 1 a seed failed, 2 the simulation itself did, 64 a bad option.
`;

const EXIT_FAILED = 1;
const EXIT_BROKEN = 2;
const EXIT_USAGE = 64;
/** Seeds that failed and are told about in full. */
const TOLD_MAX = 3;
const PROGRESS_EVERY_MS = 1_000;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  let request: Options | 'help';
  try {
    request = readOptions(args);
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    return EXIT_USAGE;
  }
  if (request === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  const [seed] = request.seeds;
  if (request.isSingle && seed !== undefined) return replay(seed, request);
  return runMany(request);
}

/** One seed, with everything that happened. */
async function replay(seed: number, { shrinks, isJson }: Options): Promise<number> {
  const judged = await judgeSeed(seed);
  for (const entry of judged.trace) print(entryLine(entry, seed));
  print('', `seed ${String(seed)}, trace ${judged.hash}; its faults:`);
  print(...judged.world.plan.map(faultLine));
  if (judged.violations.length === 0) print('', 'Nothing is wrong.');
  else await tell(seed, shrinks);
  if (isJson) print(JSON.stringify({ seed, hash: judged.hash, violations: judged.violations }));
  return judged.violations.length === 0 ? 0 : EXIT_FAILED;
}

async function runMany(request: Options): Promise<number> {
  const startedAtMs = performance.now();
  const failed: SeedResult[] = [];
  const totals = {
    ...{ count: 0, firedCount: 0, missedRunCount: 0, faultCount: 0, hours: 0 },
    strikes: addStrikes([]),
    planned: addPlanned([]),
  };
  let toldAtMs = 0;
  try {
    await judgeSeeds({
      seeds: request.seeds,
      workers: request.workers,
      onResult: (result) => {
        totals.count += 1;
        totals.firedCount += result.firedCount;
        totals.missedRunCount += result.missedRunCount;
        totals.faultCount += result.faultCount;
        totals.hours += result.simulatedMs / 3_600_000;
        totals.strikes = addStrikes([totals.strikes, result.strikes]);
        totals.planned = addPlanned([totals.planned, result.planned]);
        if (result.violations.length > 0) {
          failed.push(result);
          const [first] = result.violations;
          if (first !== undefined) {
            progress(`seed ${String(result.seed)} failed: ${violationLine(first, result.seed)}\n`);
          }
        }
        if (performance.now() - toldAtMs < PROGRESS_EVERY_MS) return;
        toldAtMs = performance.now();
        progress(progressText({ ...totals, failedCount: failed.length }, request, startedAtMs));
      },
      isEnough: () => request.stops && failed.length > 0,
    });
  } catch (error) {
    process.stderr.write(`\nthe simulation itself failed: ${messageOf(error)}\n`);
    return EXIT_BROKEN;
  }
  progress('');
  failed.sort((a, b) => a.seed - b.seed);
  for (const { seed } of failed.slice(0, TOLD_MAX)) await tell(seed, request.shrinks);
  const seconds = (performance.now() - startedAtMs) / 1000;
  summarise({ ...totals, failed, seconds }, request.isJson);
  return failed.length === 0 ? 0 : EXIT_FAILED;
}

/** Says what is wrong with a seed, with the fewest faults that do it. */
async function tell(seed: number, shrinks: boolean): Promise<void> {
  const { violations, world, trace } = await judgeSeed(seed);
  const [first] = violations;
  if (first === undefined) {
    print('', `seed ${String(seed)} failed before and does not now: it is not deterministic`);
    return;
  }
  const plan = shrinks
    ? await shrinkPlan(world.plan, async (tried) => {
        const again = await judgeSeed(seed, tried);
        return again.violations.some(({ rule }) => rule === first.rule);
      })
    : world.plan;
  const shown = plan === world.plan ? { violations, trace } : await judgeSeed(seed, plan);
  const count = `${String(plan.length)} of ${String(world.plan.length)} faults`;
  print('', `seed ${String(seed)} fails with ${count}:`, ...plan.map(faultLine));
  print('', ...storyOf({ seed, trace: shown.trace }, shown.violations));
  print('', `replay: npm run simulate -- --seed ${String(seed)}`);
}

interface Totals {
  readonly count: number;
  readonly firedCount: number;
  readonly missedRunCount: number;
  readonly faultCount: number;
  readonly hours: number;
  readonly strikes: Strikes;
  readonly planned: PlannedCounts;
}

function summarise(
  totals: Totals & { readonly failed: readonly SeedResult[]; readonly seconds: number },
  isJson: boolean,
): void {
  const { count, firedCount, missedRunCount, faultCount, hours, failed, seconds } = totals;
  const { strikes, planned } = totals;
  print('', formatCoverage(strikes));
  const never = neverStruck(strikes);
  if (never.length > 0) print(`never struck: ${never.join(', ')}`);
  print('', formatPlanned(planned));
  const nowhere = neverPlanned(planned);
  if (nowhere.length > 0) print(`never came about: ${nowhere.join(', ')}`);
  const facts = [
    `${String(count)} seeds, ${String(Math.round(hours))} simulated hours`,
    `${String(firedCount)} occurrences fired, ${String(missedRunCount)} runs missed`,
    `${String(faultCount)} faults`,
    `${seconds.toFixed(0)} s, ${((seconds * 1000) / Math.max(count, 1)).toFixed(0)} ms a seed`,
  ];
  print('', facts.join('; '));
  const seeds = failed.map(({ seed }) => seed).join(', ');
  print(failed.length === 0 ? 'Nothing is wrong.' : `${String(failed.length)} failed: ${seeds}`);
  if (!isJson) return;
  const failures = failed.map(({ seed, hash, violations }) => ({ seed, hash, violations }));
  const counts = { count, hours, firedCount, missedRunCount, faultCount };
  print(JSON.stringify({ ...counts, seconds, failures, strikes, never, planned, nowhere }));
}

function progressText(
  { count, failedCount }: { readonly count: number; readonly failedCount: number },
  { seeds }: Options,
  startedAtMs: number,
): string {
  const spentMs = performance.now() - startedAtMs;
  const leftSeconds = Math.round((spentMs / count) * (seeds.length - count)) / 1000;
  return `${String(count)} of ${String(seeds.length)} seeds, ${String(failedCount)} failed, ${leftSeconds.toFixed(0)} s left`;
}

/** One line of standard error that is written over, where that is a screen. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
  else if (text !== '') process.stderr.write(text.endsWith('\n') ? text : `${text}\n`);
}

function print(...lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
}
