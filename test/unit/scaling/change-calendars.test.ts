import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { MemoryCalendarRegistry } from '../../../src/adapters/memory/calendar-registry.ts';
import type { MemoryCalendarState } from '../../../src/adapters/memory/calendar-registry.ts';
import type { CalendarEntry } from '../../../src/domain/calendar/calendar.ts';
import { CALENDARS_MAX } from '../../../src/domain/calendar/named-calendar.ts';
import { copiesIn, decodePolicy } from '../../../src/domain/group/fields.ts';
import type { GroupId } from '../../../src/domain/ids.ts';
import { deleteCalendar, putCalendar } from '../../../src/scaling/change-calendars.ts';
import type {
  CalendarExpectation,
  DeleteCalendarResult,
  PutCalendarResult,
} from '../../../src/scaling/change-calendars.ts';
import { findCalendar, listCalendars } from '../../../src/scaling/read-calendars.ts';
import type { ScalingDeps } from '../../../src/scaling/scaling-deps.ts';
import { DAILY, entriesOf } from '../../support/calendars.ts';
import { TENANT } from '../../support/builders.ts';
import { delayBefore, FaultyStore, rejectWith } from '../../support/faulty-store.ts';
import {
  after,
  aGroup,
  aPolicy,
  aScaling,
  finish,
  groupOf,
  historyOf,
  storedGroupOf,
} from '../../support/scaling.ts';
import type { ScalingFixture } from '../../support/scaling.ts';

const DAY_MS = 86_400_000;

