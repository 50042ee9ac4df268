import { decodePolicy } from '../../domain/group/fields.ts';
import type { Policy, PolicyDefinition } from '../../domain/group/policy.ts';
import type { SkipReason } from '../../domain/history/event.ts';
import type { GroupId } from '../../domain/ids.ts';
import {
  changePolicy,
  createPolicies,
  deletePolicy,
  hasPolicy,
} from '../../scaling/change-policies.ts';
import type { CreatePoliciesResult } from '../../scaling/change-policies.ts';
import type { Expectation } from '../../scaling/expectation.ts';
import { executePolicy } from '../../scaling/execute-policy.ts';
import type { ExecuteSeenPolicyResult } from '../../scaling/execute-policy.ts';
import { answerOnce } from '../answer-once.ts';
import { expectationOf, tagged } from '../entity-tag.ts';
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
import { neverFires, policiesRefusal, readPolicies, readPolicy } from '../otter-input.ts';
import { limitOf } from '../query.ts';
import { policiesSchema, policySchema } from '../schemas.ts';
import { parseBody } from '../validation.ts';
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
      definitions = readPolicies(input, deps.scaling.clock.now());
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
    case 'key-in-use':
    case 'never-fires':
      throw policiesRefusal(definitions, result);
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
  const definition = readPolicy(input, deps.scaling.clock.now());
  const target = policyTargetOf(call);
  const request = { definition, by: call.by, expectation: seenPolicy(deps, call) };
  const result = await changePolicy(deps.scaling, target, request);
  switch (result.kind) {
    case 'changed':
      return { status: 204 };
    case 'type-differs':
      throw invalid('Cannot change type of a scaling policy');
    case 'key-differs':
      throw keyIsFixed(result.key);
    case 'never-fires':
      throw neverFires(definition);
    case 'not-as-expected':
      throw notAsExpected();
    case 'no-such-policy':
      throw noSuchPolicy(target);
    case 'no-such-group':
      throw noSuchGroup(target);
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

function executionRefusal(
  result: Exclude<ExecuteSeenPolicyResult, { kind: 'scaled' }>,
  target: PolicyPath,
): ApiError {
  switch (result.kind) {
    case 'refused':
      return cannotExecute(
        result.reason === 'no-change' ? 'No change in servers' : 'Cooldowns not met.',
        target,
      );
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
