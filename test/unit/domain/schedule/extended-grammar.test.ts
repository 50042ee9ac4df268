import { expect } from 'chai';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';

import { compileCron } from '../../../../src/domain/schedule/cron.ts';
import type { CompiledCron, CronCompilation } from '../../../../src/domain/schedule/cron.ts';

function compile(text: string): CronCompilation {
  return compileCron(text, { dialect: 'extended', seconds: 'refused' });
}

function compiled(text: string): CompiledCron {
  const compilation = compile(text);
  if (compilation.kind === 'invalid') throw new Error(compilation.problem);
  return compilation.cron;
}

function problemOf(text: string): string | undefined {
  const compilation = compile(text);
  return compilation.kind === 'invalid' ? compilation.problem : undefined;
}

/** Expressions of which both dialects have the same reading. */
const COMMON = [
  ...['* * * * *', '*/5,10 0-23/10,9 * * *', '0 9-17/2 * jan-Mar,12 MON-fri', '0 0 L * *'],
  ...['0 0 15,l 2 *', '0 0 1 * 1', '0 0 */1 * 7', '0 0 * * 5-7', '0 0 * * 0-7', '0 0 * * 7-7'],
  ...['0 0 29 2 *', ' \t7  00\n* * * ', '0 0 31 2 1'],
];

const SAME = [
  { what: 'weekdays that wrap', text: '0 0 * * FRI-MON', as: '0 0 * * 5,6,0,1' },
  { what: 'weekdays that wrap from 7', text: '0 0 * * 7-2', as: '0 0 * * 0-2' },
  { what: 'Sunday as an end of a range', text: '0 0 * * sat-sun', as: '0 0 * * 6,0' },
  { what: 'steps that wrap', text: '0 0 * * 5-1/2', as: '0 0 * * 5,0' },
  { what: 'hours that wrap', text: '0 22-2 * * *', as: '0 22,23,0,1,2 * * *' },
  { what: 'months that wrap', text: '0 0 1 NOV-feb *', as: '0 0 1 11,12,1,2 *' },
  { what: 'days that wrap, and their steps', text: '0 0 28-3/2 * *', as: '0 0 28,30,1,3 * *' },
  { what: 'minutes that wrap', text: '58-1 * * * *', as: '58,59,0,1 * * * *' },
  { what: 'a range all the way round', text: '0 5-4 * * *', as: '0 */1 * * *' },
  { what: '? as any day of the month', text: '0 0 ? * 1', as: '0 0 * * 1' },
  { what: '? as any day of the week', text: '0 0 1 * ?', as: '0 0 1 * *' },
  { what: '? twice', text: '0 0 ? * ?', as: '0 0 * * *' },
  { what: 'a step as long as the field', text: '*/60 */24 * * *', as: '0 0 * * *' },
  { what: 'six fields, seconds first', text: '0 7 0 * * *', as: '7 0 * * *' },
  { what: 'friL in any spelling', text: '0 0 * * FRIL', as: '0 0 * * 5l' },
  { what: '7L as 0L', text: '0 0 * * 7L', as: '0 0 * * sunl' },
  { what: 'mon#2 in any spelling', text: '0 0 * * Mon#2', as: '0 0 * * 1#2' },
  { what: '7#1 as sun#1', text: '0 0 * * 7#1', as: '0 0 * * sun#1' },
  { what: '15W and LW in any case', text: '0 0 15w,Lw * *', as: '0 0 LW,15W * *' },
  { what: 'L-3 in any case', text: '0 0 l-3 * *', as: '0 0 L-03 * *' },
  { what: '@yearly', text: '@yearly', as: '0 0 1 1 *' },
  { what: '@annually', text: '@annually', as: '0 0 1 1 *' },
  { what: '@monthly', text: '@monthly', as: '0 0 1 * *' },
  { what: '@weekly', text: '@weekly', as: '0 0 * * 0' },
  { what: '@daily', text: ' @Daily ', as: '0 0 * * *' },
  { what: '@midnight', text: '@MIDNIGHT', as: '0 0 * * *' },
  { what: '@hourly', text: '@hourly', as: '0 * * * *' },
];

const REFUSED = [
  ...['', ' ', '* * * *', '* * * * * * *', '@reboot', '@every 5m', '@', '@daily x'],
  ...['60 * * * *', '* 24 * * *', '* * 0 * *', '* * 32 * *', '* * * 0 *', '* * * 13 *'],
  ...['* * 0-5 * *', '* * * 0-3 *', '* * * * 8', '* * * * 5-8', '60 * * * * *'],
  ...['? * * * *', '* ? * * *', '* * * ? *', '? * * * * *', '* * ?,1 * *', '* * * * ?/2'],
  ...['*,1 * * * *', '1, * * * *', ',1 * * * *', '1,,2 * * * *', '** * * * *', '*-5 * * * *'],
  ...['*/0 * * * *', '*/61 * * * *', '* */25 * * *', '*/ * * * *', '*/a * * * *', '/5 * * * *'],
  ...[
    '5/10 * * * *',
    '1-5/0 * * * *',
    '1/2/3 * * * *',
    '1-5-7 * * * *',
    '-5 * * * *',
    '5- * * * *',
  ],
  ...['* * W * *', '* * 0W * *', '* * 32W * *', '* * 1-15W * *', '* * W15 * *', '* * L-3W * *'],
  ...['* * L-0 * *', '* * L-31 * *', '* * L-x * *', '* * L/2 * *', '* * 1-L * *', '* * L3 * *'],
  ...['* * * * L', '* * * * 8L', '* * * * mon-friL', '* * * * friL/2', '* * * * LW', '* * * * 5W'],
  ...['* * * * #2', '* * * * 1#', '* * * * 1#0', '* * * * 1#6', '* * * * 8#1', '* * * * 1#2#3'],
  ...['* * * * 1#2L', '* * * * 5L#2', '* * * * 1-5#2', '* * * * 1#01', '* * 1#2 * *', '* * 5L * *'],
  ...['L * * * *', '* L * * *', '* * * L *', '* * * * monday', '* * mon * *', 'H * * * *'],
  ...['+5 * * * *', '1.5 * * * *', '٣ * * * *', '0x5 * * * *', `${'0'.repeat(250)} * * * *`],
];

