/** Who finds next occurrences: Lutra, cron-parser and croner, each in UTC and in a zone with summer time. */
import { CronExpressionParser } from 'cron-parser';
import { epochMs } from '../../../src/base/clock.ts';
import { compileCron } from '../../../src/domain/schedule/cron.ts';
import type { CompiledCron } from '../../../src/domain/schedule/cron.ts';
import { nextCron } from '../../../src/domain/schedule/next.ts';
import { zoneOf } from '../../../src/domain/schedule/zone.ts';
import { DEFAULT_CLOCK_CHANGES, nextZoned } from '../../../src/domain/schedule/zoned-next.ts';
import { load } from '../peers/load.ts';

export const ZONE = 'Europe/Berlin';

export type SubjectName =
  'utc' | 'zoned' | 'cron-parser-utc' | 'cron-parser-zoned' | 'croner-utc' | 'croner-zoned';

export interface Subject {
  readonly name: SubjectName;
  /** Occurrences in a round: what takes some tens of milliseconds. */
  readonly count: number;
  /** Makes the search of one expression for the first occurrence after an instant; it begins at `first`. */
  readonly walk: Walk;
}

type Walk = (cron: string, first: number) => (after: number) => number;

/** What is used of croner, which is installed for benchmarks alone. */
interface Croner {
  readonly Cron: new (
    pattern: string,
    options: { readonly timezone: string },
  ) => { readonly nextRun: (after: Date) => Date | null };
}

/** All subjects, in the order of their turns. */
export async function createSubjects(): Promise<readonly Subject[]> {
  const croner = (await load('croner')) as Croner;
  return [
    { name: 'utc', count: 50_000, walk: walkInUtc },
    { name: 'cron-parser-utc', count: 300, walk: cronParserIn('UTC') },
    { name: 'croner-utc', count: 2_000, walk: cronerIn(croner, 'UTC') },
    { name: 'zoned', count: 50_000, walk: walkInZone },
    { name: 'cron-parser-zoned', count: 300, walk: cronParserIn(ZONE) },
    { name: 'croner-zoned', count: 2_000, walk: cronerIn(croner, ZONE) },
  ];
}

function walkInUtc(text: string): (after: number) => number {
  const cron = compiled(text);
  return (after) => found(nextCron(cron, epochMs(after)));
}

function walkInZone(text: string): (after: number) => number {
  const zone = zoneOf(ZONE);
  if (zone === undefined) throw new Error(`this Node does not know ${ZONE}`);
  const zoned = { cron: compiled(text), zone, changes: DEFAULT_CLOCK_CHANGES };
  return (after) => found(nextZoned(zoned, epochMs(after)));
}

function compiled(text: string): CompiledCron {
  const compilation = compileCron(text, { seconds: 'refused' });
  if (compilation.kind === 'invalid') throw new Error(compilation.problem);
  return compilation.cron;
}

/** Its iterator knows where it is, and is set back where the walk begins again. */
function cronParserIn(tz: string): Walk {
  return (cron, first) => {
    const iterator = CronExpressionParser.parse(cron, { tz, currentDate: first });
    return (after) => {
      if (after === first) iterator.reset(new Date(first));
      return iterator.next().getTime();
    };
  };
}

function cronerIn({ Cron }: Croner, timezone: string): Walk {
  return (text) => {
    const cron = new Cron(text, { timezone });
    return (after) => found(cron.nextRun(new Date(after))?.getTime());
  };
}

function found(at: number | undefined): number {
  if (at === undefined) throw new Error('the walk came to an end');
  return at;
}
