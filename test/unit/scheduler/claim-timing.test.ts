/** Claims of policies whose schedules say more than a cron expression. */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { epochMs } from '../../../src/base/clock.ts';
import type { EpochMs } from '../../../src/base/clock.ts';
import { encodeField } from '../../../src/domain/group/fields.ts';
import type { MisfireChoice, Schedule } from '../../../src/domain/group/policy.ts';
import { dueInstants } from '../../../src/domain/schedule/jitter.ts';
import { compileSchedule } from '../../../src/domain/schedule/occurrences.ts';
import type { Unit } from '../../../src/ports/store.ts';
import { claimAt } from '../../support/due-group.ts';
import { policyId } from '../../support/world.ts';

const MINUTE_MS = 60_000;
const START = Date.UTC(2030, 0, 1);
const minute = (number: number): EpochMs => epochMs(START + number * MINUTE_MS);

/** What was done about which minutes. */
function fatesOf(unit: Unit): readonly string[] {
  return unit.events.map((event) => {
    if (event.event === 'policy.fired') return `${minuteOf(event.plannedAt)} ${event.outcome}`;
    if (event.event !== 'policy.missed') return event.event;
    return `${minuteOf(event.first)}..${minuteOf(event.last)} ${event.reason}`;
  });
}

function minuteOf(at: number): number {
  return (at - START) / MINUTE_MS;
}

describe('claimDue of a policy with a time zone', () => {
  const schedule: Schedule = { kind: 'cron', cron: '0 9 * * *', timezone: 'Europe/Berlin' };

  it('arms nine o’clock in winter and in summer across the day on which clocks change', () => {
    const dueAt = epochMs(Date.UTC(2030, 2, 30, 8));

    const unit = claimAt(dueAt, { policies: { up: { schedule, dueAt } } });

    expect(unit.due).to.deep.equal([{ policyId: 'up', dueAt: Date.UTC(2030, 2, 31, 7) }]);
    expect(unit.events.map(({ event }) => event)).to.deep.equal(['policy.fired']);
  });

  it('records what was missed with the schedule as it was', () => {
    const dueAt = epochMs(Date.UTC(2030, 2, 30, 8));

    const unit = claimAt(epochMs(Date.UTC(2030, 3, 1, 7)), {
      policies: { up: { schedule, dueAt } },
    });

    expect(unit.events[0]).to.deep.equal({
      ...{ event: 'policy.missed', policyId: 'up', reason: 'superseded', schedule },
      ...{ first: dueAt, last: Date.UTC(2030, 2, 31, 7) },
    });
  });

  it('parks it where the zone is not known any more', () => {
    const dueAt = minute(0);

    const unit = claimAt(dueAt, {
      policies: { up: { schedule: { ...schedule, timezone: 'Mars/Olympus' }, dueAt } },
    });

    expect(unit.events).to.deep.equal([
      {
        ...{ event: 'policy.parked', policyId: 'up' },
        reason: 'cannot compile the stored schedule: timezone "Mars/Olympus" is not known',
      },
    ]);
  });
});

describe('claimDue of a policy whose schedule ends', () => {
  it('disarms it with its last occurrence', () => {
    const schedule: Schedule = { kind: 'cron', cron: '* * * * *', end: '2030-01-01T00:01:00Z' };

    const unit = claimAt(minute(0), { policies: { up: { schedule, dueAt: minute(0) } } });

    expect(fatesOf(unit)).to.deep.equal(['0 scaled']);
    expect(unit.due).to.deep.equal([{ policyId: 'up', dueAt: undefined }]);
  });
});

describe('claimDue of a policy with a misfire', () => {
  const CASES: readonly {
    readonly misfire: MisfireChoice | undefined;
    readonly fates: readonly string[];
  }[] = [
    { misfire: undefined, fates: ['0..4 superseded', '5 scaled'] },
    { misfire: { policy: 'latest' }, fates: ['0..4 superseded', '5 scaled'] },
    {
      misfire: { policy: 'latest', withinSeconds: 29 },
      fates: ['0..4 superseded', '5..5 too-late'],
    },
    {
      misfire: { policy: 'all' },
      fates: ['0 scaled', '1 scaled', '2 scaled', '3 scaled', '4 scaled', '5 scaled'],
    },
    {
      misfire: { policy: 'all', withinSeconds: 150 },
      fates: ['0..2 too-late', '3 scaled', '4 scaled', '5 scaled'],
    },
    { misfire: { policy: 'skip' }, fates: ['0..4 too-late', '5 scaled'] },
    { misfire: { policy: 'skip', withinSeconds: 29 }, fates: ['0..5 too-late'] },
  ];
  for (const { misfire, fates } of CASES) {
    it(`does what ${JSON.stringify(misfire ?? 'nothing')} says after five minutes and a half`, () => {
      const unit = claimAt(minute(5.5), {
        policies: { up: { dueAt: minute(0), ...(misfire === undefined ? {} : { misfire }) } },
      });

      expect(fatesOf(unit)).to.deep.equal(fates);
      expect(unit.due).to.deep.equal([{ policyId: 'up', dueAt: minute(6) }]);
    });
  }

  it('makes up a hundred occurrences at most, the newest, oldest first', () => {
    const unit = claimAt(minute(150), {
      policies: { up: { dueAt: minute(0), misfire: { policy: 'all' } } },
    });

    const fates = fatesOf(unit);
    expect(fates.slice(0, 2)).to.deep.equal(['0..50 catch-up-limit', '51 scaled']);
    expect([fates.length, fates.at(-1)]).to.deep.equal([101, '150 refused']);
  });

  it('leaves out a single instant that is found too late', () => {
    const unit = claimAt(minute(5), {
      policies: {
        up: {
          ...{ dueAt: minute(0), schedule: { kind: 'at', at: '2030-01-01T00:00:00Z' } },
          misfire: { policy: 'skip' },
        },
      },
    });

    expect(fatesOf(unit)).to.deep.equal(['0..0 too-late']);
    expect(unit.due).to.deep.equal([{ policyId: 'up', dueAt: undefined }]);
  });
});

