import { decodePolicy } from '../../domain/group/fields.ts';
import type { Policy, PolicyDefinition } from '../../domain/group/policy.ts';
import type { RefusalReason, SkipReason } from '../../domain/history/event.ts';
import type { GroupId } from '../../domain/ids.ts';
import { isoOf } from '../../domain/schedule/iso.ts';
import {
  changePolicy,
  createPolicies,
  deletePolicy,
  hasPolicy,
} from '../../scaling/change-policies.ts';
import type {
  ChangedPolicy,
  ChangePolicyResult,
  CreatePoliciesResult,
} from '../../scaling/change-policies.ts';
import type { Expectation } from '../../scaling/expectation.ts';
import { executePolicy } from '../../scaling/execute-policy.ts';
import type { ExecuteSeenPolicyResult } from '../../scaling/execute-policy.ts';
import { calendarsRefusal } from '../calendar-errors.ts';
import { answerOnce } from '../answer-once.ts';
import { expectationOf, tagged, tagOfShown } from '../entity-tag.ts';
import {
  cannotExecute,
  groupPaused,
  invalid,
  keyIsFixed,
  noSuchGroup,
  noSuchPolicy,
  notAsExpected,
  overPolicyLimit,
  tenantSuspended,
} from '../errors.ts';
import type { ApiError, PolicyPath } from '../errors.ts';
import { nextLink } from '../links.ts';
import { policyBody } from '../otter-format.ts';
import type { Wording } from '../otter-format.ts';
import {
  neverFires,
  passedRefusal,
  policiesRefusal,
  readPolicies,
  readPolicy,
} from '../otter-input.ts';
import { prefersRepresentation, REPRESENTATION_APPLIED } from '../preference.ts';
import { limitOf } from '../query.ts';
import { policiesSchema, policySchema } from '../policy-schema.ts';
import { parseBody } from '../validation.ts';
import { windowTooLong } from '../window-format.ts';
import { needs, readOrReveal } from './route.ts';
import type { Call, Reply, Route, RouteDeps } from './route.ts';
import { groupOf, groupTargetOf, policyIn, policyTargetOf, wordingOf } from './targets.ts';

/** A group's policies, and executing them. */
export function policyRoutes(deps: RouteDeps): readonly Route[] {
  const policies = '/v1.0/:tenantId/groups/:groupId/policies';
  return [
    {
      path: policies,
      methods: {
        GET: needs(readOrReveal, (call) => list(deps, call)),
        POST: needs('change', (call) => create(deps, call)),
      },
    },
    {
      path: `${policies}/:policyId`,
      methods: {
        GET: needs(
          readOrReveal,
          tagged((call) => show(deps, call)),
        ),
        PUT: needs('change', (call) => replace(deps, call)),
        DELETE: needs('change', (call) => remove(deps, call)),
      },
    },
    {
      path: `${policies}/:policyId/execute`,
      methods: { POST: needs('execute', (call) => execute(deps, call)) },
    },
  ];
}

async function list(deps: RouteDeps, call: Call): Promise<Reply> {
  const limit = limitOf(call.query, deps.pageMax);
  const marker = call.query.get('marker') ?? '';
  const group = await groupOf(deps, call);
  const page = [...group.policies.values()].filter(({ id }) => id > marker).slice(0, limit);
  const wording = wordingOf(deps, call);
  const last = page.length === limit ? page.at(-1) : undefined;
  const next = last === undefined ? undefined : { limit: String(limit), marker: last.id };
  return {
    status: 200,
    body: {
      policies: page.map((policy) => policyBody(wording, group.id, policy)),
      policies_links: nextLink(wording.links.policies(wording.tenantId, group.id), next),
    },
  };
}

const creationSchema = policiesSchema(1);

async function create(deps: RouteDeps, call: Call): Promise<Reply> {
  const body = await call.body();
  const input = parseBody(creationSchema, body);
  const { by } = call;
  const target = groupTargetOf(call);
  let definitions: readonly PolicyDefinition[] = [];
  return answerOnce<CreatePoliciesResult>(deps, call, {
    ...{ target, body },
    ask: (once) => {
      definitions = readPolicies(input, deps.scaling.clock.now(), '');
      return createPolicies(deps.scaling, target, { definitions, by, once });
    },
    reply: (result) => creationReply(deps, call, { definitions, result }),
  });
}

function creationReply(
  deps: RouteDeps,
  call: Call,
  created: {
    readonly definitions: readonly PolicyDefinition[];
    readonly result: CreatePoliciesResult;
  },
): Reply {
  const { definitions, result } = created;
  const target = groupTargetOf(call);
  switch (result.kind) {
    case 'created': {
      const wording = wordingOf(deps, call);
      return {
        status: 201,
        headers: { Location: wording.links.policies(wording.tenantId, target.groupId) },
        body: {
          policies: result.policies.map((policy) => policyBody(wording, target.groupId, policy)),
        },
      };
    }
    case 'over-policy-limit': {
      const { maxPoliciesPerGroup: max } = deps.scaling.limits;
      throw overPolicyLimit(target, { count: result.count, added: definitions.length, max });
    }
    case 'no-such-group':
      throw noSuchGroup(target);
    case 'calendar-refused':
    case 'over-calendar-limit':
      throw calendarsRefusal(result, (index) => `[${String(index)}].args`);
    case 'key-in-use':
    case 'never-fires':
    case 'window-too-long':
      throw policiesRefusal(definitions, result, '');
  }
}

