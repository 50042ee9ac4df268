import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  definitionField,
  encodeField,
  progressField,
  webhookField,
} from '../../../src/domain/group/fields.ts';
import type { PolicyDefinition, PolicyProgress } from '../../../src/domain/group/policy.ts';
import type { PolicyId } from '../../../src/domain/ids.ts';
import { Turns } from '../../../src/base/turns.ts';
import {
  changePolicy,
  createPolicies,
  deletePolicy,
} from '../../../src/scaling/change-policies.ts';
import type { ChangePolicyResult } from '../../../src/scaling/change-policies.ts';
import {
  aGroup,
  aPolicy,
  aScaling,
  after,
  commitDirectly,
  finish,
  groupOf,
  historyOf,
  LIMITS,
  storedGroupOf,
} from '../../support/scaling.ts';
import type { CreatedGroup, ScalingFixture } from '../../support/scaling.ts';

const BY = { by: 'tester' };
const EVERY_MINUTE = { kind: 'cron', cron: '* * * * *' } as const;
const NO_POLICY = 'b1a5e000-0000-4000-8000-000000000000' as PolicyId;

interface Subject extends ScalingFixture, CreatedGroup {
  readonly policyId: PolicyId;
  change(definition: PolicyDefinition): Promise<ChangePolicyResult>;
  progress(): Promise<PolicyProgress | undefined>;
  dueAt(): Promise<number | undefined>;
}

/** A group with one policy that has come this far. */
async function aSubject(
  definition: PolicyDefinition,
  progress: PolicyProgress = {},
): Promise<Subject> {
  const fixture = aScaling();
  const { store } = fixture;
  const group = await aGroup(fixture.deps, { policies: [definition] });
  const [policyId] = group.policyIds;
  if (policyId === undefined) throw new Error('the group has a policy');
  const target = { ...group.target, policyId };
  const { policies } = await groupOf(store, group.groupId);
  await commitDirectly(store, group.groupId, {
    set: {
      [progressField(policyId)]: encodeField({ ...policies.get(policyId)?.progress, ...progress }),
    },
  });
  return {
    ...fixture,
    ...group,
    policyId,
    change: (wanted) => changePolicy(fixture.deps, target, { ...BY, definition: wanted }),
    progress: async () => (await groupOf(store, group.groupId)).policies.get(policyId)?.progress,
    dueAt: async () => (await storedGroupOf(store, group.groupId)).due.get(policyId),
  };
}

describe('createPolicies', () => {
  it('adds policies in the order of the request, armed, each with an event, and does not converge', async () => {
    const { deps, store } = aScaling();
    const { groupId, target } = await aGroup(deps);
    const { generation } = await storedGroupOf(store, groupId);
    const definitions = [aPolicy({ name: 'b' }), aPolicy({ name: 'a', schedule: EVERY_MINUTE })];

    const result = await createPolicies(deps, target, { ...BY, definitions });

    if (result.kind !== 'created') throw new Error(result.kind);
    expect(result.policies.map(({ definition }) => definition)).to.deep.equal(definitions);
    const stored = await storedGroupOf(store, groupId);
    expect([...stored.due]).to.deep.equal([[result.policies[1]?.id, after(60_000)]]);
    expect(stored.generation).to.equal(generation);
    const events = await historyOf(store, groupId);
    expect(events.slice(1)).to.deep.equal(
      result.policies.map(({ id }) => ({ event: 'policy.created', policyId: id, by: 'tester' })),
    );
    expect([...(await groupOf(store, groupId)).policies.values()]).to.have.deep.members(
      result.policies,
    );
  });

  it('counts what is there, and adds nothing where not all of it has room', async () => {
    const { deps, store } = aScaling({ limits: { ...LIMITS, maxPoliciesPerGroup: 3 } });
    const { groupId, target } = await aGroup(deps, { policies: [aPolicy(), aPolicy()] });
    const add = (count: number): ReturnType<typeof createPolicies> =>
      createPolicies(deps, target, {
        ...BY,
        definitions: Array.from({ length: count }, () => aPolicy()),
      });

    expect(await add(2)).to.deep.equal({ kind: 'over-policy-limit', count: 2 });
    expect((await groupOf(store, groupId)).policies.size).to.equal(2);
    expect((await add(1)).kind).to.equal('created');
  });

  it('never exceeds the limit, even where nodes that know nothing of one another add at once', async () => {
    const { clock, deps, store } = aScaling({ limits: { ...LIMITS, maxPoliciesPerGroup: 10 } });
    const { groupId, target } = await aGroup(deps);
    const definitions = [aPolicy(), aPolicy(), aPolicy()];

    const results = await finish(
      clock,
      Promise.all(
        Array.from({ length: 6 }, () =>
          createPolicies({ ...deps, turns: new Turns() }, target, { ...BY, definitions }),
        ),
      ),
    );

    expect(results.filter(({ kind }) => kind === 'created')).to.have.length(3);
    expect((await groupOf(store, groupId)).policies.size).to.equal(9);
  });

  it('refuses a key that another policy of the group has', async () => {
    const { deps, store } = aScaling();
    const { groupId, target } = await aGroup(deps, { policies: [aPolicy({ key: 'up' })] });
    const definitions = [aPolicy({ key: 'down' }), aPolicy({ key: 'up' })];

    const result = await createPolicies(deps, target, { ...BY, definitions });

    expect(result).to.deep.equal({ kind: 'key-in-use', key: 'up' });
    expect((await groupOf(store, groupId)).policies.size).to.equal(1);
  });

  it('refuses a schedule that has no occurrence from now on by the clock of the store', async () => {
    const { clock, deps, store } = aScaling();
    const { groupId, target } = await aGroup(deps);
    await clock.advance(30_000);
    const at = (text: string): PolicyDefinition => aPolicy({ schedule: { kind: 'at', at: text } });
    const definitions = [at('2026-01-01T00:00:31Z'), at('2026-01-01T00:00:30Z')];

    const result = await createPolicies(deps, target, { ...BY, definitions });

    expect(result).to.deep.equal({ kind: 'never-fires', index: 1 });
    expect((await groupOf(store, groupId)).policies.size).to.equal(0);
  });
});

