import { expect } from 'chai';
import { describe, it } from 'mocha';
import { encodeField } from '../../../src/domain/group/fields.ts';
import { UNOBSERVED } from '../../../src/domain/group/group.ts';
import type { Eviction, ScalingState } from '../../../src/domain/group/group.ts';
import { changeConfig } from '../../../src/scaling/change-group.ts';
import { executePolicy } from '../../../src/scaling/execute-policy.ts';
import { removeServer } from '../../../src/scaling/remove-server.ts';
import type { RemovalRequest, RemoveServerResult } from '../../../src/scaling/remove-server.ts';
import { FaultyStore, loseReply } from '../../support/faulty-store.ts';
import {
  aGroup,
  aPolicy,
  aScaling,
  commitDirectly,
  finish,
  groupOf,
  historyOf,
  storedGroupOf,
} from '../../support/scaling.ts';
import type { CreatedGroup, ScalingFixture } from '../../support/scaling.ts';

const REQUEST: RemovalRequest = {
  ...{ serverId: 'b', isReplaced: true, isPurged: true, by: 'tester' },
};

/** A group of 1 to 10 processes that wants three and has been seen to have them. */
async function aSubject(
  state: Partial<ScalingState> = {},
  changes: Parameters<typeof aScaling>[0] = {},
): Promise<ScalingFixture & CreatedGroup> {
  const fixture = aScaling(changes);
  const limits = { minEntities: 1, maxEntities: 10, cooldownSeconds: 0 };
  const group = await aGroup(fixture.deps, { limits, policies: [aPolicy()] });
  const before = await groupOf(fixture.store, group.groupId);
  const servers = ['a', 'b', 'c'].map((id) => ({ id }));
  await commitDirectly(fixture.store, group.groupId, {
    set: {
      state: encodeField({ ...before.state, desired: 3, ...state }),
      observed: encodeField({ ...UNOBSERVED, actual: 3, servers }),
    },
  });
  return { ...fixture, ...group };
}

type Subject = Awaited<ReturnType<typeof aSubject>>;

function remove(
  { deps, target }: Subject,
  changes: Partial<RemovalRequest> = {},
): Promise<RemoveServerResult> {
  return removeServer(deps, target, { ...REQUEST, ...changes });
}

async function stateOf({ store, groupId }: Subject): Promise<ScalingState> {
  return (await groupOf(store, groupId)).state;
}

