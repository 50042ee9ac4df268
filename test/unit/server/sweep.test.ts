import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { InvariantError } from '../../../src/base/assert.ts';
import { Gate } from '../../../src/base/gate.ts';
import { LutraError } from '../../../src/base/errors.ts';
import type { GroupId } from '../../../src/domain/ids.ts';
import type { TermEnd } from '../../../src/ports/owner-term.ts';
import type { CommitResult } from '../../../src/ports/store.ts';
import { runSweep } from '../../../src/server/sweep.ts';
import type { VisitPage } from '../../../src/server/sweep.ts';
import { rejectWith } from '../../support/faulty-store.ts';
import { after, PARTITION, World } from '../../support/world.ts';
import type { RunningLoop } from '../../support/world.ts';

const INTERVAL_MS = 300_000;

describe('runSweep', () => {
  let world: World;
  /** Instant and groups of every page that was visited, in ms after the start. */
  let visits: { readonly atMs: number; readonly groups: readonly GroupId[] }[];

  beforeEach(() => {
    world = new World();
    visits = [];
  });

  function start(
    visit: VisitPage = () => Promise.resolve(undefined),
    { delayMs = 0, sweeping = new Gate(1) } = {},
  ): Promise<RunningLoop<TermEnd>> {
    return world.start((term) =>
      runSweep(
        term,
        { ...world.schedulerDeps(), sweeping },
        {
          ...{ loop: 'repair', delayMs, intervalMs: INTERVAL_MS },
          visit: (page) => {
            const groups = page.groups.map(({ groupId }) => groupId);
            visits.push({ atMs: page.now - after(0), groups });
            return visit(page);
          },
        },
      ),
    );
  }

  async function addGroups(count: number): Promise<readonly GroupId[]> {
    const groupIds: GroupId[] = [];
    while (groupIds.length < count) groupIds.push(await world.addGroup({}));
    return groupIds;
  }

  function committed(count: number): Promise<CommitResult> {
    const results = Array.from({ length: count }, () => 'committed' as const);
    return Promise.resolve({ kind: 'answered', at: world.clock.now(), results });
  }

  it('visits every group once a walk, a page of 100 at a time with pauses between', async () => {
    const groupIds = await addGroups(230);
    await start();

    await world.clock.advance(1_000);

    expect(visits).to.deep.equal([
      { atMs: 0, groups: groupIds.slice(0, 100) },
      { atMs: 100, groups: groupIds.slice(100, 200) },
      { atMs: 200, groups: groupIds.slice(200) },
    ]);
  });

  it('walks again from the beginning one interval after the end of a walk', async () => {
    await addGroups(101);
    await start();

    await world.clock.advance(INTERVAL_MS + 200);

    // The last page has its pause, too, before others have their turn.
    expect(visits.map(({ atMs, groups }) => [atMs, groups.length])).to.deep.equal([
      [0, 100],
      [100, 1],
      [INTERVAL_MS + 200, 100],
    ]);
  });

  it('says which pages are of its first walk, those that it tries again included', async () => {
    await addGroups(101);
    const firsts: boolean[] = [];
    world.store.plan = ({ method, ofMethod }) =>
      method === 'walk' && ofMethod === 2 ? rejectWith('store-unavailable') : undefined;
    await start((page) => {
      firsts.push(page.isFirstWalk);
      return Promise.resolve(undefined);
    });

    await world.clock.advance(INTERVAL_MS + 5_000);

    expect(firsts).to.deep.equal([true, true, false, false]);
  });

  it('visits an empty partition too, once an interval', async () => {
    await start();

    await world.clock.advance(2 * (INTERVAL_MS + 100));

    const eachMs = INTERVAL_MS + 100;
    expect(visits.map(({ atMs }) => atMs)).to.deep.equal([0, eachMs, 2 * eachMs]);
  });

  it('pauses longer after a page of which it wrote much', async () => {
    await addGroups(101);
    await start(({ groups }) => committed(groups.length));

    await world.clock.advance(1_000);

    expect(visits.map(({ atMs }) => atMs)).to.deep.equal([0, 1_000]);
  });

  it('lets a term come to itself first', async () => {
    await start(undefined, { delayMs: 10_000 });

    await world.clock.advance(9_999);
    expect(visits).to.deep.equal([]);
    await world.clock.advance(1);
    expect(visits).to.have.length(1);
  });

  it('takes turns with other sweeps, page by page, pauses included', async () => {
    await addGroups(101);
    const sweeping = new Gate(1);
    await start(undefined, { sweeping });
    await start(undefined, { sweeping });

    await world.clock.advance(350);

    expect(visits.map(({ atMs }) => atMs)).to.deep.equal([0, 100, 200, 300]);
    expect(visits.map(({ groups }) => groups.length)).to.deep.equal([100, 100, 1, 1]);
  });

  it('stops at once with its term while another has its turn', async () => {
    const sweeping = new Gate(1);
    await start(() => new Promise(() => undefined), { sweeping });
    const waiting = await start(undefined, { sweeping });

    expect(await waiting.stop()).to.deep.equal({ kind: 'stopped' });
  });

  it('stops at once with its term, in the middle of its interval', async () => {
    const loop = await start();
    await world.clock.advance(1_000);

    expect(await loop.stop()).to.deep.equal({ kind: 'stopped' });

    await world.clock.advance(INTERVAL_MS);
    expect(visits).to.have.length(1);
  });

  it('ends where the store has seen a newer owner', async () => {
    const newest = { epoch: 0, revision: 9, claimId: 'newer' };
    const loop = await start(() => Promise.resolve({ kind: 'fenced', newest }));

    expect(await loop.ended).to.deep.equal({ kind: 'fenced', newest });
  });

  for (const code of ['store-changed', 'store-foreign'] as const) {
    it(`ends where it is no more the store that it was (${code})`, async () => {
      world.store.plan = () => rejectWith(code);
      const loop = await start();

      expect(await loop.ended).to.deep.equal({ kind: 'store-changed' });
    });
  }

  it('backs off while the store does not answer, and goes on where it was', async () => {
    const groupIds = await addGroups(101);
    let isAway = false;
    world.store.plan = () => (isAway ? rejectWith('store-unavailable') : undefined);
    await start();
    isAway = true;

    await world.clock.advance(600_000);

    const told = world.told('loop.failed');
    expect(told[0]).to.include({ loop: 'repair', partition: PARTITION });
    const waits = told.map(({ retryInMs }) => retryInMs);
    expect(waits[0]).to.be.within(500, 1_000);
    expect(waits[1]).to.be.within(1_000, 2_000);
    expect(Math.max(...waits)).to.be.within(31_000, 60_000);
    isAway = false;
    await world.clock.advance(60_000);
    expect(visits.map(({ groups }) => groups)).to.deep.equal([
      groupIds.slice(0, 100),
      groupIds.slice(100),
    ]);

    isAway = true;
    await world.clock.advance(INTERVAL_MS);
    expect(world.told('loop.failed')[waits.length]?.retryInMs).to.be.within(500, 1_000);
  });

  it('rejects where an invariant broke', async () => {
    const loop = await start(() => Promise.reject(new InvariantError('broken')));

    const outcome = await loop.ended.catch((error: unknown) => error);

    expect(outcome).to.be.instanceOf(InvariantError);
  });

  describe('where the store refuses a single record', () => {
    it('visits the others of its page, says which it is, and walks on', async () => {
      const groupIds = await addGroups(101);
      const bad = groupIds[1];
      await start(({ groups }) =>
        groups.some(({ groupId }) => groupId === bad)
          ? Promise.reject(new LutraError('unit-refused', 'too large'))
          : committed(groups.length),
      );

      await world.clock.advance(1_000);

      const visited = visits.map(({ atMs, groups }) => [atMs, groups.length]);
      // The whole page, each of its groups, then the next page after the pause that 99 written groups cost.
      expect(visited).to.deep.equal([
        [0, 100],
        ...Array.from({ length: 100 }, () => [0, 1]),
        [990, 1],
      ]);
      const where = { partition: PARTITION, tenantId: 'tenant', groupId: bad };
      expect(world.events).to.deep.equal([
        { event: 'group.record-malformed', ...where, reason: 'too large' },
      ]);
    });

    it('ends where one of the others is fenced', async () => {
      await addGroups(3);
      const newest = { epoch: 0, revision: 9, claimId: 'newer' };
      const loop = await start(({ groups }) =>
        groups.length > 1
          ? Promise.reject(new LutraError('unit-refused', 'too large'))
          : Promise.resolve({ kind: 'fenced', newest }),
      );

      expect(await loop.ended).to.deep.equal({ kind: 'fenced', newest });
      expect(visits).to.have.length(2);
    });
  });
});
