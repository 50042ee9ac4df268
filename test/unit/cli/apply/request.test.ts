import { expect } from 'chai';
import { describe, it } from 'mocha';

import type { DesiredGroup } from '../../../../src/cli/apply/desired.ts';
import type { Action } from '../../../../src/cli/apply/plan.ts';
import type { PolicyWrite } from '../../../../src/cli/apply/plan-policy.ts';
import { placeOf, requestFor } from '../../../../src/cli/apply/request.ts';

const GROUP: DesiredGroup = {
  tenant: 'a/b',
  key: 'web',
  region: undefined,
  config: { name: 'Web', cooldown: 0, minEntities: 0, maxEntities: 5, metadata: {} },
  launch: { type: 'x', args: {} },
  policies: [],
  place: 'f:1:1',
  launchPlace: 'f:2:1',
};
const TARGET = { group: GROUP, groupId: 'g1' };

function write(key: string, place: string): PolicyWrite {
  return { body: { key, name: key, cooldown: 0, change: 1, type: 'webhook' }, place };
}

const POLICIES = [write('up', 'f:3:1'), write('down', 'f:4:1')];
const CREATE_GROUP: Action = { kind: 'create-group', group: GROUP, policies: POLICIES };
const CREATE_POLICIES: Action = { kind: 'create-policies', ...TARGET, policies: POLICIES };
const PUT_POLICY: Action = {
  ...{ kind: 'put-policy', ...TARGET, policyId: 'p1', changes: { changes: [] } },
  policy: write('up', 'f:3:1'),
};
const NO_CHANGES = { changes: { changes: [] } };
const DELETE_POLICY: Action = { kind: 'delete-policy', ...TARGET, policyId: 'p1', key: 'up' };
const ALARM = { name: 'alarm', metadata: { a: 'b' }, place: 'f:3:9' };
const CREATE_WEBHOOKS: Action = {
  ...{ kind: 'create-webhooks', group: GROUP, policyKey: 'up' },
  ids: { groupId: 'g1', policyId: 'p1' },
  webhooks: [ALARM, { name: 'ci', metadata: {}, place: 'f:4:9' }],
};
const HELD = { ...TARGET, policyKey: 'up', policyId: 'p1', webhookId: 'w1' };
const PUT_WEBHOOK: Action = { kind: 'put-webhook', ...HELD, ...NO_CHANGES, webhook: ALARM };
const DELETE_WEBHOOK: Action = { kind: 'delete-webhook', ...HELD, name: 'alarm' };

describe('requestFor', () => {
  const BODIES = POLICIES.map(({ body }) => body);
  const IN_EU = { ...GROUP, region: 'eu' };
  const CASES: readonly {
    readonly action: Action;
    /** Where the kind does not say it. */
    readonly says?: string;
    readonly request: object;
  }[] = [
    {
      action: CREATE_GROUP,
      request: {
        method: 'POST',
        path: '/v1.0/a%2Fb/groups',
        body: {
          groupConfiguration: { ...GROUP.config, key: 'web' },
          launchConfiguration: GROUP.launch,
          scalingPolicies: BODIES,
        },
      },
    },
    {
      action: { kind: 'put-config', ...TARGET, ...NO_CHANGES },
      request: { method: 'PUT', path: '/v1.0/a%2Fb/groups/g1/config', body: GROUP.config },
    },
    {
      action: { ...CREATE_GROUP, group: IN_EU },
      says: 'create-group in a region',
      request: {
        method: 'POST',
        path: '/v1.0/a%2Fb/groups',
        body: {
          groupConfiguration: { ...GROUP.config, key: 'web', region: 'eu' },
          launchConfiguration: GROUP.launch,
          scalingPolicies: BODIES,
        },
      },
    },
    {
      action: { kind: 'put-config', group: IN_EU, groupId: 'g1', ...NO_CHANGES },
      says: 'put-config for a group of a region',
      request: { method: 'PUT', path: '/v1.0/a%2Fb/groups/g1/config', body: GROUP.config },
    },
    {
      action: { kind: 'put-launch', ...TARGET, ...NO_CHANGES },
      request: { method: 'PUT', path: '/v1.0/a%2Fb/groups/g1/launch', body: GROUP.launch },
    },
    {
      action: CREATE_POLICIES,
      request: { method: 'POST', path: '/v1.0/a%2Fb/groups/g1/policies', body: BODIES },
    },
    {
      action: PUT_POLICY,
      request: {
        method: 'PUT',
        path: '/v1.0/a%2Fb/groups/g1/policies/p1',
        body: { key: undefined, name: 'up', cooldown: 0, change: 1, type: 'webhook' },
      },
    },
    {
      action: CREATE_WEBHOOKS,
      request: {
        method: 'POST',
        path: '/v1.0/a%2Fb/groups/g1/policies/p1/webhooks',
        body: [
          { name: 'alarm', metadata: { a: 'b' } },
          { name: 'ci', metadata: {} },
        ],
      },
    },
    {
      action: PUT_WEBHOOK,
      request: {
        method: 'PUT',
        path: '/v1.0/a%2Fb/groups/g1/policies/p1/webhooks/w1',
        body: { name: 'alarm', metadata: { a: 'b' } },
      },
    },
    {
      action: DELETE_WEBHOOK,
      request: { method: 'DELETE', path: '/v1.0/a%2Fb/groups/g1/policies/p1/webhooks/w1' },
    },
    {
      action: DELETE_POLICY,
      request: { method: 'DELETE', path: '/v1.0/a%2Fb/groups/g1/policies/p1' },
    },
  ];
  for (const { action, says, request } of CASES) {
    it(`makes the request of ${says ?? action.kind}`, () => {
      expect(requestFor(action)).to.deep.equal(request);
    });
  }
});

describe('placeOf', () => {
  const CASES: readonly {
    readonly action: Action;
    readonly message: string;
    readonly place: string;
  }[] = [
    { action: CREATE_GROUP, message: 'T: no', place: 'f:1:1' },
    { action: CREATE_GROUP, message: 'T: launchConfiguration.args.a is odd', place: 'f:2:1' },
    { action: CREATE_GROUP, message: 'T: scalingPolicies[1].args must be', place: 'f:4:1' },
    { action: CREATE_GROUP, message: 'T: scalingPolicies[7].args must be', place: 'f:1:1' },
    { action: CREATE_POLICIES, message: 'T: [1].cooldown must be', place: 'f:4:1' },
    { action: CREATE_POLICIES, message: 'T: over the limit', place: 'f:1:1' },
    { action: { kind: 'put-launch', ...TARGET, ...NO_CHANGES }, message: 'T: no', place: 'f:2:1' },
    { action: { kind: 'put-config', ...TARGET, ...NO_CHANGES }, message: 'T: no', place: 'f:1:1' },
    { action: PUT_POLICY, message: 'T: no', place: 'f:3:1' },
    { action: DELETE_POLICY, message: 'T: no', place: 'f:1:1' },
    { action: CREATE_WEBHOOKS, message: 'T: [1].name must be', place: 'f:4:9' },
    { action: CREATE_WEBHOOKS, message: 'T: over the limit', place: 'f:3:9' },
    { action: PUT_WEBHOOK, message: 'T: no', place: 'f:3:9' },
    { action: DELETE_WEBHOOK, message: 'T: no', place: 'f:1:1' },
  ];
  for (const { action, message, place } of CASES) {
    it(`points at ${place} when ${action.kind} is refused with "${message}"`, () => {
      expect(placeOf(action, message)).to.equal(place);
    });
  }
});
