/** Groups that never rest: policies that fire every few seconds, with every kind of change and cooldown. */
import type { EpochMs } from '../../src/base/clock.ts';
import type { Random } from '../../src/base/random.ts';
import type { Adjustment, PolicyDefinition } from '../../src/domain/group/policy.ts';
import type { GroupSeed } from '../support/seeded-store.ts';

/** A launch type that no node serves: its groups fire and never converge. */
const NOWHERE = { type: 'nowhere', args: {} };
/** Ends by itself, should everything else fail to end it. */
const SLEEPER = { type: 'process', args: { command: ['sleep', '1000'], stop_timeout: 1 } };
/** The first `at` comes when a node has had the time to start, and some come while it starts. */
const FIRST_AT_MS = 500;

function change(amount: number): Adjustment {
  return { kind: 'change', amount };
}

function percent(by: number): Adjustment {
  return { kind: 'changePercent', percent: by };
}

function to(amount: number): Adjustment {
  return { kind: 'desiredCapacity', amount };
}

function every(cron: string, adjustment: Adjustment, cooldownSeconds = 0): PolicyDefinition {
  return { name: cron, cooldownSeconds, adjustment, schedule: { kind: 'cron', cron } };
}

function once(instant: number, adjustment: Adjustment): PolicyDefinition {
  const at = new Date(instant).toISOString();
  return { name: at, cooldownSeconds: 0, adjustment, schedule: { kind: 'at', at } };
}

function onDemand(adjustment: Adjustment): PolicyDefinition {
  return { name: 'on demand', cooldownSeconds: 0, adjustment };
}

function limits(maxEntities: number, cooldownSeconds = 0): GroupSeed['limits'] {
  return { minEntities: 0, maxEntities, cooldownSeconds };
}

/** The group in which people execute policies while schedules fire. */
export const BY_HAND = 'by hand';

/** Groups that only fire. */
export function firingGroups(): readonly GroupSeed[] {
  return [
    {
      name: 'up and down',
      limits: limits(50),
      launch: NOWHERE,
      policies: [
        every('* * * * * *', change(1)),
        every('*/2 * * * * *', change(-1)),
        every('1-59/3 * * * * *', to(7)),
      ],
    },
    {
      name: 'percent',
      limits: limits(1000),
      launch: NOWHERE,
      policies: [
        every('*/3 * * * * *', percent(50)),
        every('2,3,5,7,11,13,17,19,23,29,31,37,41,43,47,53,59 * * * * *', percent(-33.3)),
        every('*/10 * * * * *', to(20)),
      ],
    },
    {
      name: 'cooldowns of one period',
      limits: limits(1000),
      launch: NOWHERE,
      policies: [every('*/2 * * * * *', change(2), 2), every('* * * * * *', change(-1), 1)],
    },
    {
      name: 'a cooldown of the group',
      limits: limits(5, 3),
      launch: NOWHERE,
      policies: [every('* * * * * *', to(4)), every('*/2 * * * * *', to(2))],
    },
    {
      name: 'nothing to change',
      limits: limits(0),
      launch: NOWHERE,
      policies: [every('* * * * * *', change(1))],
    },
    {
      name: BY_HAND,
      limits: limits(100),
      launch: NOWHERE,
      policies: [
        every('* * * * * *', change(1)),
        onDemand(change(2)),
        // Too many at a time: refused now and then.
        onDemand(change(-3)),
      ],
    },
  ];
}

/** Groups of five processes in all, told a new number at instants spread over `spanMs`, mostly at whole seconds. */
export function processGroups(
  now: EpochMs,
  { random, spanMs }: { readonly random: Random; readonly spanMs: number },
): readonly GroupSeed[] {
  return [2, 1, 1, 1].map((max, index) => ({
    name: `processes ${String(index)}`,
    limits: limits(max),
    launch: SLEEPER,
    policies: Array.from({ length: 8 }, (_, turn) => {
      const instant = now + FIRST_AT_MS + (turn + random.fraction()) * (spanMs / 8);
      const whole = Math.ceil(instant / 1000) * 1000;
      return once(
        random.fraction() < 0.7 ? whole : Math.floor(instant),
        to(turn % 2 === 0 ? max : Math.floor(random.fraction() * max)),
      );
    }),
  }));
}
