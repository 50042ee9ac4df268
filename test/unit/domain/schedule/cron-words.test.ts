import { expect } from 'chai';
import { describe, it } from 'mocha';

import { cronWords } from '../../../../src/domain/schedule/cron-words.ts';

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
    { cron: '0 0 1 */5 *', words: undefined },
    { cron: '0 0 * * */2', words: undefined },
    { cron: '*/5,7 * * * *', words: undefined },
    // day 0 is day 1, which the words do not know
    { cron: '0 0 0 * *', words: undefined },
  ];
  for (const { cron, words } of CASES) {
    it(`says ${words ?? 'nothing'} of ${JSON.stringify(cron)}`, () => {
      expect(cronWords(cron)).to.equal(words);
    });
  }

  const EXTENDED = [
    { cron: '@Daily', words: 'At 00:00' },
    { cron: '0 0 L-3 * *', words: 'At 00:00, 3 days before the last day of the month' },
    { cron: '0 0 15W * ?', words: 'At 00:00, on the weekday nearest day 15 of the month' },
    { cron: '0 0 lw * *', words: 'At 00:00, on the last weekday of the month' },
    { cron: '0 0 * * fril', words: 'At 00:00, on the last Friday of the month' },
    { cron: '0 0 ? * 7#2', words: 'At 00:00, on the second Sunday of the month' },
    { cron: '0 0 * * FRI-MON', words: 'At 00:00, Friday through Monday' },
    { cron: '30 0 9 * * *', words: 'At 09:00:30' },
    { cron: '*/7 * * * * *', words: undefined },
    // the library leaves out what stands beside L-3, and refuses what stands beside 15W
    { cron: '0 0 L-3,15 * *', words: undefined },
    { cron: '0 0 15W,20 * *', words: undefined },
  ];
  for (const { cron, words } of EXTENDED) {
    it(`says ${words ?? 'nothing'} of ${JSON.stringify(cron)} in the extended dialect`, () => {
      expect(cronWords(cron, 'extended')).to.equal(words);
    });
  }
});
