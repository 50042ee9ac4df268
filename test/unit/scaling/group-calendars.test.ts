import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { LutraError } from '../../../src/base/errors.ts';
import type { CalendarEntry } from '../../../src/domain/calendar/calendar.ts';
import { COPIES_FIELD } from '../../../src/domain/calendar/copies.ts';
import { copiesIn } from '../../../src/domain/group/fields.ts';
import type { PolicyDefinition } from '../../../src/domain/group/policy.ts';
import type { GroupId } from '../../../src/domain/ids.ts';
import {
  changePolicy,
  createPolicies,
  deletePolicy,
} from '../../../src/scaling/change-policies.ts';
import { createGroup } from '../../../src/scaling/create-group.ts';
import { forecastGroup } from '../../../src/scaling/forecast-group.ts';
import { CALENDARS_PER_GROUP_MAX } from '../../../src/scaling/group-calendars.ts';
import type { ScalingDeps } from '../../../src/scaling/scaling-deps.ts';
import { TENANT } from '../../support/builders.ts';
import { DAILY, entriesOf } from '../../support/calendars.ts';
import {
  after,
  aGroup,
  aGroupRequest,
  aPolicy,
  aScaling,
  historyOf,
  rejectionOf,
  storedGroupOf,
} from '../../support/scaling.ts';
import type { CreatedGroup } from '../../support/scaling.ts';

const DAY_MS = 86_400_000;

