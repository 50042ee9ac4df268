import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Turns } from '../../../src/base/turns.ts';
import { hasCode, LutraError } from '../../../src/base/errors.ts';
import { encodeField } from '../../../src/domain/group/fields.ts';
import type { GroupId, TenantId } from '../../../src/domain/ids.ts';
import type { CommitResult, Store, Unit } from '../../../src/ports/store.ts';
import { changeConfig, deleteGroup } from '../../../src/scaling/change-group.ts';
import { executePolicy } from '../../../src/scaling/execute-policy.ts';
import type { GroupTarget } from '../../../src/scaling/write-group.ts';
import {
  aGroup,
  aPolicy,
  aScaling,
  commitDirectly,
  finish,
  groupOf,
  historyOf,
  rejectionOf,
} from '../../support/scaling.ts';
import type { CreatedGroup, ScalingFixture } from '../../support/scaling.ts';
import {
  delayBefore,
  FaultyStore,
  loseReply,
  precededBy,
  rejectWith,
} from '../../support/faulty-store.ts';
import type { Fault } from '../../support/faulty-store.ts';

const BY = { by: 'tester' };

interface Subject extends ScalingFixture, CreatedGroup {
  /** Executes a policy that adds one. */
  execute(store: Store, target?: Partial<GroupTarget>): ReturnType<typeof executePolicy>;
  /** Adds one as an owner's claim would, while a use case is between its read and its commit. */
  readonly addOneBehindTheBack: () => Promise<void>;
  desired(): Promise<number>;
}

async function aSubject(): Promise<Subject> {
  const fixture = aScaling();
  const group = await aGroup(fixture.deps, { policies: [aPolicy()] });
  const [policyId] = group.policyIds;
  if (policyId === undefined) throw new Error('the group has a policy');
  const desired = async (): Promise<number> =>
    (await groupOf(fixture.store, group.groupId)).state.desired;
  return {
    ...fixture,
    ...group,
    desired,
    execute: (store, target) =>
      executePolicy({ ...fixture.deps, store }, { ...group.target, ...target, policyId }, BY),
    addOneBehindTheBack: async () => {
      const { state } = await groupOf(fixture.store, group.groupId);
      await commitDirectly(fixture.store, group.groupId, {
        set: { state: encodeField({ ...state, desired: state.desired + 1 }) },
      });
    },
  };
}

/** The store with something around its commits; `sendCount` is 1 for the first of them. */
function withCommits(store: Store, plan: (sendCount: number) => Fault | undefined): FaultyStore {
  const faulty = new FaultyStore(store);
  faulty.plan = ({ method, ofMethod }) => (method === 'commit' ? plan(ofMethod) : undefined);
  return faulty;
}

/** The units that were sent to a store. */
function sentTo(store: FaultyStore): readonly Unit[] {
  return store.calls
    .filter(({ method }) => method === 'commit')
    .flatMap(({ args }) => {
      const [, , units] = args as Parameters<Store['commit']>; // the method is commit
      return units;
    });
}

/** Long enough for all others to read. */
function aMoment({ clock }: Subject): Promise<void> {
  return clock.sleep(1, new AbortController().signal);
}

