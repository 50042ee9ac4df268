import { expect } from 'chai';
import { describe, it } from 'mocha';

import type { PolicyDefinition, Schedule } from '../../../src/domain/group/policy.ts';
import { definitionField, encodeField, progressField } from '../../../src/domain/group/fields.ts';
import { changePolicy } from '../../../src/scaling/change-policies.ts';
import { keepTiming } from '../../../src/scaling/keep-timing.ts';
import {
  aGroup,
  aPolicy,
  aScaling,
  after,
  commitDirectly,
  groupOf,
  historyOf,
  storedGroupOf,
} from '../../support/scaling.ts';

const PAST: Schedule = { kind: 'at', at: '2025-01-01T00:00:00Z' };
const ENDED: Schedule = {
  ...{ kind: 'cron', cron: '0 9 * * *', timezone: 'Europe/Berlin' },
  ...{ dst: { gap: 'skip', overlap: 'both' }, end: '2025-01-01T00:00:00Z' },
};

/** A group with one policy whose schedule has passed, as if its only occurrence had been claimed. */
async function aSubject(schedule: Schedule, armed: { readonly dueAt?: number } = {}) {
  const fixture = aScaling();
  const group = await aGroup(fixture.deps, {
    policies: [aPolicy({ name: 'once', schedule: { kind: 'at', at: '2030-01-01T00:00:00Z' } })],
  });
  const [policyId] = group.policyIds;
  if (policyId === undefined) throw new Error('the group has a policy');
  const { dueAt } = armed;
  const progress = { claimedAt: after(-2_000), touchedAt: after(-1_000) };
  await commitDirectly(fixture.store, group.groupId, {
    set: {
      [definitionField(policyId)]: encodeField(aPolicy({ name: 'once', schedule })),
      [progressField(policyId)]: encodeField({
        ...progress,
        ...(dueAt === undefined ? {} : { plannedAt: after(dueAt) }),
      }),
    },
    due: [{ policyId, dueAt: dueAt === undefined ? undefined : after(dueAt) }],
  });
  return {
    ...{ ...fixture, ...group, policyId, progress },
    change: (definition: PolicyDefinition) =>
      changePolicy(fixture.deps, { ...group.target, policyId }, { by: 'ada', definition }),
    stored: async () => {
      const { policies } = await groupOf(fixture.store, group.groupId);
      const { due } = await storedGroupOf(fixture.store, group.groupId);
      return { policy: policies.get(policyId), dueAt: due.get(policyId) };
    },
  };
}

