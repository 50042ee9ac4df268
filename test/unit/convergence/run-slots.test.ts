import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { runConverger } from '../../../src/convergence/run.ts';
import type { ConvergerDeps, ConvergerSettings } from '../../../src/convergence/run.ts';
import { Slots } from '../../../src/convergence/slots.ts';
import type { GroupId, TenantId } from '../../../src/domain/ids.ts';
import type { TermEnd } from '../../../src/ports/owner-term.ts';
import { CONVERGER, World } from '../../support/world.ts';
import type { GroupSpec, RunningLoop } from '../../support/world.ts';

const NEVER = new AbortController().signal;
const FOREVER = new Promise(() => undefined);

describe('runConverger, within its slots,', () => {
  let world: World;

  beforeEach(() => {
    world = new World();
  });

  function start(
    settings: Partial<ConvergerSettings> = {},
    deps: Partial<ConvergerDeps> = {},
  ): Promise<RunningLoop<TermEnd>> {
    return world.start((term) =>
      runConverger(term, { ...world.convergerDeps(), ...deps }, { ...CONVERGER, ...settings }),
    );
  }

  function addGroup(spec: GroupSpec = {}): Promise<GroupId> {
    return world.addGroup({ isDivergent: true, ...spec, state: { desired: 3, ...spec.state } });
  }

  async function addGroups(count: number, spec: GroupSpec = {}): Promise<readonly GroupId[]> {
    const groupIds: GroupId[] = [];
    while (groupIds.length < count) groupIds.push(await addGroup(spec));
    return groupIds;
  }

  async function isDivergent(groupId: GroupId): Promise<boolean> {
    return (await world.stored(groupId)).isDivergent;
  }

  const small = 'small' as TenantId;

  it('keeps to the limit of a provider, and uses a slot at once that is given back', async () => {
    const groupIds = await addGroups(5);
    world.provider.behave = () => world.clock.sleep(100, NEVER);

    await start({ pollMs: 30_000 }, { slots: new Slots({ perProvider: 2, perTenant: 99 }) });
    await world.clock.advance(899);
    expect(world.provider.underWay).to.deep.equal({ now: 1, most: 2 });
    await world.clock.advance(1);

    // Three calls each of 100 ms, two groups at a time, then the fifth alone.
    for (const groupId of groupIds) expect(await isDivergent(groupId)).to.be.false;
  });

  it('keeps to the limit of a tenant, and leaves the rest to others', async () => {
    await addGroups(5);
    const other = await addGroup({ tenantId: small });
    world.provider.behave = ({ target }) => (target.tenantId === small ? 'prompt' : FOREVER);

    await start({}, { slots: new Slots({ perProvider: 99, perTenant: 3 }) });

    expect(world.provider.underWay.now).to.equal(3);
    expect(await isDivergent(other)).to.be.false;
  });

  it('shares its slots with the other partitions of the node', async () => {
    const groupId = await addGroup();
    const slots = new Slots({ perProvider: 1, perTenant: 9 });
    const giveBack = slots.take('fake', small);

    await start({ pollMs: 30_000 }, { slots });
    expect(world.provider.calls).to.deep.equal([]);
    giveBack?.();
    await world.clock.advance(0);

    expect(await isDivergent(groupId)).to.be.false;
  });

  it('asks the store for nothing where others give back slots that it does not wait for', async () => {
    await addGroup();
    const slots = new Slots({ perProvider: 9, perTenant: 9 });
    await start({ pollMs: 30_000 }, { slots });
    await world.clock.advance(0);
    const before = world.store.count('divergent');

    for (let passes = 5; passes > 0; passes -= 1) slots.take('fake', small)?.();
    await world.clock.advance(0);

    expect(world.store.count('divergent')).to.equal(before);
  });

  it('reads only from time to time while groups that it has read wait for a slot, and misses none', async () => {
    const groupIds = await addGroups(40);
    world.provider.behave = () => world.clock.sleep(1, NEVER);
    await start({ pollMs: 30_000 }, { slots: new Slots({ perProvider: 1, perTenant: 1 }) });

    await world.clock.advance(100);
    const late = await addGroup({ tenantId: small });
    await world.clock.advance(400);

    for (const groupId of [...groupIds, late]) expect(await isDivergent(groupId)).to.be.false;
    expect(world.store.count('divergent')).to.be.within(2, 12);
  });

  it('has a tenant whose slots are free wait no longer than that for another whose slots are not', async () => {
    await addGroups(9);
    world.provider.behave = ({ target }) => (target.tenantId === small ? 'prompt' : FOREVER);
    await start({ pollMs: 30_000 }, { slots: new Slots({ perProvider: 99, perTenant: 1 }) });

    const other = await addGroup({ tenantId: small });
    await world.clock.advance(50);

    expect(await isDivergent(other)).to.be.false;
  });

  it('looks past the groups that fill its batch, although one of those has a slot', async () => {
    await addGroups(9);
    await world.clock.advance(1);
    const other = await addGroup({ tenantId: small });
    world.provider.behave = ({ target }) => (target.tenantId === small ? 'prompt' : FOREVER);

    await start({ batchMax: 2 }, { slots: new Slots({ perProvider: 99, perTenant: 1 }) });

    expect(await isDivergent(other)).to.be.false;
  });

  it('looks past its batch once per poll, by one reading of 8 batches', async () => {
    await addGroups(40);
    world.provider.behave = () => FOREVER;
    const slots = new Slots({ perProvider: 1, perTenant: 1 });
    const limits = (): readonly unknown[] =>
      world.store.calls.filter(({ method }) => method === 'divergent').map(({ args }) => args[1]);

    await start({ batchMax: 1 }, { slots });
    await world.clock.advance(999);
    await addGroup();
    await world.clock.advance(0);
    expect(limits()).to.deep.equal([1, 8, 1]);
    await world.clock.advance(1_000);

    expect(limits()).to.deep.equal([1, 8, 1, 1, 8]);
  });

  it('never reads more at once than a store is made for', async () => {
    await addGroups(256);
    world.provider.behave = () => FOREVER;

    await start({ batchMax: 256 }, { slots: new Slots({ perProvider: 1, perTenant: 1 }) });

    const reads = world.store.calls.filter(({ method }) => method === 'divergent');
    expect(reads.map(({ args }) => args[1])).to.deep.equal([256, 1_000]);
  });

  it('does not look past a batch that is not full', async () => {
    await addGroups(2);
    world.provider.behave = () => FOREVER;

    await start({ batchMax: 3 });

    expect(world.store.count('divergent')).to.equal(1);
  });

  it('gives a group with an unreadable launch configuration a slot of its own kind', async () => {
    const groupId = await addGroup({ fields: { launch: undefined } });
    const good = await addGroup();

    await start({}, { slots: new Slots({ perProvider: 1, perTenant: 9 }) });

    expect(world.told('group.record-malformed')[0]).to.include({ groupId });
    expect(await isDivergent(good)).to.be.false;
  });
});
