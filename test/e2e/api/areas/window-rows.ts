/** Windows that are fine, and windows that are refused, with what the refusal says. */
import { aPolicy } from '../support/bodies.ts';

type Fields = Readonly<Record<string, unknown>>;

/** When windows open unless something else is said. */
export const DAILY = { cron: '0 9 * * *', timezone: 'Europe/Berlin' };
/** The longest duration. */
export const LONGEST = 31_622_400;

/** A policy with a window; `undefined` takes a field away. */
export function aWindow(window: unknown, args: Fields = DAILY, changes: Fields = {}): Fields {
  return aPolicy({ name: 'day', type: 'window', change: undefined, window, args, ...changes });
}

/** Windows that are fine, and when they open. */
export const FINE: readonly (readonly [Fields, Fields])[] = [
  [{ min: 5, duration: 28_800 }, DAILY],
  [{ max: 0, duration: 1 }, DAILY],
  [{ desired: 1_000, duration: 86_400 }, DAILY],
  [{ min: 2, max: 2, desired: 2, duration: 60 }, DAILY],
  [{ min: 0, max: 1_000, duration: 600, measured: 'elapsed', priority: 1_000 }, DAILY],
  [{ min: 0, duration: 600, measured: 'wall', priority: 0 }, DAILY],
  [{ min: 1, duration: 600, priority: -1_000 }, { cron: '0 0 * * 1-5' }],
  [{ min: 1, duration: LONGEST }, { at: '2050-05-20T00:00:00Z' }],
  [
    { min: 1, duration: 3_600 },
    {
      ...{ cron: '0 30 9 * * MON#1', dialect: 'extended', timezone: 'America/New_York' },
      ...{ dst: { gap: 'skip', overlap: 'both' }, start: '2040-01-01T00:00:00Z' },
      end: '2050-01-01T00:00:00Z',
    },
  ],
  [
    { min: 1, duration: 9 },
    { at: '2050-05-20T09:00:00', timezone: 'Europe/Berlin' },
  ],
];

/** Policies that are refused, and what the refusal says behind the place of the policy. */
export const WRONG: readonly (readonly [string, Fields, string | RegExp])[] = [
  [
    'sets a min above its max',
    aWindow({ min: 5, max: 4, duration: 60 }),
    'window.min must be at most window.max, which is 4, not 5',
  ],
  [
    'sets a desired above its max',
    aWindow({ desired: 5, max: 4, duration: 60 }),
    'window.desired must be at most window.max, which is 4, not 5',
  ],
  [
    'sets a desired below its min',
    aWindow({ desired: 3, min: 4, duration: 60 }),
    'window.min must be at most window.desired, which is 3, not 4',
  ],
  [
    'sets nothing',
    aWindow({ duration: 60 }),
    'window must be an object with at least one of min, max and desired, not {"duration":60}',
  ],
  ['is no object', aWindow(5), /window must be an object with no other keys than min, .* not 5$/],
  [
    'has no duration',
    aWindow({ min: 1 }),
    `window.duration is missing: it must be an integer from 1 to ${String(LONGEST)}`,
  ],
  ...[0, -1, 0.5, LONGEST + 1, '60', null].map(
    (duration) =>
      [
        `lasts ${JSON.stringify(duration)}`,
        aWindow({ min: 1, duration }),
        `window.duration must be an integer from 1 to ${String(LONGEST)}, not ${JSON.stringify(duration)}`,
      ] as const,
  ),
  ...['min', 'max', 'desired'].flatMap((size) =>
    [-1, 1_001, 0.5, '1', null].map(
      (value) =>
        [
          `has a ${size} of ${JSON.stringify(value)}`,
          aWindow({ [size]: value, duration: 60 }),
          `window.${size} must be an integer from 0 to 1000, not ${JSON.stringify(value)}`,
        ] as const,
    ),
  ),
  [
    'is measured otherwise',
    aWindow({ min: 1, duration: 60, measured: 'Wall' }),
    'window.measured must be "wall" or "elapsed", not "Wall"',
  ],
  [
    'has too high a priority',
    aWindow({ min: 1, duration: 60, priority: 1_001 }),
    'window.priority must be an integer from -1000 to 1000, not 1001',
  ],
  [
    'has another member',
    aWindow({ min: 1, duration: 60, minEntities: 1 }),
    /window\.minEntities is not known: .*window must be an object with no other keys than min, max, desired, duration, measured, priority$/,
  ],
  [
    'has a cooldown',
    aWindow({ min: 1, duration: 60 }, DAILY, { cooldown: 5 }),
    'cooldown must be 0 in a policy of type window, which is not executed, not 5',
  ],
  [
    'has jitter',
    aWindow({ min: 1, duration: 60 }, { ...DAILY, jitter: 5 }),
    'args.jitter does not go with a window, which holds from its opening on: leave it out',
  ],
  [
    'has a misfire',
    aWindow({ min: 1, duration: 60 }, { ...DAILY, misfire: { policy: 'skip' } }),
    'args.misfire does not go with a window, which holds from its opening on: leave it out',
  ],
  [
    'opens at no time',
    aWindow({ min: 1, duration: 60 }, DAILY, { args: undefined }),
    /args is missing: it must be an object with "at"/,
  ],
  [
    'changes something besides',
    aWindow({ min: 1, duration: 60 }, DAILY, { change: 1 }),
    /must be an object with exactly one of change, changePercent, desiredCapacity, window, not \{/,
  ],
  [
    'has no window',
    aWindow(undefined, DAILY, { desiredCapacity: 1 }),
    /window is missing: it must be there in a policy of type window/,
  ],
  [
    'is of type schedule',
    aWindow({ min: 1, duration: 60 }, DAILY, { type: 'schedule' }),
    /window must be absent in a policy of type schedule, and is there in one of type window, not \{/,
  ],
  [
    'is of type webhook',
    aWindow({ min: 1, duration: 60 }, DAILY, { type: 'webhook', args: undefined }),
    /window must be absent in a policy of type webhook/,
  ],
  ...(
    [
      ['for a day and a second, every day', { cron: '0 9 * * *' }, 86_401, 86_400],
      ['for a day and a second, on working days', { cron: '0 9 * * 1-5' }, 86_401, 86_400],
      ['for an hour, twice in it', { cron: '0,20 * * * *' }, 3_600, 1_200],
    ] as const
  ).map(
    ([when, args, duration, period]) =>
      [
        `is open ${when}`,
        aWindow({ min: 1, duration }, args),
        `window.duration must be at most ${String(period)}, not ${String(duration)}: its schedule has ` +
          `openings that are ${String(period)} s apart, and it would not close between them`,
      ] as const,
  ),
];