const NEVER = [
  ...['0 0 31 2 *', '0 0 30-31 2 ?', '0 0 31 2,4,6,9,11 *', '0 0 L-30 2 *', '0 0 L-29 2 *'],
  ...['0 0 L-30 feb,apr *', '0 0 31W 4 *', '0 0 30W,31W 2 *', '0 0 31,L-30,31W 6 *'],
];

/** Rare, and not never. */
const RARE = [
  ...['0 0 * 2 MON#5', '0 0 * feb sun#5', '0 0 29W 2 *', '0 0 L-28 2 *', '0 0 L-30 1,2 *'],
  ...['0 0 31 2 MON#5', '0 0 31W 2 1L', '0 0 30,LW 2 *', '0 0 30W 4 *'],
];

const PROBLEMS = [
  {
    text: '0 0 * *',
    problem:
      '"0 0 * *" has 4 fields; write five, separated by blanks: ' +
      'minute, hour, day of month, month, day of week; or six: second, then these',
  },
  {
    text: '@reboot',
    problem:
      '"@reboot" is none of the known names; write one of ' +
      '@yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly',
  },
  {
    text: '0 24,5 * * *',
    problem:
      'hour "24,5": "24" is none of its values; write *, or a list, separated by commas, ' +
      'of */2, 0-23, 0-23/2 and numbers from 0 to 23',
  },
  {
    text: '0 0 L-31 * *',
    problem:
      'day of month "L-31": "L-31" is not 1 to 30 days before the last; ' +
      'write * or ?, or a list, separated by commas, of */2, 1-31, 1-31/2 ' +
      'and numbers from 1 to 31, L for the last day, L-3 for three days before it, ' +
      '15W for the Monday to Friday nearest to the 15th, LW for the last one',
  },
  {
    text: '0 0 * 0 *',
    problem:
      'month "0": "0" is none of its values; write *, or a list, separated by commas, ' +
      'of */2, 1-12, 1-12/2 and numbers from 1 to 12 or jan to dec',
  },
  {
    text: '0 0 * * MON#6',
    problem:
      'day of week "MON#6": "MON#6" does not end with L or one of #1 to #5; ' +
      'write * or ?, or a list, separated by commas, of */2, 0-6, 0-6/2 and numbers from 0 to 7 ' +
      '(0 and 7 are Sunday) or sun to sat, friL for the last Friday, fri#2 for the second one',
  },
  {
    text: '0 0 L-30 2 *',
    problem:
      '"0 0 L-30 2 *" never fires: its day of month is in none of its months; ' +
      'write a day that one of them has',
  },
  { text: 'x'.repeat(257), problem: 'a cron expression has at most 256 characters, not 257' },
];

const ITEM_PROBLEMS = [
  { text: '1,*,3 * * * *', why: '"*" stands alone, not in a list' },
  { text: '1,,3 * * * *', why: 'there is an empty item' },
  { text: '*/61 * * * *', why: 'in "*/61" a step is from 1 to 60' },
  { text: '5/10 * * * *', why: 'in "5/10" a step is a number, and follows * or a range' },
  { text: '5-60 * * * *', why: '"5-60" is no range between two of its values' },
];

describe('compileCron in the extended dialect', () => {
  COMMON.forEach((text) => {
    it(`reads ${JSON.stringify(text)} as the v1.0 grammar does`, () => {
      const v1 = compileCron(text, { seconds: 'refused' });
      expect(compile(text)).to.deep.equal(v1);
      expect(v1.kind).to.equal('compiled');
    });
  });

  SAME.forEach(({ what, text, as }) => {
    it(`reads ${what}`, () => {
      expect(compiled(text)).to.deep.equal(compiled(as));
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

  RARE.forEach((text) => {
    it(`accepts ${JSON.stringify(text)}, which fires in some years`, () => {
      expect(problemOf(text)).to.equal(undefined);
    });
  });

  PROBLEMS.forEach(({ text, problem }) => {
    it(`says what is wrong with ${JSON.stringify(text.slice(0, 20))}, and what would be right`, () => {
      expect(compile(text)).to.deep.equal({ kind: 'invalid', problem });
    });
  });

  ITEM_PROBLEMS.forEach(({ text, why }) => {
    it(`explains an item of ${text}`, () => {
      const [field = ''] = text.split(' ');
      expect(problemOf(text)?.startsWith(`minute "${field}": ${why}; `)).to.equal(true);
    });
  });

  it('is not what an expression is read in by default', () => {
    expect(compileCron('@daily', { seconds: 'allowed' }).kind).to.equal('invalid');
    expect(compileCron('0 0 0 0 0', { dialect: 'v1', seconds: 'refused' }).kind).to.equal(
      'compiled',
    );
  });

  it('answers to any text', () => {
    const letters = Array.from('0123456789*/-,LlWwH#?@ mons\t');
    const fields = fc
      .array(fc.string({ unit: fc.constantFrom(...letters) }), { minLength: 4, maxLength: 7 })
      .map((texts) => texts.join(' '));
    fc.assert(
      fc.property(fc.oneof(fields, fc.string()), (text) => {
        expect(compile(text).kind).to.be.oneOf(['compiled', 'invalid']);
      }),
    );
  });
});
