import { z } from 'zod';
import { calendarSchema, entriesMeta } from '../calendar-schema.ts';
import { count } from './common-replies.ts';
import { DONE } from './group-operations.ts';
import type { DescribedOperation } from './operation.ts';

const CALENDARS = '/v1.0/:tenantId/calendars';
const CALENDAR = `${CALENDARS}/:calendarName`;

const calendar = z
  .strictObject({
    name: z.string(),
    entries: z.array(z.unknown()).meta(entriesMeta as Record<string, unknown>),
  })
  .meta({ id: 'Calendar' });

const writtenReply = z.strictObject({
  calendar,
  groups: z.strictObject({
    changed: count.meta({ description: 'Groups that were given the new entries.' }),
    pending: count.meta({ description: 'Groups that a sweep looks at within minutes.' }),
  }),
  silenced: z
    .strictObject({
      count,
      policies: z
        .array(
          z.strictObject({
            ...{ groupId: z.string(), groupName: z.string() },
            ...{ policyId: z.string(), policyName: z.string() },
          }),
        )
        .meta({ description: 'At most 100 of them.' }),
    })
    .optional()
    .meta({
      description:
        'Policies of the changed groups that their calendars leave no occurrence; absent where there are none.',
    }),
});

/** The calendars of a tenant. */
export const calendarOperations: readonly DescribedOperation[] = [
  {
    method: 'GET',
    path: CALENDARS,
    id: 'listCalendars',
    area: 'Calendars',
    summary: 'List the calendars of a tenant',
    replies: {
      200: {
        description: 'All of them, by name',
        body: z.strictObject({
          calendars: z.array(calendar),
          malformed: z
            .array(z.string())
            .meta({ description: 'Names of calendars that cannot be read: write them anew.' }),
        }),
      },
    },
  },
  {
    method: 'GET',
    path: CALENDAR,
    id: 'getCalendar',
    area: 'Calendars',
    summary: 'Show a calendar',
    isTagged: true,
    replies: { 200: { description: 'The calendar', body: z.strictObject({ calendar }) } },
    refusals: ['NoSuchCalendarError'],
  },
  {
    method: 'PUT',
    path: CALENDAR,
    id: 'putCalendar',
    area: 'Calendars',
    summary: 'Write a calendar, and bring it to the groups whose policies name it',
    description: [
      'The groups are changed one by one, and their policies armed anew. What cannot be done at once is told as',
      'pending, and done by a sweep; the same request again does it, too. A calendar that could not be written out',
      'with all that it includes, or that would keep one that includes it from that, is refused whole.',
    ].join(' '),
    isConditional: true,
    request: calendarSchema,
    replies: {
      200: { description: 'It was there, and is so now', body: writtenReply },
      201: { description: 'It is new', body: writtenReply },
    },
    refusals: ['CalendarsOverLimitError'],
  },
  {
    method: 'DELETE',
    path: CALENDAR,
    id: 'deleteCalendar',
    area: 'Calendars',
    summary: 'Delete a calendar that is not in use',
    isConditional: true,
    replies: { 204: DONE },
    refusals: ['CalendarInUseError', 'NoSuchCalendarError'],
  },
];