describe('changeGroup', () => {
  it('decides again on what it reads anew when the group moved between its read and its commit', async () => {
    const subject = await aSubject();
    const store = withCommits(subject.store, (sendCount) =>
      sendCount === 1 ? precededBy(subject.addOneBehindTheBack) : undefined,
    );

    const result = await finish(subject.clock, subject.execute(store));

    expect(result).to.deep.equal({ kind: 'scaled' });
    expect(await subject.desired()).to.equal(2);
    expect(new Set(sentTo(store).map(({ commitId }) => commitId)).size).to.equal(2);
    expect((await historyOf(subject.store, subject.groupId)).at(-1)).to.include({
      desiredBefore: 1,
      desiredAfter: 2,
    });
  });

  it('gives up on a group that never stands still, without having changed it', async () => {
    const subject = await aSubject();
    const store = withCommits(subject.store, () => precededBy(subject.addOneBehindTheBack));

    const error = await finish(subject.clock, rejectionOf(subject.execute(store)));

    expect(hasCode(error, 'store-unavailable')).to.be.true;
    expect(sentTo(store)).to.have.length(10);
    expect(await subject.desired()).to.equal(10);
    expect(await historyOf(subject.store, subject.groupId)).to.have.length(2);
  });

  it('sends the very same unit again when its reply was lost, so that it counts once', async () => {
    const subject = await aSubject();
    const store = withCommits(subject.store, (sendCount) =>
      sendCount === 1 ? loseReply : undefined,
    );

    const result = await finish(subject.clock, subject.execute(store));

    expect(result).to.deep.equal({ kind: 'scaled' });
    const [first, second, ...more] = sentTo(store);
    expect(second).to.deep.equal(first);
    expect(more).to.deep.equal([]);
    expect(await subject.desired()).to.equal(1);
  });

  it('decides again when a unit whose sending failed turns out not to have been applied', async () => {
    const subject = await aSubject();
    const store = withCommits(subject.store, (sendCount) => {
      if (sendCount > 1) return undefined;
      return async (carryOut) => {
        await subject.addOneBehindTheBack();
        return rejectWith('store-unavailable')(carryOut);
      };
    });

    const result = await finish(subject.clock, subject.execute(store));

    expect(result).to.deep.equal({ kind: 'scaled' });
    expect(await subject.desired()).to.equal(2);
  });

  it('does not claim success, nor try more than three times, while no reply comes', async () => {
    const subject = await aSubject();
    const store = withCommits(subject.store, () => loseReply);

    const error = await finish(subject.clock, rejectionOf(subject.execute(store)));

    expect(hasCode(error, 'store-unavailable')).to.be.true;
    expect(sentTo(store)).to.have.length(3);
    expect(await subject.desired()).to.equal(1);
  });

  it('does not claim success where the store cannot tell any more', async () => {
    const subject = await aSubject();
    const at = subject.clock.now();
    const store = Object.assign(new FaultyStore(subject.store), {
      commit: (): Promise<CommitResult> =>
        Promise.resolve({ kind: 'answered', at, results: ['unknown'] }),
    });

    const error = await finish(subject.clock, rejectionOf(subject.execute(store)));

    expect(hasCode(error, 'store-unavailable')).to.be.true;
  });

  it('passes on at once what is wrong with the unit itself', async () => {
    const subject = await aSubject();
    const store = withCommits(subject.store, () => rejectWith('unit-refused'));

    const error = await rejectionOf(subject.execute(store));

    expect(hasCode(error, 'unit-refused')).to.be.true;
    expect(sentTo(store)).to.have.length(1);
  });

  it('lets writes to one group of this node follow one another, so that none of them goes stale', async () => {
    const subject = await aSubject();
    const store = withCommits(subject.store, () => delayBefore(aMoment(subject)));

    await finish(
      subject.clock,
      Promise.all(Array.from({ length: 5 }, () => subject.execute(store))),
    );

    expect(sentTo(store)).to.have.length(5);
    expect(await subject.desired()).to.equal(5);
  });

  it('loses nothing when nodes that know nothing of one another write to one group', async () => {
    const subject = await aSubject();
    const { deps, policyIds, target } = subject;
    const [policyId] = policyIds;
    if (policyId === undefined) throw new Error('the group has a policy');
    const nodes = Array.from({ length: 3 }, () => ({
      ...deps,
      turns: new Turns(),
      store: withCommits(subject.store, () => delayBefore(aMoment(subject))),
    }));

    const results = await finish(
      subject.clock,
      Promise.all(nodes.map((node) => executePolicy(node, { ...target, policyId }, BY))),
    );

    expect(results.map(({ kind }) => kind)).to.deep.equal(['scaled', 'scaled', 'scaled']);
    expect(await subject.desired()).to.equal(3);
  });

  it('does not begin for a request whose time is over, and says why', async () => {
    const subject = await aSubject();
    const store = new FaultyStore(subject.store);
    const over = new LutraError('store-unavailable', 'too late');

    const error = await rejectionOf(subject.execute(store, { signal: AbortSignal.abort(over) }));

    expect(error).to.equal(over);
    expect(store.calls).to.deep.equal([]);
  });

  it('ends its tries when the time of the request is over', async () => {
    const subject = await aSubject();
    const over = new AbortController();
    const store = withCommits(subject.store, () =>
      precededBy(async () => {
        await subject.addOneBehindTheBack();
        over.abort(new LutraError('store-unavailable', 'too late'));
      }),
    );

    const error = await finish(
      subject.clock,
      rejectionOf(subject.execute(store, { signal: over.signal })),
    );

    expect(error).to.equal(over.signal.reason);
    expect(store.count('commit')).to.equal(1);
  });

  const unknownIds: readonly { readonly name: string; readonly id: (known: string) => string }[] = [
    { name: 'is no UUID', id: () => '13344' },
    { name: 'is a UUID in upper case', id: (known) => known.toUpperCase() },
    { name: 'lies in a region that is none', id: (known) => `${known.slice(0, -2)}ff` },
    {
      name: 'was never given',
      id: (known) => known.replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
    },
  ];
  for (const { name, id } of unknownIds) {
    it(`finds no group under an id that ${name}`, async () => {
      const subject = await aSubject();
      const groupId = id(subject.groupId) as GroupId;

      expect(await subject.execute(subject.store, { groupId })).to.deep.equal({
        kind: 'no-such-group',
      });
    });
  }

  it('does not ask the store about what cannot be the id of a group', async () => {
    const subject = await aSubject();
    const store = new FaultyStore(subject.store);

    await subject.execute(store, { groupId: 'anything-00' as GroupId });

    expect(store.calls).to.deep.equal([]);
  });

  it('finds no group of another tenant', async () => {
    const subject = await aSubject();
    const tenantId = 'somebody-else' as TenantId;

    expect(await subject.execute(subject.store, { tenantId })).to.deep.equal({
      kind: 'no-such-group',
    });
  });

  it('finds no group that is being deleted', async () => {
    const subject = await aSubject();
    await deleteGroup(subject.deps, subject.target, { ...BY, isForced: false });

    expect(await subject.execute(subject.store)).to.deep.equal({ kind: 'no-such-group' });
    expect(
      await deleteGroup(subject.deps, subject.target, { ...BY, isForced: true }),
    ).to.deep.equal({ kind: 'no-such-group' });
  });

  it('says so where the record of the group cannot be read', async () => {
    const subject = await aSubject();
    await commitDirectly(subject.store, subject.groupId, { set: { labels: '{}' } });

    const error = await rejectionOf(
      changeConfig(subject.deps, subject.target, {
        ...BY,
        labels: { name: 'web', metadata: {} },
        limits: { minEntities: 0, maxEntities: 1, cooldownSeconds: 0 },
      }),
    );

    expect(hasCode(error, 'record-malformed')).to.be.true;
  });
});
