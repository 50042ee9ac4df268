import type { z } from 'zod';
import { epochMs } from '../../base/clock.ts';
import { onceEach } from '../../base/once-each.ts';
import { decodeGroup } from '../../domain/group/fields.ts';
import type { Group } from '../../domain/group/group.ts';
import { createGroup, wasCreated } from '../../scaling/create-group.ts';
import type { CreateGroupResult, GroupRequest } from '../../scaling/create-group.ts';
import { deleteGroup } from '../../scaling/change-group.ts';
import type { PoliciesProblem } from '../../scaling/new-policies.ts';
import { listGroups } from '../../scaling/read-groups.ts';
import type { GroupSummary } from '../../scaling/read-groups.ts';
import { findGroupWithWebhooks } from '../../scaling/read-webhooks.ts';
import type { CalendarsProblem } from '../../scaling/tenant-calendars.ts';
import { calendarsRefusal } from '../calendar-errors.ts';
import { keyedOf, REPLAYED } from '../answer-once.ts';
import { expectationOf, tagged, taggedTextOf } from '../entity-tag.ts';
import {
  groupNotEmpty,
  keyInUse,
  keyReused,
  noSuchGroup,
  noSuchRegion,
  notAsExpected,
  overGroupLimit,
  overPolicyLimit,
  regionMissing,
} from '../errors.ts';
import type { ApiError } from '../errors.ts';
import { groupSchema } from '../group-schema.ts';
import type { GroupInput } from '../group-schema.ts';
import { requireLaunchable } from '../launch-catalogue.ts';
import { launchSchema } from '../launch-schemas.ts';
import { nextLink } from '../links.ts';
import { createdGroupBody, manifestBody, stateBody, summaryBody } from '../otter-format.ts';
import type { Wording } from '../otter-format.ts';
import { policiesRefusal, readConfig, readLaunch, readPolicies } from '../otter-input.ts';
import { booleanOf, limitOf, wantsWebhooks } from '../query.ts';
import { countKeyedCreation, refuseKeyedCreations } from '../rate-limits.ts';
import { parseBody } from '../validation.ts';
import { revealingManifestBody } from '../webhook-format.ts';
import { wordedOnce } from '../worded-once.ts';
import { groupOf, groupTargetOf, tenantOf, wordingOf } from './targets.ts';
import { needs, readOrReveal } from './route.ts';
import type { Call, Reply, Route, RouteDeps } from './route.ts';

const GROUPS = '/v1.0/:tenantId/groups';

/** The tenant's groups, and each group as a whole. */
export function groupRoutes(deps: RouteDeps): readonly Route[] {
  const creationSchema = groupSchema(launchSchema(deps.launchTypes));
  const shown = shownOnce();
  return [
    {
      path: GROUPS,
      methods: {
        GET: needs(readOrReveal, (call) => list(deps, shown, call)),
        POST: needs('change', (call) => create(deps, creationSchema, call)),
      },
    },
    {
      path: '/v1.0/:tenantId/groups/:groupId',
      methods: {
        GET: needs(
          readOrReveal,
          tagged(
            async (call) => ({ status: 200, body: await manifest(deps, shown, call) }),
            onceEach(taggedTextOf),
          ),
        ),
        DELETE: needs('change', (call) => remove(deps, call)),
      },
    },
    {
      path: '/v1.0/:tenantId/groups/:groupId/state',
      methods: {
        GET: needs(
          'read',
          tagged(async (call) => ({
            status: 200,
            body: { group: stateBody(await groupOf(deps, call)) },
          })),
        ),
      },
    },
  ];
}

/** What is shown of groups. Stores may answer with the very same ones again, of which the same is shown. */
interface Shown {
  readonly manifest: (wording: Wording, group: Group) => object;
  /** As JSON. */
  readonly summary: (wording: Wording, group: GroupSummary) => string;
}

function shownOnce(): Shown {
  return {
    manifest: wordedOnce((wording, group) => ({ group: manifestBody(wording, group) })),
    summary: wordedOnce((wording, group) => JSON.stringify(summaryBody(wording, group))),
  };
}

async function manifest(deps: RouteDeps, shown: Shown, call: Call): Promise<object> {
  const wording = wordingOf(deps, call);
  if (!wantsWebhooks(call.query)) return shown.manifest(wording, await groupOf(deps, call));
  const { store } = deps.scaling;
  const { observe } = deps;
  const { tenantId, groupId } = groupTargetOf(call);
  const found = await findGroupWithWebhooks({ store, observe }, tenantId, groupId);
  if (found === undefined) throw noSuchGroup({ tenantId, groupId });
  return { group: revealingManifestBody(wording, found) };
}

async function list(deps: RouteDeps, shown: Shown, call: Call): Promise<Reply> {
  const limit = limitOf(call.query, deps.pageMax);
  const after = call.query.get('marker') ?? undefined;
  const { store } = deps.scaling;
  const { observe } = deps;
  const page = await listGroups({ store, observe }, tenantOf(call), { after, limit });
  const wording = wordingOf(deps, call);
  const next =
    page.nextAfter === undefined ? undefined : { limit: String(limit), marker: page.nextAfter };
  const groups = page.groups.map((group) => shown.summary(wording, group)).join();
  const links = JSON.stringify(nextLink(wording.links.groups(wording.tenantId), next));
  return { status: 200, body: `{"groups":[${groups}],"groups_links":${links}}` };
}