describe('changePolicy', () => {
  it('replaces the definition and records it', async () => {
    const subject = await aSubject(aPolicy());
    const definition = aPolicy({
      name: 'renamed',
      adjustment: { kind: 'desiredCapacity', amount: 3 },
    });

    const result = await subject.change(definition);

    const { policies } = await groupOf(subject.store, subject.groupId);
    const policy = policies.get(subject.policyId);
    const next = { before: undefined, after: undefined };
    expect(result).to.deep.equal({ kind: 'changed', policy, next });
    expect(policy?.definition).to.deep.equal(definition);
    expect((await historyOf(subject.store, subject.groupId)).at(-1)).to.deep.equal({
      event: 'policy.changed',
      policyId: subject.policyId,
      by: 'tester',
    });
  });

  it('arms a schedule from now on, even where only the name changes', async () => {
    const subject = await aSubject(aPolicy({ schedule: EVERY_MINUTE }));
    await subject.clock.advance(90_000);

    await subject.change(aPolicy({ schedule: EVERY_MINUTE, name: 'renamed' }));

    expect(await subject.progress()).to.deep.equal({ plannedAt: after(120_000) });
    expect(await subject.dueAt()).to.equal(after(120_000));
  });

  it('records what was due and that nobody had claimed yet', async () => {
    const subject = await aSubject(aPolicy({ schedule: EVERY_MINUTE }), {
      plannedAt: after(60_000),
    });
    await subject.clock.advance(200_000);

    await subject.change(aPolicy({ schedule: { kind: 'cron', cron: '0 0 * * *' } }));

    const events = await historyOf(subject.store, subject.groupId);
    expect(events.at(-2)).to.deep.equal({
      ...{ event: 'policy.missed', policyId: subject.policyId, reason: 'superseded' },
      ...{ first: after(60_000), last: after(180_000), schedule: EVERY_MINUTE },
    });
  });

  it('records nothing of an occurrence that is still to come', async () => {
    const subject = await aSubject(aPolicy({ schedule: EVERY_MINUTE }), {
      plannedAt: after(60_000),
    });

    await subject.change(aPolicy({ schedule: EVERY_MINUTE }));

    const events = await historyOf(subject.store, subject.groupId);
    expect(events.map(({ event }) => event)).to.not.include('policy.missed');
  });

  it('never arms what was claimed before, not even where the clock has stepped back', async () => {
    const claimedAt = after(180_000);
    const subject = await aSubject(aPolicy({ schedule: EVERY_MINUTE }), { claimedAt });

    await subject.change(aPolicy({ schedule: EVERY_MINUTE }));

    expect(await subject.progress()).to.deep.equal({ claimedAt, plannedAt: after(240_000) });
    expect(await subject.dueAt()).to.equal(after(240_000));
  });

  it('lets the cooldown go on and a parked policy fire again', async () => {
    const touchedAt = after(-5_000);
    const subject = await aSubject(aPolicy({ schedule: EVERY_MINUTE }), {
      touchedAt,
      parked: 'broken',
    });
    await commitDirectly(subject.store, subject.groupId, {
      due: [{ policyId: subject.policyId, dueAt: undefined }],
    });

    await subject.change(aPolicy({ schedule: EVERY_MINUTE }));

    expect(await subject.progress()).to.deep.equal({ touchedAt, plannedAt: after(60_000) });
    expect(await subject.dueAt()).to.equal(after(60_000));
  });

  it('lets an instant and a cron expression replace one another', async () => {
    const subject = await aSubject(aPolicy({ schedule: EVERY_MINUTE }));

    await subject.change(aPolicy({ schedule: { kind: 'at', at: '2026-01-01T00:00:07Z' } }));

    expect(await subject.dueAt()).to.equal(after(7_000));
  });

  it('refuses to change the type, in both directions', async () => {
    const webhook = await aSubject(aPolicy());
    const schedule = await aSubject(aPolicy({ schedule: EVERY_MINUTE }));

    expect(await webhook.change(aPolicy({ schedule: EVERY_MINUTE }))).to.deep.equal({
      kind: 'type-differs',
    });
    expect(await schedule.change(aPolicy())).to.deep.equal({ kind: 'type-differs' });
  });

  it('refuses a schedule that has no occurrence from now on, and leaves the policy armed', async () => {
    const subject = await aSubject(aPolicy({ schedule: EVERY_MINUTE }));

    const result = await subject.change(
      aPolicy({ schedule: { kind: 'at', at: '2026-01-01T00:00:00Z' } }),
    );

    expect(result).to.deep.equal({ kind: 'never-fires' });
    expect(await subject.dueAt()).to.equal(after(60_000));
  });

  it('keeps the key where the request leaves it out, and refuses another', async () => {
    const subject = await aSubject(aPolicy({ key: 'up' }));

    const results = [
      await subject.change(aPolicy({ name: 'renamed' })),
      await subject.change(aPolicy({ key: 'up' })),
      await subject.change(aPolicy({ key: 'down' })),
    ];

    expect(results.map(({ kind }) => kind)).to.deep.equal(['changed', 'changed', 'key-differs']);
    expect(results.at(-1)).to.deep.equal({ kind: 'key-differs', key: 'up' });
    const { policies } = await groupOf(subject.store, subject.groupId);
    expect(policies.get(subject.policyId)?.definition.key).to.equal('up');
  });

  it('repairs a policy whose record cannot be read', async () => {
    const subject = await aSubject(aPolicy());
    await commitDirectly(subject.store, subject.groupId, {
      set: {
        [definitionField(subject.policyId)]: '{"name":',
        [progressField(subject.policyId)]: '[]',
      },
    });

    const result = await subject.change(aPolicy({ schedule: EVERY_MINUTE }));

    expect(result).to.deep.include({ next: { before: undefined, after: after(60_000) } });
    expect(await subject.dueAt()).to.equal(after(60_000));
  });

  it('says which of group and policy is missing', async () => {
    const { deps, target } = await aSubject(aPolicy());
    const request = { ...BY, definition: aPolicy() };

    expect(await changePolicy(deps, { ...target, policyId: NO_POLICY }, request)).to.deep.equal({
      kind: 'no-such-policy',
    });
    expect(
      await changePolicy(
        deps,
        { ...target, groupId: 'x' as typeof target.groupId, policyId: NO_POLICY },
        request,
      ),
    ).to.deep.equal({ kind: 'no-such-group' });
  });
});

