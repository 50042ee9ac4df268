/** When a world begins: mostly at the end of a February, and now and then before clocks are changed somewhere. */
import type { Random } from '../../../src/base/random.ts';
import { seededRandom } from '../../support/random.ts';

const CHANGED_SHARE = 0.35;

/** The beginning of a world, and what is special about its night. */
export interface Night {
  readonly startsAt: number;
  /** The zone whose clocks are changed while the world lasts, and a local time that they skip or show twice. */
  readonly changed?: { readonly timezone: string; readonly local: string };
}

/** The ends of a day and of a month. */
const ORDINARY: Night = { startsAt: Date.UTC(2026, 1, 28, 20) };

/** Each about three hours before the change. */
const CHANGED: readonly Night[] = [
  night('2026-03-28T22:00Z', 'Europe/Berlin', '2026-03-29T02:30:00'),
  night('2026-10-24T22:00Z', 'Europe/Berlin', '2026-10-25T02:30:00'),
  night('2026-03-08T04:00Z', 'America/New_York', '2026-03-08T02:15:00'),
  night('2026-11-01T03:00Z', 'America/New_York', '2026-11-01T01:15:00'),
  // By half an hour.
  night('2026-04-04T12:00Z', 'Australia/Lord_Howe', '2026-04-05T01:45:00'),
  night('2026-10-03T13:00Z', 'Australia/Lord_Howe', '2026-10-04T02:15:00'),
  // At midnight.
  night('2026-09-06T01:00Z', 'America/Santiago', '2026-09-06T00:20:00'),
];

function night(from: string, timezone: string, local: string): Night {
  return { startsAt: Date.parse(from), changed: { timezone, local } };
}

/** The chance that decides all that people plan. No other draw depends on it. */
export function plannersRandom(seed: number): Random {
  return seededRandom(seed * 8 + 7);
}

/** The night of a seed: its first draws. */
export function nightOf(random: Random): Night {
  const [isChanged, which] = [random.fraction() < CHANGED_SHARE, random.fraction()];
  if (!isChanged) return ORDINARY;
  return CHANGED[Math.floor(which * CHANGED.length)] ?? ORDINARY;
}

/** When the world of a seed begins. */
export function startsAtOf(seed: number): number {
  return nightOf(plannersRandom(seed)).startsAt;
}
