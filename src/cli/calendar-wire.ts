/** Calendars, as much of the API's replies as commands read; new members are no reason to fail. */
import { z } from 'zod';

const calendarEntry = z.looseObject({
  date: z.string().optional(),
  from: z.string().optional(),
  to: z.string().optional(),
  weekdays: z.array(z.string()).optional(),
  calendar: z.string().optional(),
  start: z.string().optional(),
  end: z.string().optional(),
});

const calendar = z.looseObject({ name: z.string(), entries: z.array(calendarEntry) });

/** The calendars of a tenant, and the names of those that cannot be read. */
export const CALENDARS_REPLY = z.looseObject({
  calendars: z.array(calendar),
  malformed: z.array(z.string()),
});

/** A calendar. */
export const CALENDAR_REPLY = z.looseObject({ calendar });

/** A calendar that was written, how many groups have it by now, and which policies come to nothing under it. */
export const WRITTEN_CALENDAR_REPLY = z.looseObject({
  calendar,
  groups: z.looseObject({ changed: z.number(), pending: z.number() }),
  silenced: z
    .looseObject({
      count: z.number(),
      policies: z.array(z.looseObject({ groupName: z.string(), policyName: z.string() })),
    })
    .optional(),
});

/** A calendar, as the API shows it. */
export type WireCalendar = z.infer<typeof calendar>;
/** What became of one that was written. */
export type WireWrittenCalendar = z.infer<typeof WRITTEN_CALENDAR_REPLY>;
/** One of its entries. */
export type WireCalendarEntry = z.infer<typeof calendarEntry>;
