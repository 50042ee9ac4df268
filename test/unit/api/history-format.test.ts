import { expect } from 'chai';
import { describe, it } from 'mocha';
import { eventBody } from '../../../src/api/history-format.ts';
import { historyEvent } from '../../../src/api/openapi/history-replies.ts';
import { epochMs } from '../../../src/base/clock.ts';
import type { HistoryEvent } from '../../../src/domain/history/event.ts';
import { occurrenceId } from '../../../src/domain/ids.ts';
import type { PolicyId } from '../../../src/domain/ids.ts';
import { compileSchedule } from '../../../src/domain/schedule/occurrences.ts';

const policyId = 'p1' as PolicyId;
const AT = epochMs(1_900_000_000_000);
const LATER = epochMs(1_900_000_060_000);
const ISO = '2030-03-17T17:46:40.000Z';
const LATER_ISO = '2030-03-17T17:47:40.000Z';
const sizes = { desiredBefore: 1, desiredAfter: 2 };

const SHOWN: readonly (readonly [HistoryEvent, object])[] = [
  [
    {
      ...{ event: 'policy.fired', policyId, plannedAt: AT, dueAt: LATER, outcome: 'scaled' },
      ...{ occurrenceId: occurrenceId(policyId, AT), ...sizes },
    },
    { by: 'schedule', plannedAt: ISO, dueAt: LATER_ISO },
  ],
  [
    {
      ...{ event: 'policy.missed', policyId, first: AT, last: LATER, reason: 'superseded' },
      schedule: { kind: 'cron', cron: '* * * * *' },
    },
    { by: 'schedule', first: ISO, last: LATER_ISO, count: 1, schedule: undefined },
  ],
  [
    { event: 'policy.moved', policyId, from: AT, timeZones: '2030a' },
    { by: 'schedule', from: ISO },
  ],
  [
    { event: 'policy.moved', policyId, from: AT, to: LATER, timeZones: '2030a' },
    { by: 'schedule', from: ISO, to: LATER_ISO },
  ],
  [{ event: 'policy.parked', policyId, reason: 'why' }, { by: 'schedule' }],
  [
    { event: 'policy.skipped', policyId, plannedAt: AT, by: 'ada' },
    { by: 'ada', plannedAt: ISO },
  ],
  [
    { event: 'window.opened', policyId, opensAt: AT, closesAt: LATER, ...sizes },
    { by: 'schedule', opensAt: ISO, closesAt: LATER_ISO },
  ],
  [
    { event: 'window.closed', policyId, opensAt: AT, closesAt: LATER, ...sizes },
    { by: 'schedule', opensAt: ISO, closesAt: LATER_ISO },
  ],
  [
    { event: 'override.ended', until: AT, ...sizes },
    { by: 'schedule', until: ISO },
  ],
  [
    { event: 'pause.ended', until: AT, ...sizes },
    { by: 'schedule', until: ISO },
  ],
  [{ event: 'override.removed', by: 'ada', ...sizes }, { by: 'ada' }],
  [{ event: 'group.overdue', desired: 2, actual: 1, since: AT }, { since: ISO }],
  [{ event: 'group.created', by: 'ada', desiredAfter: 0 }, { by: 'ada' }],
];

describe('eventBody', () => {
  for (const [event, facts] of SHOWN) {
    it(`shows ${event.event}${'to' in event ? ' with both instants' : ''} with its instants for people, as its document says`, () => {
      const body = eventBody({ sequence: 7, at: LATER, event }, compileSchedule);

      const expected = { sequence: 7, at: LATER_ISO, ...event, ...facts };
      expect(JSON.parse(JSON.stringify(body))).to.deep.equal(JSON.parse(JSON.stringify(expected)));
      expect(historyEvent.safeParse(JSON.parse(JSON.stringify(body))).error).to.equal(undefined);
    });
  }
});
