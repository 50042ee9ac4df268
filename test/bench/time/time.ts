/** Forecasts of a year; and next occurrences in UTC and on the clocks of a zone: ours, cron-parser's and croner's, in turns. */
import type { BenchContext } from '../bench.ts';
import { installPeers, versionOf } from '../peers/install.ts';
import type { Section } from '../report.ts';
import { median, rounded, spread } from '../statistics.ts';
import { forecastSection } from './forecasts.ts';
import { createSubjects, ZONE } from './subjects.ts';
import type { Subject, SubjectName } from './subjects.ts';

/** What can be measured alone. */
export const TIME_PARTS = ['forecast', 'next'] as const;
type TimePart = (typeof TIME_PARTS)[number];

const EXPRESSIONS: readonly string[] = ['* * * * *', '*/15 * * * *', '0 9 * * 1-5', '0 0 1 * *'];
const ROUNDS = 7;
/** Walks start on the first of these days, and again where they come to the last. */
const FIRST_DAY = Date.UTC(2026, 0);
const LAST_DAY = Date.UTC(2036, 0);

const UTC_RATE_MIN = 500_000;
const ZONED_RATE_MIN = 250_000;
const CRON_PARSER_RATIO_MIN = 20;
const CRONER_RATIO_MIN = 5;

/** Next occurrences a second of processor time. */
type Rates = Readonly<Record<SubjectName, number>>;

/** What was measured of one expression, or of all together: one entry a round. */
interface Measured {
  readonly cron: string;
  readonly rounds: readonly Rates[];
}

/** Measures forecasts; then all subjects in the same rounds, one section for UTC, one for the zone. */
export async function* time(context: BenchContext): AsyncGenerator<Section> {
  const { isQuick, progress, only } = context;
  if (isWanted('forecast', only)) yield await forecastSection(context);
  if (isWanted('next', only)) yield* nextSections({ isQuick, progress });
}

function isWanted(part: TimePart, only: BenchContext['only']): boolean {
  return only === undefined || only.includes(part);
}

async function* nextSections({
  isQuick,
  progress,
}: Pick<BenchContext, 'isQuick' | 'progress'>): AsyncGenerator<Section> {
  await installPeers(progress);
  const subjects = await createSubjects();
  const measured = EXPRESSIONS.map((cron) => {
    progress(cron);
    return measure(cron, subjects, isQuick);
  });
  const method = [
    `Each in turn, ${String(ROUNDS)} rounds A B A B; medians. A walk goes from one occurrence to the next, from 2026 to 2035,`,
    'and again. A second is one of processor time: what else the machine does is not part of it. Parsing is part',
    `of none. The mix is as many of each. croner is ${await versionOf('croner')}; cron-parser walks its own iterator.`,
  ];
  const all = [...measured, mixOf(measured)];
  yield utcSection(all, method);
  yield zonedSection(all, method);
}

function measure(cron: string, subjects: readonly Subject[], isQuick: boolean): Measured {
  const rounds: Rates[] = [];
  const walks = subjects.map(({ name, count, walk }) => ({
    ...{ name, next: walk(cron, FIRST_DAY), count: isQuick ? Math.ceil(count / 10) : count },
  }));
  // One round more than is counted: the first has the engine compile.
  for (let round = 0; round <= ROUNDS; round += 1) {
    const rates = walks.map(({ name, next, count }) => [name, rateOf(next, count)] as const);
    if (round > 0) rounds.push(Object.fromEntries(rates) as Rates);
  }
  return { cron, rounds };
}

/** Walks `count` occurrences from the first day on. Their sum is used, so that no engine leaves the work out. */
function rateOf(next: (after: number) => number, count: number): number {
  let sum = 0;
  let at = FIRST_DAY;
  const startedAt = process.cpuUsage();
  for (let walked = 0; walked < count; walked += 1) {
    at = next(at);
    sum += at - FIRST_DAY;
    if (at >= LAST_DAY) at = FIRST_DAY;
  }
  const { user, system } = process.cpuUsage(startedAt);
  if (!(sum > 0)) throw new Error(`the walk did not move: ${String(sum)}`);
  return count / ((user + system) / 1_000_000);
}

