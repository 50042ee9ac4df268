import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { EpochMs } from '../../../src/base/clock.ts';
import { encodeField } from '../../../src/domain/group/fields.ts';
import { claimAt } from '../../support/due-group.ts';
import { after } from '../../support/world.ts';

const MINUTE_MS = 60_000;
const WEEK = ['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN'] as const;

describe('claimDue of schedules with calendars', () => {
  const quarter = { kind: 'cron', cron: '*/15 * * * *', exclude: ['night', 'lunch'] } as const;
  const copies = {
    night: { version: '1', entries: [{ weekdays: WEEK, end: '06:00' }] },
    lunch: { version: '2', entries: [{ date: '2030-01-01', start: '12:00', end: '13:00' }] },
    other: { version: '3', entries: [] },
  };
  const fields = { calendars: encodeField(copies) };
  const at = (hour: number, minute = 0): EpochMs => after((hour * 60 + minute) * MINUTE_MS);

  it('arms the next occurrence that no calendar leaves out', () => {
    const policies = { a: { schedule: quarter, dueAt: at(11, 45) } };
    const unit = claimAt(at(11, 45), { fields, policies });

    expect(unit.due).to.deep.equal([{ policyId: 'a', dueAt: at(13) }]);
    expect(JSON.parse(unit.set['progress:a'] ?? '')).to.include({ plannedAt: at(13) });
    expect(unit.set).to.have.all.keys('progress:a', 'state');
  });

  it('counts what was missed, and keeps the calendars out of the history', () => {
    const policies = { a: { schedule: quarter, dueAt: at(11, 30) } };
    const unit = claimAt(at(13, 20), { fields, policies });
    const [missed] = unit.events;

    expect(missed).to.deep.equal({
      ...{ event: 'policy.missed', policyId: 'a', reason: 'superseded', schedule: quarter },
      ...{ first: at(11, 30), last: at(13), count: 3 },
    });
  });

  it('parks a policy whose calendar the group has no copy of, and goes on with the others', () => {
    const policies = {
      a: { schedule: { ...quarter, exclude: ['gone'] }, dueAt: at(9) },
      b: { dueAt: at(9) },
    };
    const unit = claimAt(at(9), { fields, policies });

    expect(unit.events.map(({ event }) => event)).to.deep.equal(['policy.fired', 'policy.parked']);
    expect(unit.events.at(-1)).to.deep.equal({
      ...{ event: 'policy.parked', policyId: 'a' },
      reason: 'cannot compile the stored schedule: calendar "gone" is not known',
    });
  });

  it('parks only what names a calendar where the copies cannot be read', () => {
    const policies = { a: { schedule: quarter, dueAt: at(9) }, b: { dueAt: at(9) } };
    const unit = claimAt(at(9), { fields: { calendars: '[]' }, policies });

    expect(unit.events.map(({ event }) => event)).to.deep.equal(['policy.fired', 'policy.parked']);
  });
});
