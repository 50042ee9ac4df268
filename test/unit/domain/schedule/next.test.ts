import { expect } from 'chai';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';

import { epochMs } from '../../../../src/base/clock.ts';
import type { EpochMs } from '../../../../src/base/clock.ts';
import { compileCron } from '../../../../src/domain/schedule/cron.ts';
import type { CompiledCron } from '../../../../src/domain/schedule/cron.ts';
import { countCron, latestCron, nextCron } from '../../../../src/domain/schedule/next.ts';
import { randomCronWithSeconds, randomInstant } from './cron-arbitrary.ts';

const END = '9999-12-31T23:59:59.000Z';

function compiled(text: string): CompiledCron {
  const compilation = compileCron(text, { seconds: 'allowed' });
  if (compilation.kind === 'invalid') throw new Error(compilation.problem);
  return compilation.cron;
}

function instant(text: string): EpochMs {
  return epochMs(Date.parse(text));
}

function shown(at: EpochMs | undefined): string | undefined {
  return at === undefined ? undefined : new Date(at).toISOString();
}

const NEXT = [
  { cron: '* * * * *', after: '2026-03-05T03:50:00.000Z', next: '2026-03-05T03:51:00.000Z' },
  { cron: '* * * * *', after: '2026-03-05T03:49:59.999Z', next: '2026-03-05T03:50:00.000Z' },
  { cron: '* * * * *', after: '2026-12-31T23:59:00.000Z', next: '2027-01-01T00:00:00.000Z' },
  { cron: '* * * * * *', after: '2026-03-05T03:50:00.000Z', next: '2026-03-05T03:50:01.000Z' },
  { cron: '* * * * * *', after: '2026-03-05T03:50:00.999Z', next: '2026-03-05T03:50:01.000Z' },
  { cron: '5,50 * * * * *', after: '2026-03-05T03:50:05.000Z', next: '2026-03-05T03:50:50.000Z' },
  { cron: '5 0 0 * * *', after: '2026-03-05T00:00:05.000Z', next: '2026-03-06T00:00:05.000Z' },
  { cron: '0 2 * * *', after: '2026-03-05T02:00:00.000Z', next: '2026-03-06T02:00:00.000Z' },
  { cron: '30,59 1,23 * * *', after: '2026-03-05T01:59:00.000Z', next: '2026-03-05T23:30:00.000Z' },
  { cron: '0 0 29 2 *', after: '2026-11-24T00:00:00.000Z', next: '2028-02-29T00:00:00.000Z' },
  { cron: '0 0 29 2 *', after: '2096-02-29T00:00:00.000Z', next: '2104-02-29T00:00:00.000Z' },
  { cron: '0 0 31 * *', after: '2026-03-31T00:00:00.000Z', next: '2026-05-31T00:00:00.000Z' },
  { cron: '0 0 L * *', after: '2028-01-31T00:00:00.000Z', next: '2028-02-29T00:00:00.000Z' },
  { cron: '0 0 L 2 *', after: '2028-02-29T00:00:00.000Z', next: '2029-02-28T00:00:00.000Z' },
  { cron: '0 0 15,L * *', after: '2026-04-15T00:00:00.000Z', next: '2026-04-30T00:00:00.000Z' },
  { cron: '0 0 13 * 5', after: '2026-11-24T00:00:00.000Z', next: '2026-11-27T00:00:00.000Z' },
  { cron: '0 0 13 * 5', after: '2026-12-12T00:00:00.000Z', next: '2026-12-13T00:00:00.000Z' },
  { cron: '0 0 */1 * 1', after: '2026-11-24T00:00:00.000Z', next: '2026-11-25T00:00:00.000Z' },
  { cron: '0 0 * * 0', after: '2026-11-24T00:00:00.000Z', next: '2026-11-29T00:00:00.000Z' },
  { cron: '0 0 30 2 1', after: '2026-02-02T00:00:00.000Z', next: '2026-02-09T00:00:00.000Z' },
  { cron: '* * * * *', after: '1969-06-01T00:00:00.000Z', next: '1970-01-01T00:00:00.000Z' },
  { cron: '0 0 * * 4', after: '1969-12-31T23:59:59.999Z', next: '1970-01-01T00:00:00.000Z' },
  { cron: '* * * * * *', after: '9999-12-31T23:59:58.999Z', next: END },
  { cron: '* * * * * *', after: END, next: undefined },
  { cron: '0 0 1 1 *', after: '9999-01-01T00:00:00.000Z', next: undefined },
  { cron: '0 0 29 2 *', after: '9996-02-29T00:00:00.000Z', next: undefined },
];

