/**
 * Goal: nothing that Lutra promises is broken by any mixture of faults. Method: whole clusters in virtual worlds,
 * drawn from seeds, and a checker that reads what happened. A seed that fails is told about by
 * `npm run simulate -- --seed N`, which shows the fewest faults that still do it.
 */
import { availableParallelism } from 'node:os';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { addStrikes, neverStruck } from './checker/coverage.ts';
import { addPlanned, neverPlanned } from './checker/planned.ts';
import { judgeSeed } from './judge.ts';
import type { SeedResult } from './judge.ts';
import { judgeSeeds } from './pool.ts';
import { REGRESSIONS } from './regressions.ts';
import { violationLine } from './story.ts';

const SEED_COUNT = process.env['LUTRA_TEST_LONG'] === '1' ? 2_000 : 200;
/** Far more than it takes; only bounds what hangs. */
const SEED_TIMEOUT_MS = 10_000;
const MINUTE_MS = 60_000;
/** What people are to be seen to ask for, and to be answered. */
const ANSWERS = [
  ...['create-group created', 'create-policies created', 'change-policy changed'],
  ...['delete-policy deleted', 'execute scaled', 'execute refused', 'change-config changed'],
  ...['change-launch changed', 'pause paused', 'resume resumed', 'converge marked'],
  ...['delete-group deleted', 'delete-group not-empty', 'drain asked'],
  ...['set-override set', 'remove-override removed', 'skip skipped'],
  ...['put-calendar put', 'put-calendar unresolvable'],
  ...['delete-calendar deleted', 'delete-calendar in-use'],
];

function linesOf({ seed, violations }: SeedResult): readonly string[] {
  return violations.map((violation) => violationLine(violation, seed));
}

describe('a simulated cluster', () => {
  it('keeps every promise, whatever is wrong around it', async function manySeeds() {
    this.timeout(SEED_COUNT * SEED_TIMEOUT_MS);
    const failures: string[] = [];
    let strikes = addStrikes([]);
    let planned = addPlanned([]);
    let firedCount = 0;
    let missedRunCount = 0;
    const answers = new Set<string>();
    await judgeSeeds({
      seeds: Array.from({ length: SEED_COUNT }, (_, index) => index + 1),
      workers: availableParallelism(),
      onResult: (result) => {
        strikes = addStrikes([strikes, result.strikes]);
        planned = addPlanned([planned, result.planned]);
        firedCount += result.firedCount;
        missedRunCount += result.missedRunCount;
        for (const answer of result.answers) answers.add(answer);
        const [first] = result.violations;
        if (first !== undefined) {
          failures.push(`seed ${String(result.seed)}: ${violationLine(first, result.seed)}`);
        }
      },
    });

    expect(failures).to.deep.equal([]);
    expect(neverStruck(strikes), 'faults that never struck').to.deep.equal([]);
    expect(neverPlanned(planned), 'plans that never came about').to.deep.equal([]);
    expect([...answers]).to.include.members(ANSWERS);
    expect(firedCount, 'occurrences that fired').to.be.greaterThan(SEED_COUNT * 100);
    expect(missedRunCount, 'runs missed in outages').to.be.greaterThan(SEED_COUNT / 5);
  });

  it('does the same when its seed is run again', async function twice() {
    this.timeout(MINUTE_MS);
    const first = await judgeSeed(7);
    const second = await judgeSeed(7);

    expect(second.hash).to.equal(first.hash);
  });

  for (const { seed, about } of REGRESSIONS) {
    it(`still keeps them where it once did not: ${about} (seed ${String(seed)})`, async function again() {
      this.timeout(MINUTE_MS);

      expect(linesOf(await judgeSeed(seed))).to.deep.equal([]);
    });
  }

  it('is at least six hours of three nodes, fifty policies and ten faults', async function extent() {
    this.timeout(MINUTE_MS);
    const { simulatedMs, nodeCount, policyCount, world } = await judgeSeed(11);

    expect(simulatedMs).to.be.at.least(6 * 60 * MINUTE_MS);
    expect(nodeCount).to.be.at.least(3);
    expect(policyCount).to.be.at.least(50);
    expect(world.plan.length).to.be.at.least(10);
  });
});
