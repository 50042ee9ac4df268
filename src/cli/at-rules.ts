/** What an `at` owes the zone beside it: an instant in UTC without one, and with one what clocks there show. */
import type { z } from 'zod';

import { isJsonObject } from '../base/json.ts';
import type { JsonObject } from '../base/json.ts';
import { textThat } from '../config/shape.ts';
import { shown } from '../config/problem.ts';
import type { Path } from '../config/problem.ts';
import { parseAt } from '../domain/schedule/at.ts';
import { AT_MAX } from '../domain/schedule/bounds.ts';
import { instantOfAt, parseLocalAt } from '../domain/schedule/local-at.ts';
import { zoneOf } from '../domain/schedule/zone.ts';

/** A member that does not go together with the others. */
export interface TimingProblem {
  readonly path: Path;
  readonly wrong: string;
  readonly received: unknown;
  readonly right: string;
}

const INSTANT_RIGHT = 'write an instant in UTC such as 2030-01-31T09:30:00Z';
const LOCAL_RIGHT =
  'write a local time without Z, such as 2030-01-31T09:30:00, or leave timezone out';

/** The time of a schedule that fires once; whether it needs a zone beside it is not looked at. */
export const once = onceOr('', () => false);

/** The same, and other texts; `others` says which, after what is right. */
export function onceOr(others: string, isOther: (text: string) => boolean): z.ZodString {
  return textThat(`${INSTANT_RIGHT}${others}`, (text) => {
    const isTime =
      text.length <= AT_MAX && (parseAt(text) !== undefined || parseLocalAt(text) !== undefined);
    return isTime || isOther(text) ? undefined : 'is not an instant';
  });
}

/** The rules between an `at` and its zone that are broken. Reads raw data: what has not its shape breaks no rule. */
export function atProblems(raw: JsonObject): readonly TimingProblem[] {
  const { at, timezone, dst } = raw;
  if (typeof at !== 'string') return [];
  if (isJsonObject(dst) && dst['overlap'] === 'both' && timezone !== undefined) {
    const problem = { wrong: 'is two times, and at is one', right: 'write first or second' };
    return [{ path: ['dst', 'overlap'], received: 'both', ...problem }];
  }
  const problem = timezone === undefined ? problemInUtc(at) : problemInZone(at, timezone, dst);
  return problem === undefined ? [] : [{ path: ['at'], received: at, ...problem }];
}

type AtProblem = Pick<TimingProblem, 'wrong' | 'right'> | undefined;

function problemInUtc(at: string): AtProblem {
  const isLocal = parseLocalAt(at) !== undefined;
  const right = `${INSTANT_RIGHT}, or timezone beside it`;
  return isLocal ? { wrong: 'is not an instant', right } : undefined;
}

function problemInZone(at: string, timezone: unknown, dst: unknown): AtProblem {
  if (parseAt(at) !== undefined) {
    return { wrong: 'is in UTC, with timezone beside it', right: LOCAL_RIGHT };
  }
  if (at.startsWith('+')) {
    return { wrong: 'counts from now, with timezone beside it', right: LOCAL_RIGHT };
  }
  if (!isJsonObject(dst) || dst['gap'] !== 'skip' || !isSkipped(at, timezone)) return undefined;
  return {
    wrong: `is skipped by clocks in ${shown(timezone)}, so that it never fires`,
    right: 'write another time, or leave dst.gap out',
  };
}

function isSkipped(at: string, timezone: unknown): boolean {
  if (typeof timezone !== 'string') return false;
  return instantOfAt({ at, timezone, dst: { gap: 'skip' } }, zoneOf).kind === 'never';
}
