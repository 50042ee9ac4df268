/** The shapes of what commands send, as the API wants them. What only a node can know, it says itself. */
import { z } from 'zod';

import { isJsonObject } from '../base/json.ts';
import { shown } from '../config/problem.ts';
import { oneOf, section } from '../config/shape.ts';
import {
  ADJUSTMENT,
  cooldown,
  entities,
  groupCooldown,
  key,
  launch,
  metadata,
  name,
  POLICIES_MAX,
  reachedBy,
  region,
} from './apply/file-shape.ts';
import { once } from './at-rules.ts';
import { refuseBadTiming, TIMING, timingArgs } from './schedule-shape.ts';
import type { Timing, TimingArgs } from './schedule-shape.ts';
import { besideWindowProblems, sentWindow, WINDOW, windowProblems } from './window-shape.ts';

/** The three ways to say what an execution does. */
export const ADJUSTMENTS = ['change', 'changePercent', 'desiredCapacity'] as const;
/** The ways to say what a policy does: one of them is given. */
export const EFFECTS = [...ADJUSTMENTS, 'window'] as const;

const BOUNDS = section({
  name,
  cooldown: groupCooldown.default(0),
  minEntities: entities.default(0),
  maxEntities: entities.optional(),
  metadata: metadata.optional(),
  reachedBy: reachedBy.optional(),
});

const config = BOUNDS.superRefine(refuseCrossedBounds);
const newConfig = section({
  ...BOUNDS.shape,
  key: key.optional(),
  region: region.optional(),
}).superRefine(refuseCrossedBounds);

const args = section({ at: once.optional(), ...TIMING })
  .superRefine(refuseBadTiming)
  .transform(sentArgs);

const policyFields = section({
  name,
  cooldown: cooldown.default(0),
  type: oneOf(['schedule', 'webhook', 'window']).optional(),
  ...ADJUSTMENT,
  window: WINDOW.superRefine(refuseBadWindow).transform(sentWindow).optional(),
  args: args.optional(),
});

/** A policy that has its place already. */
export const POLICY_BODY = policyFields.superRefine(refuseHalfPolicies).transform(typed);

const newPolicy = section({ ...policyFields.shape, key: key.optional() })
  .superRefine(refuseHalfPolicies)
  .transform(typed);

/** Policies to create. */
export const NEW_POLICIES_BODY = z
  .array(newPolicy, { error: 'write a list of policies' })
  .min(1, { error: 'write at least one policy' })
  .max(POLICIES_MAX, { error: `write at most ${String(POLICIES_MAX)} policies` });

/** One policy to create. */
export const NEW_POLICY_BODY = newPolicy;

/** A group to create. */
export const NEW_GROUP_BODY = section({
  groupConfiguration: newConfig,
  launchConfiguration: launch,
  scalingPolicies: z
    .array(newPolicy, { error: 'write a list of policies' })
    .max(POLICIES_MAX, { error: `write at most ${String(POLICIES_MAX)} policies` })
    .optional(),
});

/** A group as it is to be; its policies are changed by commands of their own. */
export const GROUP_BODY = section({
  groupConfiguration: config,
  launchConfiguration: launch.optional(),
});

/** A webhook to create. */
export const NEW_WEBHOOK_BODY = section({ name, metadata: metadata.optional() });

type PolicyFields = z.output<typeof policyFields>;

/** The type follows from what the policy does and whether it has a schedule, where it is not said. */
function typed<Fields extends Pick<PolicyFields, 'type' | 'args' | 'window'>>(
  fields: Fields,
): Fields & { readonly type: 'schedule' | 'webhook' | 'window' } {
  return { ...fields, type: fields.type ?? typeOf(fields) };
}

function typeOf({
  args: schedule,
  window,
}: Pick<PolicyFields, 'args' | 'window'>): 'schedule' | 'webhook' | 'window' {
  if (window !== undefined) return 'window';
  return schedule === undefined ? 'webhook' : 'schedule';
}

/** The arguments of a schedule as they are sent: one of `cron` and `at`, and what goes with it. */
export interface ScheduleArgs extends TimingArgs {
  readonly cron?: string;
  readonly at?: string;
}

function sentArgs(given: Timing & { readonly at?: string | undefined }): ScheduleArgs {
  const { cron, at } = given;
  return {
    ...(cron === undefined ? {} : { cron }),
    ...(at === undefined ? {} : { at }),
    ...timingArgs(given),
  };
}

type Refinement = z.core.$RefinementCtx;

function refuseCrossedBounds(
  { minEntities, maxEntities }: Pick<z.output<typeof BOUNDS>, 'minEntities' | 'maxEntities'>,
  context: Refinement,
): void {
  if (maxEntities === undefined || minEntities <= maxEntities) return;
  context.addIssue({
    code: 'custom',
    path: ['minEntities'],
    message: `write at most maxEntities, which is ${String(maxEntities)}`,
    params: { wrong: 'is above maxEntities' },
  });
}

function refuseHalfPolicies(policy: PolicyFields, context: Refinement): void {
  const given = EFFECTS.filter((effect) => policy[effect] !== undefined);
  if (given.length !== 1) {
    const wrong = given.length === 0 ? 'says nothing about capacity' : 'says two things';
    const message = `write exactly one of ${EFFECTS.join(', ')}`;
    context.addIssue({ code: 'custom', path: [], message, params: { wrong } });
  }
  const { args } = policy;
  if (args !== undefined && 'cron' in args === 'at' in args) {
    const params = { wrong: 'has not one schedule' };
    context.addIssue({ code: 'custom', path: ['args'], message: 'write cron or at', params });
  }
  refuseOtherType(policy, context);
  refuseBesideWindow(policy, context);
}

function refuseOtherType({ type, args, window }: PolicyFields, context: Refinement): void {
  if (type === undefined) return;
  const params = { wrong: `does not go with type ${shown(type)}` };
  const refuse = (path: string[], message: string): void => {
    context.addIssue({ code: 'custom', path, message, params });
  };
  if ((type === 'window') !== (window !== undefined)) {
    const [member] = Object.keys(window ?? {});
    // The place of a member is the option that says it.
    const path = ['window', ...(member === undefined ? [] : [member])];
    refuse(path, 'a window makes it one of type window, and no policy changes its type');
  } else if ((type === 'webhook') === (args !== undefined)) {
    const [member] = Object.keys(args ?? {});
    const path = ['args', ...(member === undefined ? [] : [member])];
    const without =
      'a policy of this type has no schedule, and no policy changes its type: create another one';
    refuse(path, type === 'webhook' ? without : 'write cron or at');
  }
}

/** What does not go with a window, and a window that nothing opens. */
function refuseBesideWindow(
  { type, window, args, cooldown: seconds }: PolicyFields,
  context: Refinement,
): void {
  if (window === undefined) return;
  const timing = isJsonObject(args) ? args : {};
  for (const { path, wrong, right } of besideWindowProblems({ cooldown: seconds, timing })) {
    const whole = path[0] === 'cooldown' ? path : ['args', ...path];
    context.addIssue({ code: 'custom', path: [...whole], message: right, params: { wrong } });
  }
  if (type !== undefined || args !== undefined) return;
  const params = { wrong: 'is missing beside a window' };
  context.addIssue({ code: 'custom', path: ['args'], message: 'write cron or at', params });
}

function refuseBadWindow(window: object, context: Refinement): void {
  for (const { path, wrong, right } of windowProblems(window)) {
    context.addIssue({ code: 'custom', path: [...path], message: right, params: { wrong } });
  }
}
