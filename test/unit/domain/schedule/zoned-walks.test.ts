/**
 * `latestZoned` and `countZoned` against the walk of `nextZoned`, which has an oracle of its own. Instants lie
 * close to changes of the clocks of zones that change them in unusual ways.
 */
import { expect } from 'chai';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';

import { epochMs } from '../../../../src/base/clock.ts';
import type { EpochMs } from '../../../../src/base/clock.ts';
import { compileCron } from '../../../../src/domain/schedule/cron.ts';
import { nextCron } from '../../../../src/domain/schedule/next.ts';
import { countZoned, latestZoned, nextZoned } from '../../../../src/domain/schedule/zoned-next.ts';
import type { ClockChanges, ZonedCron } from '../../../../src/domain/schedule/zoned-next.ts';
import { createZones } from '../../../../src/domain/schedule/zones.ts';
import { randomCron } from './cron-arbitrary.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A change of the clocks in every zone, to the hour. */
const SPOTS = [
  { zone: 'Europe/Berlin', changeAt: '2027-03-28T01:00Z' },
  { zone: 'Europe/Berlin', changeAt: '2026-10-25T01:00Z' },
  { zone: 'Australia/Lord_Howe', changeAt: '2026-10-03T15:30Z' },
  { zone: 'Australia/Lord_Howe', changeAt: '2027-04-03T15:00Z' },
  { zone: 'Pacific/Chatham', changeAt: '2026-09-26T14:00Z' },
  { zone: 'Pacific/Chatham', changeAt: '2027-04-03T14:00Z' },
  { zone: 'Antarctica/Troll', changeAt: '2027-03-28T01:00Z' },
  { zone: 'Antarctica/Troll', changeAt: '2026-10-25T01:00Z' },
  { zone: 'Africa/Cairo', changeAt: '2026-04-23T22:00Z' },
  { zone: 'Africa/Cairo', changeAt: '2026-10-29T21:00Z' },
  { zone: 'America/Havana', changeAt: '2027-03-14T05:00Z' },
  { zone: 'America/Havana', changeAt: '2026-11-01T05:00Z' },
  { zone: 'Asia/Beirut', changeAt: '2027-03-27T22:00Z' },
  { zone: 'Asia/Beirut', changeAt: '2026-10-24T21:00Z' },
  { zone: 'America/Santiago', changeAt: '2026-09-06T04:00Z' },
  { zone: 'America/Santiago', changeAt: '2027-04-04T03:00Z' },
  { zone: 'Pacific/Apia', changeAt: '2011-12-30T10:00Z' },
  { zone: 'Africa/Casablanca', changeAt: '2026-02-15T02:00Z' },
  { zone: 'Africa/Casablanca', changeAt: '2026-03-22T02:00Z' },
  // A day was skipped, and the mean year ends amid the one after it.
  { zone: 'Pacific/Kiritimati', changeAt: '1994-12-31T10:00Z' },
  // Clocks were set by 44 minutes and 30 seconds.
  { zone: 'Africa/Monrovia', changeAt: '1972-01-07T00:44Z' },
] as const;

const TIMES_OF_DAY = [
  '30 2 * * *',
  '30 2,3 * * *',
  '*/20 0-22 * * *',
  '* 1-23 * * *',
  '15,45 0-3 * * *',
  '0 0 * * *',
  '0 */2 * * *',
  '30 0,23 * * 0,6',
  '* 2 28-31 * *',
  '0 12 29 2 *',
];
const ELAPSED = ['* * * * *', '*/15 * * * *', '7 * * * 0', '0 0 1 1 *'];

const zones = createZones(SPOTS.length);

function zonedOf(name: string, text: string, changes: ClockChanges): ZonedCron {
  const compilation = compileCron(text, { seconds: 'allowed' });
  const zone = zones(name);
  if (compilation.kind === 'invalid') throw new Error(compilation.problem);
  if (zone === undefined) throw new Error(`no zone ${name}`);
  return { cron: compilation.cron, zone, changes };
}

function enumerate(zoned: ZonedCron, first: number, last: number): readonly EpochMs[] {
  const found: EpochMs[] = [];
  let at = nextZoned(zoned, epochMs(first - 1));
  while (at !== undefined && at <= last) {
    found.push(at);
    at = nextZoned(zoned, at);
  }
  return found;
}

const randomChanges: fc.Arbitrary<ClockChanges> = fc.record({
  gap: fc.constantFrom('shift' as const, 'skip' as const),
  overlap: fc.constantFrom('first' as const, 'second' as const, 'both' as const),
});

/** A rule, and two instants within a few days of a change of the clocks of its zone. */
const randomSpan = fc
  .record({
    spot: fc.constantFrom(...SPOTS),
    text: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...TIMES_OF_DAY) },
      { weight: 1, arbitrary: fc.constantFrom(...ELAPSED) },
      {
        weight: 3,
        arbitrary: randomCron.filter(({ canFire }) => canFire).map(({ ours }) => ours),
      },
    ),
    changes: randomChanges,
    before: fc.oneof(
      fc.integer({ min: -6 * HOUR_MS, max: 3 * DAY_MS }),
      fc.integer({ min: -180, max: 3 * 24 * 60 }).map((minutes) => minutes * 60_000),
    ),
    length: fc.oneof(
      fc.integer({ min: 0, max: 6 * HOUR_MS }),
      fc.integer({ min: 0, max: 5 * 24 * 60 }).map((minutes) => minutes * 60_000),
    ),
  })
  .map(({ spot: { zone, changeAt }, text, changes, before, length }) => {
    const first = Date.parse(changeAt) - before;
    const about = { zone, text, ...changes };
    return { about, zoned: zonedOf(zone, text, changes), first, last: first + length };
  });