/** The rates at which as many of each expression would be found. */
function mixOf(measured: readonly Measured[]): Measured {
  const rounds = (measured[0]?.rounds ?? []).map((first, round) => {
    const names = Object.keys(first) as SubjectName[];
    const rates = names.map((name) => {
      const seconds = measured.map(({ rounds: each }) => 1 / (each[round]?.[name] ?? 0));
      return [name, measured.length / seconds.reduce((sum, second) => sum + second)] as const;
    });
    return Object.fromEntries(rates) as Rates;
  });
  return { cron: 'the mix', rounds };
}

function utcSection(measured: readonly Measured[], method: readonly string[]): Section {
  const subjects = { ours: 'utc', cronParser: 'cron-parser-utc', croner: 'croner-utc' } as const;
  const { rate } = summaryOf(measured.at(-1), subjects);
  return {
    ...{ name: 'next-utc', title: 'Next occurrences in UTC', method, columns: COLUMNS },
    rows: measured.map((each) => rowOf(each, subjects)),
    verdicts: [atLeast('the mix, a second', rate, UTC_RATE_MIN)],
  };
}

function zonedSection(measured: readonly Measured[], method: readonly string[]): Section {
  const subjects: Compared = {
    ours: 'zoned',
    cronParser: 'cron-parser-zoned',
    croner: 'croner-zoned',
  };
  const mix = measured.at(-1);
  const { rate, cronParserRatio, cronerRatio } = summaryOf(mix, subjects);
  return {
    ...{ name: 'next-zoned', title: `Next occurrences in ${ZONE}`, method },
    columns: [...COLUMNS, { key: 'utcRatio', title: 'of UTC' }],
    rows: measured.map((each) => ({
      ...rowOf(each, subjects),
      utcRatio: rounded(median(each.rounds.map(({ zoned, utc }) => zoned / utc)), 2),
    })),
    verdicts: [
      atLeast('the mix, a second', rate, ZONED_RATE_MIN),
      atLeast('the mix, times cron-parser', cronParserRatio, CRON_PARSER_RATIO_MIN),
      atLeast('the mix, times croner', cronerRatio, CRONER_RATIO_MIN),
    ],
  };
}

const COLUMNS: Section['columns'] = [
  { key: 'cron', title: 'cron' },
  { key: 'perSecond', title: 'next/s' },
  { key: 'spreadPercent', title: '± %' },
  { key: 'cronParserPerSecond', title: 'cron-parser/s' },
  { key: 'cronParserRatio', title: 'times' },
  { key: 'cronerPerSecond', title: 'croner/s' },
  { key: 'cronerRatio', title: 'times' },
];

/** Who is compared with whom. */
interface Compared {
  readonly ours: SubjectName;
  readonly cronParser: SubjectName;
  readonly croner: SubjectName;
}

/** Medians over the rounds; a ratio is one of two rates of the same round. */
function summaryOf(
  measured: Measured | undefined,
  { ours, cronParser, croner }: Compared,
): { readonly rate: number; readonly cronParserRatio: number; readonly cronerRatio: number } {
  const rounds = measured?.rounds ?? [];
  return {
    rate: median(rounds.map((rates) => rates[ours])),
    cronParserRatio: median(rounds.map((rates) => rates[ours] / rates[cronParser])),
    cronerRatio: median(rounds.map((rates) => rates[ours] / rates[croner])),
  };
}

function rowOf(measured: Measured, compared: Compared): Section['rows'][number] {
  const { rate, cronParserRatio, cronerRatio } = summaryOf(measured, compared);
  const ratesOf = (name: SubjectName): number[] => measured.rounds.map((rates) => rates[name]);
  return {
    cron: measured.cron,
    perSecond: rounded(rate),
    spreadPercent: rounded(spread(ratesOf(compared.ours)) * 100),
    cronParserPerSecond: rounded(median(ratesOf(compared.cronParser))),
    cronParserRatio: rounded(cronParserRatio),
    cronerPerSecond: rounded(median(ratesOf(compared.croner))),
    cronerRatio: rounded(cronerRatio, 1),
  };
}

function atLeast(what: string, found: number, min: number): Section['verdicts'][number] {
  return {
    promise: `${what}: at least ${min.toLocaleString('en-US')}`,
    found: rounded(found, found < 1_000 ? 1 : 0).toLocaleString('en-US'),
    isKept: found >= min,
  };
}
