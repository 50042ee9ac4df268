import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { scriptFunction } from './script.ts';

interface Case {
  readonly args: { readonly cron: string } | { readonly at: string };
  readonly from: string;
  readonly to: string;
  readonly planned: readonly string[];
}

const CASES: Readonly<Record<string, Case>> = {
  'leaves out where it begins and takes in where it ends': {
    args: { cron: '* * * * *' },
    from: '2026-01-01T00:00:00Z',
    to: '2026-01-01T00:02:00Z',
    planned: ['2026-01-01T00:01:00Z', '2026-01-01T00:02:00Z'],
  },
  'begins at the next whole minute': {
    args: { cron: '* * * * *' },
    from: '2026-01-01T00:00:30Z',
    to: '2026-01-01T00:01:59Z',
    planned: ['2026-01-01T00:01:00Z'],
  },
  'knows steps, lists and ranges': {
    args: { cron: '*/30,7 3-4 1 * *' },
    from: '2026-01-01T00:00:00Z',
    to: '2026-01-02T00:00:00Z',
    planned: [
      '2026-01-01T03:00:00Z',
      '2026-01-01T03:07:00Z',
      '2026-01-01T03:30:00Z',
      '2026-01-01T04:00:00Z',
      '2026-01-01T04:07:00Z',
      '2026-01-01T04:30:00Z',
    ],
  },
  'takes either day where both are given': {
    args: { cron: '0 0 3 * 1' }, // the third, and Monday the fifth
    from: '2026-01-01T00:00:00Z',
    to: '2026-01-06T00:00:00Z',
    planned: ['2026-01-03T00:00:00Z', '2026-01-05T00:00:00Z'],
  },
  'takes the day of the week alone where the other is open': {
    args: { cron: '0 0 * 1 1' },
    from: '2026-01-01T00:00:00Z',
    to: '2026-02-05T00:00:00Z',
    planned: [5, 12, 19, 26].map((day) => `2026-01-${String(day).padStart(2, '0')}T00:00:00Z`),
  },
  'takes a single time that lies within': {
    args: { at: '2026-01-01T00:00:20Z' },
    from: '2026-01-01T00:00:19Z',
    to: '2026-01-01T00:00:20Z',
    planned: ['2026-01-01T00:00:20Z'],
  },
  'leaves out a single time where it begins': {
    args: { at: '2026-01-01 00:00:20Z' },
    from: '2026-01-01T00:00:20Z',
    to: '2026-01-01T00:01:00Z',
    planned: [],
  },
  'leaves out a single time after the end': {
    args: { at: '2026-01-01T00:02:00Z' },
    from: '2026-01-01T00:00:00Z',
    to: '2026-01-01T00:01:00Z',
    planned: [],
  },
};

describe('plannedBetween', () => {
  let plannedBetween: (...args: readonly unknown[]) => unknown;
  before(async () => {
    plannedBetween = await scriptFunction('scripts/lib/calendar.mjs', 'plannedBetween');
  });

  for (const [name, { args, from, to, planned }] of Object.entries(CASES)) {
    it(name, () => {
      const found = plannedBetween(args, Date.parse(from), Date.parse(to));

      expect(found).to.deep.equal(planned.map((time) => Date.parse(time)));
    });
  }
});
