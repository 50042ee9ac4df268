/** The bodies that tell of what a group keeps to for a while. */
import { z } from 'zod';
import { count, instant } from './common-replies.ts';

const capacity = { min: count.optional(), max: count.optional(), desired: count.optional() };

const override = z
  .strictObject({
    ...capacity,
    since: instant,
    until: instant.meta({ description: 'It holds up to, but without, this instant.' }),
    reason: z.string(),
    by: z.string().meta({ description: 'Who set it.' }),
  })
  .meta({ id: 'Override' });

/** What the state of a group has where there is something to tell. */
export const planOfState = {
  pausedUntil: instant.optional().meta({ description: 'When the pause ends by itself.' }),
  baseCapacity: count.optional().meta({
    description:
      'What is desired apart from windows and overrides, where that differs: the group returns to it.',
  }),
  override: override.optional(),
  windows: z
    .array(
      z.strictObject({
        policyId: z.string(),
        opensAt: instant,
        closesAt: instant,
        ...capacity,
        priority: z.int(),
      }),
    )
    .optional()
    .meta({ description: 'The windows that are open.' }),
};

export const overrideReply = z.strictObject({ override });

export const skipReply = z.strictObject({
  skipped: instant,
  next: instant
    .optional()
    .meta({ description: 'What comes next in its place; absent where nothing does.' }),
});
