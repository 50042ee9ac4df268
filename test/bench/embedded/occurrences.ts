/** Next occurrences: our walk against the iterator of the library that parses the expressions. */
import { CronExpressionParser } from 'cron-parser';
import { compileSchedule } from '../../../src/domain/schedule/occurrences.ts';
import type { EpochMs } from '../../../src/base/clock.ts';
import type { BenchContext } from '../bench.ts';
import type { Section } from '../report.ts';
import { median, rounded, spread } from '../statistics.ts';
import { FIRST_DAY } from './shifted-clock.ts';

/** From every second to once in four years. */
const EXPRESSIONS: readonly string[] = [
  '* * * * *',
  '*/5 * * * *',
  '0 * * * *',
  '30 2 * * *',
  '0 8 * * 1-5',
  '15,45 9-17 * * 1-5',
  '0 0 1 * *',
  '0 12 L * *',
  '0 0 13 * 5',
  '0 0 1 1,4,7,10 *',
  '0 0 29 2 *',
  '*/10 * * * * *',
];
const OURS_PER_EXPRESSION = 40_000;
const THEIRS_PER_EXPRESSION = 400;
const ROUNDS = 7;
const RATE_MIN = 500_000;

/** Next occurrences a second in UTC. */
export function measureOccurrences({ isQuick, progress }: BenchContext): Section {
  progress('next occurrences');
  const ours: number[] = [];
  const theirs: number[] = [];
  const count = isQuick ? OURS_PER_EXPRESSION / 10 : OURS_PER_EXPRESSION;
  // One round more than is counted: the first has the engine compile.
  for (let round = 0; round <= ROUNDS; round += 1) {
    const pair = [rateOf(oursFrom, count), rateOf(theirsFrom, THEIRS_PER_EXPRESSION)] as const;
    if (round === 0) continue;
    ours.push(pair[0]);
    theirs.push(pair[1]);
  }
  const ratio = median(ours.map((rate, index) => rate / (theirs[index] ?? Number.NaN)));
  return {
    name: 'next-occurrences',
    title: 'Next occurrences in UTC (G20)',
    method: [
      `${String(EXPRESSIONS.length)} expressions, from every ten seconds to 29 February, walked from the first day of 2026; each its`,
      `share. Ours: next(after), which takes any instant. cron-parser: next() of its own iterator. ${String(ROUNDS)} rounds`,
      'A B A B; medians, ± half the range. Parsing is part of neither.',
    ],
    columns: [
      { key: 'what', title: '' },
      { key: 'perSecond', title: 'next/s' },
      { key: 'spreadPercent', title: '± %' },
      { key: 'ratio', title: '× cron-parser' },
    ],
    rows: [
      {
        what: 'Lutra',
        perSecond: rounded(median(ours)),
        spreadPercent: rounded(spread(ours) * 100),
        ratio: rounded(ratio, 1),
      },
      {
        what: 'cron-parser',
        perSecond: rounded(median(theirs)),
        spreadPercent: rounded(spread(theirs) * 100),
        ratio: 1,
      },
    ],
    verdicts: [
      {
        promise: `at least ${RATE_MIN.toLocaleString('en-US')} a second`,
        found: rounded(median(ours)).toLocaleString('en-US'),
        isKept: median(ours) >= RATE_MIN,
      },
    ],
  };
}

/** A function that gives the next occurrence each time it is called. */
type Walk = () => void;

function rateOf(walkFrom: (expression: string) => Walk, countPerExpression: number): number {
  const walks = EXPRESSIONS.map(walkFrom);
  const startedAtMs = performance.now();
  for (const walk of walks) {
    for (let count = 0; count < countPerExpression; count += 1) walk();
  }
  const seconds = (performance.now() - startedAtMs) / 1000;
  return (walks.length * countPerExpression) / seconds;
}

function oursFrom(cron: string): Walk {
  const occurrences = compileSchedule({ kind: 'cron', cron });
  let at: EpochMs = FIRST_DAY;
  return () => {
    // Starts anew where the calendar ends, in the year 9999.
    at = occurrences.next(at) ?? FIRST_DAY;
  };
}

function theirsFrom(cron: string): Walk {
  const iterator = CronExpressionParser.parse(cron, { tz: 'UTC', currentDate: FIRST_DAY });
  return () => void iterator.next().getTime();
}
