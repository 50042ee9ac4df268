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
  })
  .meta({ id: 'Occurrence' });

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
      parked: z.string().optional().meta({
        description: 'Why nothing comes of the schedule until the policy is written anew.',
      }),
      occurrences: z.array(occurrence),
    })
    .meta({ id: 'Preview' }),
});
