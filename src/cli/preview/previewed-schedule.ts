/** The schedule that a preview is about. */
import type { z } from 'zod';

import type { Schedule } from '../../domain/group/policy.ts';
import { once } from '../at-rules.ts';
import { CALENDAR, refuseBadTiming, timingArgs } from '../schedule-shape.ts';
import type { Timing } from '../schedule-shape.ts';

/** The members of a schedule that can be previewed. */
export const PREVIEWED = { at: once.optional(), ...CALENDAR };

/** A schedule that can be previewed, as somebody wrote it. */
export type PreviewedFields = Timing & { readonly at?: string | undefined };

/** Refuses members that do not go together, and what has not exactly one of `cron` and `at`. */
export function refuseNoSchedule(fields: PreviewedFields, context: z.core.$RefinementCtx): void {
  if ((fields.cron === undefined) === (fields.at === undefined)) {
    const wrong = fields.cron === undefined ? 'says no schedule' : 'says two schedules';
    const message = 'write a cron expression, or at';
    context.addIssue({ code: 'custom', path: [], message, params: { wrong } });
    return;
  }
  refuseBadTiming(fields, context);
}

/** The schedule that checked fields describe; jitter and misfire do not change on which instants it falls. */
export function scheduleOf(fields: PreviewedFields): Schedule {
  const { cron, at = '' } = fields;
  const timing = timingArgs(fields);
  if (cron !== undefined) return { kind: 'cron', cron, ...timing };
  const { timezone, dst } = timing;
  return {
    ...{ kind: 'at', at },
    ...(timezone === undefined ? {} : { timezone }),
    ...(dst === undefined ? {} : { dst }),
  };
}
