import type { z } from 'zod';
import type { LaunchInput } from './launch-schemas.ts';
import { policiesSchema } from './policy-schema.ts';
import type { PolicyInput } from './policy-schema.ts';
import { newConfigSchema, objectOf } from './schemas.ts';
import type { ConfigInput } from './schemas.ts';

/** A request that creates a group. */
export interface GroupInput {
  readonly groupConfiguration: ConfigInput;
  readonly launchConfiguration: LaunchInput;
  readonly scalingPolicies?: readonly PolicyInput[] | undefined;
}

/** The shape of requests that create groups, with launch configurations of this shape. */
export function groupSchema(launchConfiguration: z.ZodType<LaunchInput>): z.ZodType<GroupInput> {
  return objectOf({
    groupConfiguration: newConfigSchema,
    launchConfiguration,
    scalingPolicies: policiesSchema(0).optional(),
  }).meta({ id: 'GroupInput' });
}
