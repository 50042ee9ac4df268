/** The window of a policy in a request: what holds while it is open, and for how long that is. */
import { z } from 'zod';
import { entities, integerOf, objectOf } from './schemas.ts';

/** The longest that a window stays open: a leap year. */
const DURATION_MAX_SECONDS = 31_622_400;
const PRIORITY_MAX = 1_000;

/** What a window sets; at least one of them. */
const SIZES = ['min', 'max', 'desired'] as const;

/** Whether it closes before it opens anew depends on its schedule, and is checked elsewhere. */
export const windowSchema = objectOf({
  min: entities.optional(),
  max: entities.optional(),
  desired: entities.optional(),
  duration: integerOf(1, DURATION_MAX_SECONDS).meta({
    description: 'Seconds. It closes before its schedule opens it again.',
  }),
  measured: z
    .enum(['wall', 'elapsed'], { error: '"wall" or "elapsed"' })
    .optional()
    .meta({
      description:
        'Whether it closes when clocks show as much later (without it: wall), or after exactly as many seconds. They ' +
        'differ where clocks change while it is open.',
    }),
  priority: integerOf(-PRIORITY_MAX, PRIORITY_MAX).optional().meta({
    description:
      'Of windows that are open at once and set the same, the highest holds. Without it: 0.',
  }),
})
  .superRefine((window, context) => {
    const issue = sizesIssue(window);
    if (issue !== undefined) context.addIssue({ code: 'custom', ...issue });
  })
  .meta({
    id: 'WindowInput',
    description:
      'At least one of min, max and desired: the bounds and the size that hold while it is open. min is not above ' +
      'desired, and desired not above max.',
    anyOf: SIZES.map((size) => ({ required: [size] })),
  });

/** A window in a request. */
export type WindowInput = z.output<typeof windowSchema>;

interface Issue {
  readonly path: string[];
  readonly message: string;
}

function sizesIssue(window: WindowInput): Issue | undefined {
  if (SIZES.every((size) => window[size] === undefined)) {
    return { path: [], message: 'an object with at least one of min, max and desired' };
  }
  return (
    aboveIssue(window, 'min', 'max') ??
    aboveIssue(window, 'min', 'desired') ??
    aboveIssue(window, 'desired', 'max')
  );
}

type Size = (typeof SIZES)[number];

/** What is wrong where both are there, and the lower one is the greater. */
function aboveIssue(window: WindowInput, lower: Size, upper: Size): Issue | undefined {
  const { [lower]: value, [upper]: bound } = window;
  if (value === undefined || bound === undefined || value <= bound) return undefined;
  return { path: [lower], message: `at most window.${upper}, which is ${String(bound)}` };
}