const RUNS = { numRuns: 1_000 };

describe('latestZoned', function () {
  this.timeout(60_000);

  it('answers the last one that nextZoned finds', () => {
    fc.assert(
      fc.property(randomSpan, ({ zoned, first, last }) => {
        const latest = latestZoned(zoned, epochMs(last));
        const found = enumerate(zoned, first, last).at(-1);
        if (found !== undefined) expect(latest).to.equal(found);
        else if (latest !== undefined) expect(latest).to.be.below(first);
      }),
      RUNS,
    );
  });

  it('answers an occurrence, and there is none between it and the instant', () => {
    fc.assert(
      fc.property(randomSpan, ({ zoned, last }) => {
        const latest = latestZoned(zoned, epochMs(last));
        if (latest === undefined) return;
        expect(latest).to.be.at.most(last);
        expect(nextZoned(zoned, epochMs(latest - 1))).to.equal(latest);
        expect(nextZoned(zoned, latest) ?? Infinity).to.be.above(last);
      }),
      RUNS,
    );
  });

  it('answers undefined before the first occurrence since 1970, and the last one before the year 10000', () => {
    const zoned = zonedOf('America/Havana', '30 2 * * *', { gap: 'skip', overlap: 'both' });
    const first = nextZoned(zoned, epochMs(-1));

    expect(first).to.equal(Date.parse('1970-01-01T07:30Z'));
    expect(latestZoned(zoned, epochMs(Number(first) - 1))).to.equal(undefined);
    expect(latestZoned(zoned, epochMs(Date.UTC(12_000, 0)))).to.equal(
      Date.parse('9999-12-31T07:30Z'),
    );
  });

  it('finds a day of a leap year behind pieces without an occurrence', () => {
    const zoned = zonedOf('Europe/Berlin', '0 12 29 2 *', { gap: 'shift', overlap: 'first' });

    expect(latestZoned(zoned, epochMs(Date.parse('2028-02-29T10:59Z')))).to.equal(
      Date.parse('2024-02-29T11:00Z'),
    );
  });
});

describe('countZoned', function () {
  this.timeout(60_000);

  it('counts what nextZoned finds', () => {
    fc.assert(
      fc.property(randomSpan, ({ zoned, first, last }) => {
        expect(countZoned(zoned, epochMs(first), epochMs(last))).to.equal(
          enumerate(zoned, first, last).length,
        );
      }),
      RUNS,
    );
  });

  for (const { zone, changeAt } of SPOTS) {
    it(`counts three weeks around ${changeAt} in ${zone} for every choice`, () => {
      const first = Date.parse(changeAt) - 10 * DAY_MS;
      const last = first + 21 * DAY_MS;
      for (const gap of ['shift', 'skip'] as const) {
        for (const overlap of ['first', 'second', 'both'] as const) {
          for (const text of ['10,40 0-22 * * *', '30 2,3 * * *', '15 * * * *']) {
            const zoned = zonedOf(zone, text, { gap, overlap });
            const count = countZoned(zoned, epochMs(first), epochMs(last));
            expect({ gap, overlap, text, count }).to.deep.equal({
              ...{ gap, overlap, text },
              count: enumerate(zoned, first, last).length,
            });
          }
        }
      }
    });
  }

  it('counts seconds of skipped and regular times that coincide in part', () => {
    const [first, last] = [Date.parse('1972-01-07T00:00Z'), Date.parse('1972-01-07T03:00Z')];
    for (const text of ['0,20,30 * 0-22 * * *', '*/7 */3 0-22 * * *']) {
      const zoned = zonedOf('Africa/Monrovia', text, { gap: 'shift', overlap: 'first' });
      expect(countZoned(zoned, epochMs(first), epochMs(last))).to.equal(
        enumerate(zoned, first, last).length,
      );
    }
  });

  it('counts none where the last instant lies before the first', () => {
    const zoned = zonedOf('Europe/Berlin', '* * * * *', { gap: 'shift', overlap: 'first' });

    expect(countZoned(zoned, epochMs(HOUR_MS), epochMs(HOUR_MS - 1))).to.equal(0);
  });

  it('counts every minute of years with few searches', () => {
    const { zone, cron, changes } = zonedOf('Europe/Berlin', '* * * * *', {
      ...{ gap: 'shift', overlap: 'first' },
    });
    let pieceCount = 0;
    const counted: ZonedCron = {
      ...{ cron, changes },
      zone: {
        ...zone,
        pieceAt: (at) => {
          pieceCount += 1;
          return zone.pieceAt(at);
        },
      },
    };
    const [first, last] = [Date.UTC(2026, 0), Date.UTC(2036, 0) - 1];

    expect(countZoned(counted, epochMs(first), epochMs(last))).to.equal(
      (last + 1 - first) / 60_000,
    );
    expect(pieceCount).to.be.below(100);
  });
});

describe('nextZoned, latestZoned and countZoned', () => {
  it('are those of UTC in a zone without an offset', () => {
    const zoned = zonedOf('Etc/UTC', '30 2 * * 1', { gap: 'shift', overlap: 'first' });
    const at = epochMs(Date.parse('2026-06-03T00:00Z'));

    expect(nextZoned(zoned, at)).to.equal(nextCron(zoned.cron, at));
    expect(latestZoned(zoned, at)).to.equal(Date.parse('2026-06-01T02:30Z'));
    expect(countZoned(zoned, epochMs(Date.parse('2026-06-01T02:30Z')), at)).to.equal(1);
  });
});