describe('changing calendars', () => {
  let state: MemoryCalendarState;
  let scaling: ScalingFixture;
  let deps: ScalingDeps;
  beforeEach(() => {
    state = new Map();
    scaling = aScaling({ calendars: new MemoryCalendarRegistry(state) });
    deps = scaling.deps;
  });

  function target(name: string): Parameters<typeof putCalendar>[1] {
    return { tenantId: TENANT, name, by: 'ada', signal: new AbortController().signal };
  }

  function put(
    name: string,
    entries: readonly CalendarEntry[],
    expectation?: CalendarExpectation,
  ): Promise<PutCalendarResult> {
    return finish(scaling.clock, putCalendar(deps, target(name), { entries, expectation }));
  }

  function remove(name: string, expectation?: CalendarExpectation): Promise<DeleteCalendarResult> {
    return finish(scaling.clock, deleteCalendar(deps, target(name), { expectation }));
  }

  async function names(): Promise<readonly string[]> {
    return (await listCalendars(deps, TENANT)).calendars.map(({ name }) => name);
  }

  /** A group with a policy that fires at midnight, but for the days of the calendar. */
  function aGroupWithout(calendar: string): ReturnType<typeof aGroup> {
    const schedule = { ...DAILY, exclude: [calendar] };
    return aGroup(deps, { policies: [aPolicy({ schedule })] });
  }

  async function versionsOf(groupId: GroupId): Promise<readonly string[]> {
    const { fields } = await storedGroupOf(deps.store, groupId);
    return Object.values(copiesIn(fields)()).map(({ version }) => version);
  }

  describe('by writing one', () => {
    it('stores it, and says that it is new', async () => {
      const entries = entriesOf(after(0));

      expect(await put('holidays', entries)).to.deep.equal({
        ...{ kind: 'put', isNew: true, calendar: { name: 'holidays', entries } },
        ...{ changedCount: 0, pendingCount: 0, silencedCount: 0, silenced: [] },
      });
      expect(await findCalendar(deps, TENANT, 'holidays')).to.deep.equal({
        ...{ name: 'holidays', entries },
      });
    });

    it('replaces it, and says that it was there', async () => {
      await put('holidays', entriesOf(after(0)));

      const result = await put('holidays', entriesOf(after(DAY_MS)));

      expect(result).to.include({ kind: 'put', isNew: false });
      expect((await findCalendar(deps, TENANT, 'holidays'))?.entries).to.deep.equal(
        entriesOf(after(DAY_MS)),
      );
    });

    it('writes nothing where it is not as expected', async () => {
      await put('holidays', entriesOf(after(0)));
      const { revision } = await deps.calendars.list(TENANT);
      const seen: unknown[] = [];

      const result = await put('holidays', [], (calendar) => {
        seen.push(calendar);
        return false;
      });

      expect(result).to.deep.equal({ kind: 'not-as-expected' });
      expect(seen).to.deep.equal([{ name: 'holidays', entries: entriesOf(after(0)) }]);
      expect((await deps.calendars.list(TENANT)).revision).to.equal(revision);
    });

    it('refuses one that includes what is not there, and names the way there', async () => {
      expect(await put('a', [{ calendar: 'b' }])).to.deep.equal({
        ...{ kind: 'unresolvable', name: 'a' },
        problem: { kind: 'no-such-calendar', path: ['a', 'b'] },
      });
      expect(await names()).to.deep.equal([]);
    });

    it('refuses what would close a circle', async () => {
      await put('b', []);
      await put('a', [{ calendar: 'b' }]);

      expect(await put('b', [{ calendar: 'a' }])).to.deep.equal({
        ...{ kind: 'unresolvable', name: 'b' },
        problem: { kind: 'circle', path: ['b', 'a', 'b'] },
      });
    });

    it('refuses what would give another one more entries than it may have', async () => {
      const some = (count: number): readonly CalendarEntry[] =>
        Array.from({ length: count }, () => ({ date: '2030-01-01' }));
      await put('b', some(1));
      await put('a', [{ calendar: 'b' }, ...some(499)]);

      expect(await put('b', some(2))).to.deep.equal({
        ...{ kind: 'unresolvable', name: 'a' },
        problem: { kind: 'too-many-entries', count: 501 },
      });
      expect((await findCalendar(deps, TENANT, 'b'))?.entries).to.have.length(1);
    });

    it('is not kept from it by another one that cannot be read', async () => {
      await put('a', []);
      await put('b', [{ calendar: 'a' }]);
      state.get(TENANT)?.records.set('a', 'no calendar');

      expect(await put('c', [])).to.include({ kind: 'put' });
      expect(await put('a', [])).to.include({ kind: 'put', isNew: false });
    });

    it('refuses one more than there may be, however many are written at the same time', async () => {
      const nodes = [deps, { ...deps, turns: aScaling().deps.turns }];
      for (let index = 2; index < CALENDARS_MAX; index += 1) await put(`c${String(index)}`, []);

      const results = await finish(
        scaling.clock,
        Promise.all(
          ['v', 'w', 'x', 'y', 'z'].map((name, index) =>
            putCalendar(nodes[index % 2] ?? deps, target(name), { entries: [] }),
          ),
        ),
      );

      expect(results.map(({ kind }) => kind).sort()).to.deep.equal([
        ...['over-calendar-limit', 'over-calendar-limit', 'over-calendar-limit', 'put', 'put'],
      ]);
      expect(await names()).to.have.length(CALENDARS_MAX);
    });

    it('lets no two that are written at the same time include each other', async () => {
      await put('a', []);
      await put('b', []);
      const other = { ...deps, turns: aScaling().deps.turns };

      const results = await finish(
        scaling.clock,
        Promise.all([
          putCalendar(deps, target('a'), { entries: [{ calendar: 'b' }] }),
          putCalendar(other, target('b'), { entries: [{ calendar: 'a' }] }),
        ]),
      );

      expect(results.map(({ kind }) => kind).sort()).to.deep.equal(['put', 'unresolvable']);
    });
  });

  describe('by bringing it to groups', () => {
    it('gives the new copy to each that names it, directly or not, and arms its policies anew', async () => {
      await put('holidays', []);
      await put('all', [{ calendar: 'holidays' }]);
      const used = await aGroupWithout('all');
      const [policyId = expect.fail()] = used.policyIds;
      const other = await aGroup(deps);
      const before = await versionsOf(used.groupId);

      const result = await put('holidays', entriesOf(after(DAY_MS)));

      expect(result).to.include({ changedCount: 1, pendingCount: 0 });
      const { due, fields } = await storedGroupOf(deps.store, used.groupId);
      expect(due.get(policyId)).to.equal(after(2 * DAY_MS));
      expect(decodePolicy(fields, policyId).progress).to.deep.equal({
        plannedAt: after(2 * DAY_MS),
      });
      expect(await versionsOf(used.groupId)).not.to.deep.equal(before);
      expect((await historyOf(deps.store, used.groupId)).at(-1)).to.deep.equal({
        ...{ event: 'group.calendars-changed', names: ['all'], by: 'ada' },
      });
      expect((await historyOf(deps.store, other.groupId)).length).to.equal(1);
    });

    it('leaves groups alone whose copies are right, and finishes by a repeat what was begun', async () => {
      await put('holidays', []);
      const { groupId } = await aGroupWithout('holidays');
      const { revision } = await deps.calendars.list(TENANT);
      const calendar = { name: 'holidays', entries: entriesOf(after(DAY_MS)) };
      await deps.calendars.put(TENANT, calendar, revision);

      expect(await put('holidays', calendar.entries)).to.include({ changedCount: 1 });
      const { version } = await storedGroupOf(deps.store, groupId);
      expect(await put('holidays', calendar.entries)).to.include({ changedCount: 0 });
      expect((await storedGroupOf(deps.store, groupId)).version).to.equal(version);
    });

    it('records what was due and not claimed yet where all of it is left out, with how many there were', async () => {
      await put('holidays', []);
      const { groupId, policyIds } = await aGroupWithout('holidays');
      await scaling.clock.advance(3 * DAY_MS);

      await put('holidays', entriesOf(after(DAY_MS), after(2 * DAY_MS), after(3 * DAY_MS)));

      const missed = (await historyOf(deps.store, groupId)).find(
        ({ event }) => event === 'policy.missed',
      );
      expect(missed).to.deep.equal({
        ...{ event: 'policy.missed', policyId: policyIds[0], reason: 'superseded' },
        ...{ first: after(DAY_MS), last: after(3 * DAY_MS), count: 3 },
        schedule: { ...DAILY, exclude: ['holidays'] },
      });
    });

    it('disarms a policy that has no occurrence left, and arms it when it has one again', async () => {
      await put('days', entriesOf(after(DAY_MS)));
      const schedule = { ...DAILY, only: ['days'] };
      const { groupId, policyIds } = await aGroup(deps, { policies: [aPolicy({ schedule })] });
      const [policyId = expect.fail()] = policyIds;

      await put('days', []);
      expect((await storedGroupOf(deps.store, groupId)).due.get(policyId)).to.equal(undefined);

      await put('days', entriesOf(after(4 * DAY_MS)));
      const { due } = await storedGroupOf(deps.store, groupId);
      expect(due.get(policyId)).to.equal(after(4 * DAY_MS));
    });

    it('closes a window that is open on a day that is left out now', async () => {
      await put('holidays', []);
      const adjustment = { kind: 'window', min: 3, durationSeconds: 7_200 } as const;
      const { groupId, policyIds } = await aGroup(deps, {
        policies: [
          aPolicy({
            adjustment: { ...adjustment, measured: 'elapsed', priority: 0 },
            schedule: { ...DAILY, exclude: ['holidays'] },
          }),
        ],
      });
      expect((await groupOf(deps.store, groupId)).state.desired).to.equal(3);

      await put('holidays', entriesOf(after(0)));

      const { state } = await groupOf(deps.store, groupId);
      expect([state.desired, state.windows]).to.deep.equal([0, undefined]);
      const { due } = await storedGroupOf(deps.store, groupId);
      expect(due.get(policyIds[0] ?? expect.fail())).to.equal(after(DAY_MS));
      const told = (await historyOf(deps.store, groupId)).slice(-2).map(({ event }) => event);
      expect(told).to.deep.equal(['group.calendars-changed', 'window.closed']);
    });

    it('counts a group that cannot be changed as pending, and brings it to the others', async () => {
      await put('holidays', []);
      const groups = [await aGroupWithout('holidays'), await aGroupWithout('holidays')];
      const [failing] = groups.map(({ groupId }) => groupId).sort();
      const store = new FaultyStore(deps.store);
      store.plan = ({ method, args }) =>
        method === 'group' && args[0] === failing ? rejectWith('store-unavailable') : undefined;
      deps = { ...deps, store };

      expect(await put('holidays', entriesOf(after(0)))).to.include({
        ...{ kind: 'put', changedCount: 1, pendingCount: 1 },
      });
    });

    it('counts groups that it has no time for as pending', async () => {
      await put('holidays', []);
      for (let count = 0; count < 3; count += 1) await aGroupWithout('holidays');
      const store = new FaultyStore(deps.store);
      store.plan = ({ method }) =>
        method === 'commit'
          ? delayBefore(scaling.clock.sleep(4_999, new AbortController().signal))
          : undefined;
      deps = { ...deps, store };

      expect(await put('holidays', entriesOf(after(0)))).to.include({
        ...{ changedCount: 2, pendingCount: 1 },
      });
    });
  });

  describe('by deleting one', () => {
    it('takes it away', async () => {
      await put('holidays', []);

      expect(await remove('holidays')).to.deep.equal({ kind: 'deleted' });
      expect(await names()).to.deep.equal([]);
      expect(await remove('holidays')).to.deep.equal({ kind: 'no-such-calendar' });
    });

    it('takes one away that cannot be read', async () => {
      await put('holidays', []);
      state.get(TENANT)?.records.set('holidays', 'no calendar');

      expect(await remove('holidays')).to.deep.equal({ kind: 'deleted' });
    });

    it('refuses while another one includes it or a group names it, and says which', async () => {
      await put('holidays', []);
      await put('all', [{ calendar: 'holidays' }]);
      const { groupId } = await aGroupWithout('holidays');

      expect(await remove('holidays')).to.deep.equal({
        ...{ kind: 'in-use', calendars: ['all'], groups: [{ id: groupId, name: 'web' }] },
      });
    });

    it('tells at most ten of each', async () => {
      await put('holidays', []);
      for (let index = 0; index < 11; index += 1) {
        await put(`c${String(index)}`, [{ calendar: 'holidays' }]);
        await aGroupWithout('holidays');
      }

      const result = await remove('holidays');

      expect(
        result.kind === 'in-use' && [result.calendars.length, result.groups.length],
      ).to.deep.equal([10, 10]);
    });

    it('leaves it where it is not as expected', async () => {
      await put('holidays', []);

      expect(await remove('holidays', () => false)).to.deep.equal({ kind: 'not-as-expected' });
      expect(await names()).to.deep.equal(['holidays']);
    });
  });
});
