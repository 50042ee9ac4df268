import { isDeepStrictEqual } from 'node:util';
import type { EpochMs } from '../base/clock.ts';
import type { PolicyDefinition, PolicyProgress, Schedule } from '../domain/group/policy.ts';
import type { Armed, Reached } from './arm-policy.ts';

/**
 * A policy that is written anew with the schedule that it has already: it is left as far as it has come, so that all
 * else of it can be changed after its last occurrence, too. What is armed stays so: it may be due, and not claimed yet.
 * Only a window that was to close later, and does not last so long any more, has nothing to come. Undefined where the
 * schedule is another one.
 */
export function keepTiming(
  before: PolicyDefinition | undefined,
  definition: PolicyDefinition,
  { progress, dueAt, now }: Reached & { readonly now: EpochMs },
): Armed | undefined {
  if (before === undefined || !isSameSchedule(before.schedule, definition.schedule)) {
    return undefined;
  }
  const { plannedAt, claimedAt, touchedAt, skipped } = progress;
  const kept: PolicyProgress = {
    ...(claimedAt === undefined ? {} : { claimedAt }),
    ...(touchedAt === undefined ? {} : { touchedAt }),
    ...(skipped === undefined ? {} : { skipped }),
  };
  const isArmed = plannedAt !== undefined && dueAt !== undefined;
  if (!isArmed || isOver(definition, dueAt, now)) return { progress: kept, dueAt: undefined };
  return { progress: { ...kept, plannedAt }, dueAt };
}

/** Whether it is a window that was to turn later: as it is written now, nothing is to come of it. */
function isOver({ adjustment }: PolicyDefinition, dueAt: EpochMs, now: EpochMs): boolean {
  return adjustment.kind === 'window' && dueAt > now;
}

/** Whether two are written alike. What calendars cover is not a part of that. */
export function isSameSchedule(one: Schedule | undefined, other: Schedule | undefined): boolean {
  const [first, second] = [one, other].map((schedule) => ({ ...schedule, calendars: undefined }));
  return isDeepStrictEqual(first, second);
}
