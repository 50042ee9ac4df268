import { isDeepStrictEqual } from 'node:util';
import type { Schedule } from '../domain/group/policy.ts';

/** Whether two are written alike. What calendars cover is not a part of that. */
export function isSameSchedule(one: Schedule | undefined, other: Schedule | undefined): boolean {
  const [first, second] = [one, other].map((schedule) => ({ ...schedule, calendars: undefined }));
  return isDeepStrictEqual(first, second);
}
