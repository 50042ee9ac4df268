import { expect } from 'chai';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';

import { epochMs } from '../../../../src/base/clock.ts';
import { compileCron } from '../../../../src/domain/schedule/cron.ts';
import { zoneOf } from '../../../../src/domain/schedule/zone.ts';
import type { Zone } from '../../../../src/domain/schedule/zone.ts';
import { DEFAULT_CLOCK_CHANGES, nextZoned } from '../../../../src/domain/schedule/zoned-next.ts';
import type { ClockChanges } from '../../../../src/domain/schedule/zoned-next.ts';
import { randomCronWithSeconds } from './cron-arbitrary.ts';

interface Rule {
  readonly zone: string;
  readonly cron: string;
  readonly changes?: Partial<ClockChanges>;
}

const zones = new Map<string, Zone>();

function nextOf(rule: Rule): (after: number) => number | undefined {
  const compilation = compileCron(rule.cron, { seconds: 'allowed' });
  if (compilation.kind === 'invalid') throw new Error(compilation.problem);
  const zone = zones.get(rule.zone) ?? zoneOf(rule.zone);
  if (zone === undefined) throw new Error(`no zone ${rule.zone}`);
  zones.set(rule.zone, zone);
  const changes = { ...DEFAULT_CLOCK_CHANGES, ...rule.changes };
  return (after) => nextZoned({ cron: compilation.cron, zone, changes }, epochMs(after));
}

function nextOnes(rule: Rule, after: string, count: number): readonly string[] {
  const next = nextOf(rule);
  const found: string[] = [];
  for (let at = next(Date.parse(after)); at !== undefined && found.length < count; at = next(at)) {
    found.push(new Date(at).toISOString().slice(0, 16));
  }
  return found;
}

const CASES: readonly (Rule & {
  readonly what: string;
  readonly after: string;
  readonly next: readonly string[];
})[] = [
  {
    what: 'a skipped time of day comes at what the clock would have shown',
    ...{ zone: 'Europe/Berlin', cron: '30 2 * * *', after: '2027-03-27T12:00Z' },
    next: ['2027-03-28T01:30', '2027-03-29T00:30'],
  },
  {
    what: 'a skipped time of day may be left out',
    ...{ zone: 'Europe/Berlin', cron: '30 2 * * *', after: '2027-03-27T12:00Z' },
    changes: { gap: 'skip' },
    next: ['2027-03-29T00:30'],
  },
  {
    what: 'a skipped time and a regular one at the same instant are one occurrence',
    ...{ zone: 'Europe/Berlin', cron: '30 2,3 * * *', after: '2027-03-27T12:00Z' },
    next: ['2027-03-28T01:30', '2027-03-29T00:30'],
  },
  {
    what: 'a repeated time of day comes the first time',
    ...{ zone: 'America/New_York', cron: '30 1 * * *', after: '2026-11-01T00:00Z' },
    next: ['2026-11-01T05:30', '2026-11-02T06:30'],
  },
  {
    what: 'a repeated time of day may come the second time',
    ...{ zone: 'America/New_York', cron: '30 1 * * *', after: '2026-11-01T00:00Z' },
    changes: { overlap: 'second' },
    next: ['2026-11-01T06:30', '2026-11-02T06:30'],
  },
  {
    what: 'a repeated time of day may come both times',
    ...{ zone: 'America/New_York', cron: '30 1 * * *', after: '2026-11-01T00:00Z' },
    changes: { overlap: 'both' },
    next: ['2026-11-01T05:30', '2026-11-01T06:30', '2026-11-02T06:30'],
  },
  {
    what: 'what comes every half hour keeps coming every half hour',
    ...{ zone: 'America/New_York', cron: '*/30 * * * *', after: '2026-11-01T05:00Z' },
    next: ['2026-11-01T05:30', '2026-11-01T06:00', '2026-11-01T06:30', '2026-11-01T07:00'],
  },
  {
    what: 'every second hour is a time of day',
    ...{ zone: 'Europe/Rome', cron: '59 */2 * * *', after: '2027-03-27T23:30Z' },
    next: ['2027-03-27T23:59', '2027-03-28T01:59', '2027-03-28T02:59'],
  },
  {
    what: 'Lord Howe sets its clocks by half an hour',
    ...{ zone: 'Australia/Lord_Howe', cron: '15 2 * * *', after: '2026-10-03T00:00Z' },
    next: ['2026-10-03T15:45', '2026-10-04T15:15'],
  },
  {
    what: 'Chatham is 45 minutes off the hour, and keeps its quarters',
    ...{ zone: 'Pacific/Chatham', cron: '*/15 * * * *', after: '2026-09-26T13:45Z' },
    next: ['2026-09-26T14:00', '2026-09-26T14:15', '2026-09-26T14:30'],
  },
  {
    what: 'Troll repeats two hours',
    ...{ zone: 'Antarctica/Troll', cron: '30 2 * * *', after: '2026-10-24T12:00Z' },
    next: ['2026-10-25T00:30', '2026-10-26T02:30'],
  },
  {
    what: 'Cairo skips midnight',
    ...{ zone: 'Africa/Cairo', cron: '0 0 * * *', after: '2026-04-23T12:00Z' },
    next: ['2026-04-23T22:00', '2026-04-24T21:00'],
  },
  {
    what: 'Havana skips midnight',
    ...{ zone: 'America/Havana', cron: '0 0 * * *', after: '2027-03-13T12:00Z' },
    next: ['2027-03-14T05:00', '2027-03-15T04:00'],
  },
  {
    what: 'Havana repeats the hour after midnight',
    ...{ zone: 'America/Havana', cron: '30 0 * * *', after: '2026-10-31T12:00Z' },
    next: ['2026-11-01T04:30', '2026-11-02T05:30'],
  },
  {
    what: 'Beirut skips midnight',
    ...{ zone: 'Asia/Beirut', cron: '30 0 * * *', after: '2027-03-27T12:00Z' },
    next: ['2027-03-27T22:30', '2027-03-28T21:30'],
  },
  {
    what: 'Santiago skips midnight',
    ...{ zone: 'America/Santiago', cron: '0 0 * * *', after: '2026-09-05T12:00Z' },
    next: ['2026-09-06T04:00', '2026-09-07T03:00'],
  },
  {
    what: 'Apia had no 30 December 2011: its time is the one of the 31st',
    ...{ zone: 'Pacific/Apia', cron: '0 9 * * *', after: '2011-12-29T00:00Z' },
    next: ['2011-12-29T19:00', '2011-12-30T19:00', '2011-12-31T19:00'],
  },
  {
    what: 'Casablanca sets its clocks back for Ramadan',
    ...{ zone: 'Africa/Casablanca', cron: '30 2 * * *', after: '2026-02-14T12:00Z' },
    next: ['2026-02-15T01:30', '2026-02-16T02:30'],
  },
];