const BEFORE_ALL_TIMES = epochMs(Number.NEGATIVE_INFINITY);

async function create(deps: RouteDeps, schema: z.ZodType<GroupInput>, call: Call): Promise<Reply> {
  const { scaling } = deps;
  const body = await call.body();
  const input = parseBody(schema, body);
  const tenantId = tenantOf(call);
  const { region } = input.groupConfiguration;
  const keyed = keyedOf(call, body);
  const where = { tenantId, ...(region === undefined ? {} : { region }) };
  // What was granted is not judged again: a time that was still to come may have passed since.
  const isGranted = keyed !== undefined && (await wasCreated(scaling, { ...where, keyed }));
  // An `at` that has passed is a matter of the body's shape, so it is refused before anything else is looked at.
  const now = isGranted ? BEFORE_ALL_TIMES : scaling.clock.now();
  const policies = readPolicies(input.scalingPolicies ?? [], now, 'scalingPolicies');
  const config = readConfig(input.groupConfiguration);
  const launch = readLaunch(input.launchConfiguration);
  if (!isGranted) requireLaunchable(launch, deps.catalogue);
  const { by, caller, signal } = call;
  const request = {
    ...{ tenantId, ...config, launch, policies, by, caller, signal },
    ...(keyed === undefined ? {} : { keyed }),
  };
  const result = await createWithinRate(deps, request, isGranted);
  if (result.kind !== 'created') throw refusalOf(deps, request, result);
  const wording = wordingOf(deps, call);
  return {
    status: 201,
    headers: {
      Location: wording.links.group(wording.tenantId, result.group.id),
      ...(result.isRepeat === true ? REPLAYED : {}),
    },
    body: { group: createdGroupBody(wording, result.group, result.policies) },
  };
}

/** Creates the group, unless too many were created with a key, of which each is kept for a while. A repeat is answered. */
async function createWithinRate(
  deps: RouteDeps,
  request: GroupRequest,
  isGranted: boolean,
): Promise<CreateGroupResult> {
  if (request.keyed === undefined || isGranted) return createGroup(deps.scaling, request);
  const { tenantId, caller } = request;
  refuseKeyedCreations(deps, tenantId, { route: GROUPS, responseId: caller?.responseId ?? '' });
  const result = await createGroup(deps.scaling, request);
  if (result.kind === 'created' && result.isRepeat !== true) {
    await countKeyedCreation(deps, tenantId);
  }
  return result;
}

function refusalOf(
  deps: RouteDeps,
  request: GroupRequest,
  result: Exclude<CreateGroupResult, { kind: 'created' }>,
): ApiError {
  const { tenantId, policies } = request;
  const { maxGroups, maxPoliciesPerGroup: max } = deps.scaling.limits;
  if (isAboutPolicies(result)) return refusalOfPolicies(policies, result);
  switch (result.kind) {
    case 'key-reused':
      return keyReused();
    case 'region-missing':
      return regionMissing(result.regions);
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
  }
}

/** Whether it is the policies of a group that cannot be created. */
function isAboutPolicies(
  result: CreateGroupResult,
): result is Extract<CreateGroupResult, CalendarsProblem | PoliciesProblem> {
  return ABOUT_POLICIES.some((kind) => kind === result.kind);
}

const ABOUT_POLICIES: readonly (CalendarsProblem | PoliciesProblem)['kind'][] = [
  ...(['calendar-refused', 'over-calendar-limit'] as const),
  ...(['key-in-use', 'never-fires', 'window-too-long'] as const),
];

/** The group could be there, and not with these policies. */
function refusalOfPolicies(
  policies: GroupRequest['policies'],
  result: CalendarsProblem | PoliciesProblem,
): ApiError {
  switch (result.kind) {
    case 'calendar-refused':
    case 'over-calendar-limit':
      return calendarsRefusal(result, (index) => `scalingPolicies[${String(index)}].args`);
    case 'key-in-use':
    case 'never-fires':
    case 'window-too-long':
      return policiesRefusal(policies, result, 'scalingPolicies');
  }
}

async function remove(deps: RouteDeps, call: Call): Promise<Reply> {
  const isForced = booleanOf(call.query, 'force', false);
  const target = groupTargetOf(call);
  const wording = wordingOf(deps, call);
  const expectation = expectationOf(call, (stored) => ({
    group: manifestBody(wording, decodeGroup(stored)),
  }));
  const request = { isForced, by: call.by, expectation };
  const result = await deleteGroup(deps.scaling, target, request);
  switch (result.kind) {
    case 'deleted':
      return { status: 204 };
    case 'not-empty':
      throw groupNotEmpty(target);
    case 'not-as-expected':
      throw notAsExpected();
    case 'no-such-group':
      throw noSuchGroup(target);
  }
}
