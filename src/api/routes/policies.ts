import { changePolicy, createPolicies, deletePolicy } from '../../scaling/change-policies.ts';
import { executePolicy } from '../../scaling/execute-policy.ts';
import type { ExecutePolicyResult } from '../../scaling/execute-policy.ts';
import type { SkipReason } from '../../domain/history/event.ts';
import {
  cannotExecute,
  groupPaused,
  invalid,
  keyIsFixed,
  noSuchGroup,
  noSuchPolicy,
  overPolicyLimit,
  tenantSuspended,
} from '../errors.ts';
import type { ApiError, PolicyPath } from '../errors.ts';
import { nextLink } from '../links.ts';
import { policyBody } from '../otter-format.ts';
import { neverFires, policiesRefusal, readPolicies, readPolicy } from '../otter-input.ts';
import { limitOf } from '../query.ts';
import { policiesSchema, policySchema } from '../schemas.ts';
import { parseBody } from '../validation.ts';
import { needs, readOrReveal } from './route.ts';
import type { Call, Reply, Route, RouteDeps } from './route.ts';
import { groupOf, groupTargetOf, policyTargetOf, wordingOf } from './targets.ts';

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
        GET: needs(readOrReveal, (call) => show(deps, call)),
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
  const input = parseBody(creationSchema, await call.body());
  const definitions = readPolicies(input, deps.scaling.clock.now());
  const target = groupTargetOf(call);
  const result = await createPolicies(deps.scaling, target, { definitions, by: call.by });
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
  const target = policyTargetOf(call);
  const policy = group.policies.get(target.policyId);
  if (policy === undefined) throw noSuchPolicy(target);
  return { status: 200, body: { policy: policyBody(wordingOf(deps, call), group.id, policy) } };
}

async function replace(deps: RouteDeps, call: Call): Promise<Reply> {
  const input = parseBody(policySchema, await call.body());
  const definition = readPolicy(input, deps.scaling.clock.now());
  const target = policyTargetOf(call);
  const result = await changePolicy(deps.scaling, target, { definition, by: call.by });
  switch (result.kind) {
    case 'changed':
      return { status: 204 };
    case 'type-differs':
      throw invalid('Cannot change type of a scaling policy');
    case 'key-differs':
      throw keyIsFixed(result.key);
    case 'never-fires':
      throw neverFires(definition);
    case 'no-such-policy':
      throw noSuchPolicy(target);
    case 'no-such-group':
      throw noSuchGroup(target);
  }
}

async function remove(deps: RouteDeps, call: Call): Promise<Reply> {
  const target = policyTargetOf(call);
  const result = await deletePolicy(deps.scaling, target, { by: call.by });
  switch (result.kind) {
    case 'deleted':
      return { status: 204 };
    case 'no-such-policy':
      throw noSuchPolicy(target);
    case 'no-such-group':
      throw noSuchGroup(target);
  }
}

async function execute(deps: RouteDeps, call: Call): Promise<Reply> {
  const target = policyTargetOf(call);
  const result = await executePolicy(deps.scaling, target, { by: call.by });
  if (result.kind === 'scaled') return { status: 202, body: {} };
  throw executionRefusal(result, target);
}

function executionRefusal(
  result: Exclude<ExecutePolicyResult, { kind: 'scaled' }>,
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