describe('nextZoned', function () {
  this.timeout(20_000); // most of it goes into reading the years of the zones

  for (const { what, after, next, ...rule } of CASES) {
    it(`${what}: ${rule.cron} in ${rule.zone}`, () => {
      expect(nextOnes(rule, after, next.length)).to.deep.equal(next);
    });
  }

  it('answers undefined for a time that clocks always skip', () => {
    const rule = {
      ...{ zone: 'Pacific/Apia', cron: '0 9 * * *' },
      changes: { gap: 'skip' } as const,
    };
    expect(nextOnes(rule, '2011-12-29T20:00Z', 1)).to.deep.equal(['2011-12-30T19:00']);
    expect(nextOf(rule)(Date.UTC(10_000, 0))).to.equal(undefined);
  });

  const randomRule = fc
    .record({
      cron: randomCronWithSeconds,
      zone: fc.constantFrom(...CASES.map(({ zone }) => zone)),
      gap: fc.constantFrom('shift' as const, 'skip' as const),
      overlap: fc.constantFrom('first' as const, 'second' as const, 'both' as const),
      after: fc.integer({ min: Date.UTC(2010, 0), max: Date.UTC(2035, 0) }),
    })
    .filter(({ cron }) => cron.canFire)
    .map(({ cron, zone, gap, overlap, after }) => ({
      next: nextOf({ zone, cron: cron.ours, changes: { gap, overlap } }),
      after,
    }));

  it('moves forward', () => {
    fc.assert(
      fc.property(randomRule, ({ next, after }) => {
        const found = next(after);
        if (found !== undefined) expect(found).to.be.above(after);
      }),
    );
  });

  it('skips nothing, wherever the walk begins', () => {
    fc.assert(
      fc.property(randomRule, fc.double({ min: 0, max: 1, noNaN: true }), (rule, fraction) => {
        const found = rule.next(rule.after);
        if (found === undefined) return;
        const between = rule.after + Math.floor((found - rule.after - 1) * fraction);
        expect(rule.next(between)).to.equal(found);
        expect(rule.next(found - 1)).to.equal(found);
      }),
    );
  });
});
