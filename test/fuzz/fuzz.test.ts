/**
 * Goal: whatever is sent to a node, it answers as its document says, in time, and what it refuses changes nothing.
 * Method: requests that a seed makes of that document, spoiled here and there, over real connections. Replay one
 * with the command that a failure names.
 */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { systemRandom } from '../../src/adapters/system/random.ts';
import { faultText, fuzz, summaryText } from './run.ts';
import { playRound } from './round.ts';

const IS_LONG = process.env['LUTRA_TEST_LONG'] === '1';
const SEED = Number(process.env['SEED'] ?? 1 + Math.floor(systemRandom.fraction() * 1e9));
const REQUEST_COUNT = IS_LONG ? 20_000 : 2_000;
const TIMEOUT_MS = IS_LONG ? 1_800_000 : 240_000;
/** Of the operations, at least so many did their work: else the others would prove nothing. */
const ACCEPTED_MIN = 30;

describe(`Requests of all kinds (SEED=${String(SEED)})`, function () {
  this.timeout(TIMEOUT_MS);

  it(`${String(REQUEST_COUNT)} of them are answered as the document says`, async () => {
    const result = await fuzz({ seed: SEED, requestCount: REQUEST_COUNT });

    expect(result.faults.map(faultText), summaryText(result)).to.deep.equal([]);
    expect(result.accepted.size, [...result.accepted].join('\n')).to.be.at.least(ACCEPTED_MIN);
  });

  it('are the same, and so are their answers, for the same seed', async () => {
    const [one, again] = [await playRound(SEED, 60), await playRound(SEED, 60)];

    expect(one.digest).to.equal(again.digest);
  });
});
