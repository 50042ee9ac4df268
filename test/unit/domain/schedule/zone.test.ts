import { expect } from 'chai';
import { describe, it } from 'mocha';

import { epochMs } from '../../../../src/base/clock.ts';
import { zoneOf } from '../../../../src/domain/schedule/zone.ts';
import type { Zone } from '../../../../src/domain/schedule/zone.ts';

const HOUR_MS = 3_600_000;

function zone(name: string): Zone {
  const found = zoneOf(name);
  if (found === undefined) throw new Error(`no zone ${name}`);
  return found;
}

function hoursAt(name: string, at: string): number {
  return zone(name).offsetAt(epochMs(Date.parse(at))) / HOUR_MS;
}

describe('zoneOf', () => {
  for (const name of ['UTC', 'GMT', 'Europe/Berlin', 'Asia/Kolkata', 'Etc/GMT+3']) {
    it(`knows ${name}`, () => {
      expect(zoneOf(name)).to.not.equal(undefined);
    });
  }

  for (const name of ['', ' UTC', 'UTC+3', '+02:00', 'IST', 'EST', 'Etc/Unknown', 'Mars/Olympus']) {
    it(`does not know ${JSON.stringify(name)}`, () => {
      expect(zoneOf(name)).to.equal(undefined);
    });
  }

  it('has the offsets of the zone right before and from a change on', () => {
    expect([
      hoursAt('Europe/Berlin', '2027-03-28T00:59:59.999Z'),
      hoursAt('Europe/Berlin', '2027-03-28T01:00:00.000Z'),
      hoursAt('Australia/Lord_Howe', '2027-04-03T14:59:59Z'),
      hoursAt('Australia/Lord_Howe', '2027-04-03T15:00:00Z'),
      hoursAt('America/New_York', '2027-07-01T00:00:00Z'),
      hoursAt('Pacific/Chatham', '2027-07-01T00:00:00Z'),
    ]).to.deep.equal([1, 2, 11, 10.5, -4, 12.75]);
  });

  it('does not throw in the years before 1970 and beyond 9000', () => {
    const monrovia = zone('Africa/Monrovia');
    expect(monrovia.offsetAt(epochMs(Date.UTC(1950, 0)))).to.equal(-(44 * 60 + 30) * 1000);
    expect(monrovia.offsetAt(epochMs(Date.UTC(9999, 11, 31)))).to.equal(0);
  });
});
