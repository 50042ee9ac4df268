import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import type { CapacityWindow } from '../../../src/domain/group/policy.ts';
import type { OwnerTerm } from '../../../src/ports/owner-term.ts';
import { tick } from '../../../src/scheduler/tick.ts';
import type { TickResult } from '../../../src/scheduler/tick.ts';
import { precededBy, rejectWith } from '../../support/faulty-store.ts';
import { after, policyId, World } from '../../support/world.ts';

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
