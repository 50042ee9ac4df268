/** One question of `lutra preview --stdin` and its answer, a line of JSON each. */
import type { z } from 'zod';

import type { EpochMs } from '../../base/clock.ts';
import { keyOf, shapeProblems, shown } from '../../config/problem.ts';
import { section, wholeNumber } from '../../config/shape.ts';
import { valueAt } from '../../config/yaml-source.ts';
import { parseAt } from '../../domain/schedule/at.ts';
import { isoOf } from '../../domain/schedule/iso.ts';
import { createScheduleCompiler } from '../../domain/schedule/occurrences.ts';
import {
  occurrencesAfter,
  PREVIEW_COUNT_DEFAULT,
  PREVIEW_COUNT_MAX,
} from '../../domain/schedule/preview.ts';
import { createZones } from '../../domain/schedule/zones.ts';
import { instant, timezoneIn } from '../schedule-shape.ts';
import { PREVIEWED, refuseNoSchedule, scheduleOf } from './previewed-schedule.ts';
import type { InputLine } from './split-lines.ts';

/** Characters of a line. A question has a few hundred; a shorter one cannot be nested too deep to be shown. */
export const LINE_CHARS_MAX = 4096;

/** What a line is answered with. */
type LineAnswer = { readonly next: readonly string[] } | { readonly error: string };

/** Different schedules and zones that are remembered: lines of one kind tend to repeat them. */
const REMEMBERED_MAX = 1_000;

/**
 * Makes what answers lines: with the next occurrences, or with everything that is wrong with the line. Never throws.
 * Lines that do not say from when count from `now`.
 */
export function createLineAnswerer(now: EpochMs): (line: InputLine) => LineAnswer {
  const compile = createScheduleCompiler(REMEMBERED_MAX);
  const question = section({
    ...PREVIEWED,
    timezone: timezoneIn(createZones(REMEMBERED_MAX)).optional(),
    from: instant.optional(),
    count: wholeNumber(1, PREVIEW_COUNT_MAX).default(PREVIEW_COUNT_DEFAULT),
  }).superRefine(refuseNoSchedule);
  return (line) => {
    if (line.kind === 'too-long') return { error: TOO_LONG };
    const json = parseJson(line.text);
    if (json.kind === 'not-json') return { error: json.error };
    const parsed = question.safeParse(json.value);
    if (!parsed.success) return { error: problemsText(parsed.error.issues, json.value) };
    const { from = '', count } = parsed.data;
    const occurrences = compile(scheduleOf(parsed.data));
    const next = occurrencesAfter(occurrences, parseAt(from) ?? now, count);
    return { next: Array.from(next, isoOf) };
  };
}

const TOO_LONG = `the line is too long; write at most ${String(LINE_CHARS_MAX)} characters`;

function problemsText(issues: readonly z.core.$ZodIssue[], value: unknown): string {
  const problems = shapeProblems(issues, (path) => shown(valueAt(value, path)));
  const texts = problems.map(({ path, text }) => [keyOf(path), text].filter((part) => part !== ''));
  return texts.map((parts) => parts.join(': ')).join('. ');
}

type Json =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'not-json'; readonly error: string };

function parseJson(text: string): Json {
  try {
    return { kind: 'json', value: JSON.parse(text) };
  } catch {
    const error = `the line is no JSON, received ${shown(text)}; write an object such as {"cron":"0 9 * * *"}`;
    return { kind: 'not-json', error };
  }
}
