import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import type { CapacityProvider } from '../../../src/ports/provider.ts';
import { dispatch } from '../../../src/convergence/dispatch.ts';
import type { DispatchResult } from '../../../src/convergence/dispatch.ts';
import { encodeField } from '../../../src/domain/group/fields.ts';
import { UNOBSERVED } from '../../../src/domain/group/group.ts';
import type { GroupId } from '../../../src/domain/ids.ts';
import type { OwnerTerm } from '../../../src/ports/owner-term.ts';
import type { DivergentGroup } from '../../../src/ports/store.ts';
import type { ProviderCall } from '../../support/fake-provider.ts';
import { precededBy, rejectWith } from '../../support/faulty-store.ts';
import { after, CONVERGER, PARTITION, World } from '../../support/world.ts';
import type { GroupSpec } from '../../support/world.ts';

const NEVER = new AbortController().signal;
const FOREVER = new Promise(() => undefined);

describe('dispatch', () => {
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

  async function entryOf(groupId: GroupId): Promise<DivergentGroup> {
    const list = await world.truth.divergent(PARTITION, 100);
    const entry = list.groups.find((group) => group.groupId === groupId);
    return (
      entry ?? { groupId, tenantId: 'gone' as never, generation: 0, launch: '', checkAt: after(0) }
    );
  }

  async function pass(
    groupId: GroupId,
    providers: readonly CapacityProvider[] = [world.provider],
  ): Promise<DispatchResult> {
    const deps = {
      ...world.convergerDeps(),
      providers: new Map(providers.map((provider) => [provider.type, provider])),
    };
    return dispatch(term, deps, { entry: await entryOf(groupId), settings: CONVERGER });
  }

  /** Does something while the provider works on the first call of this name. */
  function during(name: ProviderCall['call'], number: number, work: () => Promise<unknown>): void {
    let count = 0;
    world.provider.onCall = ({ call }) => {
      if (call === name) count += 1;
      return call === name && count === number ? work() : undefined;
    };
  }

  /** Another pass takes the group's lock, as soon as it may. */
  async function overtake(groupId: GroupId): Promise<void> {
    world.clock.stepWall(CONVERGER.lockTtlMs);
    const request = { groupId, holder: 'another pass', ttlMs: CONVERGER.lockTtlMs };
    const locked = await world.truth.lock(PARTITION, term.token, request);
    expect(locked.kind).to.equal('locked');
  }

  async function checkAt(groupId: GroupId): Promise<number | undefined> {
    await Promise.resolve();
    const divergentAt = world.state.groups.get(groupId)?.divergentAt;
    return divergentAt && divergentAt - after(0);
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
      { desired: 3, idempotencyKey: `${groupId}:1`, cause: 'up@1', token: term.token },
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

  it('dates what it saw by the clock of the store', async () => {
    const groupId = await addGroup();
    during('observe', 1, () => world.clock.sleep(2_000, NEVER));
    const passing = pass(groupId);
    world.clock.stepWall(-500_000);
    await world.clock.advance(2_000);

    await passing;

    expect(await world.observationOf(groupId)).to.include({ observedAt: after(-498_000) });
  });

  it('looks again soon at a provider that accepts and lags', async () => {
    const groupId = await addGroup();
    world.provider.lags = true;

    await pass(groupId);

    expect(await checkAt(groupId)).to.be.within(500, 1_000);
    expect(await world.observationOf(groupId)).to.include({ actual: 0, failureCount: 1 });
    expect(world.told('group.pass-unfinished')[0]).to.include({
      ...{ reason: 'the provider has 0 of 3', failureCount: 1 },
    });
  });

  it('makes no further call where the group was marked again before the order', async () => {
    const groupId = await addGroup();
    during('observe', 1, () => world.writeState(groupId, { desired: 7 }));

    await pass(groupId);

    expect(world.provider.names()).to.deep.equal(['observe']);
    expect(await checkAt(groupId)).to.equal(0);
    world.provider.onCall = () => undefined;
    await pass(groupId);
    expect(world.provider.orders()).to.deep.equal([
      { desired: 7, idempotencyKey: `${groupId}:2`, cause: undefined, token: term.token },
    ]);
    expect((await world.stored(groupId)).isDivergent).to.be.false;
  });

  it('does not clear a mark that came at the end of the pass', async () => {
    const groupId = await addGroup();
    during('observe', 2, () => world.writeState(groupId, { desired: 7 }));

    await pass(groupId);

    expect(await checkAt(groupId)).to.equal(0);
    expect(world.provider.orders()).to.have.length(1);
    await pass(groupId);
    expect(world.provider.actual.get(groupId)).to.equal(7);
  });

  it('makes no call where another pass holds the lock, and waits for its end', async () => {
    const groupId = await addGroup();
    const request = { groupId, holder: 'another pass', ttlMs: 5_000 };
    const entry = await entryOf(groupId);
    await world.truth.lock(PARTITION, term.token, request);

    const deps = world.convergerDeps();
    const result = await dispatch(term, deps, { entry, settings: CONVERGER });

    expect(result).to.deep.equal({ kind: 'done' });
    expect(world.provider.calls).to.deep.equal([]);
    expect(await checkAt(groupId)).to.equal(5_000);
  });

  it('is done with a group that is not there any more', async () => {
    const groupId = '0000000a-0000-4000-8000-000000000000' as GroupId;

    expect(await pass(groupId)).to.deep.equal({ kind: 'done' });
  });

  it('makes no call where a newer owner has the partition', async () => {
    const groupId = await addGroup();
    const newer = await world.newTerm(NEVER);

    expect(await pass(groupId)).to.deep.equal({ kind: 'fenced', newest: newer.token });

    expect(world.provider.calls).to.deep.equal([]);
  });

  describe('overtaken', () => {
    for (const { by, overtakeBy, kind } of [
      {
        by: 'another pass',
        overtakeBy: (groupId: GroupId) => overtake(groupId),
        kind: 'overtaken',
      },
      { by: 'a newer owner', overtakeBy: () => world.newTerm(NEVER), kind: 'fenced' },
    ]) {
      it(`orders nothing and marks nothing where ${by} came before the order`, async () => {
        const groupId = await addGroup();
        during('observe', 1, () => overtakeBy(groupId));

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
        during('setCapacity', 1, () => overtakeBy(groupId));

        expect((await pass(groupId)).kind).to.equal(kind);

        expect(world.provider.names()).to.deep.equal(['observe', 'setCapacity']);
        expect(await world.stored(groupId)).to.include({ generation: 2, isDivergent: true });
      });

      it(`marks the group where ${by} came before its result was recorded`, async () => {
        const groupId = await addGroup();
        during('observe', 2, () => overtakeBy(groupId));

        expect((await pass(groupId)).kind).to.equal(kind);

        expect(await world.stored(groupId)).to.include({ generation: 2, isDivergent: true });
        expect(await world.history(groupId)).to.deep.equal([]);
        expect(world.told('group.converged')).to.deep.equal([]);
      });

      it(`marks the group where ${by} came during an order that was not answered`, async () => {
        const groupId = await addGroup();
        during('setCapacity', 1, () => overtakeBy(groupId));
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
      during('setCapacity', 1, async () => {
        newer = await world.newTerm(NEVER);
      });

      expect(await pass(groupId)).to.deep.equal({ kind: 'fenced', newest: newer?.token });
    });
  });

  for (const reason of ['isPaused', 'isSuspended'] as const) {
    it(`makes no call for a group that ${reason}, and does not look at it again`, async () => {
      const groupId = await addGroup({ state: { [reason]: true } });

      await pass(groupId);

      expect(world.provider.calls).to.deep.equal([]);
      expect((await world.stored(groupId)).isDivergent).to.be.false;
      expect(world.events).to.deep.equal([]);
    });

    it(`makes no further call where the group ${reason} during the pass`, async () => {
      const groupId = await addGroup();
      during('observe', 1, async () => {
        const state = { ...(await world.stateOf(groupId)), [reason]: true };
        await world.write(groupId, { set: { state: encodeField(state) } });
      });

      await pass(groupId);

      expect(world.provider.names()).to.deep.equal(['observe']);
      expect((await world.stored(groupId)).isDivergent).to.be.false;
    });

    it(`converges a group that ${reason} and is being deleted`, async () => {
      const groupId = await addGroup({ state: { [reason]: true, isDeleting: true } });
      world.provider.actual.set(groupId, 2);

      await pass(groupId);

      expect(world.provider.actual.get(groupId)).to.equal(0);
      expect(await world.find(groupId)).to.be.undefined;
    });
  }

  describe('where the provider lets it down', () => {
    it('comes back later and later after transient failures, and keeps the status', async () => {
      const groupId = await addGroup();
      world.provider.behave = () => 'provider-transient';

      for (let count = 1; count <= 3; count += 1) await pass(groupId);

      expect(await world.observationOf(groupId)).to.deep.equal({ ...UNOBSERVED, failureCount: 3 });
      expect(await checkAt(groupId)).to.be.within(2_000, 4_000);
      expect(world.told('group.pass-unfinished').at(-1)).to.include({
        ...{ reason: 'the provider was made to say provider-transient', failureCount: 3 },
      });
      expect(await world.history(groupId)).to.deep.equal([]);
    });

    it('takes what a provider throws otherwise for transient', async () => {
      const groupId = await addGroup();
      world.provider.behave = () => 'internal';

      await pass(groupId);

      expect(await world.observationOf(groupId)).to.include({ status: 'ACTIVE', failureCount: 1 });
    });

    it('puts the group in ERROR after a fatal failure, and in ACTIVE when it is served again', async () => {
      const groupId = await addGroup();
      world.provider.behave = () => 'provider-fatal';
      const reasons = ['the provider was made to say provider-fatal'];

      await pass(groupId);

      expect(await world.observationOf(groupId)).to.include({ status: 'ERROR' });
      expect(await checkAt(groupId)).to.be.within(150_000, 300_000);
      expect(world.told('group.failed')[0]).to.deep.include({ groupId, reasons });

      world.provider.behave = () => 'prompt';
      await pass(groupId);

      expect(await world.observationOf(groupId)).to.deep.include({ status: 'ACTIVE', reasons: [] });
      expect(await world.history(groupId)).to.deep.equal([
        { event: 'group.failed', reasons },
        { event: 'group.converged', desired: 3, actual: 3 },
      ]);
    });

    it('aborts a call that is over its deadline, and holds its outcome for unknown', async () => {
      const groupId = await addGroup();
      world.provider.behave = ({ call }) => (call === 'setCapacity' ? FOREVER : 'prompt');
      const passing = pass(groupId);

      await world.clock.advance(CONVERGER.callTimeoutMs);
      await passing;

      expect(world.provider.abortedCount).to.equal(1);
      expect(world.provider.names()).to.deep.equal(['observe', 'setCapacity']);
      expect(await world.observationOf(groupId)).to.include({ failureCount: 1 });
      expect(await checkAt(groupId)).to.be.within(30_500, 31_000);
    });
  });

  it('leaves a group without a provider ACTIVE and divergent, and says why, once', async () => {
    const groupId = await addGroup({ launchType: 'nova' });
    const reasons = [
      'no provider on this node serves launch type "nova" (it serves: fake)',
      'no provider on this node serves launch type "nova" (it serves: none)',
    ];

    await pass(groupId);
    await pass(groupId);

    expect(await world.observationOf(groupId)).to.deep.equal({
      ...UNOBSERVED,
      reasons: [reasons[0]],
      failureCount: 2,
    });
    expect(await checkAt(groupId)).to.be.within(150_000, 300_000);
    expect(world.told('group.failed')).to.deep.equal([]);

    await pass(groupId, []);

    expect(await world.history(groupId)).to.deep.equal(
      reasons.map((reason) => ({ event: 'group.waiting', reasons: [reason] })),
    );
  });

  describe('for a group that is being deleted', () => {
    it('takes its servers away, then the group', async () => {
      const groupId = await addGroup({ state: { isDeleting: true } });
      world.provider.actual.set(groupId, 2);
      world.provider.lags = true;

      await pass(groupId);
      expect(world.provider.orders().map(({ desired }) => desired)).to.deep.equal([0]);
      expect(await world.find(groupId)).to.not.be.undefined;
      world.provider.catchUp();
      await pass(groupId);

      expect(await world.find(groupId)).to.be.undefined;
      const where = { partition: PARTITION, tenantId: 'tenant', groupId };
      expect(world.events.at(-1)).to.deep.equal({ event: 'group.removed', ...where });
    });

    it('removes one that no pass has looked at although nothing serves it', async () => {
      const groupId = await addGroup({ state: { isDeleting: true }, launchType: 'nova' });

      await pass(groupId);

      expect(await world.find(groupId)).to.be.undefined;
    });

    it('keeps one that was looked at, as long as nothing serves it', async () => {
      const groupId = await addGroup({
        ...{ state: { isDeleting: true }, launchType: 'nova' },
        observed: { ...UNOBSERVED, actual: 0 },
      });

      await pass(groupId);

      expect((await world.stored(groupId)).isDivergent).to.be.true;
    });

    it('removes it after a long look too, and although the clock was set back a little', async () => {
      const groupId = await addGroup({ state: { isDeleting: true } });
      during('observe', 1, () => world.clock.sleep(20_000, NEVER));
      const passing = pass(groupId);
      await world.clock.advance(0);
      world.clock.stepWall(-3);
      await world.clock.advance(20_000);

      await passing;

      expect(await world.find(groupId)).to.be.undefined;
    });

    it('looks again at one that was marked during the pass', async () => {
      const groupId = await addGroup({ state: { isDeleting: true } });
      during('observe', 1, () => world.write(groupId, { divergence: 'mark' }));

      await pass(groupId);

      expect(await world.find(groupId)).to.not.be.undefined;
      expect(await checkAt(groupId)).to.equal(0);
      expect(world.told('group.removed')).to.deep.equal([]);
    });

    it('removes nothing where a newer owner has the partition', async () => {
      const groupId = await addGroup({ state: { isDeleting: true } });
      during('observe', 1, () => world.newTerm(NEVER));

      expect((await pass(groupId)).kind).to.equal('fenced');

      expect(await world.stored(groupId)).to.include({ generation: 1 });
    });
  });

  for (const field of ['state', 'launch', 'observed']) {
    it(`reports a group whose ${field} cannot be read, and looks again much later`, async () => {
      const groupId = await addGroup({ fields: { [field]: '[]' } });

      expect(await pass(groupId)).to.deep.equal({ kind: 'done' });

      expect(world.provider.calls).to.deep.equal([]);
      expect(world.events).to.deep.equal([
        {
          event: 'group.record-malformed',
          ...{ partition: PARTITION, tenantId: 'tenant', groupId },
          reason: `cannot read the stored field "${field}": it is not an object: []`,
        },
      ]);
      expect(await checkAt(groupId)).to.be.within(150_000, 300_000);
      expect(world.state.groups.get(groupId)?.lock).to.be.undefined;
    });
  }

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
        expect(world.state.groups.get(groupId)?.lock).to.be.undefined;
        expect(await checkAt(groupId)).to.equal(1_000);
        expect(await world.observationOf(groupId)).to.deep.equal(UNOBSERVED);
      });
    }

    for (const method of ['lock', 'renew'] as const) {
      it(`begins no call where it ended during the ${method}`, async () => {
        const groupId = await addGroup();
        world.store.plan = (call) =>
          call.method === method ? precededBy(() => Promise.resolve(ending.abort())) : undefined;

        await pass(groupId);

        expect(world.provider.orders()).to.deep.equal([]);
        expect(world.provider.calls).to.have.length(method === 'lock' ? 0 : 1);
        expect(world.state.groups.get(groupId)?.lock).to.be.undefined;
      });
    }
  });

  it('rejects where the store does not answer, and leaves the group to be looked at again', async () => {
    const groupId = await addGroup();
    world.store.plan = ({ method }) =>
      method === 'settle' ? rejectWith('store-unavailable') : undefined;

    const outcome = await pass(groupId).catch((error: unknown) => error);

    expect(outcome).to.have.property('code', 'store-unavailable');
    expect(await checkAt(groupId)).to.equal(CONVERGER.lockTtlMs);
  });
});
