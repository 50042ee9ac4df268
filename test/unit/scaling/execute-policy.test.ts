import { expect } from 'chai';
import { describe, it } from 'mocha';
import { encodeField } from '../../../src/domain/group/fields.ts';
import type { ScalingState } from '../../../src/domain/group/group.ts';
import type { PolicyDefinition } from '../../../src/domain/group/policy.ts';
import type { PolicyId } from '../../../src/domain/ids.ts';
import type { StoredGroup } from '../../../src/ports/store.ts';
import { executePolicy } from '../../../src/scaling/execute-policy.ts';
import {
  aGroup,
  aPolicy,
  aScaling,
  after,
  commitDirectly,
  contentOf,
  groupOf,
  historyOf,
  storedGroupOf,
} from '../../support/scaling.ts';
import type { CreatedGroup, ScalingFixture } from '../../support/scaling.ts';

const NO_POLICY = 'b1a5e000-0000-4000-8000-000000000000' as PolicyId;

interface Subject extends ScalingFixture, CreatedGroup {
  readonly policyId: PolicyId;
  execute(policyId?: PolicyId): ReturnType<typeof executePolicy>;
  stored(): Promise<StoredGroup>;
}

/** A group of 0 to 10 in the given state, with one policy. */
async function aSubject(
  policy: Partial<PolicyDefinition> = {},
  state: Partial<ScalingState> = {},
): Promise<Subject> {
  const fixture = aScaling();
  const { deps, store } = fixture;
  const group = await aGroup(deps, { policies: [aPolicy(policy)] });
  const [policyId] = group.policyIds;
  if (policyId === undefined) throw new Error('the group has a policy');
  const before = await groupOf(store, group.groupId);
  await commitDirectly(store, group.groupId, {
    set: { state: encodeField({ ...before.state, ...state }) },
  });
  return {
    ...fixture,
    ...group,
    policyId,
    stored: () => storedGroupOf(store, group.groupId),
    execute: (id = policyId) =>
      executePolicy(deps, { ...group.target, policyId: id }, { by: 'tester' }),
  };
}

describe('executePolicy', () => {
  it('moves the desired capacity, starts both cooldowns, and has the group looked at', async () => {
    const subject = await aSubject();
    const { generation } = await subject.stored();

    const result = await subject.execute();

    expect(result).to.deep.equal({ kind: 'scaled' });
    const group = await groupOf(subject.store, subject.groupId);
    expect(group.state).to.include({ desired: 1, touchedAt: after(0) });
    expect(group.state.changedBy).to.match(/^execution:[0-9a-f-]{36}$/);
    expect(group.policies.get(subject.policyId)?.progress).to.deep.equal({ touchedAt: after(0) });
    expect((await subject.stored()).generation).to.equal(generation + 1);
  });

  it('records the execution under the id that the group names as its cause', async () => {
    const subject = await aSubject();

    await subject.execute();

    const { state } = await groupOf(subject.store, subject.groupId);
    const event = (await historyOf(subject.store, subject.groupId)).at(-1);
    expect(event).to.deep.equal({
      ...{ event: 'policy.executed', policyId: subject.policyId, by: 'tester' },
      ...{ executionId: state.changedBy?.replace('execution:', '') },
      ...{ outcome: 'scaled', desiredBefore: 0, desiredAfter: 1 },
    });
  });

  it('leaves armed what a schedule is armed for', async () => {
    const subject = await aSubject({ schedule: { kind: 'cron', cron: '* * * * *' } });
    const { due } = await subject.stored();

    await subject.execute();

    const group = await groupOf(subject.store, subject.groupId);
    expect((await subject.stored()).due).to.deep.equal(due);
    expect(group.policies.get(subject.policyId)?.progress.plannedAt).to.equal(after(60_000));
  });

  const refusals: readonly {
    readonly reason: 'policy-cooldown' | 'group-cooldown' | 'no-change';
    readonly policy: Partial<PolicyDefinition>;
    readonly state: Partial<ScalingState>;
  }[] = [
    { reason: 'no-change', policy: {}, state: { desired: 10 } },
    { reason: 'policy-cooldown', policy: { cooldownSeconds: 60 }, state: {} },
  ];
  for (const { reason, policy, state } of refusals) {
    it(`records a refusal (${reason}), changes nothing, and has the group looked at all the same`, async () => {
      const subject = await aSubject(policy, state);
      if (reason === 'policy-cooldown') await subject.execute();
      const before = await subject.stored();
      const { state: stateBefore } = await groupOf(subject.store, subject.groupId);

      const result = await subject.execute();

      expect(result).to.deep.equal({ kind: 'refused', reason });
      const stored = await subject.stored();
      expect(stored.fields).to.deep.equal(before.fields);
      expect(stored.generation).to.equal(before.generation + 1);
      expect((await historyOf(subject.store, subject.groupId)).at(-1)).to.deep.include({
        ...{ event: 'policy.executed', outcome: 'refused', reason },
        ...{ desiredBefore: stateBefore.desired, desiredAfter: stateBefore.desired },
      });
    });
  }

  const skips: readonly {
    readonly reason: 'paused' | 'suspended';
    readonly state: Partial<ScalingState>;
  }[] = [
    { reason: 'paused', state: { isPaused: true } },
    { reason: 'suspended', state: { isSuspended: true } },
    { reason: 'suspended', state: { isPaused: true, isSuspended: true } },
  ];
  for (const { reason, state } of skips) {
    const name = Object.keys(state).join(' and ');

    it(`records that it was skipped as ${reason} where the group ${name}, and leaves the group alone`, async () => {
      const subject = await aSubject({}, state);
      const before = await subject.stored();

      const result = await subject.execute();

      expect(result).to.deep.equal({ kind: 'skipped', reason });
      const stored = await subject.stored();
      expect(stored.fields).to.deep.equal(before.fields);
      expect(stored.generation).to.equal(before.generation);
      expect((await historyOf(subject.store, subject.groupId)).at(-1)).to.deep.include({
        ...{ event: 'policy.executed', outcome: 'skipped', reason },
        ...{ desiredBefore: 0, desiredAfter: 0 },
      });
    });

    it(`says that the group is ${reason} before it looks for the policy, where the group ${name}`, async () => {
      const subject = await aSubject({}, state);
      const before = await contentOf(subject.store);

      expect(await subject.execute(NO_POLICY)).to.deep.equal({ kind: 'skipped', reason });
      expect(await contentOf(subject.store)).to.deep.equal(before);
    });
  }

  it('finds no policy that the group does not have, and records nothing', async () => {
    const subject = await aSubject();
    const before = await subject.stored();

    expect(await subject.execute(NO_POLICY)).to.deep.equal({ kind: 'no-such-policy' });
    expect(await subject.stored()).to.deep.equal(before);
  });
});
