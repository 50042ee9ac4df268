import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import type { DispatchResult } from '../../../src/convergence/dispatch.ts';
import type { GroupId } from '../../../src/domain/ids.ts';
import type { OwnerTerm } from '../../../src/ports/owner-term.ts';
import { after, World } from '../../support/world.ts';
import type { GroupSpec } from '../../support/world.ts';

const NEVER = new AbortController().signal;

describe('dispatch of a group that is to be there in 60 s', () => {
  let world: World;
  let term: OwnerTerm;

  beforeEach(async () => {
    world = new World();
    term = await world.newTerm(NEVER);
  });

  /** A group that wants three servers and has none. */
  function addGroup(spec: GroupSpec = {}): Promise<GroupId> {
    const state = { desired: 3, ...spec.state };
    const limits = { reachedBySeconds: 60 };
    return world.addGroup({ limits, isDivergent: true, ...spec, state });
  }

  function pass(groupId: GroupId): Promise<DispatchResult> {
    return world.pass(term, groupId);
  }

  const told = (events: readonly { readonly event: string }[]): readonly string[] =>
    events.map(({ event }) => event).filter((event) => /overdue|reached/.test(event));

  it('tells once by the clock of the store that it is overdue, and once that it is not any more', async () => {
    const groupId = await addGroup();
    world.provider.lags = true;
    await pass(groupId);
    expect((await world.observationOf(groupId)).unreached).to.deep.equal({
      ...{ desired: 3, since: after(0) },
    });

    world.clock.stepWall(60_000);
    await pass(groupId);
    await pass(groupId);
    world.provider.lags = false;
    world.clock.stepWall(10_000);
    await pass(groupId);

    const overdue = { event: 'group.overdue', desired: 3, actual: 0, since: after(0) } as const;
    const reached = { event: 'group.reached', desired: 3, afterMs: 70_000 } as const;
    const history = await world.history(groupId);
    expect(told(history)).to.deep.equal(['group.overdue', 'group.reached']);
    expect(history).to.deep.include.members([overdue, reached]);
    expect(world.told('group.overdue')).to.have.length(1);
    expect(world.told('group.overdue')[0]).to.include({ ...overdue, groupId });
    expect(world.told('group.reached')).to.have.length(1);
    expect(world.told('group.reached')[0]).to.include({ ...reached, groupId });
    expect(await world.observationOf(groupId)).not.to.have.property('unreached');
  });

  it('looks again in time where nothing here serves it', async () => {
    const groupId = await addGroup({ launchType: 'elsewhere' });
    await world.clock.advance(1_000);

    await pass(groupId);

    expect(world.checkAt(groupId)).to.equal(60_000);
  });

  for (const reason of ['isPaused', 'isSuspended'] as const) {
    it(`lets no time run while it ${reason}`, async () => {
      const groupId = await addGroup();
      world.provider.lags = true;
      await pass(groupId);
      await world.writeState(groupId, { [reason]: true });
      world.clock.stepWall(90_000);

      await pass(groupId);

      expect(await world.observationOf(groupId)).not.to.have.property('unreached');
      expect(told(await world.history(groupId))).to.deep.equal([]);
    });
  }

  it('lets none run where a pause comes during the pass', async () => {
    const groupId = await addGroup();
    world.provider.lags = true;
    await pass(groupId);
    world.provider.during('observe', 1, () => world.writeState(groupId, { isPaused: true }));

    await pass(groupId);

    expect(await world.observationOf(groupId)).not.to.have.property('unreached');
  });

  it('does not wait for a group that is being deleted', async () => {
    const groupId = await addGroup({ state: { isDeleting: true } });
    world.provider.actual.set(groupId, 2);
    world.provider.lags = true;

    await pass(groupId);

    expect(await world.observationOf(groupId)).not.to.have.property('unreached');
  });
});
