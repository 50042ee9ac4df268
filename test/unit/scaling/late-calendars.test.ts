import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { MemoryCalendarRegistry } from '../../../src/adapters/memory/calendar-registry.ts';
import type { CalendarEntry } from '../../../src/domain/calendar/calendar.ts';
import type { CronSchedule } from '../../../src/domain/group/policy.ts';
import type { HistoryEvent } from '../../../src/domain/history/event.ts';
import { putCalendar } from '../../../src/scaling/change-calendars.ts';
import { TENANT } from '../../support/builders.ts';
import { DAILY, entriesOf } from '../../support/calendars.ts';
import {
  after,
  aGroup,
  aPolicy,
  aScaling,
  finish,
  historyOf,
  storedGroupOf,
} from '../../support/scaling.ts';
import type { CreatedGroup, ScalingFixture } from '../../support/scaling.ts';

const DAY_MS = 86_400_000;

describe('a change of a calendar while something is due', () => {
  let scaling: ScalingFixture;
  beforeEach(() => {
    scaling = aScaling({ calendars: new MemoryCalendarRegistry() });
  });

  async function put(name: string, entries: readonly CalendarEntry[]): Promise<void> {
    const { signal } = new AbortController();
    const target = { tenantId: TENANT, name, by: 'ada', signal };
    await finish(scaling.clock, putCalendar(scaling.deps, target, { entries }));
  }

  async function aGroupFor(schedule: CronSchedule): Promise<CreatedGroup> {
    return aGroup(scaling.deps, { policies: [aPolicy({ schedule })] });
  }

  async function dueAt({ groupId, policyIds: [policyId] }: CreatedGroup): Promise<unknown> {
    const { due } = await storedGroupOf(scaling.deps.store, groupId);
    return due.get(policyId ?? expect.fail());
  }

  async function missed({ groupId }: CreatedGroup): Promise<readonly HistoryEvent[]> {
    const events = await historyOf(scaling.deps.store, groupId);
    return events.filter(({ event }) => event === 'policy.missed');
  }

  it('leaves armed what stands, for the claim', async () => {
    await put('holidays', []);
    const group = await aGroupFor({ ...DAILY, exclude: ['holidays'] });
    await scaling.clock.advance(DAY_MS);

    await put('holidays', entriesOf(after(9 * DAY_MS)));

    expect(await dueAt(group)).to.equal(after(DAY_MS));
    expect(await missed(group)).to.deep.equal([]);
  });

  it('arms the first that was due and stands, and records what is left out before it', async () => {
    await put('holidays', []);
    const group = await aGroupFor({ ...DAILY, exclude: ['holidays'] });
    await scaling.clock.advance(3 * DAY_MS);

    await put('holidays', entriesOf(after(DAY_MS), after(2 * DAY_MS)));

    expect(await dueAt(group)).to.equal(after(3 * DAY_MS));
    const [event, ...more] = await missed(group);
    expect(event).to.include({ first: after(DAY_MS), last: after(2 * DAY_MS), count: 2 });
    expect(more).to.deep.equal([]);
  });

  it('arms what comes next where nothing that was due stands', async () => {
    await put('holidays', []);
    const group = await aGroupFor({ ...DAILY, exclude: ['holidays'] });
    await scaling.clock.advance(DAY_MS);

    await put('holidays', entriesOf(after(DAY_MS)));

    expect(await dueAt(group)).to.equal(after(2 * DAY_MS));
    expect(await missed(group)).to.have.length(1);
  });
});