describe('removeServer', () => {
  for (const { isReplaced, desired } of [
    { isReplaced: true, desired: 3 },
    { isReplaced: false, desired: 2 },
  ]) {
    it(`writes down who is to leave, and wants ${String(desired)}, where isReplaced is ${String(isReplaced)}`, async () => {
      const subject = await aSubject();
      const { generation } = await storedGroupOf(subject.store, subject.groupId);

      expect(await remove(subject, { isReplaced })).to.deep.equal({ kind: 'removed' });

      const evicting: readonly Eviction[] = [{ id: 'b', isPurged: true }];
      expect(await stateOf(subject)).to.deep.include({ desired, evicting });
      const stored = await storedGroupOf(subject.store, subject.groupId);
      expect(stored).to.include({ isDivergent: true, generation: generation + 1 });
      expect((await historyOf(subject.store, subject.groupId)).at(-1)).to.deep.equal({
        ...{ event: 'server.deleted', serverId: 'b', by: 'tester', isPurged: true },
        ...{ desiredBefore: 3, desiredAfter: desired },
      });
    });
  }

  const refusals: readonly {
    readonly what: string;
    readonly state?: Partial<ScalingState>;
    readonly request?: Partial<RemovalRequest>;
    readonly answer: RemoveServerResult;
  }[] = [
    {
      what: 'a server that it does not have',
      request: { serverId: 'nobody' },
      answer: { kind: 'no-such-server' },
    },
    {
      what: 'a server that is on its way out already, whatever is to become of it',
      state: { evicting: [{ id: 'b', isPurged: true }] },
      request: { isReplaced: false },
      answer: { kind: 'no-such-server' },
    },
    {
      what: 'a server of a tenant that is suspended, before anything else',
      state: { isSuspended: true },
      request: { serverId: 'nobody' },
      answer: { kind: 'suspended' },
    },
    {
      what: 'a server that is not replaced where the group would have too few',
      state: { desired: 1 },
      request: { isReplaced: false },
      answer: { kind: 'below-min', min: 1 },
    },
    {
      what: 'a server that would go on running where its provider cannot have that',
      request: { isPurged: false },
      answer: { kind: 'not-possible', type: 'process' },
    },
    {
      what: 'a server of a group that is being deleted',
      state: { isDeleting: true },
      answer: { kind: 'no-such-group' },
    },
  ];
  for (const { what, state, request, answer } of refusals) {
    it(`refuses ${what}, and changes nothing`, async () => {
      const subject = await aSubject(state);
      const before = await storedGroupOf(subject.store, subject.groupId);

      expect(await remove(subject, request)).to.deep.equal(answer);

      // That it was refused may be in the history, and a commit of its own.
      const after = await storedGroupOf(subject.store, subject.groupId);
      expect({ ...after, version: '' }).to.deep.equal({ ...before, version: '' });
      const events = (await historyOf(subject.store, subject.groupId)).map(({ event }) => event);
      expect(events).to.not.include('server.deleted');
    });
  }

  it('asks the provider by the launch configuration of the group', async () => {
    const asked: unknown[] = [];
    const subject = await aSubject(
      {},
      {
        evictsOf: (launch) => {
          asked.push(launch);
          return 'any';
        },
      },
    );

    expect(await remove(subject, { isPurged: false })).to.deep.equal({ kind: 'removed' });

    expect(asked).to.deep.equal([{ type: 'process', args: { command: ['sleep', '60'] } }]);
  });

  it('waits in a paused group until somebody resumes it', async () => {
    const subject = await aSubject({ isPaused: true });
    const { generation } = await storedGroupOf(subject.store, subject.groupId);

    expect(await remove(subject)).to.deep.equal({ kind: 'removed' });

    expect(await stateOf(subject)).to.deep.include({ evicting: [{ id: 'b', isPurged: true }] });
    expect(await storedGroupOf(subject.store, subject.groupId)).to.include({ generation });
  });

  it('takes one away for each of many that come at once, down to the minimum', async () => {
    const subject = await aSubject();

    const answers = await Promise.all(
      ['a', 'b', 'c'].map((serverId) => remove(subject, { serverId, isReplaced: false })),
    );

    expect(answers.map(({ kind }) => kind).sort()).to.deep.equal([
      ...['below-min', 'removed', 'removed'],
    ]);
    const { desired, evicting } = await stateOf(subject);
    expect(desired).to.equal(1);
    expect(evicting).to.have.length(2);
  });

  it('is not done twice where the reply of the store is lost', async () => {
    const subject = await aSubject();
    const store = new FaultyStore(subject.store);
    store.plan = ({ method, ofMethod }) =>
      method === 'commit' && ofMethod === 1 ? loseReply : undefined;
    const deps = { ...subject.deps, store };

    const result = await finish(subject.clock, remove({ ...subject, deps }, { isReplaced: false }));

    expect(result).to.deep.equal({ kind: 'removed' });
    expect((await stateOf(subject)).desired).to.equal(2);
    expect(store.count('commit')).to.equal(2);
  });

  it('is not forgotten when the group is scaled or given other bounds meanwhile', async () => {
    const subject = await aSubject();
    await remove(subject);
    const { deps, target, policyIds } = subject;
    const [policyId] = policyIds;
    if (policyId === undefined) throw new Error('the group has a policy');

    await executePolicy(deps, { ...target, policyId }, { by: 'tester' });
    await changeConfig(deps, target, {
      ...{ by: 'tester', labels: { name: 'web', metadata: {} } },
      limits: { minEntities: 0, maxEntities: 2, cooldownSeconds: 0 },
    });

    expect(await stateOf(subject)).to.deep.include({
      ...{ desired: 2, evicting: [{ id: 'b', isPurged: true }] },
    });
  });
});
