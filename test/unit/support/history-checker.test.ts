import { expect } from 'chai';
import { describe, it } from 'mocha';
import { epochMs } from '../../../src/base/clock.ts';
import type { HistoryEvent, RecordedEvent } from '../../../src/domain/history/event.ts';
import { occurrenceId } from '../../../src/domain/ids.ts';
import { aPolicyId } from '../../support/builders.ts';
import { checkHistory } from '../../support/history-checker.ts';
import type { CheckedGroup, HistoryReport } from '../../support/history-checker.ts';

const START = Date.parse('2026-01-01T00:00:00Z');
const POLICY = aPolicyId(1);
const SCHEDULE = { kind: 'cron', cron: '*/2 * * * * *' } as const;

/** Something that was recorded `at` seconds after the start. */
interface Recorded {
  readonly at: number;
  readonly event: HistoryEvent;
}

const CREATED: Recorded = {
  at: 0,
  event: { event: 'group.created', by: 'a test', desiredAfter: 0 },
};

/** The occurrence of a second, fired at once; it raises the desired capacity by one. */
function fired(second: number, desiredBefore: number, at = second): Recorded {
  const plannedAt = epochMs(START + second * 1000);
  return {
    at,
    event: {
      event: 'policy.fired',
      policyId: POLICY,
      occurrenceId: occurrenceId(POLICY, plannedAt),
      ...{ plannedAt, dueAt: plannedAt },
      ...{ desiredBefore, desiredAfter: desiredBefore + 1, outcome: 'scaled' },
    },
  };
}

function missed(first: number, last: number, at: number): Recorded {
  return {
    at,
    event: {
      event: 'policy.missed',
      policyId: POLICY,
      first: epochMs(START + first * 1000),
      last: epochMs(START + last * 1000),
      reason: 'superseded',
      schedule: SCHEDULE,
    },
  };
}

/** Judges a group with one policy for every second second, eight seconds after its start. */
function check(
  recorded: readonly Recorded[],
  found: { readonly desired: number; readonly armedFor?: number; readonly group?: object },
): HistoryReport {
  const armedFor = START + (found.armedFor ?? 10) * 1000;
  const group: CheckedGroup = {
    groupId: 'the group',
    policies: [{ policyId: POLICY, schedule: SCHEDULE, armedAt: START }],
    events: recorded.map(({ at, event }, index): RecordedEvent => ({
      sequence: index + 1,
      at: epochMs(START + at * 1000),
      event,
    })),
    desired: found.desired,
    due: new Map([[POLICY, armedFor]]),
    ...found.group,
  };
  return checkHistory(group, START + 8_000);
}

function kindsOf({ faults }: HistoryReport): readonly string[] {
  return faults.map(({ kind }) => kind);
}

