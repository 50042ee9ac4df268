import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { encodeField } from '../../../src/domain/group/fields.ts';
import type { GroupId } from '../../../src/domain/ids.ts';
import type { OwnerTerm } from '../../../src/ports/owner-term.ts';
import type { Unit } from '../../../src/ports/store.ts';
import { tick } from '../../../src/scheduler/tick.ts';
import type { TickResult } from '../../../src/scheduler/tick.ts';
import { precededBy, rejectWith } from '../../support/faulty-store.ts';
import type { Fault, StoreCall } from '../../support/faulty-store.ts';
import { after, PARTITION, policyId, World } from '../../support/world.ts';

const EVERY_MINUTE = { cron: '* * * * *' };

describe('tick', () => {
  let world: World;
  let term: OwnerTerm;
  let ending: AbortController;

  beforeEach(async () => {
    world = new World();
    ending = new AbortController();
    term = await world.newTerm(ending.signal);
  });

  function pass(batchMax = 200): Promise<TickResult> {
    return tick(term, world.schedulerDeps(), { batchMax });
  }

  it('claims a batch in two round trips and tells what it claimed', async () => {
    const first = await world.addGroup({ policies: { up: EVERY_MINUTE } });
    const second = await world.addGroup({ policies: { up: EVERY_MINUTE } });
    await world.clock.advance(60_007);

    const result = await pass();

    expect(world.store.calls.map(({ method }) => method)).to.deep.equal(['due', 'commit']);
    const nextAt = after(120_000);
    expect(result).to.deep.equal({ kind: 'passed', now: after(60_007), isMoreDue: false, nextAt });
    expect(world.events).to.deep.equal(
      [first, second].map((groupId) => ({
        event: 'policy.fired',
        ...{ partition: PARTITION, tenantId: 'tenant', groupId, policyId: 'up' },
        ...{ outcome: 'scaled', plannedAt: after(60_000), latenessMs: 7 },
        ...{ desiredBefore: 0, desiredAfter: 1 },
      })),
    );
  });

  it('tells of missed runs and parked policies', async () => {
    const groupId = await world.addGroup({
      policies: { up: EVERY_MINUTE, bad: { ...EVERY_MINUTE, stored: { definition: '1' } } },
    });
    await world.clock.advance(180_000);

    await pass();

    const where = { partition: PARTITION, tenantId: 'tenant', groupId };
    expect(world.told('policy.missed')).to.deep.equal([
      {
        event: 'policy.missed',
        ...{ ...where, policyId: 'up', reason: 'superseded' },
        ...{ first: after(60_000), last: after(120_000) },
      },
    ]);
    expect(world.told('policy.parked')).to.deep.equal([
      {
        event: 'policy.parked',
        ...{ ...where, policyId: 'bad' },
        reason: 'cannot read the stored field "policy": it is not an object: 1',
      },
    ]);
  });

  for (const field of ['state', 'limits']) {
    it(`parks what is due in a group whose ${field} is malformed, and fires the other groups`, async () => {
      const bad = await world.addGroup({
        fields: { [field]: '1' },
        policies: { up: EVERY_MINUTE },
      });
      const good = await world.addGroup({ policies: { up: EVERY_MINUTE } });
      await world.clock.advance(60_000);

      await pass();

      expect(world.told('policy.parked').map(({ groupId }) => groupId)).to.deep.equal([bad]);
      expect(await world.dueAt(bad, 'up')).to.be.undefined;
      expect((await world.stateOf(good)).desired).to.equal(1);
    });
  }

  it('writes nothing where nothing is due', async () => {
    await world.addGroup({ policies: { up: EVERY_MINUTE } });

    const result = await pass();

    const nextAt = after(60_000);
    expect(result).to.deep.equal({ kind: 'passed', now: after(0), isMoreDue: false, nextAt });
    expect(world.store.count('commit')).to.equal(0);
  });

  it('tells when the next policy is due, whether it was armed before or by this pass', async () => {
    await world.addGroup({ policies: { up: EVERY_MINUTE } });
    await world.addGroup({ policies: { once: { at: after(130_000) } } });
    await world.clock.advance(60_000);

    expect(await pass()).to.include({ nextAt: after(120_000) });
    await world.clock.advance(60_000);
    expect(await pass()).to.include({ nextAt: after(130_000) });
  });

  it('claims nothing that a store lists too early', async () => {
    await world.addGroup({ policies: { up: EVERY_MINUTE } });
    await world.clock.advance(60_000);
    const early: Fault = async (carryOut) => ({ ...(await carryOut()), now: after(59_999) });
    world.store.plan = ({ method }) => (method === 'due' ? early : undefined);

    await pass();

    expect(world.store.count('commit')).to.equal(0);
  });

  it('does not commit a batch again, nor in parts, to which the store did not answer', async () => {
    await world.addGroup({ policies: { up: EVERY_MINUTE } });
    await world.clock.advance(60_000);
    world.store.plan = ({ method }) =>
      method === 'commit' ? rejectWith('store-unavailable') : undefined;

    const outcome = await pass().catch((error: unknown) => error);

    expect(outcome).to.have.property('code', 'store-unavailable');
    expect(world.store.count('commit')).to.equal(1);
  });

  it('writes nothing where its term ended during the read', async () => {
    await world.addGroup({ policies: { up: EVERY_MINUTE } });
    await world.clock.advance(60_000);
    world.store.plan = ({ method }) =>
      method === 'due'
        ? precededBy(() => {
            ending.abort();
          })
        : undefined;

    await pass();

    expect(world.store.count('commit')).to.equal(0);
  });

  it('writes a batch that makes up for much in parts, all in one pass', async () => {
    const definition = encodeField({
      ...{ name: 'up', cooldownSeconds: 0, adjustment: { kind: 'change', amount: 1 } },
      ...{ schedule: { kind: 'cron', ...EVERY_MINUTE }, misfire: { policy: 'all' } },
    });
    for (let count = 0; count < 12; count += 1) {
      await world.addGroup({ policies: { up: { ...EVERY_MINUTE, stored: { definition } } } });
    }
    await world.clock.advance(100 * 60_000);

    const result = await pass();

    const units = world.store.calls
      .filter(({ method }) => method === 'commit')
      .map(({ args }) => args[2] as readonly Unit[]);
    expect(units.map((part) => part.length)).to.deep.equal([5, 5, 2]);
    expect(world.told('policy.fired')).to.have.length(1_200);
    expect(result).to.include({ isMoreDue: false, nextAt: after(101 * 60_000) });
  });

  it('asks to be called again while the batch was full', async () => {
    for (let count = 0; count < 3; count += 1) {
      await world.addGroup({ policies: { up: EVERY_MINUTE } });
    }
    await world.clock.advance(60_000);

    const results = [await pass(2), await pass(2), await pass(2)];

    expect(results.map((result) => result.kind === 'passed' && result.isMoreDue)).to.deep.equal([
      true,
      false,
      false,
    ]);
    expect(world.told('policy.fired')).to.have.length(3);
  });

  it('leaves a group due that moved after the read, and takes it with the next pass', async () => {
    const groupId = await world.addGroup({ policies: { up: EVERY_MINUTE } });
    const other = await world.addGroup({ policies: { up: EVERY_MINUTE } });
    await world.clock.advance(60_000);
    world.store.plan = ({ method, ofMethod }) =>
      method === 'commit' && ofMethod === 1
        ? precededBy(() => world.writeState(groupId, { desired: 5 }))
        : undefined;

    const result = await pass();

    expect(result).to.include({ isMoreDue: true });
    const where = { partition: PARTITION, tenantId: 'tenant', groupId };
    expect(world.told('group.claim-stale')).to.deep.equal([
      { event: 'group.claim-stale', ...where },
    ]);
    expect(world.told('policy.fired')).to.have.length(1);

    await pass();

    expect((await world.stateOf(groupId)).desired).to.equal(6);
    expect((await world.stateOf(other)).desired).to.equal(1);
  });

  it('ends with the newest token where a newer owner has the partition, and writes nothing', async () => {
    const groupId = await world.addGroup({ policies: { up: EVERY_MINUTE } });
    await world.clock.advance(60_000);
    const before = await world.stored(groupId);
    const newer = await world.newTerm(ending.signal);

    const result = await pass();

    expect(result).to.deep.equal({ kind: 'fenced', newest: newer.token });
    expect(await world.stored(groupId)).to.deep.equal(before);
    expect(world.events).to.deep.equal([]);
  });

  describe('where the store refuses a single record', () => {
    let bad: GroupId;
    let good: readonly GroupId[];

    beforeEach(async () => {
      const first = await world.addGroup({ policies: { up: EVERY_MINUTE } });
      bad = await world.addGroup({ policies: { up: EVERY_MINUTE, down: EVERY_MINUTE } });
      good = [first, await world.addGroup({ policies: { up: EVERY_MINUTE } })];
      await world.clock.advance(60_000);
    });

    /** Refuses units of the bad group: all, or those that do more than park. */
    function refuseBad(which: 'all' | 'firing') {
      return ({ method, args }: StoreCall) => {
        const units = method === 'commit' ? (args[2] as readonly Unit[]) : [];
        const isRefused = units.some(({ groupId, events }) => {
          const isParking = events.every(({ event }) => event === 'policy.parked');
          return groupId === bad && (which === 'all' || !isParking);
        });
        return isRefused ? rejectWith('unit-refused') : undefined;
      };
    }

    it('parks that group only, with what the store said', async () => {
      world.store.plan = refuseBad('firing');

      const result = await pass();

      expect(result).to.include({ kind: 'passed', isMoreDue: false });
      expect((await world.stored(bad)).due).to.deep.equal(new Map());
      const reason = 'the store was made to say unit-refused';
      expect(await world.history(bad)).to.deep.equal([
        { event: 'policy.parked', policyId: 'down', reason },
        { event: 'policy.parked', policyId: 'up', reason },
      ]);
      for (const groupId of good) expect((await world.stateOf(groupId)).desired).to.equal(1);
      expect(world.told('group.record-malformed')).to.deep.equal([]);
    });

    it('comes back at once for one of the others that moved meanwhile', async () => {
      const refuse = refuseBad('firing');
      const [first] = good;
      world.store.plan = (call) =>
        call.method === 'commit' && call.ofMethod === 2 && first !== undefined
          ? precededBy(() => world.write(first, {}))
          : refuse(call);

      expect(await pass()).to.include({ kind: 'passed', isMoreDue: true });
    });

    it('fires the others also where not even the parking can be stored', async () => {
      world.store.plan = refuseBad('all');

      const result = await pass(4);

      expect(result).to.include({ kind: 'passed', isMoreDue: true });
      for (const groupId of good) expect((await world.stateOf(groupId)).desired).to.equal(1);
      expect(world.told('group.record-malformed')).to.deep.equal([
        {
          event: 'group.record-malformed',
          ...{ partition: PARTITION, tenantId: 'tenant', groupId: bad },
          reason: 'the store was made to say unit-refused',
        },
      ]);
    });

    it('does not come back at once for what can never be stored', async () => {
      for (const groupId of good) {
        await world.write(groupId, { due: [{ policyId: policyId('up'), dueAt: undefined }] });
      }
      world.store.plan = refuseBad('all');

      const result = await pass(2);

      expect(result).to.include({ kind: 'passed', isMoreDue: false });
    });

    for (const { which, commitNumber } of [
      { which: 'a claim', commitNumber: 2 },
      { which: 'the parking', commitNumber: 4 },
    ]) {
      it(`ends where ${which} of a single group is fenced`, async () => {
        const refuse = refuseBad('firing');
        world.store.plan = (call) =>
          call.method === 'commit' && call.ofMethod === commitNumber
            ? precededBy(() => world.newTerm(ending.signal))
            : refuse(call);

        const result = await pass();

        expect(result.kind).to.equal('fenced');
        expect((await world.stored(bad)).due.size).to.equal(2);
        const [, last] = good;
        expect(last && (await world.history(last))).to.deep.equal([]);
      });
    }

    it('passes on what else the store says to a single group', async () => {
      const refuse = refuseBad('firing');
      world.store.plan = (call) =>
        call.ofMethod === 3 ? rejectWith('store-unavailable') : refuse(call);

      const outcome = await pass().catch((error: unknown) => error);

      expect(outcome).to.have.property('code', 'store-unavailable');
    });
  });
});
