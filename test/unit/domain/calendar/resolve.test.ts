import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { describe, it } from 'mocha';

import type { CalendarEntry } from '../../../../src/domain/calendar/calendar.ts';
import { resolveCalendar } from '../../../../src/domain/calendar/resolve.ts';
import type { ResolveResult } from '../../../../src/domain/calendar/resolve.ts';

const CHRISTMAS = { date: '2030-12-25' };
const EASTER = { date: '2030-04-21' };
const WEEKENDS = { weekdays: ['SAT', 'SUN'] } as const;

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function resolved(
  name: string,
  calendars: Readonly<Record<string, readonly CalendarEntry[]>>,
): ResolveResult {
  return resolveCalendar(name, { entriesOf: (of) => calendars[of], sha256 });
}

function versionOf(result: ResolveResult): string | undefined {
  return result.kind === 'resolved' ? result.copy.version : undefined;
}

describe('resolveCalendar', () => {
  it('writes out what a calendar includes, and that includes', () => {
    const entries = [CHRISTMAS, EASTER, WEEKENDS];

    expect(
      resolved('a', {
        a: [CHRISTMAS, { calendar: 'b' }],
        b: [{ calendar: 'c' }, WEEKENDS],
        c: [EASTER],
      }),
    ).to.deep.equal({
      kind: 'resolved',
      copy: { version: sha256(JSON.stringify(entries)).slice(0, 16), entries },
    });
  });

  it('has what several ways lead to once', () => {
    const result = resolved('a', {
      a: [{ calendar: 'b' }, { calendar: 'c' }, { calendar: 'b' }],
      b: [{ calendar: 'd' }],
      c: [{ calendar: 'd' }],
      d: [CHRISTMAS],
    });

    expect(result).to.deep.include({
      copy: { version: versionOf(result), entries: [CHRISTMAS] },
    });
  });

  it('gives equal entries equal versions, whatever their members are called first', () => {
    const hours = { start: '12:00', end: '24:00' };
    const [one, same, other] = [
      resolved('a', { a: [{ date: '2030-12-24', ...hours }] }),
      resolved('b', { b: [{ ...hours, date: '2030-12-24' }] }),
      resolved('a', { a: [{ date: '2030-12-24' }] }),
    ].map(versionOf);

    expect(one).to.match(/^[0-9a-f]{16}$/);
    expect(same).to.equal(one);
    expect(other).to.not.equal(one);
  });

  it('tells the way to a calendar that is not there', () => {
    expect(
      resolved('a', { a: [{ calendar: 'b' }], b: [CHRISTMAS, { calendar: 'c' }] }),
    ).to.deep.equal({ kind: 'no-such-calendar', path: ['a', 'b', 'c'] });
    expect(resolved('a', {})).to.deep.equal({ kind: 'no-such-calendar', path: ['a'] });
  });

  it('refuses a circle, and tells it', () => {
    const circle = { b: [{ calendar: 'c' }], c: [{ calendar: 'b' }] };

    expect(resolved('a', { a: [{ calendar: 'b' }], ...circle })).to.deep.equal({
      kind: 'circle',
      path: ['b', 'c', 'b'],
    });
    expect(resolved('a', { a: [{ calendar: 'a' }] })).to.deep.equal({
      kind: 'circle',
      path: ['a', 'a'],
    });
  });

  it('has up to 500 entries, those of others included', () => {
    const many = (count: number): readonly CalendarEntry[] =>
      Array.from({ length: count }, () => CHRISTMAS);

    expect(resolved('a', { a: [...many(250), { calendar: 'b' }], b: many(250) })).to.include({
      kind: 'resolved',
    });
    expect(resolved('a', { a: [...many(250), { calendar: 'b' }], b: many(251) })).to.deep.equal({
      kind: 'too-many-entries',
      count: 501,
    });
  });
});
