import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { markDivergent } from '../../../src/convergence/mark.ts';
import type { GroupId } from '../../../src/domain/ids.ts';
import { loseReply, precededBy, rejectWith } from '../../support/faulty-store.ts';
import { World } from '../../support/world.ts';

const NEVER = new AbortController().signal;

describe('markDivergent', () => {
  let world: World;
  let groupId: GroupId;

  beforeEach(async () => {
    world = new World();
    groupId = await world.addGroup({ policies: { up: { cron: '* * * * *' } } });
  });

  async function mark(id: GroupId = groupId): Promise<unknown> {
    const marking = markDivergent(world.convergerDeps(), id, NEVER).catch(
      (error: unknown) => error,
    );
    await world.clock.advance(5_000);
    return marking;
  }

  it('marks a group, whoever owns its partition, and changes nothing else', async () => {
    await world.newTerm(NEVER);
    const before = await world.stored(groupId);

    expect(await mark()).to.be.true;

    const { version, ...marked } = await world.stored(groupId);
    expect(version).to.not.equal(before.version);
    expect({ ...marked, version: before.version }).to.deep.equal({
      ...{ ...before, generation: 1, isDivergent: true },
    });
    expect(await world.history(groupId)).to.deep.equal([]);
  });

  it('decides again where the group moved', async () => {
    world.store.plan = ({ method, ofMethod }) =>
      method === 'commit' && ofMethod < 4 ? precededBy(() => world.write(groupId, {})) : undefined;

    expect(await mark()).to.be.true;

    expect(world.store.count('commit')).to.equal(4);
    expect((await world.stored(groupId)).isDivergent).to.be.true;
  });

  it('waits a little between its tries', async () => {
    world.store.plan = ({ method, ofMethod }) =>
      method === 'commit' && ofMethod < 3 ? precededBy(() => world.write(groupId, {})) : undefined;
    const marking = markDivergent(world.convergerDeps(), groupId, NEVER);

    await world.clock.advance(0);
    expect(world.store.count('commit')).to.equal(1);
    await world.clock.advance(10);
    expect(world.store.count('commit')).to.equal(2);
    await world.clock.advance(20);

    expect(await marking).to.be.true;
  });

  it('gives up a group that moves all the time, and says so', async () => {
    world.store.plan = ({ method }) =>
      method === 'commit' ? precededBy(() => world.write(groupId, {})) : undefined;

    expect(await mark()).to.be.false;

    expect(world.store.count('commit')).to.equal(10);
  });

  for (const { what, fault } of [
    { what: 'does not get it', fault: rejectWith('store-unavailable') },
    { what: 'does not answer', fault: loseReply },
  ]) {
    it(`tries again where the store ${what}`, async () => {
      world.store.plan = ({ number }) => (number <= 4 ? fault : undefined);

      expect(await mark()).to.be.true;

      expect((await world.stored(groupId)).isDivergent).to.be.true;
    });
  }

  it('rejects in the end where the store stays away, within its tries', async () => {
    world.store.plan = () => rejectWith('store-unavailable');

    expect(await mark()).to.have.property('code', 'store-unavailable');

    expect(world.store.count('group')).to.equal(10);
  });

  it('rejects at once where the fault is not one that passes', async () => {
    world.store.plan = () => rejectWith('store-foreign');

    expect(await mark()).to.have.property('code', 'store-foreign');

    expect(world.store.count('group')).to.equal(1);
  });

  it('has nothing to do for a group that is gone', async () => {
    expect(await mark('0000000a-0000-4000-8000-000000000000' as GroupId)).to.be.true;

    expect(world.store.count('commit')).to.equal(0);
  });

  it('has nothing to do for an id that no group here can have', async () => {
    expect(await mark('0000000a-0000-4000-8000-0000000000ff' as GroupId)).to.be.true;

    expect(world.store.calls).to.deep.equal([]);
  });
});
