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
  ...{ kind: 'put-policy', ...TARGET, policyId: 'p1' },
  policy: write('up', 'f:3:1'),
};
const DELETE_POLICY: Action = { kind: 'delete-policy', ...TARGET, policyId: 'p1', key: 'up' };

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
      action: { kind: 'put-config', ...TARGET },
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
      action: { kind: 'put-config', group: IN_EU, groupId: 'g1' },
      says: 'put-config for a group of a region',
      request: { method: 'PUT', path: '/v1.0/a%2Fb/groups/g1/config', body: GROUP.config },
    },
    {
      action: { kind: 'put-launch', ...TARGET },
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
    { action: { kind: 'put-launch', ...TARGET }, message: 'T: no', place: 'f:2:1' },
    { action: { kind: 'put-config', ...TARGET }, message: 'T: no', place: 'f:1:1' },
    { action: PUT_POLICY, message: 'T: no', place: 'f:3:1' },
    { action: DELETE_POLICY, message: 'T: no', place: 'f:1:1' },
  ];
  for (const { action, message, place } of CASES) {
    it(`points at ${place} when ${action.kind} is refused with "${message}"`, () => {
      expect(placeOf(action, message)).to.equal(place);
    });
  }
});
