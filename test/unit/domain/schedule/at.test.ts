import { expect } from 'chai';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';

import { parseAt } from '../../../../src/domain/schedule/at.ts';

const ACCEPTED = [
  { text: '2050-05-20T00:00:00Z', instant: Date.UTC(2050, 4, 20) },
  { text: '2050-05-20 00:00:00Z', instant: Date.UTC(2050, 4, 20) },
  { text: '2050-05-20T03:12Z', instant: Date.UTC(2050, 4, 20, 3, 12) },
  { text: '2050-05-20T23:59:59.123456Z', instant: Date.UTC(2050, 4, 20, 23, 59, 59, 123) },
  { text: '2050-05-20T00:00:00.5Z', instant: Date.UTC(2050, 4, 20, 0, 0, 0, 500) },
  { text: '2050-05-20T00:00:00.0009Z', instant: Date.UTC(2050, 4, 20) },
  { text: '2048-02-29T00:00:00Z', instant: Date.UTC(2048, 1, 29) },
  { text: '2000-02-29T00:00:00Z', instant: Date.UTC(2000, 1, 29) },
  { text: '1970-01-01T00:00:00Z', instant: 0 },
  { text: '1969-12-31T23:59:59.999Z', instant: -1 },
  { text: '9999-12-31T23:59:59.999Z', instant: Date.UTC(9999, 11, 31, 23, 59, 59, 999) },
  { text: '0001-01-01T00:00:00Z', instant: -62_135_596_800_000 },
];

const REFUSED = [
  // no zone, another zone, another letter
  ...['2050-05-20T00:00:00', '2050-05-20T00:00:00+00:00', '2050-05-20T00:00:00+02:00'],
  ...['2050-05-20T00:00:00z', '2050-05-20t00:00:00Z', '2050-05-20T00:00:00 Z'],
  // blanks, nothing, something after the end
  ...['', ' ', ' 2050-05-20T00:00:00Z', '2050-05-20T00:00:00Z ', '2050-05-20T00:00:00Z\n'],
  ...['2050-05-20T00:00:00ZZ', '2050-05-20T00:00:00+01:00Z', '2050-05-20  00:00:00Z'],
  // other forms
  ...['2050-05-20', '2050-05-20Z', '2050-05Z', '2050Z', '2050-05-20T00Z', '20500520T000000Z'],
  ...['05-12-2050T03:12:09Z', '2050/12/30T03:12:09Z', '2050-5-20T00:00:00Z', '2050-05-20T0:00:00Z'],
  ...[
    '2050-05-20T00:00:0Z',
    '2050-05-20T00:00:00.Z',
    '2050-05-20T00:00.5Z',
    '2050-05-20T00:00:00,5Z',
  ],
  ...[
    '12050-05-20T00:00:00Z',
    '-050-05-20T00:00:00Z',
    '+2050-05-20T00:00:00Z',
    '031260',
    '1716163200',
  ],
  ...['* * * * *', 'Fri, 20 May 2050 00:00:00 GMT', '٢٠٥٠-05-20T00:00:00Z', '2050-W20-5T00:00:00Z'],
  // dates and times that do not exist
  ...[
    '2050-02-30T00:00:00Z',
    '2050-02-29T00:00:00Z',
    '2100-02-29T00:00:00Z',
    '2050-04-31T00:00:00Z',
  ],
  ...[
    '2050-13-01T00:00:00Z',
    '2050-00-01T00:00:00Z',
    '2050-01-33T00:00:00Z',
    '2050-01-00T00:00:00Z',
  ],
  ...[
    '2050-05-20T24:00:00Z',
    '2050-05-20T00:70:00Z',
    '2050-05-20T00:60:00Z',
    '2050-05-20T23:59:60Z',
  ],
  ...['0000-01-01T00:00:00Z', '10000-01-01T00:00:00Z'],
];

describe('parseAt', () => {
  ACCEPTED.forEach(({ text, instant }) => {
    it(`reads ${text}`, () => {
      expect(parseAt(text)).to.equal(instant);
    });
  });

  REFUSED.forEach((text) => {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(parseAt(text)).to.equal(undefined);
    });
  });

  it('reads every instant of the years 1 to 9999 back from its ISO text', () => {
    const instants = fc.integer({
      min: -62_135_596_800_000,
      max: Date.UTC(9999, 11, 31, 23, 59, 59, 999),
    });
    fc.assert(
      fc.property(instants, (instant) => {
        expect(parseAt(new Date(instant).toISOString())).to.equal(instant);
      }),
    );
  });
});
