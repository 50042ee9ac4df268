import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import type { CalendarEntry } from '../../../src/domain/calendar/calendar.ts';
import type { PolicyDefinition } from '../../../src/domain/group/policy.ts';
import { isoOf } from '../../../src/domain/schedule/iso.ts';
import { putCalendar } from '../../../src/scaling/change-calendars.ts';
import type { PutCalendarResult } from '../../../src/scaling/change-calendars.ts';
import type { ScalingDeps } from '../../../src/scaling/scaling-deps.ts';
import { TENANT } from '../../support/builders.ts';
import { DAILY, entriesOf } from '../../support/calendars.ts';
import { after, aGroup, aPolicy, aScaling, finish, LIMITS } from '../../support/scaling.ts';
import type { ScalingFixture } from '../../support/scaling.ts';

const DAY_MS = 86_400_000;

describe('a calendar that leaves policies no occurrence', () => {
  let scaling: ScalingFixture;
  let deps: ScalingDeps;
  beforeEach(() => {
    scaling = aScaling();
    deps = scaling.deps;
  });

  function put(name: string, entries: readonly CalendarEntry[]): Promise<PutCalendarResult> {
    const target = { tenantId: TENANT, name, by: 'ada', signal: new AbortController().signal };
    return finish(scaling.clock, putCalendar(deps, target, { entries }));
  }

  it('tells them, and no others', async () => {
    await put('days', entriesOf(after(DAY_MS)));
    const on = (name: string, schedule = DAILY, changes = {}): PolicyDefinition =>
      aPolicy({ name, schedule: { ...schedule, only: ['days'] }, ...changes });
    const window = {
      adjustment: { kind: 'window', min: 3, durationSeconds: 60, measured: 'elapsed' },
    } as const;
    const { groupId, policyIds } = await aGroup(deps, {
      policies: [
        on('gone'),
        on('opens no more', DAILY, window),
        on('over anyway', { ...DAILY, end: isoOf(after(DAY_MS + 1)) }),
        aPolicy({ name: 'without', schedule: DAILY }),
      ],
    });

    // Midnight of today is now, so that nothing comes; the one that ends would have had one more.
    const result = await put('days', entriesOf(after(0)));

    const named = (index: number, policyName: string): object => ({
      ...{ groupId, groupName: 'web', policyId: policyIds[index], policyName },
    });
    expect(result).to.deep.include({
      ...{ silencedCount: 3 },
      silenced: [named(0, 'gone'), named(1, 'opens no more'), named(2, 'over anyway')],
    });
    await scaling.clock.advance(2 * DAY_MS);
    const again = await put('days', []);
    expect(again).to.deep.include({
      ...{ silencedCount: 2, silenced: [named(0, 'gone'), named(1, 'opens no more')] },
    });
  });

  it('tells none that is still to act on what has come due', async () => {
    await put('days', entriesOf(after(DAY_MS)));
    await aGroup(deps, { policies: [aPolicy({ schedule: { ...DAILY, only: ['days'] } })] });
    await scaling.clock.advance(DAY_MS + 1);

    expect(await put('days', entriesOf(after(DAY_MS), after(0)))).to.deep.include({
      ...{ changedCount: 1, silencedCount: 0, silenced: [] },
    });
  });

  it('tells at most a hundred, and counts all', async () => {
    await put('days', entriesOf(after(DAY_MS)));
    const policy = aPolicy({ schedule: { ...DAILY, only: ['days'] } });
    const count = LIMITS.maxPoliciesPerGroup;
    for (let left = 101; left > 0; left -= count) {
      await aGroup(deps, {
        policies: Array.from({ length: Math.min(left, count) }, () => policy),
      });
    }

    const result = await put('days', []);

    expect(result.kind === 'put' && [result.silencedCount, result.silenced.length]).to.deep.equal([
      101, 100,
    ]);
  });
});
