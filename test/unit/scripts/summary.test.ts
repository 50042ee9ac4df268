import { expect } from 'chai';
import { afterEach, before, beforeEach, describe, it } from 'mocha';
import { scriptFunction } from './script.ts';

const FROM = Date.parse('2026-01-01T00:00:00Z');
const MINUTE_MS = 60_000;

/** What a run of two minutes left, in which a policy was to fire every minute. */
function aRun(
  changes: {
    readonly firedAtMinutes?: readonly number[];
    readonly activeCapacity?: number;
    readonly isComplete?: boolean;
  } = {},
): object {
  const { firedAtMinutes = [1, 2], activeCapacity = 2, isComplete = true } = changes;
  const events = firedAtMinutes.map((minute) => {
    const plannedAt = FROM + minute * MINUTE_MS;
    return {
      event: 'policy.fired',
      policyId: 'p',
      plannedAt: new Date(plannedAt).toISOString(),
      at: new Date(plannedAt + 7).toISOString(),
    };
  });
  const policies = [
    { id: 'p', key: 'up', name: 'up', type: 'schedule', args: { cron: '* * * * *' } },
    { id: 'q', name: 'by hand', type: 'webhook' },
  ];
  const state = { desiredCapacity: 2, activeCapacity, status: 'ACTIVE' };
  const groups = [{ name: 'workers', policies, events, state }];
  return { from: FROM, to: FROM + 2 * MINUTE_MS, isComplete, groups };
}

describe('summarise', () => {
  const { log } = console;
  let summarise: (...args: readonly unknown[]) => unknown;
  let said: string;
  before(async () => {
    summarise = await scriptFunction('scripts/lib/summary.mjs', 'summarise');
  });
  beforeEach(() => {
    said = '';
    console.log = (text: string) => {
      said += `${text}\n`;
    };
  });
  afterEach(() => {
    console.log = log;
  });

  /** The exit code and the verdict, which is said last. */
  function verdictOn(run: object): readonly [unknown, string | undefined] {
    const exitCode = summarise(run);
    console.log = log; // the test's own result is printed before `afterEach`
    return [exitCode, said.trim().split('\n').at(-1)];
  }

  it('answers 0 where every planned time was claimed once and every group is as desired', () => {
    expect(verdictOn(aRun())).to.deep.equal([0, 'all well']);
    expect(said).to.include('lateness in ms: p50 7, p99 7, max 7');
  });

  it('overlooks what was planned before or after the run', () => {
    const run = aRun({ firedAtMinutes: [0, 1, 2, 3] });

    expect(verdictOn(run)).to.deep.equal([0, 'all well']);
  });

  const bad: readonly { readonly name: string; readonly run: object; readonly fault: string }[] = [
    {
      name: 'a planned time was claimed twice',
      run: aRun({ firedAtMinutes: [1, 1, 2] }),
      fault: 'workers/up: 1 doubled, 0 missed, 0 not planned',
    },
    {
      name: 'a planned time was missed',
      run: aRun({ firedAtMinutes: [2] }),
      fault: 'workers/up: 0 doubled, 1 missed, 0 not planned',
    },
    {
      name: 'something fired that was not planned',
      run: aRun({ firedAtMinutes: [1, 1.5, 2] }),
      fault: 'workers/up: 0 doubled, 0 missed, 1 not planned',
    },
    {
      name: 'a group is not as desired',
      run: aRun({ activeCapacity: 1 }),
      fault: 'workers has 1 of 2',
    },
    {
      name: 'the run was interrupted',
      run: aRun({ isComplete: false }),
      fault: 'the run was interrupted',
    },
  ];
  for (const { name, run, fault } of bad) {
    it(`answers 1 where ${name}`, () => {
      expect(verdictOn(run)).to.deep.equal([1, `not well: ${fault}`]);
    });
  }
});