const LATEST = [
  { cron: '* * * * *', notAfter: '2026-03-05T03:50:00.000Z', latest: '2026-03-05T03:50:00.000Z' },
  { cron: '* * * * *', notAfter: '2026-03-05T03:49:59.999Z', latest: '2026-03-05T03:49:00.000Z' },
  { cron: '* * * * *', notAfter: '2027-01-01T00:00:59.999Z', latest: '2027-01-01T00:00:00.000Z' },
  {
    cron: '5,50 * * * * *',
    notAfter: '2026-03-05T03:50:04.000Z',
    latest: '2026-03-05T03:49:50.000Z',
  },
  {
    cron: '30,59 1,23 * * *',
    notAfter: '2026-03-05T23:29:00.000Z',
    latest: '2026-03-05T01:59:00.000Z',
  },
  {
    cron: '30,59 1,23 * * *',
    notAfter: '2026-03-05T01:29:00.000Z',
    latest: '2026-03-04T23:59:00.000Z',
  },
  { cron: '0 0 29 2 *', notAfter: '2103-12-01T00:00:00.000Z', latest: '2096-02-29T00:00:00.000Z' },
  { cron: '0 0 31 * *', notAfter: '2026-05-30T00:00:00.000Z', latest: '2026-03-31T00:00:00.000Z' },
  { cron: '0 0 L * *', notAfter: '2026-03-30T00:00:00.000Z', latest: '2026-02-28T00:00:00.000Z' },
  { cron: '0 0 13 * 5', notAfter: '2026-12-17T00:00:00.000Z', latest: '2026-12-13T00:00:00.000Z' },
  { cron: '* * * * *', notAfter: '1969-12-31T23:59:59.999Z', latest: undefined },
  { cron: '0 0 2 1 *', notAfter: '1970-01-01T12:00:00.000Z', latest: undefined },
  { cron: '0 12 1 1 *', notAfter: '1970-01-01T11:59:59.999Z', latest: undefined },
  { cron: '0 0 1 1 *', notAfter: '1970-01-01T00:00:00.000Z', latest: '1970-01-01T00:00:00.000Z' },
];

const COUNTS = [
  {
    cron: '* * * * *',
    first: '2026-03-05T03:50:00.000Z',
    last: '2026-03-05T03:50:00.000Z',
    count: 1,
  },
  {
    cron: '* * * * *',
    first: '2026-03-05T03:50:00.001Z',
    last: '2026-03-05T03:50:59.999Z',
    count: 0,
  },
  {
    cron: '* * * * *',
    first: '2026-03-05T03:50:01.000Z',
    last: '2026-03-05T03:50:00.000Z',
    count: 0,
  },
  {
    cron: '* * * * *',
    first: '2026-01-01T00:00:00.000Z',
    last: '2026-12-31T23:59:59.999Z',
    count: 525_600,
  },
  {
    cron: '* * * * * *',
    first: '2028-01-01T00:00:00.000Z',
    last: '2028-12-31T23:59:59.000Z',
    count: 31_622_400,
  },
  {
    cron: '30 2 L * *',
    first: '2026-01-31T02:30:00.000Z',
    last: '2027-01-31T02:30:00.000Z',
    count: 13,
  },
  {
    cron: '30 2 L * *',
    first: '2026-01-31T02:30:00.001Z',
    last: '2027-01-31T02:29:59.999Z',
    count: 11,
  },
  {
    cron: '0 0 29 2 *',
    first: '2000-01-01T00:00:00.000Z',
    last: '2399-12-31T00:00:00.000Z',
    count: 97,
  },
  {
    cron: '0 0 29 2 *',
    first: '1800-01-01T00:00:00.000Z',
    last: '1972-12-31T00:00:00.000Z',
    count: 1,
  },
  {
    cron: '0 0 31 12 *',
    first: '9990-01-01T00:00:00.000Z',
    last: '+020000-01-01T00:00:00.000Z',
    count: 10,
  },
];