describe('policies that name calendars', () => {
  let deps: ScalingDeps;
  beforeEach(() => {
    ({ deps } = aScaling());
  });

  async function put(name: string, entries: readonly CalendarEntry[]): Promise<void> {
    const { revision } = await deps.calendars.list(TENANT);
    await deps.calendars.put(TENANT, { name, entries }, revision);
  }

  function naming(...exclude: readonly string[]): PolicyDefinition {
    return aPolicy({ schedule: { ...DAILY, exclude } });
  }

  async function copyNames(groupId: GroupId): Promise<readonly string[]> {
    return Object.keys(copiesIn((await storedGroupOf(deps.store, groupId)).fields)());
  }

  async function dueAt(
    { groupId, policyIds }: CreatedGroup,
    index = 0,
  ): Promise<number | undefined> {
    const { due } = await storedGroupOf(deps.store, groupId);
    return due.get(policyIds[index] ?? expect.fail());
  }

  it('are created with their group, armed outside of what the calendars exclude', async () => {
    await put('a', entriesOf(after(DAY_MS)));
    await put('b', [{ calendar: 'a' }]);

    const group = await aGroup(deps, { policies: [naming('b')] });

    expect(await dueAt(group)).to.equal(after(2 * DAY_MS));
    expect(await copyNames(group.groupId)).to.deep.equal(['b']);
    const { fields } = await storedGroupOf(deps.store, group.groupId);
    expect(
      Object.entries(fields)
        .filter(([name]) => name.startsWith('policy:'))
        .join(),
    ).not.to.include('2026');
  });

  it('give a group its copies with the policies, and take them away with the last that names them', async () => {
    await put('a', entriesOf(after(DAY_MS)));
    const { groupId, target } = await aGroup(deps);
    expect(Object.keys((await storedGroupOf(deps.store, groupId)).fields)).not.to.include(
      COPIES_FIELD,
    );

    const request = { definitions: [naming('a'), naming('a')], by: 'ada' };
    const created = await createPolicies(deps, target, request);
    if (created.kind !== 'created') expect.fail(created.kind);
    const [first = expect.fail(), second = expect.fail()] = created.policies.map(({ id }) => id);

    expect(await copyNames(groupId)).to.deep.equal(['a']);
    expect((await historyOf(deps.store, groupId)).map(({ event }) => event)).to.deep.equal([
      ...['group.created', 'policy.created', 'policy.created'],
    ]);
    await deletePolicy(deps, { ...target, policyId: first }, { by: 'ada' });
    expect(await copyNames(groupId)).to.deep.equal(['a']);
    await changePolicy(deps, { ...target, policyId: second }, { definition: naming(), by: 'ada' });
    expect(Object.keys((await storedGroupOf(deps.store, groupId)).fields)).not.to.include(
      COPIES_FIELD,
    );
  });

  it('bring a newer copy to the other policies of their group, which are armed anew', async () => {
    await put('a', []);
    const group = await aGroup(deps, { policies: [naming('a')] });
    await put('a', entriesOf(after(DAY_MS)));

    await createPolicies(deps, group.target, { definitions: [naming('a')], by: 'ada' });

    expect(await dueAt(group)).to.equal(after(2 * DAY_MS));
    expect(
      (await historyOf(deps.store, group.groupId)).slice(-2).map(({ event }) => event),
    ).to.deep.equal(['policy.created', 'group.calendars-changed']);
  });

  it('tell of openings that came and went before they are armed anew', async () => {
    const { clock, deps: own } = aScaling();
    deps = own;
    await put('a', []);
    const capacity = { durationSeconds: 60, measured: 'wall', priority: 0, min: 3 } as const;
    const window = { ...naming('a'), adjustment: { kind: 'window', ...capacity } } as const;
    const group = await aGroup(deps, { policies: [window] });
    const opensAt = after(DAY_MS);
    await put('a', entriesOf(after(10 * DAY_MS)));
    await clock.advance(DAY_MS + 3_600_000);

    await createPolicies(deps, group.target, { definitions: [naming('a')], by: 'ada' });

    const events = await historyOf(deps.store, group.groupId);
    const missed = events.filter(({ event }) => event === 'policy.missed');
    expect(missed).to.have.length(1);
    expect(missed[0]).to.include({ first: opensAt, last: opensAt });
  });

  it('are armed by the newest copy when they are written anew', async () => {
    await put('a', []);
    const group = await aGroup(deps, { policies: [naming('a')] });
    await put('a', entriesOf(after(DAY_MS)));
    const [policyId = expect.fail()] = group.policyIds;

    await changePolicy(deps, { ...group.target, policyId }, { definition: naming('a'), by: 'ada' });

    expect(await dueAt(group)).to.equal(after(2 * DAY_MS));
  });

  it('leave the copies of other policies as they are', async () => {
    await put('a', []);
    await put('b', []);
    const group = await aGroup(deps, { policies: [naming('a')] });
    await put('a', entriesOf(after(DAY_MS)));

    await createPolicies(deps, group.target, { definitions: [naming('b')], by: 'ada' });

    expect(await copyNames(group.groupId)).to.deep.equal(['a', 'b']);
    expect(await dueAt(group)).to.equal(after(DAY_MS));
  });

  describe('are refused', () => {
    const refusal = {
      ...{ kind: 'calendar-refused', index: 1, where: 'exclude[1]', name: 'missing' },
      ...{ problem: { kind: 'no-such-calendar', path: ['missing'] }, known: ['a'] },
    };
    const definitions = [aPolicy(), naming('a', 'missing')];

    beforeEach(() => put('a', []));

    it('with their group, which is not created', async () => {
      const result = await createGroup(deps, aGroupRequest({ policies: definitions }));

      expect(result).to.deep.equal(refusal);
      expect(await deps.store.countGroups(TENANT)).to.equal(0);
    });

    it('by a group that exists, which stays as it is', async () => {
      const { groupId, target } = await aGroup(deps);
      const before = await storedGroupOf(deps.store, groupId);

      expect(await createPolicies(deps, target, { definitions, by: 'ada' })).to.deep.equal(refusal);
      expect(await storedGroupOf(deps.store, groupId)).to.deep.equal(before);
    });

    it('when they are written anew, and stay as they were', async () => {
      const group = await aGroup(deps, { policies: [naming('a')] });
      const [policyId = expect.fail()] = group.policyIds;
      const before = await storedGroupOf(deps.store, group.groupId);
      const only = aPolicy({ schedule: { ...DAILY, only: ['missing'] } });

      expect(
        await changePolicy(deps, { ...group.target, policyId }, { definition: only, by: 'ada' }),
      ).to.include({ kind: 'calendar-refused', index: 0, where: 'only[0]' });
      expect(await storedGroupOf(deps.store, group.groupId)).to.deep.equal(before);
    });

    it('in a forecast of what they would do', async () => {
      const { target } = await aGroup(deps);
      const changes = { added: definitions, without: [], limits: {} };

      expect(await forecastGroup(deps, target, { changes, listed: 1 } as never)).to.deep.equal(
        refusal,
      );
    });

    it('where a group would have more calendars than it may, whatever named the others', async () => {
      const names = Array.from({ length: CALENDARS_PER_GROUP_MAX }, (_, n) => `c${String(n)}`);
      for (const name of names) await put(name, []);
      const half = CALENDARS_PER_GROUP_MAX / 2;
      const policies = [naming(...names.slice(0, half)), naming(...names.slice(half))];
      const { groupId, target } = await aGroup(deps, { policies });
      const count = CALENDARS_PER_GROUP_MAX + 1;
      const over = { kind: 'over-calendar-limit', count, max: CALENDARS_PER_GROUP_MAX };

      expect(
        await createPolicies(deps, target, { definitions: [naming('a')], by: 'ada' }),
      ).to.deep.equal(over);
      expect(await copyNames(groupId)).to.have.length(CALENDARS_PER_GROUP_MAX);
      expect(
        await createGroup(deps, aGroupRequest({ policies: [...policies, naming('a')] })),
      ).to.deep.equal(over);
    });
  });

  it('are forecast with the calendars that they would be given', async () => {
    await put('a', entriesOf(after(DAY_MS)));
    const { target } = await aGroup(deps);
    const changes = { added: [naming('a')], without: [], limits: {} };

    const result = await forecastGroup(deps, target, { changes, listed: 100 } as never);

    if (result.kind !== 'forecast') expect.fail(result.kind);
    expect(JSON.stringify(result.forecast)).to.include(String(after(2 * DAY_MS)));
    expect(JSON.stringify(result.forecast)).not.to.include(String(after(DAY_MS)));
  });

  it('need no registry where they name none', async () => {
    const away = (): Promise<never> =>
      Promise.reject(new LutraError('coordination-unavailable', 'away'));
    const calendars = { list: away, put: away, remove: away };
    const alone = { ...deps, calendars };

    const { target } = await aGroup(alone, { policies: [aPolicy({ schedule: DAILY })] });

    expect(
      await rejectionOf(createPolicies(alone, target, { definitions: [naming('a')], by: '' })),
    ).to.include({ code: 'coordination-unavailable' });
  });
});
