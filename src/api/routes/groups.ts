import type { z } from 'zod';
import { createGroup } from '../../scaling/create-group.ts';
import type { CreateGroupResult, GroupRequest } from '../../scaling/create-group.ts';
import { deleteGroup } from '../../scaling/change-group.ts';
import { listGroups } from '../../scaling/read-groups.ts';
import {
  groupNotEmpty,
  keyInUse,
  noSuchGroup,
  noSuchRegion,
  overGroupLimit,
  overPolicyLimit,
} from '../errors.ts';
import type { ApiError } from '../errors.ts';
import { launchSchema } from '../launch-schemas.ts';
import type { LaunchInput } from '../launch-schemas.ts';
import { nextLink } from '../links.ts';
import { createdGroupBody, manifestBody, stateBody, summaryBody } from '../otter-format.ts';
import { policiesRefusal, readConfig, readLaunch, readPolicies } from '../otter-input.ts';
import { booleanOf, limitOf } from '../query.ts';
import { newConfigSchema, objectOf, policiesSchema } from '../schemas.ts';
import type { ConfigInput, PolicyInput } from '../schemas.ts';
import { parseBody } from '../validation.ts';
import { groupOf, groupTargetOf, tenantOf, wordingOf } from './targets.ts';
import { BY } from './route.ts';
import type { Call, Reply, Route, RouteDeps } from './route.ts';

interface CreationInput {
  readonly groupConfiguration: ConfigInput;
  readonly launchConfiguration: LaunchInput;
  readonly scalingPolicies?: readonly PolicyInput[] | undefined;
}

/** The tenant's groups, and each group as a whole. */
export function groupRoutes(deps: RouteDeps): readonly Route[] {
  const creationSchema: z.ZodType<CreationInput> = objectOf({
    groupConfiguration: newConfigSchema,
    launchConfiguration: launchSchema(deps.launchTypes),
    scalingPolicies: policiesSchema(0).optional(),
  });
  return [
    {
      path: '/v1.0/:tenantId/groups',
      methods: {
        GET: (call) => list(deps, call),
        POST: (call) => create(deps, creationSchema, call),
      },
    },
    {
      path: '/v1.0/:tenantId/groups/:groupId',
      methods: {
        GET: async (call) => {
          const group = await groupOf(deps, call);
          return { status: 200, body: { group: manifestBody(wordingOf(deps, call), group) } };
        },
        DELETE: (call) => remove(deps, call),
      },
    },
    {
      path: '/v1.0/:tenantId/groups/:groupId/state',
      methods: {
        GET: async (call) => ({
          status: 200,
          body: { group: stateBody(await groupOf(deps, call)) },
        }),
      },
    },
  ];
}

async function list(deps: RouteDeps, call: Call): Promise<Reply> {
  const limit = limitOf(call.query, deps.pageMax);
  const after = call.query.get('marker') ?? undefined;
  const { store } = deps.scaling;
  const { observe } = deps;
  const page = await listGroups({ store, observe }, tenantOf(call), { after, limit });
  const wording = wordingOf(deps, call);
  const next =
    page.nextAfter === undefined ? undefined : { limit: String(limit), marker: page.nextAfter };
  return {
    status: 200,
    body: {
      groups: page.groups.map((group) => summaryBody(wording, group)),
      groups_links: nextLink(wording.links.groups(wording.tenantId), next),
    },
  };
}

async function create(
  deps: RouteDeps,
  schema: z.ZodType<CreationInput>,
  call: Call,
): Promise<Reply> {
  const input = parseBody(schema, await call.body());
  const { clock } = deps.scaling;
  const request = {
    tenantId: tenantOf(call),
    ...readConfig(input.groupConfiguration),
    launch: readLaunch(input.launchConfiguration),
    policies: readPolicies(input.scalingPolicies ?? [], clock.now()),
    by: BY,
    signal: call.signal,
  };
  const result = await createGroup(deps.scaling, request);
  if (result.kind !== 'created') throw refusalOf(deps, request, result);
  const wording = wordingOf(deps, call);
  return {
    status: 201,
    headers: { Location: wording.links.group(wording.tenantId, result.group.id) },
    body: { group: createdGroupBody(wording, result.group, result.policies) },
  };
}

function refusalOf(
  deps: RouteDeps,
  request: GroupRequest,
  result: Exclude<CreateGroupResult, { kind: 'created' }>,
): ApiError {
  const { tenantId, policies } = request;
  const { maxGroups, maxPoliciesPerGroup: max } = deps.scaling.limits;
  switch (result.kind) {
    case 'group-key-in-use':
      return keyInUse('scaling group', result.key);
    case 'no-such-region':
      return noSuchRegion(result.region, result.regions);
    case 'over-group-limit':
      return overGroupLimit(tenantId, maxGroups);
    case 'over-policy-limit': {
      const { groupId } = result;
      return overPolicyLimit({ tenantId, groupId }, { count: 0, added: policies.length, max });
    }
    case 'key-in-use':
    case 'never-fires':
      return policiesRefusal(policies, result);
  }
}

async function remove(deps: RouteDeps, call: Call): Promise<Reply> {
  const isForced = booleanOf(call.query, 'force', false);
  const target = groupTargetOf(call);
  const result = await deleteGroup(deps.scaling, target, { isForced, by: BY });
  switch (result.kind) {
    case 'deleted':
      return { status: 204 };
    case 'not-empty':
      throw groupNotEmpty(target);
    case 'no-such-group':
      throw noSuchGroup(target);
  }
}