describe('nextCron', () => {
  NEXT.forEach(({ cron, after, next }) => {
    it(`finds ${String(next)} as the next of ${cron} after ${after}`, () => {
      expect(shown(nextCron(compiled(cron), instant(after)))).to.equal(next);
    });
  });

  it('finds a whole second that is later, and nothing in between', () => {
    fc.assert(
      fc.property(randomCronWithSeconds, randomInstant, fc.nat(), (cron, start, choice) => {
        fc.pre(cron.canFire);
        const schedule = compiled(cron.ours);
        const after = epochMs(start);
        const next = nextCron(schedule, after);
        if (next === undefined) return;
        expect(next).to.be.greaterThan(after);
        expect(next % 1000).to.equal(0);
        // It does not matter from where before the occurrence one looks.
        const between = epochMs(after + (choice % (next - after)));
        expect(nextCron(schedule, between)).to.equal(next);
      }),
    );
  });
});

describe('latestCron', () => {
  LATEST.forEach(({ cron, notAfter, latest }) => {
    it(`finds ${String(latest)} as the latest of ${cron} at ${notAfter}`, () => {
      expect(shown(latestCron(compiled(cron), instant(notAfter)))).to.equal(latest);
    });
  });

  it('takes the end of the calendar for any later instant', () => {
    expect(shown(latestCron(compiled('* * * * * *'), epochMs(Number.POSITIVE_INFINITY)))).to.equal(
      END,
    );
  });

  it('finds the one before the next', () => {
    fc.assert(
      fc.property(randomCronWithSeconds, randomInstant, (cron, start) => {
        fc.pre(cron.canFire);
        const schedule = compiled(cron.ours);
        const at = epochMs(start);
        const latest = latestCron(schedule, at);
        const next = nextCron(schedule, at);
        if (latest === undefined) {
          expect(nextCron(schedule, epochMs(-1))).to.equal(next);
          return;
        }
        expect(latest).to.be.at.most(at);
        expect(nextCron(schedule, latest)).to.equal(next);
        expect(nextCron(schedule, epochMs(latest - 1))).to.equal(latest);
        if (next !== undefined) expect(latestCron(schedule, next)).to.equal(next);
      }),
    );
  });
});

describe('countCron', () => {
  COUNTS.forEach(({ cron, first, last, count }) => {
    it(`counts ${count} of ${cron} from ${first} to ${last}`, () => {
      expect(countCron(compiled(cron), instant(first), instant(last))).to.equal(count);
    });
  });

  it('counts what an enumeration finds', () => {
    fc.assert(
      fc.property(
        randomCronWithSeconds,
        randomInstant,
        fc.integer({ min: 1, max: 40 }),
        (cron, start, length) => {
          fc.pre(cron.canFire);
          const schedule = compiled(cron.ours);
          const found: EpochMs[] = [];
          let next = nextCron(schedule, epochMs(start - 1));
          while (next !== undefined && found.length < length) {
            found.push(next);
            next = nextCron(schedule, next);
          }
          const last = found.at(-1) ?? epochMs(start);
          expect(countCron(schedule, epochMs(start), last)).to.equal(found.length);
          if (next !== undefined) {
            expect(countCron(schedule, epochMs(start), epochMs(next - 1))).to.equal(found.length);
          }
        },
      ),
    );
  });

  it('counts a long span as the sum of its parts', () => {
    fc.assert(
      fc.property(
        randomCronWithSeconds,
        fc.tuple(randomInstant, randomInstant, randomInstant),
        (cron, instants) => {
          fc.pre(cron.canFire);
          const schedule = compiled(cron.ours);
          const [first = 0, middle = 0, last = 0] = instants.toSorted((a, b) => a - b).map(epochMs);
          const count = (from: number, until: number): number =>
            countCron(schedule, epochMs(from), epochMs(until));
          expect(count(first, middle) + count(middle + 1, last)).to.equal(count(first, last));
        },
      ),
    );
  });
});
