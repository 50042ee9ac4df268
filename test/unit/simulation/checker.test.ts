import { expect } from 'chai';
import { describe, it } from 'mocha';

import { checkTrace, RULES } from '../../simulation/checker/check.ts';
import type { Violation } from '../../simulation/checker/entries.ts';
import {
  BROKEN_CALENDARS,
  EXCUSED_CALENDARS,
  LOST_TO_CALENDARS,
  MISARMED_CALENDARS,
} from './broken-calendars.ts';
import { BROKEN_CLAIMS } from './broken-claims.ts';
import { BROKEN_DECISIONS } from './broken-decisions.ts';
import { BROKEN_PLANS, EXCUSED_PLANS, MISARMED_TIMERS } from './broken-plans.ts';
import { BROKEN_STORES } from './broken-stores.ts';
import { BROKEN_PROVIDERS } from './broken-providers.ts';
import { BROKEN_WORLDS } from './broken-worlds.ts';
import { EXCUSED } from './excused-traces.ts';
import type { BrokenTraces } from './trace-scenes.ts';

const BROKEN: BrokenTraces = {
  ...BROKEN_CLAIMS,
  ...BROKEN_DECISIONS,
  ...BROKEN_STORES,
  ...BROKEN_PROVIDERS,
  ...BROKEN_WORLDS,
  ...BROKEN_PLANS,
  ...BROKEN_CALENDARS,
};

function rulesOf(violations: readonly Violation[]): readonly string[] {
  return [...new Set(violations.map(({ rule }) => rule))];
}

describe('checkTrace', () => {
  for (const [rule, cases] of Object.entries(BROKEN)) {
    for (const { name, trace } of cases) {
      it(`finds by ${rule} alone that ${name}`, () => {
        const violations = checkTrace(trace());

        expect(rulesOf(violations), JSON.stringify(violations, undefined, 1)).to.deep.equal([rule]);
      });
    }
  }

  for (const { name, trace } of [...EXCUSED, ...EXCUSED_PLANS, ...EXCUSED_CALENDARS]) {
    it(`finds nothing where ${name}`, () => {
      expect(checkTrace(trace())).to.deep.equal([]);
    });
  }

  for (const { name, trace } of LOST_TO_CALENDARS) {
    it(`finds by missed alone that ${name}`, () => {
      expect(rulesOf(checkTrace(trace()))).to.deep.equal(['missed']);
    });
  }

  for (const { name, trace } of [...MISARMED_TIMERS, ...MISARMED_CALENDARS]) {
    it(`finds by misarmed alone that ${name}`, () => {
      expect(rulesOf(checkTrace(trace()))).to.deep.equal(['misarmed']);
    });
  }

  it('needs each of its rules', () => {
    const blind = Object.keys(RULES).filter((rule) => {
      const others = Object.fromEntries(Object.entries(RULES).filter(([name]) => name !== rule));
      const cases = BROKEN[rule] ?? [];
      const isMissed = cases.every(({ trace }) => checkTrace(trace(), others).length === 0);
      return cases.length === 0 || !isMissed;
    });

    expect(blind).to.deep.equal([]);
  });

  it('tells what is wrong in the order of time', () => {
    const traces = Object.values(BROKEN).flatMap((cases) => cases.map(({ trace }) => trace()));
    for (const trace of traces) {
      const times = checkTrace(trace).map(({ t }) => t);

      expect(times).to.deep.equal(times.toSorted((a, b) => a - b));
    }
  });
});