describe('the checker of histories', () => {
  const ALL = [CREATED, fired(2, 0), fired(4, 1), fired(6, 2), fired(8, 3)];

  it('finds nothing where every occurrence fired once', () => {
    expect(check(ALL, { desired: 4 })).to.deep.equal({
      faults: [],
      firedCount: 4,
      missedCount: 0,
    });
  });

  it('finds nothing where some occurrences are in a run of missed ones', () => {
    const recorded = [CREATED, missed(2, 6, 8.2), fired(8, 0, 8.2)];

    expect(check(recorded, { desired: 1 })).to.deep.equal({
      faults: [],
      firedCount: 1,
      missedCount: 3,
    });
  });

  it('finds nothing where more is recorded than had to be by then', () => {
    expect(kindsOf(check([...ALL, fired(10, 4)], { desired: 5, armedFor: 12 }))).to.deep.equal([]);
  });

  it('finds an occurrence that was lost', () => {
    const recorded = [CREATED, fired(2, 0), fired(6, 1), fired(8, 2)];

    expect(kindsOf(check(recorded, { desired: 3 }))).to.deep.equal(['lost']);
  });

  it('finds the last occurrence lost', () => {
    const recorded = [CREATED, fired(2, 0), fired(4, 1), fired(6, 2)];

    expect(kindsOf(check(recorded, { desired: 3, armedFor: 8 }))).to.deep.equal(['lost']);
  });

  it('finds a gap after what had to be recorded', () => {
    expect(kindsOf(check([...ALL, fired(12, 4)], { desired: 5, armedFor: 14 }))).to.deep.equal([
      'lost',
    ]);
  });

  it('finds a policy that never did anything', () => {
    expect(kindsOf(check([CREATED], { desired: 0, armedFor: 2 }))).to.deep.equal(
      Array.from({ length: 4 }, () => 'lost'),
    );
  });

  it('finds an occurrence that fired twice', () => {
    const recorded = [...ALL, fired(8, 4, 8.1)];

    expect(kindsOf(check(recorded, { desired: 5 }))).to.deep.equal(['doubled']);
  });

  it('finds an occurrence that both fired and is in a run of missed ones', () => {
    const recorded = [CREATED, fired(2, 0), missed(2, 4, 6), fired(6, 1), fired(8, 2)];

    expect(kindsOf(check(recorded, { desired: 3 }))).to.deep.equal(['doubled']);
  });

  it('finds an occurrence in two runs of missed ones', () => {
    const recorded = [CREATED, missed(2, 4, 6), fired(6, 0), missed(4, 6, 8), fired(8, 1)];

    expect(kindsOf(check(recorded, { desired: 2 }))).to.deep.equal(['doubled', 'doubled']);
  });

  it('finds what fired a millisecond before its time, and does not count it', () => {
    const recorded = [CREATED, fired(2, 0), fired(4, 1, 3.999), fired(6, 2), fired(8, 3)];

    expect(kindsOf(check(recorded, { desired: 4 }))).to.deep.equal(['early', 'lost']);
  });

  it('finds a run of missed occurrences that ends in the future', () => {
    const recorded = [...ALL, missed(10, 12, 11)];

    expect(kindsOf(check(recorded, { desired: 4, armedFor: 12 }))).to.deep.equal([
      'early',
      'not-the-latest',
    ]);
  });

  it('finds a run of missed occurrences after which nothing fired', () => {
    const recorded = [CREATED, missed(2, 8, 8.2)];

    expect(kindsOf(check(recorded, { desired: 0 }))).to.deep.equal(['not-the-latest']);
  });

  it('finds a run of missed occurrences whose next one fired by another commit', () => {
    const recorded = [CREATED, missed(2, 6, 8.2), fired(8, 0, 8.3)];

    expect(kindsOf(check(recorded, { desired: 1 }))).to.deep.equal(['not-the-latest']);
  });

  it('finds occurrences that were missed for being late', () => {
    const run = missed(2, 6, 8.2);
    const late = { at: 8.2, event: { ...run.event, reason: 'too-late' } as HistoryEvent };

    expect(kindsOf(check([CREATED, late, fired(8, 0, 8.2)], { desired: 1 }))).to.deep.equal([
      'not-the-latest',
    ]);
  });

  it('finds that each of several occurrences fired that were due together', () => {
    const recorded = [CREATED, fired(2, 0), fired(4, 1, 8.2), fired(6, 2, 8.2), fired(8, 3, 8.2)];

    expect(kindsOf(check(recorded, { desired: 4 }))).to.deep.equal([
      'not-the-latest',
      'not-the-latest',
    ]);
  });

  it('finds what fired though a later one had long been due as well', () => {
    const recorded = [CREATED, fired(2, 0, 9.2), fired(4, 1, 9.3), fired(6, 2, 9.4)];

    expect(kindsOf(check([...recorded, fired(8, 3, 9.5)], { desired: 4 }))).to.deep.equal([
      'not-the-latest',
    ]);
  });

  it('finds nothing where a policy is written anew after it was due', () => {
    const changed: Recorded = {
      at: 8.2,
      event: { event: 'policy.changed', policyId: POLICY, by: 'a test' },
    };

    expect(kindsOf(check([CREATED, missed(2, 8, 8.2), changed], { desired: 0 }))).to.deep.equal([]);
  });

  for (const { name, second } of [
    { name: 'between two occurrences', second: 3 },
    { name: 'between two seconds', second: 2.5 },
    { name: 'before the policy was armed', second: 0 },
  ]) {
    it(`finds what fired though it was not planned: ${name}`, () => {
      expect(kindsOf(check([...ALL, fired(second, 4, 8)], { desired: 5 }))).to.deep.equal([
        'unplanned',
      ]);
    });
  }

  it('finds a run of missed occurrences with unplanned ends', () => {
    const recorded = [CREATED, missed(1, 5, 6), fired(6, 0), fired(8, 1)];

    expect(kindsOf(check(recorded, { desired: 2 }))).to.deep.equal(['unplanned', 'unplanned']);
  });

  it('finds what a policy did that nobody made', () => {
    const group = { policies: [], due: new Map() };

    expect(kindsOf(check([CREATED, fired(2, 0)], { desired: 1, group }))).to.deep.equal([
      'unplanned',
    ]);
  });

  it('finds an occurrence under the name of another', () => {
    const other = fired(6, 2);
    const renamed = { ...other.event, occurrenceId: occurrenceId(POLICY, epochMs(START)) };
    const recorded = ALL.with(3, { at: other.at, event: renamed });

    expect(kindsOf(check(recorded, { desired: 4 }))).to.deep.equal(['misnamed']);
  });

  it('finds a policy that was parked', () => {
    const parked: Recorded = {
      at: 8,
      event: { event: 'policy.parked', policyId: POLICY, reason: 'unreadable' },
    };

    expect(kindsOf(check([...ALL, parked], { desired: 4 }))).to.deep.equal(['parked']);
  });

  it('finds a policy that is armed too far ahead, again, or not at all', () => {
    expect(kindsOf(check(ALL, { desired: 4, armedFor: 12 }))).to.deep.equal(['misarmed']);
    expect(kindsOf(check(ALL, { desired: 4, armedFor: 8 }))).to.deep.equal(['misarmed']);
    expect(kindsOf(check(ALL, { desired: 4, group: { due: new Map() } }))).to.deep.equal([
      'misarmed',
    ]);
  });

  it('finds a change that does not begin where the last one ended', () => {
    const recorded = [CREATED, fired(2, 0), fired(4, 2), fired(6, 3), fired(8, 4)];

    expect(kindsOf(check(recorded, { desired: 5 }))).to.deep.equal(['not-a-replay']);
  });

  it('finds a desired capacity to which no event leads', () => {
    expect(kindsOf(check(ALL, { desired: 5 }))).to.deep.equal(['not-a-replay']);
  });

  it('finds an event missing from the numbers, and a history that was cut', () => {
    const numbered = (first: number): readonly RecordedEvent[] =>
      ALL.map(({ at, event }, index) => ({
        sequence: index === 0 ? 1 : index + first,
        at: epochMs(START + at * 1000),
        event,
      }));

    expect(kindsOf(check(ALL, { desired: 4, group: { events: numbered(2) } }))).to.deep.equal([
      'incomplete',
    ]);
    expect(kindsOf(check([], { desired: 0, armedFor: 2 }))).to.include('incomplete');
  });
});
