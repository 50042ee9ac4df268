/** How long a forecast of a year takes, for a group of 100 daily policies and for one of 100 daily windows. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { makeReady } from '../../support/ready-cluster.ts';
import type { BenchContext } from '../bench.ts';
import type { Section } from '../report.ts';
import { median, rounded } from '../statistics.ts';
import { ZONE } from './subjects.ts';

/** What a process forecasts, and how often. */
export interface ForecastPlan {
  readonly kind: 'policies' | 'windows';
  /** Absent: UTC. */
  readonly timezone?: string;
  readonly count: number;
}

/** How long one forecast took, in ms. */
export interface Taken {
  readonly wallMs: number;
  /** Of all threads of the process: what the engine compiles and collects beside counts as well. */
  readonly processorMs: number;
}

/** What is promised of policies, in ms. */
const FORECAST_MAX_MS = 100;
/** Processes that each begin cold. */
const PROCESSES = 5;
/** Forecasts of each; those of the first half warm up the others. */
const FORECASTS = 10;

const SUBJECTS: readonly Omit<ForecastPlan, 'count'>[] = [
  { kind: 'policies' },
  { kind: 'policies', timezone: ZONE },
  { kind: 'windows' },
  { kind: 'windows', timezone: ZONE },
];

interface Measured {
  readonly subject: Omit<ForecastPlan, 'count'>;
  readonly cold: readonly Taken[];
  readonly warm: readonly Taken[];
}

/** Measures one process after the other, all subjects in each round. */
export async function forecastSection({ isQuick, progress }: BenchContext): Promise<Section> {
  const [processes, count] = isQuick ? [2, 4] : [PROCESSES, FORECASTS];
  progress('building');
  await makeReady();
  const rounds: (readonly Taken[])[][] = SUBJECTS.map(() => []);
  for (let round = 1; round <= processes; round += 1) {
    progress(`forecasts, round ${String(round)} of ${String(processes)}`);
    for (const [index, subject] of SUBJECTS.entries()) {
      rounds[index]?.push(await measure({ ...subject, count }));
    }
  }
  const measured = SUBJECTS.map((subject, index): Measured => {
    const all = rounds[index] ?? [];
    const cold = all.flatMap((durations) => durations.slice(0, 1));
    return { subject, cold, warm: all.flatMap((durations) => durations.slice(count / 2)) };
  });
  return {
    ...{ name: 'forecast', title: 'A forecast of a year', columns: COLUMNS },
    method: [
      `A group of 100 daily policies, or of 100 daily windows of an hour: 36,500 occurrences. Each process is new, ${String(processes)} of`,
      `each kind in turns. Cold is its first forecast, with all that it has to compile; warm are forecasts ${String(count / 2 + 1)} to ${String(count)}.`,
      'What runs is the built program. Promised is wall time. CPU is the median of processor time, of all threads: what',
      'other programs do is not part of it.',
    ],
    rows: measured.flatMap(rowsOf),
    verdicts: measured.flatMap(verdictsOf),
  };
}

const COLUMNS: Section['columns'] = [
  { key: 'what', title: '100 daily' },
  { key: 'zone', title: 'zone' },
  { key: 'start', title: 'process' },
  { key: 'minMs', title: 'min ms' },
  { key: 'medianMs', title: 'median ms' },
  { key: 'maxMs', title: 'max ms' },
  { key: 'processorMs', title: 'CPU ms' },
];

function rowsOf({ subject, cold, warm }: Measured): Section['rows'] {
  const { kind, timezone } = subject;
  const starts = [['cold', cold] as const, ['warm', warm] as const];
  return starts.map(([start, taken]) => {
    const wallMs = taken.map((each) => each.wallMs);
    return {
      ...{ what: kind, zone: timezone ?? 'UTC', start },
      minMs: rounded(Math.min(...wallMs)),
      medianMs: rounded(median(wallMs)),
      maxMs: rounded(Math.max(...wallMs)),
      processorMs: rounded(median(taken.map((each) => each.processorMs))),
    };
  });
}

/** Nothing is promised of windows. */
function verdictsOf({ subject, cold, warm }: Measured): Section['verdicts'] {
  if (subject.kind !== 'policies') return [];
  const verdictOf = (which: string, taken: readonly Taken[]): Section['verdicts'][number] => {
    const ms = median(taken.map(({ wallMs }) => wallMs));
    const zone = subject.timezone ?? 'UTC';
    return {
      promise: `policies, ${zone}, ${which}: under ${String(FORECAST_MAX_MS)} ms`,
      found: `${String(rounded(ms))} ms (median)`,
      isKept: ms < FORECAST_MAX_MS,
    };
  };
  return [verdictOf('warm', warm), verdictOf('the first of a process', cold)];
}

/** Has `forecast-process.ts` forecast so often, and answers how long each took, in ms. */
async function measure(plan: ForecastPlan): Promise<readonly Taken[]> {
  const script = fileURLToPath(new URL('forecast-process.ts', import.meta.url));
  const child = fork(script, [JSON.stringify(plan)]);
  const messages: unknown[] = [];
  child.on('message', (message) => messages.push(message));
  const [code] = (await once(child, 'exit')) as [number | null];
  const [durations] = messages;
  if (code === 0 && durations !== undefined) return durations as readonly Taken[]; // sent by forecast-process.ts
  throw new Error(`the process that forecasts ended with ${String(code)}`);
}