describe('changePolicy of a policy whose schedule has passed', () => {
  for (const [what, schedule] of [
    ['instant', PAST],
    ['end', ENDED],
  ] as const) {
    it(`changes all else of it and leaves it disarmed, where it keeps its ${what}`, async () => {
      const subject = await aSubject(schedule);
      const wanted = aPolicy({
        ...{ name: 'renamed', cooldownSeconds: 5, adjustment: { kind: 'change', amount: 7 } },
        ...{ schedule, misfire: { policy: 'skip' } },
      });

      const result = await subject.change(wanted);

      const { policy, dueAt } = await subject.stored();
      const next = { before: undefined, after: undefined };
      expect(result).to.deep.equal({ kind: 'changed', policy, next });
      expect(policy).to.deep.include({ definition: wanted, progress: subject.progress });
      expect(dueAt).to.equal(undefined);
      expect((await historyOf(subject.store, subject.groupId)).slice(-1)).to.deep.equal([
        { event: 'policy.changed', policyId: subject.policyId, by: 'ada' },
      ]);
    });
  }

  it('leaves an occurrence armed that is due and not claimed yet', async () => {
    const subject = await aSubject({ kind: 'at', at: '2025-12-31T23:59:50Z' }, { dueAt: -10_000 });

    const result = await subject.change(
      aPolicy({ name: 'renamed', schedule: { kind: 'at', at: '2025-12-31T23:59:50Z' } }),
    );

    const { policy, dueAt } = await subject.stored();
    const next = { before: after(-10_000), after: after(-10_000) };
    expect(result).to.deep.equal({ kind: 'changed', policy, next });
    expect(policy?.definition.name).to.equal('renamed');
    expect(policy?.progress.plannedAt).to.equal(after(-10_000));
    expect(dueAt).to.equal(after(-10_000));
    const events = (await historyOf(subject.store, subject.groupId)).map(({ event }) => event);
    expect(events).not.to.include('policy.missed');
  });

  it('leaves it to the claim to tell of an opening that came and went', async () => {
    const capacity = { durationSeconds: 1, measured: 'wall', priority: 0, min: 3 } as const;
    const window = aPolicy({
      schedule: { kind: 'at', at: '2026-01-02T00:00:00Z' },
      adjustment: { kind: 'window', ...capacity },
    });
    const { clock, store, deps } = aScaling();
    const group = await aGroup(deps, { policies: [window] });
    const [policyId = expect.fail()] = group.policyIds;
    const stored = await storedGroupOf(store, group.groupId);
    const opensAt = stored.due.get(policyId) ?? expect.fail();
    await clock.advance(opensAt + 60_000 - clock.now());

    const request = { by: 'ada', definition: { ...window, name: 'renamed' } };
    await changePolicy(deps, { ...group.target, policyId }, request);

    expect((await storedGroupOf(store, group.groupId)).due.get(policyId)).to.equal(opensAt);
    expect((await historyOf(store, group.groupId)).map(({ event }) => event)).to.deep.equal([
      ...['group.created', 'policy.created', 'policy.changed'],
    ]);
  });

  it('disarms a window that would be over by now had it always been as short', async () => {
    const capacity = { measured: 'wall', priority: 0, min: 3 } as const;
    const windowOf = (durationSeconds: number): PolicyDefinition =>
      aPolicy({
        schedule: { kind: 'at', at: '2026-01-02T00:00:00Z' },
        adjustment: { kind: 'window', ...capacity, durationSeconds },
      });
    const { clock, store, deps } = aScaling();
    const group = await aGroup(deps, { policies: [windowOf(3_600)] });
    const [policyId = expect.fail()] = group.policyIds;
    await clock.advance(Date.parse('2026-01-02T00:10:00Z') - clock.now());
    const change = async (durationSeconds: number): Promise<unknown> => {
      const request = { by: 'ada', definition: windowOf(durationSeconds) };
      await changePolicy(deps, { ...group.target, policyId }, request);
      return (await storedGroupOf(store, group.groupId)).due.get(policyId);
    };

    expect(await change(1_800), 'open for another 20 minutes').to.equal(
      Date.parse('2026-01-02T00:30:00Z'),
    );
    expect(await change(300), 'over for 5 minutes').to.equal(undefined);
    expect(await change(300), 'and so it stays').to.equal(undefined);
    const { state } = await groupOf(store, group.groupId);
    expect(state.windows).to.equal(undefined);
  });

  it('refuses another schedule without an occurrence to come', async () => {
    const subject = await aSubject(PAST);
    const others: readonly Schedule[] = [
      { kind: 'at', at: '2025-01-01 00:00:00Z' },
      { kind: 'at', at: '2025-01-01T01:00:00', timezone: 'Europe/Berlin' },
      ENDED,
    ];

    for (const schedule of others) {
      expect(await subject.change(aPolicy({ schedule }))).to.deep.equal({ kind: 'never-fires' });
    }
    expect((await subject.stored()).policy?.definition).to.deep.equal(
      aPolicy({ name: 'once', schedule: PAST }),
    );
  });

  it('arms a schedule that has an occurrence to come', async () => {
    const subject = await aSubject(PAST);

    await subject.change(aPolicy({ schedule: { kind: 'at', at: '2026-01-01T00:01:00Z' } }));

    expect((await subject.stored()).dueAt).to.equal(after(60_000));
  });
});

describe('keepTiming', () => {
  const reached = {
    ...{ progress: { parked: 'unreadable', claimedAt: after(-1) }, dueAt: undefined },
    now: after(0),
  };
  const before = aPolicy({ schedule: { kind: 'cron', cron: '0 9 * * *', only: ['open'] } });

  it('parks nothing any more, and looks at what was written alone', () => {
    const schedule = { kind: 'cron', cron: '0 9 * * *', only: ['open'], calendars: {} } as const;

    expect(keepTiming(before, aPolicy({ schedule }), reached)).to.deep.equal({
      progress: { claimedAt: after(-1) },
      dueAt: undefined,
    });
  });

  it('keeps nothing of another schedule, nor of a policy that cannot be read', () => {
    const schedule = { kind: 'cron', cron: '0 9 * * *', only: ['shut'] } as const;

    expect([
      keepTiming(before, aPolicy({ schedule }), reached),
      keepTiming(undefined, before, reached),
    ]).to.deep.equal([undefined, undefined]);
  });
});
