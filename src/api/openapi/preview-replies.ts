/** The body that tells what comes next of a schedule. */
import { z } from 'zod';
import { instant, links, whole } from './common-replies.ts';

const occurrence = z
  .strictObject({
    at: instant,
    local: z
      .string()
      .optional()
      .meta({ description: 'On the clocks of the time zone, with its offset.' }),
    note: z
      .string()
      .optional()
      .meta({ description: 'What a change of the clocks does to it, in words.' }),
    dueAt: instant.optional().meta({
      description: 'When it is due, where jitter makes that later than it is planned.',
    }),
    closesAt: instant.optional().meta({ description: 'When the window that opens then closes.' }),
  })
  .meta({ id: 'Occurrence' });

const leftOut = z
  .strictObject({
    at: instant,
    local: z
      .string()
      .optional()
      .meta({ description: 'On the clocks of the time zone, with its offset.' }),
    note: z
      .string()
      .optional()
      .meta({ description: 'What a change of the clocks does to it, in words.' }),
    excludedBy: z
      .array(z.string())
      .optional()
      .meta({ description: 'Those of the calendars in `exclude` that cover it.' }),
    notIn: z
      .array(z.string())
      .optional()
      .meta({ description: 'The calendars in `only`, of which none covers it.' }),
    skipped: z
      .literal(true)
      .optional()
      .meta({ description: 'Somebody had it left out, or what comes after it.' }),
  })
  .meta({
    id: 'LeftOutOccurrence',
    description: 'It has one of excludedBy, notIn and skipped.',
  });

/** What comes next of the schedule of a policy. */
export const previewReply = z.strictObject({
  policy: z.strictObject({ id: z.string(), links }),
  preview: z
    .strictObject({
      from: instant.meta({ description: 'All occurrences are later than this.' }),
      timezone: z
        .string()
        .optional()
        .meta({ description: 'Whose clocks the schedule follows; absent where there is none.' }),
      words: z
        .string()
        .optional()
        .meta({ description: 'The expression in English, where there are words for it.' }),
      jitter: whole.optional().meta({ description: 'Seconds.' }),
      exclude: z.array(z.string()).optional().meta({
        description: 'Calendars: what one of them covers is left out.',
      }),
      only: z.array(z.string()).optional().meta({
        description: 'Calendars: what none of them covers is left out.',
      }),
      parked: z.string().optional().meta({
        description: 'Why nothing comes of the schedule until the policy is written anew.',
      }),
      occurrences: z.array(occurrence),
      leftOut: z
        .array(leftOut)
        .optional()
        .meta({
          description:
            'What does not take place up to the last of the occurrences, or in a hundred years where these are fewer ' +
            'than asked for: earliest first, and no more than asked for. Absent where there is nothing.',
        }),
      leftOutTruncated: z
        .literal(true)
        .optional()
        .meta({ description: 'More is left out than is listed.' }),
    })
    .meta({ id: 'Preview' }),
});
