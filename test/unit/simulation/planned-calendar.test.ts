/** The checker's reading of zones, dialects, spans and jitter, held against the product's. */
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';

import { epochMs } from '../../../src/base/clock.ts';
import type { CronSchedule, Schedule } from '../../../src/domain/group/policy.ts';
import type { PolicyId } from '../../../src/domain/ids.ts';
import { dueInstants } from '../../../src/domain/schedule/jitter.ts';
import { compileSchedule } from '../../../src/domain/schedule/occurrences.ts';
import { Calendars } from '../../simulation/checker/calendar.ts';
import { dueAtOf } from '../../simulation/checker/jitter.ts';
import type { Calendar } from '../../simulation/checker/occurrences.ts';

const MINUTE_MS = 60_000;
const BERLIN = { kind: 'cron', timezone: 'Europe/Berlin' } as const;

function calendarOf(schedule: Schedule): Calendar {
  const calendar = new Calendars().of(schedule);
  if (calendar === undefined) throw new Error('the schedule cannot be read');
  return calendar;
}

function timeOf(instant: number | undefined): string | undefined {
  return instant === undefined ? undefined : new Date(instant).toISOString().slice(0, 16);
}

const ZONES = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'America/Santiago'];
const AROUND = ['2026-03-29', '2026-10-25', '2026-03-08', '2026-11-01', '2026-04-05', '2026-09-06'];
const CRONS = ['30 2 * * *', '*/20 0-3 * * *', '0 */2 * * *', '*/15 * * * *', '10 23,1 * * *'];

const schedules: fc.Arbitrary<CronSchedule> = fc
  .record({
    cron: fc.constantFrom(...CRONS),
    timezone: fc.constantFrom(undefined, ...ZONES),
    gap: fc.constantFrom('shift' as const, 'skip' as const),
    overlap: fc.constantFrom('first' as const, 'second' as const, 'both' as const),
    isExtended: fc.boolean(),
  })
  .map(({ cron, timezone, gap, overlap, isExtended }) => ({
    ...{ kind: 'cron', cron },
    ...(isExtended ? ({ dialect: 'extended' } as const) : {}),
    ...(timezone === undefined ? {} : { timezone, dst: { gap, overlap } }),
  }));

const instants = fc
  .tuple(fc.constantFrom(...AROUND), fc.integer({ min: -1_200, max: 1_200 }))
  .map(([day, minutes]) => Date.parse(day) + minutes * MINUTE_MS);

describe("the checker's calendar of zones", () => {
  it('shifts, leaves out or repeats what clocks skip or show twice', () => {
    const next = (dst: CronSchedule['dst'], after: string): string | undefined =>
      timeOf(
        calendarOf({ ...BERLIN, cron: '30 2 * * *', ...(dst && { dst }) }).next(Date.parse(after)),
      );

    expect(next(undefined, '2026-03-28T12:00Z')).to.equal('2026-03-29T01:30');
    expect(next({ gap: 'skip' }, '2026-03-28T12:00Z')).to.equal('2026-03-30T00:30');
    expect(next(undefined, '2026-10-24T12:00Z')).to.equal('2026-10-25T00:30');
    expect(next({ overlap: 'second' }, '2026-10-24T12:00Z')).to.equal('2026-10-25T01:30');
    expect(next({ overlap: 'both' }, '2026-10-25T00:30Z')).to.equal('2026-10-25T01:30');
  });

  it('has nothing before a start, and nothing from an end on', () => {
    const span = { start: '2026-01-01T10:00:00Z', end: '2026-01-01T12:00:00Z' };
    const calendar = calendarOf({ kind: 'cron', cron: '0 * * * *', ...span });

    expect(timeOf(calendar.next(0))).to.equal('2026-01-01T10:00');
    expect(timeOf(calendar.latest(Date.UTC(2030, 0)))).to.equal('2026-01-01T11:00');
    expect(calendar.next(Date.parse('2026-01-01T11:00Z'))).to.equal(undefined);
    expect(calendar.latest(Date.parse('2026-01-01T09:59Z'))).to.equal(undefined);
    expect(calendar.has(Date.parse('2026-01-01T12:00Z'))).to.equal(false);
  });

  it('reads a single time by the clocks of a zone', () => {
    const first = { kind: 'at', at: '2026-10-25T02:30:00', timezone: 'Europe/Berlin' } as const;
    const skipped = { ...first, at: '2026-03-29T02:30:00' };

    expect(timeOf(calendarOf(first).next(0))).to.equal('2026-10-25T00:30');
    const second = calendarOf({ ...first, dst: { overlap: 'second' } });
    expect(timeOf(second.next(0))).to.equal('2026-10-25T01:30');
    expect(timeOf(calendarOf(skipped).next(0))).to.equal('2026-03-29T01:30');
    expect(calendarOf({ ...skipped, dst: { gap: 'skip' } }).next(0)).to.equal(undefined);
  });

  it('agrees with the product on what comes next, what came last, and when clocks show more', function () {
    this.timeout(30_000); // it reads the clocks of zones minute by minute
    fc.assert(
      fc.property(
        schedules,
        instants,
        fc.integer({ min: 1, max: 600 }),
        (schedule, at, minutes) => {
          const own = calendarOf(schedule);
          const product = compileSchedule(schedule);
          const said = JSON.stringify(schedule);

          expect(timeOf(own.next(at)), said).to.equal(timeOf(product.next(epochMs(at))));
          expect(timeOf(own.latest(at)), said).to.equal(timeOf(product.latest(epochMs(at))));
          const ms = minutes * MINUTE_MS;
          expect(timeOf(own.wallClockAfter(at, ms)), said).to.equal(
            timeOf(product.wallClockAfter(epochMs(at), ms)),
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  it('has jitter hold an occurrence back by less than it says, and not up to the next one', () => {
    const seconds = fc.integer({ min: 1, max: 90_000 });
    fc.assert(
      fc.property(schedules, instants, fc.uuid(), seconds, (bare, at, id, jitterSeconds) => {
        const schedule = { ...bare, jitterSeconds };
        const calendar = calendarOf(schedule);
        const plannedAt = calendar.next(at) ?? 0;
        const dueAt = dueAtOf(id, schedule, calendar)(plannedAt);
        const product = dueInstants(id as PolicyId, schedule, compileSchedule(schedule));

        expect(dueAt).to.equal(product(epochMs(plannedAt)));
        expect(dueAt).to.be.within(plannedAt, plannedAt + jitterSeconds * 1_000 - 1);
        expect(dueAt).to.be.lessThan(calendar.next(plannedAt) ?? Infinity);
      }),
      { numRuns: 100 },
    );
  });
});