async function show(deps: RouteDeps, call: Call): Promise<Reply> {
  const group = await groupOf(deps, call);
  const policy = policyIn(group, call);
  return { status: 200, body: shownPolicy(wordingOf(deps, call), group.id, policy) };
}

function shownPolicy(wording: Wording, groupId: GroupId, policy: Policy): object {
  return { policy: policyBody(wording, groupId, policy) };
}

/** What a request takes for granted of its policy. */
function seenPolicy(deps: RouteDeps, call: Call): Expectation | undefined {
  const wording = wordingOf(deps, call);
  const { groupId, policyId } = policyTargetOf(call);
  return expectationOf(call, (stored) =>
    hasPolicy(stored, policyId)
      ? shownPolicy(wording, groupId, decodePolicy(stored.fields, policyId))
      : undefined,
  );
}

async function replace(deps: RouteDeps, call: Call): Promise<Reply> {
  const input = parseBody(policySchema, await call.body());
  const definition = readPolicy(input);
  // Told before all else, as a matter of the body's shape, unless the policy has this very schedule already.
  const passed = passedRefusal(definition, deps.scaling.clock.now(), 'args');
  const target = policyTargetOf(call);
  const request = { definition, by: call.by, expectation: seenPolicy(deps, call) };
  const result = await changePolicy(deps.scaling, target, request);
  if (result.kind !== 'changed') throw passed ?? changeRefusal(definition, target, result);
  return prefersRepresentation(call) ? changedReply(deps, call, result) : { status: 204 };
}

/** The policy as a GET shows it, with the tag that it has there. */
function changedReply(deps: RouteDeps, call: Call, { policy, next }: ChangedPolicy): Reply {
  const { groupId } = policyTargetOf(call);
  const shown = shownPolicy(wordingOf(deps, call), groupId, policy);
  const { before, after } = next;
  return {
    status: 200,
    headers: { ...REPRESENTATION_APPLIED, ETag: tagOfShown(shown) },
    body: {
      ...shown,
      next: {
        ...(before === undefined ? {} : { before: isoOf(before) }),
        ...(after === undefined ? {} : { after: isoOf(after) }),
      },
    },
  };
}

function changeRefusal(
  definition: PolicyDefinition,
  target: PolicyPath,
  result: Exclude<ChangePolicyResult, { kind: 'changed' }>,
): ApiError {
  switch (result.kind) {
    case 'type-differs':
      return invalid('Cannot change type of a scaling policy');
    case 'calendar-refused':
    case 'over-calendar-limit':
      return calendarsRefusal(result, () => 'args');
    case 'key-differs':
      return keyIsFixed(result.key);
    case 'never-fires':
      return neverFires(definition);
    case 'window-too-long':
      return windowTooLong(definition, { periodSeconds: result.periodSeconds, path: '' });
    case 'not-as-expected':
      return notAsExpected();
    case 'no-such-policy':
      return noSuchPolicy(target);
    case 'no-such-group':
      return noSuchGroup(target);
  }
}

async function remove(deps: RouteDeps, call: Call): Promise<Reply> {
  const target = policyTargetOf(call);
  const request = { by: call.by, expectation: seenPolicy(deps, call) };
  const result = await deletePolicy(deps.scaling, target, request);
  switch (result.kind) {
    case 'deleted':
      return { status: 204 };
    case 'not-as-expected':
      throw notAsExpected();
    case 'no-such-policy':
      throw noSuchPolicy(target);
    case 'no-such-group':
      throw noSuchGroup(target);
  }
}

async function execute(deps: RouteDeps, call: Call): Promise<Reply> {
  const { by } = call;
  const target = policyTargetOf(call);
  const expectation = seenPolicy(deps, call);
  return answerOnce<ExecuteSeenPolicyResult>(deps, call, {
    target,
    ask: (once) => executePolicy(deps.scaling, target, { by, once, expectation }),
    reply: (result) => {
      if (result.kind === 'scaled') return { status: 202, body: {} };
      throw executionRefusal(result, target);
    },
  });
}

/** Why an execution changed nothing; the first three in the words of v1.0. */
const REFUSALS: Readonly<Record<RefusalReason, string>> = {
  'no-change': 'No change in servers',
  'policy-cooldown': 'Cooldowns not met.',
  'group-cooldown': 'Cooldowns not met.',
  window: 'It is a window, which holds by its schedule and is not executed.',
};

function executionRefusal(
  result: Exclude<ExecuteSeenPolicyResult, { kind: 'scaled' }>,
  target: PolicyPath,
): ApiError {
  switch (result.kind) {
    case 'refused':
      return cannotExecute(REFUSALS[result.reason], target);
    case 'skipped':
      return skipRefusal(result.reason, target);
    case 'not-as-expected':
      return notAsExpected();
    case 'no-such-policy':
      return noSuchPolicy(target);
    case 'no-such-group':
      return noSuchGroup(target);
  }
}

function skipRefusal(reason: SkipReason, target: PolicyPath): ApiError {
  switch (reason) {
    case 'paused':
      return groupPaused(`execute policy ${target.policyId}`, target);
    case 'suspended':
      return tenantSuspended(target);
    case 'deleting':
      return noSuchGroup(target);
  }
}
