import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import type { DispatchResult } from '../../../src/convergence/dispatch.ts';
import { UNOBSERVED } from '../../../src/domain/group/group.ts';
import type { Eviction } from '../../../src/domain/group/group.ts';
import type { GroupId } from '../../../src/domain/ids.ts';
import type { OwnerTerm } from '../../../src/ports/owner-term.ts';
import { hangAfter, hangBefore, precededBy } from '../../support/faulty-store.ts';
import type { Fault } from '../../support/faulty-store.ts';
import { CONVERGER, World } from '../../support/world.ts';
import type { GroupSpec } from '../../support/world.ts';

const NEVER = new AbortController().signal;

function leaving(...ids: readonly string[]): readonly Eviction[] {
  return ids.map((id) => ({ id, isPurged: true }));
}

describe('Servers that are to leave', () => {
  let world: World;
  let term: OwnerTerm;

  beforeEach(async () => {
    world = new World();
    term = await world.newTerm(NEVER);
  });

  /** A group that has the servers 0 to 2 and wants three, of which server-1 is to leave. */
  async function addGroup(spec: GroupSpec = {}): Promise<GroupId> {
    const groupId = await world.addGroup({
      ...{ isDivergent: true, observed: { ...UNOBSERVED, actual: 3 } },
      ...spec,
      state: { desired: 3, evicting: leaving('server-1'), ...spec.state },
    });
    world.provider.actual.set(groupId, 3);
    return groupId;
  }

  function pass(groupId: GroupId): Promise<DispatchResult> {
    return world.pass(term, groupId);
  }

  /** Passes for as long as the group is divergent now. */
  async function converge(groupId: GroupId): Promise<void> {
    for (let count = 1; (await world.stored(groupId)).isDivergent; count += 1) {
      if (count > 10) throw new Error('it does not come to rest');
      await pass(groupId);
      await world.clock.advance(10_000);
    }
  }

  async function serversOf(groupId: GroupId): Promise<readonly string[]> {
    return (await world.observationOf(groupId)).servers.map(({ id }) => id);
  }

  it('are ordered away under a key of their own, and are forgotten once they are not seen', async () => {
    const groupId = await addGroup();

    await converge(groupId);

    const [order, ...others] = world.provider.orders();
    expect(order).to.deep.include({ desired: 3, evicting: leaving('server-1') });
    expect(order?.idempotencyKey).to.match(new RegExp(`^${groupId}:1:3:[0-9a-f]+$`));
    expect(others).to.deep.equal([]);
    expect(await world.stateOf(groupId)).to.not.have.property('evicting');
    expect(await serversOf(groupId)).to.deep.equal(['server-0', 'server-2', 'server-3']);
    expect(await world.history(groupId)).to.deep.equal([
      { event: 'server.left', serverIds: ['server-1'] },
    ]);
  });

  it('leave together with those that are too many', async () => {
    const groupId = await addGroup({ state: { desired: 1 } });

    await converge(groupId);

    expect(world.provider.orders()).to.have.length(1);
    expect(await serversOf(groupId)).to.deep.equal(['server-0']);
    expect((await world.history(groupId)).map(({ event }) => event)).to.deep.equal([
      ...['server.left', 'group.converged'],
    ]);
  });

  it('are ordered away once more where they died before that', async () => {
    const groupId = await addGroup({ state: { evicting: leaving('gone before') } });

    await converge(groupId);

    expect(world.provider.orders().map(({ evicting }) => evicting)).to.deep.equal([
      leaving('gone before'),
    ]);
    expect(await world.stateOf(groupId)).to.not.have.property('evicting');
  });

  it('are asked for again and again while they are seen, under the same key', async () => {
    const groupId = await addGroup();
    world.provider.lags = true;

    await pass(groupId);
    await pass(groupId);

    const keys = world.provider.orders().map(({ idempotencyKey }) => idempotencyKey);
    expect(keys).to.have.length(2);
    expect(new Set(keys).size).to.equal(1);
    expect(await world.stateOf(groupId)).to.deep.include({ evicting: leaving('server-1') });
    expect(world.told('group.pass-unfinished').map(({ reason }) => reason)).to.deep.equal([
      ...Array<string>(2).fill('the provider has 3 of 3, and servers that are to leave it'),
    ]);
    world.provider.catchUp();
    await converge(groupId);
    expect(await world.stateOf(groupId)).to.not.have.property('evicting');
  });

  it('stay on the list while the provider is down', async () => {
    const groupId = await addGroup();
    world.provider.behave = () => 'provider-transient';
    await pass(groupId);
    expect(await world.stateOf(groupId)).to.deep.include({ evicting: leaving('server-1') });

    world.provider.behave = () => 'prompt';
    await converge(groupId);

    expect(await serversOf(groupId)).to.not.include('server-1');
  });

  it('go where the order was carried out and its answer was lost', async () => {
    const groupId = await addGroup();
    world.provider.behave = ({ call }) =>
      call === 'setCapacity' ? 'provider-transient' : 'prompt';
    await pass(groupId);
    world.provider.behave = () => 'prompt';

    await converge(groupId);

    expect(await serversOf(groupId)).to.deep.equal(['server-0', 'server-2', 'server-3']);
  });

  it('wait while the group is paused, and go when it is resumed', async () => {
    const groupId = await addGroup({ state: { isPaused: true } });
    await converge(groupId);
    expect(world.provider.calls).to.deep.equal([]);

    await world.writeState(groupId, { isPaused: false });
    await converge(groupId);

    expect(await serversOf(groupId)).to.not.include('server-1');
  });

  it('are told apart from the others of a group that is being deleted', async () => {
    const evicting = [{ id: 'server-1', isPurged: false }];
    const groupId = await addGroup({ state: { isDeleting: true, evicting } });

    await pass(groupId);

    expect(world.provider.orders()[0]).to.deep.include({ desired: 0, evicting });
    expect(await world.find(groupId)).to.be.undefined;
  });

  describe('that are named while a pass is under way', () => {
    for (const { call, number } of [
      { call: 'observe', number: 1 },
      { call: 'setCapacity', number: 1 },
      { call: 'observe', number: 2 },
    ] as const) {
      it(`during ${call} ${String(number)} go as well, each told of once`, async () => {
        const groupId = await addGroup();
        world.provider.during(call, number, () =>
          world.writeState(groupId, { evicting: leaving('server-1', 'server-2') }),
        );

        await converge(groupId);

        expect(await world.stateOf(groupId)).to.not.have.property('evicting');
        expect(await serversOf(groupId)).to.deep.equal(['server-0', 'server-3', 'server-4']);
        const left = (await world.history(groupId)).flatMap((event) =>
          event.event === 'server.left' ? event.serverIds : [],
        );
        expect(left).to.deep.equal(['server-1', 'server-2']);
      });
    }

    it('stay on the list where that happens right before the others are taken off', async () => {
      const groupId = await addGroup();
      world.store.plan = ({ method, ofMethod }) =>
        method === 'commit' && ofMethod === 1
          ? precededBy(() =>
              world.writeState(groupId, { evicting: leaving('server-1', 'server-2') }),
            )
          : undefined;

      await pass(groupId);
      expect((await world.stateOf(groupId)).evicting).to.have.length(2);
      await converge(groupId);

      expect(await serversOf(groupId)).to.deep.equal(['server-0', 'server-3', 'server-4']);
    });
  });

  it('are forgotten by another pass where the group moves right before that, and is not marked', async () => {
    const groupId = await addGroup();
    world.store.plan = ({ method, ofMethod }) =>
      method === 'commit' && ofMethod === 1
        ? precededBy(() => world.write(groupId, {}))
        : undefined;

    await converge(groupId);

    expect(await world.stateOf(groupId)).to.not.have.property('evicting');
    expect(world.provider.orders()).to.have.length(2);
  });

  describe('whose node dies', () => {
    const instants: readonly {
      readonly when: string;
      readonly method: 'lock' | 'renew' | 'commit' | 'settle';
      readonly ofMethod: number;
      readonly fault: Fault;
    }[] = [
      { when: 'when it has the lock', method: 'lock', ofMethod: 1, fault: hangAfter },
      { when: 'before the order', method: 'renew', ofMethod: 1, fault: hangAfter },
      { when: 'after the order', method: 'renew', ofMethod: 2, fault: hangBefore },
      { when: 'before they are forgotten', method: 'commit', ofMethod: 1, fault: hangBefore },
      { when: 'after they were forgotten', method: 'commit', ofMethod: 1, fault: hangAfter },
      { when: 'before the end of its pass', method: 'settle', ofMethod: 1, fault: hangBefore },
    ];
    for (const { when, method, ofMethod, fault } of instants) {
      it(`${when} go all the same, and nobody else does`, async () => {
        const groupId = await addGroup();
        world.store.plan = (call) =>
          call.method === method && call.ofMethod === ofMethod ? fault : undefined;
        void pass(groupId);
        await world.clock.advance(CONVERGER.lockTtlMs);
        world.store.plan = () => undefined;
        term = await world.newTerm(NEVER);

        await converge(groupId);

        expect(await serversOf(groupId)).to.deep.equal(['server-0', 'server-2', 'server-3']);
        expect(await world.stateOf(groupId)).to.not.have.property('evicting');
        const events = (await world.history(groupId)).map(({ event }) => event);
        expect(events.filter((event) => event === 'server.left')).to.have.length(1);
      });
    }
  });

  it('are left on the list by a node that was frozen for longer than its lock', async () => {
    const groupId = await addGroup();
    let isOvertaken = false;
    world.store.plan = ({ method }) =>
      method === 'commit' && !isOvertaken
        ? precededBy(async () => {
            isOvertaken = true;
            await world.newTerm(NEVER);
          })
        : undefined;

    expect((await pass(groupId)).kind).to.equal('fenced');

    expect(await world.stateOf(groupId)).to.deep.include({ evicting: leaving('server-1') });
    expect(await world.stored(groupId)).to.include({ isDivergent: true, generation: 2 });
  });
});
