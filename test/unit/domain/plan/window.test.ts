import { expect } from 'chai';
import { describe, it } from 'mocha';

import { epochMs, plusMs } from '../../../../src/base/clock.ts';
import type { EpochMs } from '../../../../src/base/clock.ts';
import type { CapacityWindow, CronSchedule } from '../../../../src/domain/group/policy.ts';
import type { PolicyId } from '../../../../src/domain/ids.ts';
import {
  judgeWindow,
  nextTurnOf,
  overdueTurnOf,
  periodExceeded,
  windowAt,
} from '../../../../src/domain/plan/window.ts';
import type { ScheduledWindow } from '../../../../src/domain/plan/window.ts';
import { isoOf } from '../../../../src/domain/schedule/iso.ts';
import { compileSchedule } from '../../../../src/domain/schedule/occurrences.ts';

const HOUR_MS = 3_600_000;
const HOUR_S = 3_600;

function aWindow(
  schedule: Omit<CronSchedule, 'kind'>,
  capacity: Partial<CapacityWindow> = {},
): ScheduledWindow {
  return {
    policyId: 'w' as PolicyId,
    capacity: {
      ...{ kind: 'window', durationSeconds: 8 * HOUR_S, measured: 'wall', priority: 0, min: 5 },
      ...capacity,
    },
    openings: compileSchedule({ kind: 'cron', ...schedule }),
  };
}

function at(text: string): EpochMs {
  return epochMs(Date.parse(text));
}

/** The openings and closings of a window after an instant, in the order in which they come. */
function turnsOf(window: ScheduledWindow, from: EpochMs, count: number): readonly string[] {
  const turns: string[] = [];
  let instant: EpochMs | undefined = from;
  for (let turn = 0; turn < count; turn += 1) {
    instant = nextTurnOf(window, instant);
    if (instant === undefined) break;
    const isOpen = windowAt(window, instant) !== undefined;
    turns.push(`${isOpen ? 'opens' : 'closes'} ${isoOf(instant)}`);
  }
  return turns;
}

const BERLIN = { timezone: 'Europe/Berlin' };

describe('windowAt', () => {
  const window = aWindow({ cron: '0 9 * * *' }, { max: 7, desired: 6, priority: 3 });

  it('tells when it opened, when it closes, and what holds meanwhile', () => {
    expect(windowAt(window, at('2030-01-01T12:00Z'))).to.deep.equal({
      ...{ policyId: 'w', priority: 3, min: 5, max: 7, desired: 6 },
      opensAt: at('2030-01-01T09:00Z'),
      closesAt: at('2030-01-01T17:00Z'),
    });
  });

  it('is half-open', () => {
    const isOpenAt = (text: string): boolean => windowAt(window, at(text)) !== undefined;

    expect(
      ['08:59:59.999', '09:00:00.000', '16:59:59.999', '17:00:00.000'].map((time) =>
        isOpenAt(`2030-01-01T${time}Z`),
      ),
    ).to.deep.equal([false, true, true, false]);
  });

  it('leaves out the openings that are skipped, and no others', () => {
    const first = at('2030-01-02T09:00Z');
    const skipping = { ...window, skipped: { first, last: at('2030-01-03T09:00Z') } };

    expect(turnsOf(skipping, at('2030-01-01T10:00Z'), 3)).to.deep.equal([
      'closes 2030-01-01T17:00:00.000Z',
      'opens 2030-01-04T09:00:00.000Z',
      'closes 2030-01-04T17:00:00.000Z',
    ]);
    expect(windowAt(skipping, at('2030-01-03T10:00Z'))).to.equal(undefined);
  });
});

