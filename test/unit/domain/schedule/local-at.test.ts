import { expect } from 'chai';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';

import { epochMs } from '../../../../src/base/clock.ts';
import type { AtSchedule } from '../../../../src/domain/group/policy.ts';
import { parseAt } from '../../../../src/domain/schedule/at.ts';
import { isoOf } from '../../../../src/domain/schedule/iso.ts';
import { instantOfAt, parseLocalAt } from '../../../../src/domain/schedule/local-at.ts';
import { zoneOf } from '../../../../src/domain/schedule/zone.ts';
import { createZones } from '../../../../src/domain/schedule/zones.ts';

/** The instant of a local time as text; what it is instead, where there is none. */
function instantText(at: string, timezone: string, dst?: AtSchedule['dst']): string {
  const read = instantOfAt({ at, timezone, ...(dst && { dst }) }, zoneOf);
  return read.kind === 'instant' ? isoOf(read.at).replace(/:00\.000Z$/, 'Z') : read.kind;
}

describe('instantOfAt', () => {
  const ORDINARY = [
    { at: '2030-07-01T09:30:00', timezone: 'Europe/Berlin', instant: '2030-07-01T07:30Z' },
    { at: '2030-01-01 09:30', timezone: 'Europe/Berlin', instant: '2030-01-01T08:30Z' },
    { at: '2030-01-01T09:30:00', timezone: 'America/St_Johns', instant: '2030-01-01T13:00Z' },
    { at: '2030-01-01T09:30:00', timezone: 'UTC', instant: '2030-01-01T09:30Z' },
    { at: '2030-01-01T00:30:00', timezone: 'Pacific/Kiritimati', instant: '2029-12-31T10:30Z' },
    { at: '2030-07-01T09:30:15.25', timezone: 'UTC', instant: '2030-07-01T09:30:15.250Z' },
  ];
  for (const { at, timezone, instant } of ORDINARY) {
    it(`reads ${at} on the clocks of ${timezone}`, () => {
      expect(instantText(at, timezone)).to.equal(instant);
    });
  }

  const GAPS = [
    { at: '2030-03-31T02:30:00', timezone: 'Europe/Berlin', shifted: '2030-03-31T01:30Z' },
    // Clocks go from midnight to one.
    { at: '2026-09-06T00:00:00', timezone: 'America/Santiago', shifted: '2026-09-06T04:00Z' },
    { at: '2026-09-06T00:59', timezone: 'America/Santiago', shifted: '2026-09-06T04:59Z' },
    { at: '2027-03-28T00:00:00', timezone: 'Asia/Beirut', shifted: '2027-03-27T22:00Z' },
    { at: '2026-10-04T02:15', timezone: 'Australia/Lord_Howe', shifted: '2026-10-03T15:45Z' },
    // A whole day that was none.
    { at: '2011-12-30T00:00:00', timezone: 'Pacific/Apia', shifted: '2011-12-30T10:00Z' },
    { at: '2011-12-30T12:00:00', timezone: 'Pacific/Apia', shifted: '2011-12-30T22:00Z' },
    { at: '2011-12-30T23:59:00', timezone: 'Pacific/Apia', shifted: '2011-12-31T09:59Z' },
  ];
  for (const { at, timezone, shifted } of GAPS) {
    it(`moves ${at}, which clocks of ${timezone} skip, or has it never come`, () => {
      const skip = { gap: 'skip' } as const;

      expect([instantText(at, timezone), instantText(at, timezone, skip)]).to.deep.equal([
        shifted,
        'never',
      ]);
    });
  }

  const AROUND = [
    { at: '2011-12-29T23:59', timezone: 'Pacific/Apia', instant: '2011-12-30T09:59Z' },
    { at: '2011-12-31T00:00', timezone: 'Pacific/Apia', instant: '2011-12-30T10:00Z' },
    { at: '2026-09-05T23:59', timezone: 'America/Santiago', instant: '2026-09-06T03:59Z' },
    { at: '2026-09-06T01:00', timezone: 'America/Santiago', instant: '2026-09-06T04:00Z' },
  ];
  for (const { at, timezone, instant } of AROUND) {
    it(`reads ${at}, beside what clocks of ${timezone} skip, whatever becomes of that`, () => {
      expect(instantText(at, timezone, { gap: 'skip' })).to.equal(instant);
    });
  }

  const TWICE = [
    { at: '2030-10-27T02:30', timezone: 'Europe/Berlin', of: ['00:30', '01:30'] },
    // The hour before midnight comes again.
    { at: '2026-04-04T23:30', timezone: 'America/Santiago', of: ['02:30', '03:30'] },
    { at: '2026-10-24T23:30', timezone: 'Asia/Beirut', of: ['20:30', '21:30'] },
    { at: '2026-04-05T01:45', timezone: 'Australia/Lord_Howe', of: ['14:45', '15:15'] },
  ];
  for (const { at, timezone, of } of TWICE) {
    it(`reads ${at}, which clocks of ${timezone} show twice, as the one that is wanted`, () => {
      const both = [undefined, { overlap: 'first' }, { overlap: 'second' }] as const;

      const [first = '', second = ''] = of;
      expect(both.map((dst) => instantText(at, timezone, dst).slice(11, 16))).to.deep.equal([
        ...[first, first, second],
      ]);
    });
  }

  it('reads an instant in UTC where there is no zone', () => {
    expect(instantOfAt({ at: '2030-01-01T00:00:00Z' }, zoneOf)).to.deep.equal({
      kind: 'instant',
      at: Date.UTC(2030, 0, 1),
    });
    expect(instantOfAt({ at: '2030-01-01T00:00:00' }, zoneOf).kind).to.equal('unreadable');
  });

  const UNREADABLE = [
    ...['2030-01-01T00:00:00Z', '2030-01-01T00:00:00+01:00', '2030-02-31T00:00:00', '+20s', ''],
    ...['2030-01-01', '2030-01-01T24:00:00', '0000-01-01T00:00:00'],
  ];
  for (const at of UNREADABLE) {
    it(`cannot read ${JSON.stringify(at)} beside a zone`, () => {
      expect(instantText(at, 'Europe/Berlin')).to.equal('unreadable');
    });
  }

  it('cannot read a time whose instant lies beyond the year 9999', () => {
    const at = '9999-12-31T23:30:00';

    expect([instantText(at, 'America/New_York'), instantText(at, 'UTC')]).to.deep.equal([
      'unreadable',
      '9999-12-31T23:30Z',
    ]);
  });

  it('knows of no zone that there is none of', () => {
    expect(instantText('2030-01-01T00:00', 'Mars/Olympus')).to.equal('no-such-zone');
  });

  it('is the instant at which clocks show the time, for any instant of any zone', () => {
    const zones = createZones(8);
    const names = ['America/Santiago', 'Asia/Beirut', 'Pacific/Apia', 'Australia/Lord_Howe'];
    const instants = fc.integer({ min: Date.UTC(1975, 0, 1), max: Date.UTC(2060, 0, 1) });
    fc.assert(
      fc.property(fc.constantFrom(...names), instants, (timezone, instant) => {
        const shown = epochMs(instant + (zones(timezone)?.offsetAt(epochMs(instant)) ?? 0));
        const at = isoOf(shown).slice(0, -1);
        const found = (['first', 'second'] as const).map((overlap) =>
          instantOfAt({ at, timezone, dst: { gap: 'skip', overlap } }, zones),
        );
        expect(found).to.deep.include({ kind: 'instant', at: instant });
      }),
    );
  });
});

describe('parseLocalAt', () => {
  it('reads what parseAt reads before a Z', () => {
    expect(parseLocalAt('2030-03-31T02:30:00')).to.equal(parseAt('2030-03-31T02:30:00Z'));
    expect(parseLocalAt('2030-03-31T02:30:00Z')).to.equal(undefined);
  });
});
