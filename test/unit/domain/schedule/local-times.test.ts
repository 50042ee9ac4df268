import { expect } from 'chai';
import { describe, it } from 'mocha';

import { epochMs } from '../../../../src/base/clock.ts';
import type { CronSchedule, Schedule } from '../../../../src/domain/group/policy.ts';
import { localTimesOf } from '../../../../src/domain/schedule/local-times.ts';
import { zoneOf } from '../../../../src/domain/schedule/zone.ts';

const BERLIN: CronSchedule = { kind: 'cron', cron: '30 2 * * *', timezone: 'Europe/Berlin' };
const SECONDS: CronSchedule = { ...BERLIN, cron: '15 30 2 * * *', dialect: 'extended' };

describe('localTimesOf', () => {
  const CASES: readonly {
    readonly what: string;
    readonly schedule: Schedule;
    readonly at: string;
    readonly expected: object;
  }[] = [
    {
      ...{ what: 'an ordinary day', schedule: BERLIN, at: '2027-07-01T00:30:00Z' },
      expected: { local: '2027-07-01T02:30:00+02:00' },
    },
    {
      ...{ what: 'a time that clocks skip', schedule: BERLIN, at: '2027-03-28T01:30:00Z' },
      expected: { local: '2027-03-28T03:30:00+02:00', note: 'clocks skip 02:30' },
    },
    {
      ...{ what: 'the first of two', schedule: BERLIN, at: '2027-10-31T00:30:00Z' },
      expected: { local: '2027-10-31T02:30:00+02:00', note: 'first 02:30 of the day' },
    },
    {
      ...{ what: 'the second of two', schedule: BERLIN, at: '2027-10-31T01:30:00Z' },
      expected: { local: '2027-10-31T02:30:00+01:00', note: 'second 02:30 of the day' },
    },
    {
      ...{ what: 'seconds', schedule: SECONDS, at: '2027-03-28T01:30:15Z' },
      expected: { local: '2027-03-28T03:30:15+02:00', note: 'clocks skip 02:30:15' },
    },
    {
      what: 'a single time',
      schedule: { kind: 'at', at: '2027-07-01 02:30', timezone: 'Europe/Berlin' },
      at: '2027-07-01T00:30:00Z',
      expected: { local: '2027-07-01T02:30:00+02:00' },
    },
    {
      what: 'a single time that clocks skip',
      schedule: { kind: 'at', at: '2027-03-28T02:30:00', timezone: 'Europe/Berlin' },
      at: '2027-03-28T01:30:00Z',
      expected: { local: '2027-03-28T03:30:00+02:00', note: 'clocks skip 02:30' },
    },
    {
      what: 'a zone west of UTC, at half an hour',
      schedule: { ...BERLIN, timezone: 'America/St_Johns' },
      at: '2027-01-01T06:00:00Z',
      expected: { local: '2027-01-01T02:30:00-03:30' },
    },
  ];
  for (const { what, schedule, at, expected } of CASES) {
    it(`tells of ${what}`, () => {
      expect(localTimesOf(schedule, zoneOf)?.(epochMs(Date.parse(at)))).to.deep.equal(expected);
    });
  }

  it('tells of no schedule without a zone, or with one that is not known', () => {
    const none: readonly Schedule[] = [
      { kind: 'at', at: '2030-01-01T00:00:00Z' },
      { kind: 'cron', cron: '30 2 * * *' },
      { ...BERLIN, timezone: 'Mars/Olympus' },
      { kind: 'at', at: 'soon', timezone: 'Europe/Berlin' },
    ];

    expect(none.map((schedule) => localTimesOf(schedule, zoneOf))).to.deep.equal([
      ...[undefined, undefined, undefined, undefined],
    ]);
  });
});
