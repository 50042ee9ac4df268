import { expect } from 'chai';
import { describe, it } from 'mocha';

import { cronWords } from '../../../src/cli/cron-words.ts';

describe('cronWords', () => {
  const CASES = [
    { cron: '* * * * *', words: 'Every minute' },
    { cron: '  */5 *\t* * * ', words: 'Every 5 minutes' },
    { cron: '00 09 * * mon-fri', words: 'At 09:00, Monday through Friday' },
    { cron: '0 0 l * *', words: 'At 00:00, on the last day of the month' },
    // either of two day fields may match
    {
      cron: '0 0 15 * 1',
      words: 'At 00:00, on day 15 of the month, or at 00:00, only on Monday',
    },
    // a step that does not divide the hour starts anew with each hour
    { cron: '*/7 * * * *', words: undefined },
    { cron: '0 */5 * * *', words: undefined },
    { cron: '0 */6 * * *', words: 'On the hour, every 6 hours' },
    { cron: '*/70 * * * *', words: undefined },
    { cron: '*/5,7 * * * *', words: undefined },
    // day 0 is day 1, which the words do not know
    { cron: '0 0 0 * *', words: undefined },
  ];
  for (const { cron, words } of CASES) {
    it(`says ${words ?? 'nothing'} of ${JSON.stringify(cron)}`, () => {
      expect(cronWords(cron)).to.equal(words);
    });
  }
});
