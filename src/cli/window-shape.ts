/** Capacity windows as files, options and lines of input spell them, and what their members owe one another. */
import { z } from 'zod';

import { isJsonObject } from '../base/json.ts';
import type { JsonObject } from '../base/json.ts';
import { oneOf, section, wholeNumber } from '../config/shape.ts';
import type { TimingProblem } from './at-rules.ts';

const ENTITIES_MAX = 1_000;
/** A leap year. */
const DURATION_MAX_SECONDS = 31_622_400;
const PRIORITY_MAX = 1_000;

/** How the end of a window is found. */
export const MEASURES = ['wall', 'elapsed'] as const;
/** What a window may set. */
export const WINDOW_SIZES = ['min', 'max', 'desired'] as const;

const DURATION = /^(\d{1,8})([smhd])$/;
const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };
const DURATION_RIGHT = `write seconds, from 1 to ${String(DURATION_MAX_SECONDS)}, or 90s, 30m, 8h, 2d`;

const duration = z.unknown().transform((value, context): number => {
  const seconds = typeof value === 'string' ? secondsIn(value) : value;
  const isSpan = typeof seconds === 'number' && Number.isInteger(seconds);
  if (isSpan && seconds >= 1 && seconds <= DURATION_MAX_SECONDS) return seconds;
  const wrong =
    value === undefined ? 'has the wrong type' : 'is no time that a window can be open for';
  context.addIssue({ code: 'custom', path: [], message: DURATION_RIGHT, params: { wrong } });
  return z.NEVER;
});

function secondsIn(text: string): number {
  const [, count, unit = ''] = DURATION.exec(text) ?? [];
  return Number(count) * (UNIT_SECONDS[unit] ?? Number.NaN);
}

const size = wholeNumber(0, ENTITIES_MAX).optional();

/** A window with each member in its shape; `windowProblems` has the rules between them. */
export const WINDOW = section({
  min: size,
  max: size,
  desired: size,
  duration,
  measured: oneOf(MEASURES).optional(),
  priority: wholeNumber(-PRIORITY_MAX, PRIORITY_MAX).optional(),
});

/** A window as it is sent. */
export interface WireWindow {
  readonly min?: number;
  readonly max?: number;
  readonly desired?: number;
  /** Seconds. */
  readonly duration: number;
  readonly measured?: 'elapsed';
  readonly priority?: number;
}

/** The window in the one way that it is sent: what only says what is so without it is left out. */
export function sentWindow(window: z.output<typeof WINDOW>): WireWindow {
  const { min, max, desired, duration: seconds, measured, priority = 0 } = window;
  return {
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(desired === undefined ? {} : { desired }),
    duration: seconds,
    ...(measured === 'elapsed' ? { measured } : {}),
    ...(priority === 0 ? {} : { priority }),
  };
}

/** The rules between the members of a window that are broken. Reads raw data: what has not its shape breaks no rule. */
export function windowProblems(window: unknown): readonly TimingProblem[] {
  if (!isJsonObject(window)) return [];
  if (WINDOW_SIZES.every((name) => window[name] === undefined)) {
    const right = `write at least one of ${WINDOW_SIZES.join(', ')}`;
    return [{ path: [], wrong: 'sets nothing', received: window, right }];
  }
  return [
    ...aboveProblems(window, 'min', 'max'),
    ...aboveProblems(window, 'min', 'desired'),
    ...aboveProblems(window, 'desired', 'max'),
  ];
}

function aboveProblems(window: JsonObject, lower: string, upper: string): readonly TimingProblem[] {
  const { [lower]: received, [upper]: bound } = window;
  if (typeof received !== 'number' || typeof bound !== 'number' || received <= bound) return [];
  const right = `write at most ${upper}, which is ${String(bound)}`;
  return [{ path: [lower], wrong: `is above ${upper}`, received, right }];
}

/** What cannot stand beside a window in its policy; `timing` has what its schedule has. */
export function besideWindowProblems(policy: {
  readonly cooldown: unknown;
  readonly timing: JsonObject;
}): readonly TimingProblem[] {
  const { cooldown, timing } = policy;
  const right = 'leave it out';
  const wrong = 'does not go with a window, which holds from its opening on';
  return [
    ...(cooldown === undefined || cooldown === 0
      ? []
      : [
          {
            path: ['cooldown'],
            wrong: 'does not go with a window, which is not executed',
            ...{ received: cooldown, right },
          },
        ]),
    ...['jitter', 'misfire']
      .filter((name) => timing[name] !== undefined)
      .map((name) => ({ path: [name], wrong, received: timing[name], right })),
  ];
}