describe('nextTurnOf', () => {
  it('has windows that follow one another without a gap meet at one instant, also where clocks change', () => {
    const day = aWindow({ cron: '0 9 * * *', ...BERLIN });
    const night = aWindow({ cron: '0 17 * * *', ...BERLIN }, { durationSeconds: 16 * HOUR_S });
    for (const night_ of ['2030-03-30', '2030-10-26', '2030-06-01']) {
      let instant = at(`${night_}T00:00Z`);
      for (let turn = 0; turn < 8; turn += 1) {
        const next = nextTurnOf(day, instant);
        expect(next).to.equal(nextTurnOf(night, instant));
        instant = next ?? instant;
        expect([windowAt(day, instant), windowAt(night, instant)].filter(Boolean)).to.have.length(
          1,
        );
      }
    }
  });

  it('is measured on the clock of the wall: to the same time of day on days of 23 and 25 hours', () => {
    const window = aWindow({ cron: '0 22 * * *', ...BERLIN }, { durationSeconds: 8 * HOUR_S });

    expect(turnsOf(window, at('2030-03-30T12:00Z'), 2)).to.deep.equal([
      'opens 2030-03-30T21:00:00.000Z',
      'closes 2030-03-31T04:00:00.000Z',
    ]);
    expect(turnsOf(window, at('2030-10-26T12:00Z'), 2)).to.deep.equal([
      'opens 2030-10-26T20:00:00.000Z',
      'closes 2030-10-27T05:00:00.000Z',
    ]);
  });

  it('is measured in elapsed time where that is said', () => {
    const window = aWindow(
      { cron: '0 22 * * *', ...BERLIN },
      { durationSeconds: 8 * HOUR_S, measured: 'elapsed' },
    );

    expect(turnsOf(window, at('2030-03-30T12:00Z'), 2)).to.deep.equal([
      'opens 2030-03-30T21:00:00.000Z',
      'closes 2030-03-31T05:00:00.000Z',
    ]);
  });

  it('closes at a time that clocks skip, or show twice, as times of day are read', () => {
    const gap = aWindow({ cron: '0 1 * * *', ...BERLIN }, { durationSeconds: 1.5 * HOUR_S });
    const overlap = aWindow({ cron: '0 1 * * *', ...BERLIN }, { durationSeconds: 1.5 * HOUR_S });

    expect(turnsOf(gap, at('2030-03-30T12:00Z'), 2)).to.deep.equal([
      'opens 2030-03-31T00:00:00.000Z',
      'closes 2030-03-31T01:30:00.000Z',
    ]);
    expect(turnsOf(overlap, at('2030-10-26T12:00Z'), 2)).to.deep.equal([
      'opens 2030-10-26T23:00:00.000Z',
      'closes 2030-10-27T00:30:00.000Z',
    ]);
  });

  it('never closes before it opened, where it opens the second time that clocks show a time', () => {
    const dst = { overlap: 'second' } as const;
    const window = aWindow({ cron: '30 2 * * *', ...BERLIN, dst }, { durationSeconds: 900 });

    expect(turnsOf(window, at('2030-10-26T12:00Z'), 2)).to.deep.equal([
      'opens 2030-10-27T01:30:00.000Z',
      'closes 2030-10-27T01:45:00.000Z',
    ]);
  });

  it('comes to an end with its schedule', () => {
    const window = aWindow({ cron: '0 9 * * *', end: '2030-01-02T12:00:00Z' });

    expect(turnsOf(window, at('2030-01-01T12:00Z'), 9)).to.deep.equal([
      'closes 2030-01-01T17:00:00.000Z',
      'opens 2030-01-02T09:00:00.000Z',
      'closes 2030-01-02T17:00:00.000Z',
    ]);
  });
});

describe('overdueTurnOf', () => {
  const window = aWindow({ cron: '0 9 * * *' });
  const now = at('2030-01-03T12:00Z');
  const open = windowAt(window, now);

  it('opens what is open, as at its opening', () => {
    expect(overdueTurnOf(window, [], now)).to.deep.equal({
      ...{ at: at('2030-01-03T09:00Z'), turn: { kind: 'window', policyId: 'w', open } },
    });
  });

  it('closes what is held and over, as at its closing, and leaves alone what was closed', () => {
    const held = open === undefined ? [] : [open];
    const later = at('2030-01-05T20:00Z');

    expect(overdueTurnOf(window, held, later)).to.deep.equal({
      ...{ at: at('2030-01-03T17:00Z'), turn: { kind: 'window', policyId: 'w', open: undefined } },
    });
    expect(overdueTurnOf(window, [], later)).to.equal(undefined);
  });
});

describe('a window that a change of clocks has last beyond its next opening', () => {
  // Half an hour comes twice there, from 14:30 UTC on: the opening at 01:33 lasts until 02:32 by the second of them.
  const window = aWindow(
    { cron: '33 * * * *', timezone: 'Australia/Lord_Howe', dst: { overlap: 'both' } },
    { durationSeconds: 59 * 60 },
  );
  const [first, second] = [at('2026-04-04T14:33Z'), at('2026-04-04T15:03Z')];
  const closesAt = at('2026-04-04T16:02Z');

  it('is taken over by that, and by none that is left out', () => {
    const skipping = { ...window, skipped: { first: second, last: second } };
    const asked = at('2026-04-04T15:34Z');

    expect(windowAt(window, asked)).to.deep.include({ opensAt: second, closesAt });
    expect(windowAt(skipping, asked)).to.deep.include({ opensAt: first, closesAt });
    expect([nextTurnOf(skipping, first), nextTurnOf(skipping, asked)]).to.deep.equal([
      closesAt,
      closesAt,
    ]);
  });
});