describe('claimDue of a policy with jitter', () => {
  const schedule: Schedule = { kind: 'cron', cron: '* * * * *', jitterSeconds: 60 };
  const UP = policyId('up');
  const dueOf = dueInstants(UP, schedule, compileSchedule(schedule));
  const armed = (number: number): object => ({
    schedule,
    ...{ dueAt: dueOf(minute(number)), progress: { plannedAt: minute(number) } },
  });
  /** The distance to the minute before, in ms. */
  const sinceBefore = (number: number): number => dueOf(minute(number)) - dueOf(minute(number - 1));
  /** A minute whose occurrence is due much less than a minute after the one before it. */
  const near = Array.from({ length: 100 }, (_, index) => index + 1).find(
    (number) => sinceBefore(number) < 30_000,
  );
  if (near === undefined) throw new Error('jitter brings some occurrences together');

  it('fires the planned instant when it is due, and arms the next for when that is', () => {
    const unit = claimAt(dueOf(minute(3)), { policies: { up: armed(3) as never } });

    expect(unit.events).to.deep.include({
      ...{ event: 'policy.fired', policyId: 'up', outcome: 'scaled' },
      ...{ desiredBefore: 0, desiredAfter: 1, occurrenceId: `up@${minute(3)}` },
      ...{ plannedAt: minute(3), dueAt: dueOf(minute(3)) },
    });
    expect(JSON.parse(unit.set['progress:up'] ?? '')).to.deep.equal({
      ...{ claimedAt: minute(3), plannedAt: minute(4), touchedAt: dueOf(minute(3)) },
    });
    expect(unit.due).to.deep.equal([{ policyId: 'up', dueAt: dueOf(minute(4)) }]);
  });

  it('fires every occurrence once, never early, over an hour of claims at any instant', () => {
    const fired: number[] = [];
    let dueAt = dueOf(minute(0));
    let progress = encodeField({ plannedAt: minute(0) });
    for (let now = START; now < minute(60); now += 7_001) {
      if (now < dueAt) continue;
      const unit = claimAt(epochMs(now), {
        policies: {
          up: {
            ...{ schedule, dueAt, misfire: { policy: 'all' }, stored: { progress } },
          },
        },
      });
      for (const event of unit.events) {
        if (event.event !== 'policy.fired') throw new Error(event.event);
        expect(now).to.be.at.least(dueOf(event.plannedAt));
        fired.push(minuteOf(event.plannedAt));
      }
      dueAt = unit.due[0]?.dueAt ?? dueAt;
      progress = unit.set['progress:up'] ?? progress;
    }
    expect(fired).to.deep.equal(fired.map((_, index) => index));
    expect(fired.length).to.be.within(59, 60);
  });

  it('lets a cooldown of one period pass, though jitter brings two occurrences together', () => {
    const before = near - 1;
    const touchedAt = dueOf(minute(before));

    const unit = claimAt(dueOf(minute(near)), {
      limits: { cooldownSeconds: 60 },
      state: { touchedAt, changedBy: `up@${minute(before)}` },
      policies: {
        up: {
          ...(armed(near) as { dueAt: EpochMs }),
          cooldownSeconds: 60,
          progress: { plannedAt: minute(near), touchedAt },
        },
      },
    });

    expect(fatesOf(unit)).to.deep.equal([`${near} scaled`]);
  });

  for (const [what, state] of [
    ['a window', { changedBy: `window@${minute(near)}` }],
    ['the configuration', {}],
  ] as const) {
    it(`lets it pass as well where ${what} has changed the size in between`, () => {
      const touchedAt = dueOf(minute(near - 1));

      const unit = claimAt(dueOf(minute(near)), {
        limits: { cooldownSeconds: 60 },
        state: { touchedAt, ...state },
        policies: {
          up: {
            ...(armed(near) as { dueAt: EpochMs }),
            cooldownSeconds: 60,
            progress: { plannedAt: minute(near), touchedAt },
          },
        },
      });

      expect(fatesOf(unit)).to.deep.equal([`${near} scaled`]);
    });
  }

  it('does not let a cooldown pass that somebody else began in between', () => {
    const touchedAt = epochMs(dueOf(minute(near)) - 1_000);

    const unit = claimAt(dueOf(minute(near)), {
      limits: { cooldownSeconds: 60 },
      state: { touchedAt, changedBy: 'somebody' },
      policies: { up: armed(near) as never },
    });

    expect(fatesOf(unit)).to.deep.equal([`${near} refused`]);
  });

  it('decides several policies in the order in which they were due', () => {
    const at = epochMs(dueOf(minute(3)) - 1);
    const once: Schedule = { kind: 'at', at: new Date(at).toISOString() };

    const unit = claimAt(minute(4), {
      policies: { up: armed(3) as never, once: { schedule: once, dueAt: at } },
    });

    expect(
      unit.events.map((event) => (event.event === 'policy.fired' ? event.policyId : event.event)),
    ).to.deep.equal(['once', 'up']);
  });
});
