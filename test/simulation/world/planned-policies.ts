/** Policies whose schedules say more than when: zones, dialects, jitter and misfires, and windows of capacity. */
import type { Random } from '../../../src/base/random.ts';
import type { PlannedCapacity } from '../../../src/domain/group/planned-capacity.ts';
import type {
  CapacityWindow,
  CronSchedule,
  MisfireChoice,
  PolicyDefinition,
  Schedule,
} from '../../../src/domain/group/policy.ts';
import type { Night } from './nights.ts';
import { oneOf, wholeBetween } from './settings.ts';

/** By which such a policy is known. */
export const PLANNED_NAME = 'a plan';
const MINUTE_MS = 60_000;
const ELSEWHERE = ['Asia/Kathmandu', 'America/New_York', 'Europe/Berlin', 'Pacific/Auckland'];
const FIRST_MS = 2 * MINUTE_MS;
const SPAN_MS = 230 * MINUTE_MS;

/** Where and when a policy is drawn. */
export interface Drawing {
  readonly random: Random;
  readonly night: Night;
  readonly nowMs: number;
}

/** A window of capacity. */
export function drawWindow(drawing: Drawing): PolicyDefinition {
  const { random } = drawing;
  const [cron, seconds] = oneOf(random, openingsOf(random));
  const isOnce = random.fraction() < 0.12;
  const window: CapacityWindow = {
    ...{ kind: 'window', ...drawCapacity(random) },
    durationSeconds: isOnce ? wholeBetween(random, 5, 120) * 60 : oneOf(random, seconds),
    ...oneOf(random, [{}, { measured: 'wall' } as const, { measured: 'elapsed' } as const]),
    ...oneOf(random, [{ priority: -5 }, {}, {}, { priority: 0 }, { priority: 10 }]),
  };
  const schedule = isOnce ? drawOnce(drawing) : drawSpan(drawing, drawZone(drawing, { cron }));
  return { name: PLANNED_NAME, cooldownSeconds: 0, adjustment: window, schedule };
}

/** A policy that fires. */
export function drawFiring(drawing: Drawing): PolicyDefinition {
  const { random } = drawing;
  const cron = oneOf(random, firingsOf(random));
  const isOnce = random.fraction() < 0.08;
  const zoned = drawSpan(drawing, drawZone(drawing, { cron }));
  const jitter = oneOf(
    random,
    [0, 0, 30, 120, 600, 4_000].map((seconds) => (seconds === 0 ? {} : { jitterSeconds: seconds })),
  );
  const schedule = isOnce ? drawOnce(drawing) : { ...zoned, ...jitter };
  const misfire = random.fraction() < 0.6 ? { misfire: drawMisfire(random) } : {};
  return {
    ...{ name: PLANNED_NAME, cooldownSeconds: oneOf(random, [0, 0, 60, 300]) },
    adjustment: { kind: 'change', amount: oneOf(random, [-2, -1, 1, 2]) },
    ...{ schedule, ...misfire },
  };
}

/** What a window or an override sets: one of the three, or two that agree. */
export function drawCapacity(random: Random): PlannedCapacity {
  const min = wholeBetween(random, 1, 9);
  return oneOf<PlannedCapacity>(random, [
    ...[{ min }, { min }, { max: wholeBetween(random, 0, 6) }],
    { min, max: min + wholeBetween(random, 0, 5) },
    { desired: wholeBetween(random, 0, 12) },
  ]);
}

/** Expressions by which windows open, each with durations in seconds that go with it. */
function openingsOf(random: Random): readonly (readonly [string, readonly number[]])[] {
  const minute = String(wholeBetween(random, 0, 59));
  const hour = String(wholeBetween(random, 0, 4));
  return [
    [`${minute} * * * *`, [300, 900, 1_800, 3_540, 3_600]],
    ['*/20 * * * *', [60, 600, 1_199, 1_200]],
    [`${minute} */2 * * *`, [600, 3_600, 5_400]],
    [`${minute} ${hour} * * *`, [1_800, 3_600, 7_200, 14_400]],
    [`${minute} 23,${hour} * * *`, [600, 2_700, 3_600]],
  ];
}

function firingsOf(random: Random): readonly string[] {
  const minute = String(wholeBetween(random, 0, 59));
  const hours = oneOf(random, ['*', '*', '0-4', '22,23,0-3', '1,2,3']);
  const step = oneOf(random, ['15', '20', '30']);
  return [
    `*/${step} ${hours} * * *`,
    `*/${step} * * * *`,
    `${minute} ${hours} * * *`,
    // An outage takes in many of them.
    `20-49/2 ${oneOf(random, ['0-2', '22-23', '1,3', '4-8'])} * * *`,
  ];
}

function drawZone({ random, night }: Drawing, { cron }: { readonly cron: string }): CronSchedule {
  const which = random.fraction();
  const elsewhere = oneOf(random, ELSEWHERE);
  const timezone = which < 0.35 ? undefined : which < 0.8 ? night.changed?.timezone : elsewhere;
  const gap = oneOf(random, ['shift', 'skip'] as const);
  const overlap = oneOf(random, ['first', 'second', 'both'] as const);
  const choices = [{}, {}, { gap }, { overlap }, { gap, overlap }].map((dst) =>
    Object.keys(dst).length === 0 ? {} : { dst },
  );
  const changes = oneOf(random, choices);
  const isExtended = random.fraction() < 0.3;
  const text = isExtended ? oneOf(random, extended(cron)) : cron;
  return {
    ...{ kind: 'cron', cron: text },
    ...(isExtended ? { dialect: 'extended' } : {}),
    ...(timezone === undefined ? {} : { timezone, ...changes }),
  };
}

/** The same in the words of the extended dialect, or nearly. */
function extended(cron: string): readonly string[] {
  const [minute = '0', hour = '*'] = cron.split(' ');
  return [
    `30 ${cron}`,
    `${minute} ${hour} ? * SAT-MON`,
    `${minute} ${hour} L,1-8,L-3,24,25 * ?`,
    `${minute} 22-3 * * *`,
  ];
}

/** With a beginning or an end while the world lasts, now and then. */
function drawSpan({ random, nowMs }: Drawing, schedule: CronSchedule): CronSchedule {
  const [from, lasts] = [random.fraction(), random.fraction()];
  const start = { start: textOf(nowMs + from * 0.5 * SPAN_MS) };
  const end = { end: textOf(nowMs + (from * 0.5 + 0.1 + lasts * 0.4) * SPAN_MS) };
  return { ...schedule, ...oneOf(random, [{}, {}, {}, {}, {}, start, end, { ...start, ...end }]) };
}

/** Once, and by the clocks of the zone that change them where there is one. */
function drawOnce({ random, nowMs, night }: Drawing): Schedule {
  const at = textOf(nowMs + FIRST_MS + random.fraction() * SPAN_MS);
  const isLocal = random.fraction() < 0.5;
  const overlap = oneOf(random, ['first', 'second'] as const);
  if (!isLocal || night.changed === undefined) return { kind: 'at', at };
  const { local, timezone } = night.changed;
  return { kind: 'at', at: local, timezone, dst: { overlap } };
}

function drawMisfire(random: Random): MisfireChoice {
  const policy = oneOf(random, ['latest', 'all', 'all', 'skip'] as const);
  const within = oneOf(random, [
    {},
    ...[10, 90.5, 600, 1_800].map((withinSeconds) => ({ withinSeconds })),
  ]);
  return { policy, ...within };
}

function textOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