describe('judgeWindow', () => {
  const window = aWindow({ cron: '0 9 * * *' });
  const claimed = at('2030-01-01T09:00Z');

  it('is not due before its turn', () => {
    const armedAt = at('2030-01-01T17:00Z');

    expect(judgeWindow(window, { armedAt, claimedAt: claimed, now: plusMs(armedAt, -1) }))
      .to //
      .deep.equal({ kind: 'not-due' });
  });

  it('closes, and arms the next opening', () => {
    const armedAt = at('2030-01-01T17:00Z');

    expect(judgeWindow(window, { armedAt, claimedAt: claimed, now: armedAt })).to.deep.equal({
      ...{ kind: 'due', missed: [], claimedAt: claimed },
      next: at('2030-01-02T09:00Z'),
    });
  });

  it('opens, and arms the closing', () => {
    const armedAt = at('2030-01-02T09:00Z');
    const judgement = judgeWindow(window, { armedAt, claimedAt: claimed, now: armedAt });

    expect(judgement).to.deep.include({ missed: [], claimedAt: armedAt });
    expect(judgement).to.deep.include({ next: at('2030-01-02T17:00Z') });
  });

  it('tells after an outage of the openings that nobody saw', () => {
    const judge = (now: string): unknown =>
      judgeWindow(window, { armedAt: at('2030-01-01T17:00Z'), claimedAt: claimed, now: at(now) });

    expect(judge('2031-01-01T12:00Z')).to.deep.include({
      missed: [{ first: at('2030-01-02T09:00Z'), last: at('2030-12-31T09:00Z') }],
      claimedAt: at('2031-01-01T09:00Z'),
    });
    expect(judge('2030-01-03T20:00Z')).to.deep.include({
      missed: [{ first: at('2030-01-02T09:00Z'), last: at('2030-01-03T09:00Z') }],
      claimedAt: at('2030-01-03T09:00Z'),
    });
  });

  it('tells of openings that came before one which is left out, and after it, and not of that one', () => {
    const leftOut = at('2030-01-04T09:00Z');
    const skipping = { ...window, skipped: { first: leftOut, last: leftOut } };
    const judge = (armed: string, now: string): unknown =>
      judgeWindow(skipping, { armedAt: at(armed), claimedAt: leftOut, now: at(now) });
    const second = at('2030-01-02T09:00Z');
    const third = at('2030-01-03T09:00Z');
    const fifth = at('2030-01-05T09:00Z');

    expect(judge('2030-01-02T09:00Z', '2030-01-02T20:00Z')).to.deep.include({
      ...{ missed: [{ first: second, last: second }], claimedAt: leftOut, next: third },
    });
    expect(judge('2030-01-02T09:00Z', '2030-01-05T20:00Z')).to.deep.include({
      missed: [
        { first: second, last: third },
        { first: fifth, last: fifth },
      ],
    });
    expect(judge('2030-01-05T09:00Z', '2030-01-05T09:00Z')).to.deep.include({ missed: [] });
  });

  it('says of a year by minutes as much as of a day', () => {
    let calls = 0;
    const minutes = aWindow({ cron: '* * * * *' }, { durationSeconds: 30 });
    const { openings } = minutes;
    const counted = {
      ...openings,
      next: (after: EpochMs) => ((calls += 1), openings.next(after)),
      latest: (notAfter: EpochMs) => ((calls += 1), openings.latest(notAfter)),
    };

    judgeWindow(
      { ...minutes, openings: counted },
      { armedAt: claimed, claimedAt: claimed, now: plusMs(claimed, 365 * 24 * HOUR_MS) },
    );

    expect(calls).to.be.lessThan(10);
  });
});

describe('periodExceeded', () => {
  const from = at('2030-01-01T00:00Z');
  const daily = (hours: number, more = {}): number | undefined =>
    periodExceeded(
      aWindow({ cron: '0 9 * * *', ...BERLIN, ...more }, { durationSeconds: hours * HOUR_S }),
      from,
    );

  it('tells the shortest time between two openings of a window that would never close', () => {
    expect(daily(25)).to.equal(24 * HOUR_S);
    expect(daily(30, { cron: '0 9 * * 1-5' })).to.equal(24 * HOUR_S);
    expect(daily(1.5, { cron: '0 * * * *' })).to.equal(HOUR_S);
  });

  it('lets a window last exactly until the next opening', () => {
    expect(daily(24)).to.equal(undefined);
    expect(daily(1, { cron: '0 * * * *' })).to.equal(undefined);
    expect(daily(24, { cron: '30 2 * * *' })).to.equal(undefined);
  });
});
