import { expect } from 'chai';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';

import { compileCron } from '../../../../src/domain/schedule/cron.ts';
import type { CompiledCron } from '../../../../src/domain/schedule/cron.ts';

/** Accepted by Otter's validator, measured there or named by its tests. */
const VALID = [
  ...['* * * * *', '0-59 0-23 1-31 1-12 0-6', '00 9,16 * * *', '00 02-11 * * *'],
  ...['00 09-18 * * 1-5', '0 0 0 0 0', '* * 0 * *', '* * 0-0 * *', '* * * 0-0 *', '* * * 0 *'],
  ...['* * * * 7', '* * * * 0-7', '* * * * 5-7', '* * * * Mon-Fri', '* * * jan-mar *'],
  ...['* * * JAN *', '* * * * sun', '* * * * SUN,sat', '* * * * 1-fri', '* * * feb-12 *'],
  ...['* * L * *', '* * l * *', '0 0 15,l * *', '0 0 l,L,31 * *', '0 0 L 2 *'],
  ...['*/70 * * * *', '*/1 * * * *', '*/5,10 * * * *', '*/5,*/7 * * * *', '1,1,1 * * * *'],
  ...['* * 0,1 * *', '* * * * 0,7', '* * * * */7', '* * */40 * *', '* * 0-30/5 * *'],
  ...['0-30/5 * * * *', '0-30/99 * * * *', '7-7 * * * *', '*/05 * * * *', '007 * * * *'],
  ...['  0 0 * * *  ', '0\t0\t*\t*\t*', '\n0   0 *  * *', '0 0 29 2 *', '0 0 31 2 1'],
  ...['0 0 31 2 */1', '0 0 31 1,2 *', '0 0 30,l 2 *', '0 0 1-31 2 *', '0 0 */30 2 *'],
  `${Array.from({ length: 60 }, (_, minute) => minute).join(',')} * * * *`,
];

/** Refused by Otter's validator, or by us where Otter accepted and then failed. */
const REFUSED = [
  ...['', ' ', '\t \n', '*', '12345', '* *', '* * *', '* * * *', '* * * * * * *'],
  ...['1 2 3 4 5 6 7', '@yearly', '@annually', '@monthly', '@weekly', '@daily', '@hourly'],
  ...['@reboot', '@every 5m', '60 * * * *', '* 24 * * *', '* * 32 * *', '* * * 13 *'],
  ...['* * * * 8', '* 100 * * *', '-9 * * * *', '-090 * * * *', '* * -32 * *', '2- * * * *'],
  ...['- * * * *', '-5-7 * * * *', '6-0 * * * *', '* 20-4 * * *', '* * * * 7-0'],
  ...['* * * * sat-mon', '* * * dec-jan *', '1-70 * * * *', '* 0-24 * * *', '* * 1-32 * *'],
  ...['* * * 1-13 *', '* * * * 0-8', '$ * * * *', '? * * * *', '* * ? * *', '* * * * ?'],
  ...['* * W * *', '* * 15W * *', '* * LW * *', '* * * * 1#2', '* * 5L * *', '* * * * 5L'],
  ...['* * * * L', 'L * * * *', '* * L-3 * *', '* * L/2 * *', '* * 1-L * *', 'H * * * *'],
  ...['* H(0-5) * * *', '+5 * * * *', '0x5 * * * *', '1.5 * * * *', '1e1 * * * *', ', * * * *'],
  ...['1, * * * *', ',1 * * * *', '1,,2 * * * *', '1,*,3 * * * *', '*,* * * * *', '*,1 * * * *'],
  ...['*/0 * * * *', '0-30/0 * * * *', '*/00 * * * *', '*/ * * * *', '*/a * * * *'],
  ...['*/-1 * * * *', '*/1.5 * * * *', '0-5/ * * * *', '/5 * * * *', '5/10 * * * *'],
  ...['* * * * mon/2', '1-5-7 * * * *', '1/2/3 * * * *', '*/2/3 * * * *', '**/2 * * * *'],
  ...['** * * * *', '*-5 * * * *', '* * * * sun-mon', '* * * * fri-sun', '* * * * SUN-sun'],
  ...['* * * * 0-sun', '* * * * monday', '* * * * mo', '* * * january *', 'mon * * * *'],
  ...['* jan * * *', '* * mon * *', '* * * mon *', '* * * * jan', '٣ * * * *'],
  ...['2050-05-20T00:00:00Z', '2050-05-20 00:00:00 a b c', '0 0 * * * 99', '0 0 * * * *x'],
  ...['60 * * * * *', 'jan * * * * *'],
  `${'0'.repeat(250)} * * * *`,
];

