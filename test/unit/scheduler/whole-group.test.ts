import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import type { CapacityWindow } from '../../../src/domain/group/policy.ts';
import type { OwnerTerm } from '../../../src/ports/owner-term.ts';
import { tick } from '../../../src/scheduler/tick.ts';
import type { TickResult } from '../../../src/scheduler/tick.ts';
import { precededBy, rejectWith } from '../../support/faulty-store.ts';
import { LutraError } from '../../../src/base/errors.ts';
import { definitionField, progressField } from '../../../src/domain/group/fields.ts';
import type { CommitId } from '../../../src/domain/ids.ts';
import type { DueGroup, Store, StoredGroup } from '../../../src/ports/store.ts';
import { withTurningWhole } from '../../../src/scheduler/whole-group.ts';
import { aDueGroup } from '../../support/due-group.ts';
import { after, policyId, World } from '../../support/world.ts';

const LISTED = aDueGroup({ policies: { a: { dueAt: after(5) } } });
const LIST = { now: after(10), groups: [LISTED] };

function stored(change: Partial<StoredGroup> = {}): StoredGroup {
  const { groupId, tenantId, version } = LISTED;
  const [a] = LISTED.policies;
  return {
    ...{ groupId, tenantId, version, generation: 1, isDivergent: false },
    fields: {
      [definitionField(policyId('a'))]: a?.definition ?? '',
      [progressField(policyId('a'))]: a?.progress ?? '',
    },
    due: new Map([
      [policyId('c'), after(11)],
      [policyId('b'), after(5)],
      [policyId('a'), after(5)],
    ]),
    ...change,
  };
}

function holding(group: StoredGroup | undefined): Pick<Store, 'group'> {
  return { group: () => Promise.resolve({ now: after(10), group }) };
}

function failingWith(code: 'record-malformed' | 'store-unavailable'): Pick<Store, 'group'> {
  return { group: () => Promise.reject(new LutraError(code, 'no')) };
}

describe('withTurningWhole', () => {
  it('has all that is due of the group that the list ends in, as they are due, and nothing that is not', async () => {
    const [whole] = await withTurningWhole(holding(stored()), LIST);

    expect(whole?.policies).to.deep.equal([
      ...LISTED.policies,
      { policyId: 'b', dueAt: after(5), definition: undefined, progress: undefined },
    ]);
  });

  it('reads the group that the list ends in, and of others those whose plans turn', async () => {
    const asked: string[] = [];
    const group: Store['group'] = (groupId) => {
      asked.push(groupId);
      return Promise.resolve({ now: after(10), group: undefined });
    };
    const earlier: DueGroup = {
      ...aDueGroup({ policies: { a: { dueAt: after(1) } } }),
      groupId: '00000009-0000-4000-8000-000000000000' as DueGroup['groupId'],
    };

    await withTurningWhole({ group }, { now: after(10), groups: [earlier, LISTED] });

    expect(asked).to.deep.equal([LISTED.groupId]);
  });

  for (const { what, store } of [
    { what: 'was changed since', store: holding(stored({ version: 'other' as CommitId })) },
    { what: 'is gone', store: holding(undefined) },
    { what: 'cannot be read', store: failingWith('record-malformed') },
  ]) {
    it(`leaves the list as it is where that group ${what}`, async () => {
      expect(await withTurningWhole(store, LIST)).to.deep.equal(LIST.groups);
    });
  }

  it('has nothing to read of an empty list', async () => {
    const store = failingWith('store-unavailable');

    expect(await withTurningWhole(store, { now: after(10), groups: [] })).to.deep.equal([]);
  });

  it('passes on that the store does not answer', async () => {
    let error: unknown;
    await withTurningWhole(failingWith('store-unavailable'), LIST).catch((thrown: unknown) => {
      error = thrown;
    });

    expect(error).to.have.property('code', 'store-unavailable');
  });
});

const EVERY_MINUTE = { cron: '* * * * *' };

describe('a full batch', () => {
  let world: World;
  let term: OwnerTerm;

  beforeEach(async () => {
    world = new World();
    term = await world.newTerm(new AbortController().signal);
  });

  function pass(batchMax: number): Promise<TickResult> {
    return tick(term, world.schedulerDeps(), { batchMax });
  }

  it('has all that is due of the group that it ends in, so that windows meet', async () => {
    const open = { opensAt: after(0), closesAt: after(60_000), priority: 0, min: 5 };
    const window: CapacityWindow = {
      ...{ kind: 'window', durationSeconds: 60, measured: 'wall', priority: 0, min: 5 },
    };
    const groupId = await world.addGroup({
      state: { desired: 5, base: 2, windows: [{ policyId: policyId('closes'), ...open }] },
      policies: {
        closes: {
          ...{ cron: '0 0 1 1 *', adjustment: window, dueAt: after(60_000) },
          progress: { claimedAt: after(0), plannedAt: after(60_000) },
        },
        opens: { cron: '1 0 1 1 *', adjustment: window },
      },
    });
    const other = await world.addGroup({ policies: { up: EVERY_MINUTE } });
    await world.clock.advance(60_000);

    const result = await pass(1);

    expect(result).to.include({ kind: 'passed', isMoreDue: true });
    expect(await world.stateOf(groupId)).to.include({ desired: 5, base: 2 });
    const sizes = (await world.history(groupId)).map((event) =>
      'desiredAfter' in event ? event.desiredAfter : event.event,
    );
    expect(sizes).to.deep.equal([5, 5]);
    expect((await world.stateOf(other)).desired).to.equal(0);
  });

  it('has all that is due of a group whose plan turns before it ends, so that nothing dips on the way', async () => {
    const minute = { kind: 'window', durationSeconds: 60, measured: 'wall' } as const;
    const window: CapacityWindow = { ...minute, priority: 0, min: 5 };
    const open = { opensAt: after(0), closesAt: after(60_000), priority: 0, min: 5 };
    const groupId = await world.addGroup({
      state: { desired: 5, base: 2, windows: [{ policyId: policyId('closes'), ...open }] },
      policies: {
        closes: {
          ...{ cron: '0 0 1 1 *', adjustment: window, dueAt: after(60_000) },
          progress: { claimedAt: after(0), plannedAt: after(60_000) },
        },
        opens: { cron: '3 0 1 1 *', adjustment: window },
      },
    });
    await world.addGroup({ policies: { up: { cron: '2 0 1 1 *' } } });
    await world.clock.advance(180_000);

    await pass(2);

    expect(await world.stateOf(groupId)).to.include({ desired: 5, base: 2 });
  });

  it('is claimed as it is where that group cannot be read whole', async () => {
    const groupId = await world.addGroup({ policies: { a: EVERY_MINUTE, b: EVERY_MINUTE } });
    await world.clock.advance(60_000);
    world.store.plan = ({ method }) =>
      method === 'group' ? rejectWith('unit-refused') : undefined;

    await pass(1);

    expect((await world.stateOf(groupId)).desired).to.equal(1);
  });

  it('leaves that group due where it changed after the read', async () => {
    const groupId = await world.addGroup({ policies: { a: EVERY_MINUTE, b: EVERY_MINUTE } });
    await world.clock.advance(60_000);
    world.store.plan = ({ method }) =>
      method === 'group' ? precededBy(() => world.writeState(groupId, { desired: 5 })) : undefined;

    expect(await pass(1)).to.include({ kind: 'passed', isMoreDue: true });

    expect((await world.stateOf(groupId)).desired).to.equal(5);
  });
});
