import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import type { DispatchResult } from '../../../src/convergence/dispatch.ts';
import { encodeField } from '../../../src/domain/group/fields.ts';
import { UNOBSERVED } from '../../../src/domain/group/group.ts';
import type { GroupId } from '../../../src/domain/ids.ts';
import type { OwnerTerm } from '../../../src/ports/owner-term.ts';
import { NOT_AN_OWNER } from '../../../src/ports/store.ts';
import { precededBy } from '../../support/faulty-store.ts';
import { after, CONVERGER, PARTITION, World } from '../../support/world.ts';
import type { GroupSpec } from '../../support/world.ts';

const NEVER = new AbortController().signal;
const FOREVER = new Promise(() => undefined);

describe('act, in a pass', () => {
  let world: World;
  let term: OwnerTerm;
  let ending: AbortController;

  beforeEach(async () => {
    world = new World();
    ending = new AbortController();
    term = await world.newTerm(ending.signal);
  });

  /** A group that wants three servers and has none. */
  function addGroup(spec: GroupSpec = {}): Promise<GroupId> {
    return world.addGroup({ isDivergent: true, ...spec, state: { desired: 3, ...spec.state } });
  }

  function pass(groupId: GroupId): Promise<DispatchResult> {
    return world.pass(term, groupId);
  }

  it('looks, orders, looks again and settles, and renews its lock before every call', async () => {
    const groupId = await addGroup({ state: { changedBy: 'up@1' } });
    const story: string[] = [];
    world.store.plan = ({ method }) => void story.push(method);
    world.provider.onCall = ({ call }) => void story.push(call);

    const result = await pass(groupId);

    expect(result).to.deep.equal({ kind: 'done' });
    expect(story).to.deep.equal([
      ...['lock', 'observe', 'renew', 'setCapacity', 'renew', 'observe', 'settle'],
    ]);
    expect(world.provider.orders()).to.deep.equal([
      {
        ...{ desired: 3, evicting: [], idempotencyKey: `${groupId}:1:3` },
        ...{ cause: 'up@1', token: term.token },
      },
    ]);
    expect(world.provider.calls[0]?.target).to.deep.equal({
      ...{ groupId, tenantId: 'tenant', args: {} },
    });
    expect(await world.observationOf(groupId)).to.deep.equal({
      actual: 3,
      servers: [{ id: 'server-0' }, { id: 'server-1' }, { id: 'server-2' }],
      status: 'ACTIVE',
      reasons: [],
      failureCount: 0,
      observedAt: after(0),
    });
    expect((await world.stored(groupId)).isDivergent).to.be.false;
    expect(await world.history(groupId)).to.deep.equal([
      { event: 'group.converged', desired: 3, actual: 3 },
    ]);
    expect(world.events).to.deep.equal([
      {
        event: 'group.converged',
        ...{ partition: PARTITION, tenantId: 'tenant', groupId },
        ...{ desired: 3, actual: 3, durationMs: 0 },
      },
    ]);
  });

  it('orders nothing where the group is what it should be', async () => {
    const groupId = await addGroup({ observed: { ...UNOBSERVED, actual: 3 } });
    world.provider.actual.set(groupId, 3);

    await pass(groupId);

    expect(world.provider.names()).to.deep.equal(['observe']);
    expect((await world.stored(groupId)).isDivergent).to.be.false;
    expect(await world.history(groupId)).to.deep.equal([]);
  });

  describe('for a group that is marked before the order', () => {
    it('orders what is wanted now, judges by that, and leaves the mark for another pass', async () => {
      const groupId = await addGroup();
      world.provider.during('observe', 1, () =>
        world.writeState(groupId, { desired: 7, changedBy: 'up@2' }),
      );

      await pass(groupId);

      expect(world.provider.orders()).to.deep.equal([
        {
          ...{ desired: 7, evicting: [], idempotencyKey: `${groupId}:2:7` },
          ...{ cause: 'up@2', token: term.token },
        },
      ]);
      expect(await world.history(groupId)).to.deep.equal([
        { event: 'group.converged', desired: 7, actual: 7 },
      ]);
      expect(world.checkAt(groupId)).to.equal(0);
      await pass(groupId);
      expect(world.provider.orders()).to.have.length(1);
      expect((await world.stored(groupId)).isDivergent).to.be.false;
    });

    it('orders none where it is being deleted by then', async () => {
      const groupId = await addGroup();
      world.provider.actual.set(groupId, 2);
      world.provider.during('observe', 1, () => world.writeState(groupId, { isDeleting: true }));

      await pass(groupId);

      expect(world.provider.orders().map(({ desired }) => desired)).to.deep.equal([0]);
      expect(await world.find(groupId)).to.not.be.undefined;
      await pass(groupId);
      expect(await world.find(groupId)).to.be.undefined;
    });

    it('gets its order out to a slow provider although marks keep coming', async () => {
      const groupId = await addGroup();
      world.provider.onCall = async () => {
        await world.write(groupId, { divergence: 'mark' });
        await world.clock.sleep(2_000, NEVER);
      };
      const passing = pass(groupId);

      await world.clock.advance(6_000);
      await passing;

      expect(world.provider.actual.get(groupId)).to.equal(3);
    });
  });

  it('judges by what it ordered where another number is wanted only after the order', async () => {
    const groupId = await addGroup();
    world.provider.during('setCapacity', 1, () => world.writeState(groupId, { desired: 7 }));

    await pass(groupId);

    expect(await world.history(groupId)).to.deep.equal([
      { event: 'group.converged', desired: 3, actual: 3 },
    ]);
    expect(world.checkAt(groupId)).to.equal(0);
  });

  describe('overtaken', () => {
    for (const { by, overtakeBy, kind } of [
      {
        by: 'another pass',
        overtakeBy: (groupId: GroupId) => world.overtake(term, groupId),
        kind: 'overtaken',
      },
      { by: 'a newer owner', overtakeBy: () => world.newTerm(NEVER), kind: 'fenced' },
    ]) {
      it(`orders nothing and marks nothing where ${by} came before the order`, async () => {
        const groupId = await addGroup();
        world.provider.during('observe', 1, () => overtakeBy(groupId));

        expect((await pass(groupId)).kind).to.equal(kind);

        expect(world.provider.names()).to.deep.equal(['observe']);
        expect((await world.stored(groupId)).generation).to.equal(1);
        expect(world.events).to.deep.equal([
          {
            event: 'group.lock-lost',
            ...{ partition: PARTITION, tenantId: 'tenant', groupId },
          },
        ]);
      });

      it(`looks no more and marks the group where ${by} came during the order`, async () => {
        const groupId = await addGroup();
        world.provider.during('setCapacity', 1, () => overtakeBy(groupId));

        expect((await pass(groupId)).kind).to.equal(kind);

        expect(world.provider.names()).to.deep.equal(['observe', 'setCapacity']);
        expect(await world.stored(groupId)).to.include({ generation: 2, isDivergent: true });
        const mark = world.store.calls.find(({ method }) => method === 'commit');
        expect(mark?.args[1]).to.equal(NOT_AN_OWNER);
      });

      it(`marks the group where ${by} came before its result was recorded`, async () => {
        const groupId = await addGroup();
        world.provider.during('observe', 2, () => overtakeBy(groupId));

        expect((await pass(groupId)).kind).to.equal(kind);

        expect(await world.stored(groupId)).to.include({ generation: 2, isDivergent: true });
        expect(await world.history(groupId)).to.deep.equal([]);
        expect(world.told('group.converged')).to.deep.equal([]);
      });

      it(`marks the group where ${by} came during an order that was not answered`, async () => {
        const groupId = await addGroup();
        world.provider.during('setCapacity', 1, () => overtakeBy(groupId));
        world.provider.behave = ({ call }) =>
          call === 'setCapacity' ? 'provider-transient' : 'prompt';

        expect((await pass(groupId)).kind).to.equal(kind);

        expect(await world.stored(groupId)).to.include({ generation: 2, isDivergent: true });
        expect(world.told('group.pass-unfinished')).to.deep.equal([]);
      });
    }

    it('tells the token of the newer owner', async () => {
      const groupId = await addGroup();
      let newer: OwnerTerm | undefined;
      world.provider.during('setCapacity', 1, async () => {
        newer = await world.newTerm(NEVER);
      });

      expect(await pass(groupId)).to.deep.equal({ kind: 'fenced', newest: newer?.token });
    });
  });

  for (const reason of ['isPaused', 'isSuspended'] as const) {
    it(`makes no further call where the group ${reason} during the pass`, async () => {
      const groupId = await addGroup();
      world.provider.during('observe', 1, async () => {
        const state = { ...(await world.stateOf(groupId)), [reason]: true };
        await world.write(groupId, { set: { state: encodeField(state) } });
      });

      await pass(groupId);

      expect(world.provider.names()).to.deep.equal(['observe']);
      expect((await world.stored(groupId)).isDivergent).to.be.false;
    });
  }

  it('aborts a call that is over its deadline, and holds its outcome for unknown', async () => {
    const groupId = await addGroup();
    world.provider.behave = ({ call }) => (call === 'setCapacity' ? FOREVER : 'prompt');
    const passing = pass(groupId);

    await world.clock.advance(CONVERGER.callTimeoutMs);
    await passing;

    expect(world.provider.abortedCount).to.equal(1);
    expect(world.provider.names()).to.deep.equal(['observe', 'setCapacity']);
    expect(await world.observationOf(groupId)).to.include({ failureCount: 1 });
    expect(world.checkAt(groupId)).to.be.within(30_500, 31_000);
  });

  describe('when its term ends', () => {
    for (const { call, number } of [
      { call: 'observe', number: 1 },
      { call: 'setCapacity', number: 1 },
      { call: 'observe', number: 2 },
    ] as const) {
      it(`aborts ${call} ${String(number)}, makes no other call, and gives the lock back`, async () => {
        const groupId = await addGroup();
        let count = 0;
        world.provider.behave = (made) => {
          if (made.call === call) count += 1;
          return made.call === call && count === number ? FOREVER : 'prompt';
        };
        const passing = pass(groupId);
        await world.clock.advance(1_000);
        const callCount = world.provider.calls.length;

        ending.abort();
        await passing;

        expect(world.provider.abortedCount).to.equal(1);
        expect(world.provider.calls).to.have.length(callCount);
        expect(world.isLocked(groupId)).to.be.false;
        expect(world.checkAt(groupId)).to.equal(1_000);
        expect(await world.observationOf(groupId)).to.deep.equal(UNOBSERVED);
      });
    }

    for (const method of ['lock', 'renew'] as const) {
      it(`begins no call where it ended during the ${method}`, async () => {
        const groupId = await addGroup();
        world.store.plan = (call) =>
          call.method === method
            ? precededBy(() => {
                ending.abort();
              })
            : undefined;

        await pass(groupId);

        expect(world.provider.orders()).to.deep.equal([]);
        expect(world.provider.calls).to.have.length(method === 'lock' ? 0 : 1);
        expect(world.isLocked(groupId)).to.be.false;
      });
    }
  });
});