/** Days that none of the months has. */
const NEVER = [
  '* * 31 2 *',
  '0 0 31 2 *',
  '0 0 30 2 *',
  '0 0 31 4 *',
  '0 0 30-31 2 *',
  '0 0 31 2,4,6,9,11 *',
];

describe('compileCron', () => {
  VALID.forEach((text) => {
    it(`accepts ${JSON.stringify(text)}`, () => {
      expect(compileCron(text, { seconds: 'refused' })).to.have.property('kind', 'compiled');
    });
  });

  REFUSED.forEach((text) => {
    it(`refuses ${JSON.stringify(text.slice(0, 40))}`, () => {
      expect(problemOf(text)).to.be.a('string').that.does.not.include('never fires');
    });
  });

  NEVER.forEach((text) => {
    it(`refuses ${JSON.stringify(text)}, which never fires`, () => {
      expect(problemOf(text)).to.be.a('string').that.includes('never fires');
    });
  });

  const SAME = [
    { what: '0 as the first day and the first month', text: '0 0 0 0 0', as: '0 0 1 1 0' },
    { what: '7 as Sunday', text: '0 0 * * 7', as: '0 0 * * 0' },
    { what: '0 and 7 after the steps of a range', text: '0 0 0-30/5 * *', as: '0 0 1,5-30/5 * *' },
    { what: 'a range of weekdays up to 7', text: '0 0 * * 5-7', as: '0 0 * * 0,5,6' },
    { what: 'steps that end on Sunday', text: '0 0 * * 1-7/2', as: '0 0 * * 0,1,3,5' },
    { what: 'a month range from 0', text: '0 0 1 0-3 *', as: '0 0 1 1-3 *' },
    { what: 'names', text: '0 0 * FEB-apr mon,Wed-FRI', as: '0 0 * 2-4 1,3-5' },
    { what: 'a step from the first value', text: '0 0 1 */5 *', as: '0 0 1 1,6,11 *' },
    { what: 'a step beyond the range', text: '*/70 0-5/9 * * *', as: '0 0 * * *' },
    { what: 'repeated values', text: '*/5,10,10,0 * * * *', as: '*/5 * * * *' },
    { what: 'l as L', text: '0 0 15,l * *', as: '0 0 L,15 * *' },
    { what: 'leading zeros', text: '007 00 * * *', as: '7 0 * * *' },
    { what: 'any blanks', text: ' \t7  0 *\n* * ', as: '7 0 * * *' },
    { what: 'five fields as second 0', text: '7 0 * * *', as: '0 7 0 * * *' },
  ];
  SAME.forEach(({ what, text, as }) => {
    it(`reads ${what}`, () => {
      expect(compiled(text)).to.deep.equal(compiled(as));
    });
  });

  it('tells a restricted day from a literal *', () => {
    expect([compiled('0 0 */1 * 1'), compiled('0 0 * * 1'), compiled('0 0 1 * *')]).to.deep.equal([
      { ...compiled('0 0 * * *'), daysOfWeek: 0b10 },
      { ...compiled('0 0 * * *'), daysOfMonth: 0, daysOfWeek: 0b10 },
      { ...compiled('0 0 * * *'), daysOfMonth: 0b1 },
    ]);
  });

  const PROBLEMS = [
    {
      text: '0 0 * *',
      problem:
        '"0 0 * *" has 4 fields; write five, separated by blanks: ' +
        'minute, hour, day of month, month, day of week',
    },
    {
      text: '@daily',
      problem:
        '"@daily" has 1 field; write five, separated by blanks: ' +
        'minute, hour, day of month, month, day of week',
    },
    {
      text: '0 24,5 * * *',
      problem:
        'hour "24,5": "24" is none of its values; write *, or a list, separated by commas, ' +
        'of */2, 0-23, 0-23/2 and numbers from 0 to 23',
    },
    {
      text: '0 0 5-3 * *',
      problem:
        'day of month "5-3": "5-3" runs backward; write *, or a list, separated by commas, ' +
        'of */2, 1-31, 1-31/2 and numbers from 1 to 31, L for the last day',
    },
    {
      text: '0 0 * * fri-sun',
      problem:
        'day of week "fri-sun": "fri-sun" has "sun" as an end of a range, where only 0 and 7 are known; ' +
        'write *, or a list, separated by commas, of */2, 0-6, 0-6/2 ' +
        'and numbers from 0 to 6 (0 is Sunday) or sun to sat',
    },
    {
      text: '0 0 * 1-feb,x-3 *',
      problem:
        'month "1-feb,x-3": "x-3" has an end that is none of its values; ' +
        'write *, or a list, separated by commas, of */2, 1-12, 1-12/2 ' +
        'and numbers from 1 to 12 or jan to dec',
    },
    {
      text: '0 0 31 2 *',
      problem:
        '"0 0 31 2 *" never fires: its day of month is in none of its months; ' +
        'write a day that one of them has',
    },
    { text: 'x'.repeat(257), problem: 'a cron expression has at most 256 characters, not 257' },
  ];
  PROBLEMS.forEach(({ text, problem }) => {
    it(`says what is wrong with ${JSON.stringify(text.slice(0, 20))}, and what would be right`, () => {
      expect(compileCron(text, { seconds: 'refused' })).to.deep.equal({ kind: 'invalid', problem });
    });
  });

  const ITEM_PROBLEMS = [
    { text: '1,*,3 * * * *', why: '"*" stands alone, not in a list' },
    { text: '1,,3 * * * *', why: 'there is an empty item' },
    { text: '*/0 * * * *', why: 'a step is at least 1' },
    { text: '5/10 * * * *', why: 'a step is a number, and follows * or a range' },
  ];
  ITEM_PROBLEMS.forEach(({ text, why }) => {
    it(`explains an item of ${text}`, () => {
      const [field = ''] = text.split(' ');
      expect(compileCron(text, { seconds: 'refused' }))
        .to.have.property('problem')
        .that.satisfies((problem: string) => problem.startsWith(`minute "${field}": ${why}; `));
    });
  });

  it('refuses six valid fields by name where seconds are refused', () => {
    expect(compileCron('30 0 0 * * *', { seconds: 'refused' })).to.deep.equal({
      kind: 'invalid',
      problem: 'Seconds not allowed',
    });
  });

  it('refuses six invalid fields for what is wrong with them', () => {
    expect(compileCron('0 0 * * * 99', { seconds: 'refused' }))
      .to.have.property('problem')
      .that.matches(/^day of week "99": /);
  });

  it('takes six fields, seconds first, where seconds are allowed', () => {
    expect(compiled('30,45 0 0 * * *').seconds).to.deep.equal({ low: 0, high: 0b1000000000000001 });
  });

  it('answers to any text', () => {
    const anyFields = fc
      .array(fc.string({ unit: fc.constantFrom(...Array.from('0123456789*/-,LlWH#?@ mons\t')) }), {
        minLength: 4,
        maxLength: 7,
      })
      .map((fields) => fields.join(' '));
    fc.assert(
      fc.property(fc.oneof(anyFields, fc.string()), (text) => {
        expect(compileCron(text, { seconds: 'refused' }).kind).to.be.oneOf(['compiled', 'invalid']);
      }),
    );
  });
});

function problemOf(text: string): string | undefined {
  const compilation = compileCron(text, { seconds: 'allowed' });
  return compilation.kind === 'invalid' ? compilation.problem : undefined;
}

function compiled(text: string): CompiledCron {
  const compilation = compileCron(text, { seconds: 'allowed' });
  if (compilation.kind === 'invalid') throw new Error(compilation.problem);
  return compilation.cron;
}
