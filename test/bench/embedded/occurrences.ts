/** Next occurrences: our walk against the iterator of the library that parses the expressions. */
import { CronExpressionParser } from 'cron-parser';
import type { EpochMs } from '../../../src/base/clock.ts';
import { compileSchedule } from '../../../src/domain/schedule/occurrences.ts';
import type { BenchContext } from '../bench.ts';
import type { Section } from '../report.ts';
import { median, rounded, spread } from '../statistics.ts';
import { FIRST_DAY } from './shifted-clock.ts';

/** From every ten seconds to once in four years. */
const EXPRESSIONS: readonly string[] = [
  '*/10 * * * * *',
  '* * * * *',
  '*/5 * * * *',
  '0 * * * *',
  '15,45 9-17 * * 1-5',
  '30 2 * * *',
  '0 8 * * 1-5',
  '0 0 13 * 5',
  '0 0 1 * *',
  '0 12 L * *',
  '0 0 1 1,4,7,10 *',
  '0 0 29 2 *',
];
const ROUNDS = 7;
const RATE_MIN = 500_000;
const COUNTS: Counts = { ours: 100_000, theirs: 200 };
const QUICK_COUNTS: Counts = { ours: 4_000, theirs: 50 };

/** Next occurrences of one expression in one round. */
interface Counts {
  readonly ours: number;
  readonly theirs: number;
}

/** Next occurrences a second in UTC. */
export function measureOccurrences({ isQuick, progress }: BenchContext): Section {
  progress('next occurrences');
  const counts = isQuick ? QUICK_COUNTS : COUNTS;
  const rounds: Rates[][] = [];
  // One round more than is counted: the first has the engine compile.
  for (let round = 0; round <= ROUNDS; round += 1) {
    const rates = EXPRESSIONS.map((cron) => ratesOf(cron, counts));
    if (round > 0) rounds.push(rates);
  }
  const mixes = rounds.map(mixOf);
  const rate = median(mixes.map(({ ours }) => ours));
  return {
    name: 'next-occurrences',
    title: 'Next occurrences in UTC',
    method: [
      'Ours: next(after), which takes any instant. cron-parser: next() of its own iterator. Both walk on from the',
      `first day of 2026; parsing is part of neither. ${String(ROUNDS)} rounds A B A B; medians. The mix is as many of each.`,
    ],
    columns: [
      { key: 'cron', title: 'cron' },
      { key: 'perSecond', title: 'next/s' },
      { key: 'theirsPerSecond', title: 'cron-parser/s' },
      { key: 'ratio', title: 'ratio' },
      { key: 'spreadPercent', title: '± %' },
    ],
    rows: [
      ...EXPRESSIONS.map((cron, index) =>
        rowOf(
          cron,
          rounds.map((rates) => rates[index]).filter((rates) => rates !== undefined),
        ),
      ),
      rowOf('the mix', mixes),
    ],
    verdicts: [
      {
        promise: `the mix at least ${RATE_MIN.toLocaleString('en-US')} a second`,
        found: rounded(rate).toLocaleString('en-US'),
        isKept: rate >= RATE_MIN,
      },
    ],
  };
}

/** Next occurrences a second. */
interface Rates {
  readonly ours: number;
  readonly theirs: number;
}

function rowOf(cron: string, rates: readonly Rates[]): Section['rows'][number] {
  return {
    cron,
    perSecond: rounded(median(rates.map(({ ours }) => ours))),
    theirsPerSecond: rounded(median(rates.map(({ theirs }) => theirs))),
    ratio: rounded(median(rates.map(({ ours, theirs }) => ours / theirs))),
    spreadPercent: rounded(spread(rates.map(({ ours, theirs }) => ours / theirs)) * 100),
  };
}

/** The rate at which as many of each would be found. */
function mixOf(rates: readonly Rates[]): Rates {
  const meanOf = (each: readonly number[]): number =>
    each.length / each.reduce((seconds, rate) => seconds + 1 / rate, 0);
  return {
    ours: meanOf(rates.map(({ ours }) => ours)),
    theirs: meanOf(rates.map(({ theirs }) => theirs)),
  };
}

function ratesOf(cron: string, counts: Counts): Rates {
  const occurrences = compileSchedule({ kind: 'cron', cron });
  let at: EpochMs = FIRST_DAY;
  const iterator = CronExpressionParser.parse(cron, { tz: 'UTC', currentDate: FIRST_DAY });
  return {
    ours: rateOf(counts.ours, () => {
      // Starts anew where the calendar ends, in the year 9999.
      at = occurrences.next(at) ?? FIRST_DAY;
    }),
    theirs: rateOf(counts.theirs, () => void iterator.next().getTime()),
  };
}

function rateOf(count: number, walk: () => void): number {
  const startedAtMs = performance.now();
  for (let walked = 0; walked < count; walked += 1) walk();
  return count / ((performance.now() - startedAtMs) / 1000);
}