describe('deletePolicy', () => {
  it('removes the policy with its webhooks and its armed occurrence, and nothing of the others', async () => {
    const { deps, store } = aScaling();
    const { groupId, policyIds, target } = await aGroup(deps, {
      policies: [aPolicy({ schedule: EVERY_MINUTE }), aPolicy({ schedule: EVERY_MINUTE })],
    });
    const [gone, kept] = policyIds;
    if (gone === undefined || kept === undefined) throw new Error('the group has two policies');
    await commitDirectly(store, groupId, {
      set: { [webhookField(gone, 'w')]: '{}', [webhookField(kept, 'w')]: '{}' },
    });
    const before = await storedGroupOf(store, groupId);

    const result = await deletePolicy(deps, { ...target, policyId: gone }, BY);

    expect(result).to.deep.equal({ kind: 'deleted' });
    const { due, fields } = await storedGroupOf(store, groupId);
    expect([...due.keys()]).to.deep.equal([kept]);
    expect(Object.keys(before.fields).filter((name) => !Object.hasOwn(fields, name))).to.deep.equal(
      [definitionField(gone), progressField(gone), webhookField(gone, 'w')],
    );
    expect((await historyOf(store, groupId)).at(-1)).to.deep.equal({
      event: 'policy.deleted',
      policyId: gone,
      by: 'tester',
    });
  });

  it('deletes a policy whose record cannot be read', async () => {
    const subject = await aSubject(aPolicy());
    const { deps, policyId, target } = subject;
    await commitDirectly(subject.store, subject.groupId, {
      set: { [definitionField(policyId)]: 'garbage' },
    });

    expect(await deletePolicy(deps, { ...target, policyId }, BY)).to.deep.equal({
      kind: 'deleted',
    });
  });

  it('finds no policy that the group does not have', async () => {
    const { deps, policyId, target } = await aSubject(aPolicy());
    await deletePolicy(deps, { ...target, policyId }, BY);

    expect(await deletePolicy(deps, { ...target, policyId }, BY)).to.deep.equal({
      kind: 'no-such-policy',
    });
  });
});
