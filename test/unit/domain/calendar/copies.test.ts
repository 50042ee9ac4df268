import { expect } from 'chai';
import { describe, it } from 'mocha';

import { hasCode, messageOf } from '../../../../src/base/errors.ts';
import type { CalendarCopies } from '../../../../src/domain/calendar/calendar.ts';
import { copyOf, withCopies, withoutCopies } from '../../../../src/domain/calendar/copies.ts';
import {
  decodeGroup,
  decodePolicy,
  definitionField,
  encodeField,
} from '../../../../src/domain/group/fields.ts';
import type { PolicyDefinition } from '../../../../src/domain/group/policy.ts';
import type { GroupId, PolicyId, TenantId } from '../../../../src/domain/ids.ts';

const NAMING = 'naming' as PolicyId;
const OTHER = 'other' as PolicyId;
const holidays = { version: '1', entries: [{ date: '2030-12-25' }] };
const weekends = { version: '2', entries: [{ weekdays: ['SAT', 'SUN'] as const }] };
const schedule = { kind: 'cron', cron: '0 9 * * *', exclude: ['holidays', 'gone'] } as const;
const naming: PolicyDefinition = {
  ...{ name: 'up', cooldownSeconds: 0, adjustment: { kind: 'change', amount: 1 } },
  schedule,
};
const attached: PolicyDefinition = {
  ...naming,
  schedule: { ...schedule, calendars: { holidays } },
};
const other: PolicyDefinition = { ...naming, schedule: { kind: 'cron', cron: '0 9 * * *' } };

/** A group's record with such copies, with one policy that names some of them and one that names none. */
function fieldsWith(calendars: string): Record<string, string> {
  return {
    calendars,
    labels: encodeField({ name: 'web', metadata: {} }),
    limits: encodeField({ minEntities: 0, maxEntities: 9, cooldownSeconds: 0 }),
    state: encodeField({ desired: 0, isPaused: false, isSuspended: false, isDeleting: false }),
    launch: encodeField({ type: 'process', args: {} }),
    [definitionField(NAMING)]: encodeField(attached),
    [definitionField(OTHER)]: encodeField(other),
  };
}

describe('withCopies', () => {
  it('adds those that the schedule names and that are there', () => {
    expect(withCopies(naming, { weekends, holidays })).to.deep.equal(attached);
    expect(withCopies(other, { weekends, holidays })).to.equal(other);
  });
});

describe('withoutCopies', () => {
  it('is what its user wrote', () => {
    expect(withoutCopies(attached)).to.deep.equal(naming);
  });
});

describe('copyOf', () => {
  it('takes no name for what every object has', () => {
    const copies = JSON.parse('{"__proto__":{"version":"1","entries":[]}}') as CalendarCopies; // has its shape

    expect(copyOf(copies, '__proto__')).to.deep.equal({ version: '1', entries: [] });
    expect(copyOf({}, '__proto__')).to.equal(undefined);
    expect(copyOf({}, 'constructor')).to.equal(undefined);
  });
});

describe('The copies of a group', () => {
  it('are given to the schedules that name them, and are stored with none', () => {
    const fields = fieldsWith(encodeField({ holidays, weekends }));
    const group = { groupId: 'group' as GroupId, tenantId: 'tenant' as TenantId, fields };

    expect(JSON.parse(fields[definitionField(NAMING)] ?? '')).to.deep.equal(naming);
    expect(decodePolicy(fields, NAMING).definition).to.deep.equal(attached);
    expect(
      [...decodeGroup(group).policies.values()].map((policy) => policy.definition),
    ).to.deep.equal([attached, other]);
  });

  for (const calendars of [
    '[]',
    '{"holidays":{"entries":[]}}',
    '{"holidays":{"version":"1","entries":[{"from":"2030-12-25"}]}}',
    '{"holidays":{"version":"1","entries":[{"weekdays":"MON"}]}}',
  ]) {
    it(`are in the way of none that does not name them, also where they are ${calendars}`, () => {
      const fields = fieldsWith(calendars);
      let refusal: unknown;
      try {
        decodePolicy(fields, NAMING);
      } catch (error) {
        refusal = error;
      }

      expect(decodePolicy(fields, OTHER).definition).to.deep.equal(other);
      expect(hasCode(refusal, 'record-malformed')).to.equal(true);
      expect(messageOf(refusal)).to.match(/^cannot read the stored field "calendars": ./);
    });
  }
});
