/**
 * Forecasts in a process that has done nothing else yet, and tells its parent how long each took. What forecasts is the
 * built program: a loader of TypeScript has each function named as it is made, which takes longer than many of them run.
 */
import { epochMs } from '../../../src/base/clock.ts';
import type { ArmedPolicy } from '../../../src/domain/forecast/upcoming.ts';
import type { CronSchedule, PolicyDefinition } from '../../../src/domain/group/policy.ts';
import type { PolicyId } from '../../../src/domain/ids.ts';
import type { ForecastPlan, Taken } from './forecasts.ts';

const BUILT = new URL('../../../dist/domain/', import.meta.url);
const { forecast } = (await import(
  new URL('forecast/forecast.js', BUILT).href
)) as typeof import('../../../src/domain/forecast/forecast.ts');
const { createScheduleCompiler } = (await import(
  new URL('schedule/occurrences.js', BUILT).href
)) as typeof import('../../../src/domain/schedule/occurrences.ts');

const POLICIES = 100;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const NOW = epochMs(Date.UTC(2030, 0, 1));
const YEAR_END = epochMs(NOW + 365 * DAY_MS);
/** As many expressions as a node remembers compiled, at least. */
const COMPILED_MAX = 1_000;

/** What each took, the first one first. */
function forecasts({ kind, timezone, count }: ForecastPlan): readonly Taken[] {
  const occurrencesOf = createScheduleCompiler(COMPILED_MAX);
  const policies = Array.from({ length: POLICIES }, (_, index) => daily(index, kind, timezone));
  return Array.from({ length: count }, () => {
    const usedBefore = process.cpuUsage();
    const startedAt = performance.now();
    const { isTruncated, counts } = forecast({
      limits: { minEntities: 0, maxEntities: 100, cooldownSeconds: 0 },
      state: { desired: 0, isPaused: false, isSuspended: false, isDeleting: false },
      ...{ policies, now: NOW, from: NOW, to: YEAR_END, listed: 'changes', occurrencesOf },
    });
    const wallMs = performance.now() - startedAt;
    const { user, system } = process.cpuUsage(usedBefore);
    const foreseen = counts.turned + counts.scaled + counts.refused['no-change'];
    if (isTruncated || foreseen < 364 * POLICIES) {
      throw new Error(`a forecast of ${String(foreseen)} occurrences is not one of a year`);
    }
    return { wallMs, processorMs: (user + system) / 1_000 };
  });
}

/** One at each hour in turn, each at a minute of its own. */
function daily(
  index: number,
  kind: ForecastPlan['kind'],
  timezone: string | undefined,
): ArmedPolicy {
  const [hour, minute] = [index % 24, index % 60];
  const schedule: CronSchedule = {
    ...{ kind: 'cron', cron: `${String(minute)} ${String(hour)} * * *` },
    ...(timezone === undefined ? {} : { timezone }),
  };
  // In winter time, an hour ahead of UTC. The first of them is past, and not overdue: it is armed for the next day.
  const ahead = timezone === undefined ? 0 : HOUR_MS;
  const first = NOW + hour * HOUR_MS + minute * MINUTE_MS - ahead;
  const dueAt = epochMs(first > NOW ? first : first + DAY_MS);
  return {
    id: `policy-${String(index)}` as PolicyId,
    ...{ dueAt, progress: { plannedAt: dueAt } },
    definition: {
      name: 'daily',
      cooldownSeconds: 0,
      schedule,
      adjustment: adjustmentOf(index, kind),
    },
  };
}

/** The size changes some times a day: at each change of all, a year would have more steps than are listed. */
function adjustmentOf(index: number, kind: ForecastPlan['kind']): PolicyDefinition['adjustment'] {
  const size = index % 4 === 0 ? 1 : 2;
  return kind === 'policies'
    ? { kind: 'desiredCapacity', amount: size }
    : { kind: 'window', min: size, durationSeconds: 3_600, measured: 'wall' };
}

const [plan] = process.argv.slice(2);
process.send?.(forecasts(JSON.parse(plan ?? '') as ForecastPlan));
process.disconnect();
