import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { epochMs } from '../../../src/base/clock.ts';
import type { RecordedEvent } from '../../../src/domain/history/event.ts';
import { occurrenceId } from '../../../src/domain/ids.ts';
import type { Store } from '../../../src/ports/store.ts';
import { Accounts } from '../../faults/accounts.ts';
import { aCommitId, aGroupId, aPolicyId, START, TENANT } from '../../support/builders.ts';
import type { SeededGroup } from '../../support/seeded-store.ts';

const POLICY = aPolicyId(1);
const SCHEDULE = { kind: 'cron', cron: '*/2 * * * * *' } as const;
const GROUP: SeededGroup = {
  ...{ name: 'g1', groupId: aGroupId(), launchType: 'webhook', onDemand: [] },
  scheduled: [{ policyId: POLICY, schedule: SCHEDULE, armedAt: START }],
};
const after = (second: number): ReturnType<typeof epochMs> => epochMs(START + second * 1000);

/** A store of one group that fires every other second, and counts up. */
class CountingStore implements Pick<Store, 'group' | 'history'> {
  readonly events: RecordedEvent[] = [
    { sequence: 1, at: START, event: { event: 'group.created', by: 'me', desiredAfter: 0 } },
  ];
  desired = 0;
  armedFor = 2;
  /** Called before a history is read. */
  onRead: () => void = () => undefined;

  fire(second: number, sequence = this.events.length + 1): void {
    const plannedAt = after(second);
    const desiredBefore = this.desired;
    this.desired += 1;
    this.armedFor = second + 2;
    const event = {
      ...({ event: 'policy.fired', policyId: POLICY, outcome: 'scaled' } as const),
      occurrenceId: occurrenceId(POLICY, plannedAt),
      ...{ plannedAt, dueAt: plannedAt, desiredBefore, desiredAfter: this.desired },
    };
    this.events.push({ sequence, at: plannedAt, event });
  }

  group(): ReturnType<Store['group']> {
    return Promise.resolve({
      now: START,
      group: {
        ...{ groupId: GROUP.groupId, tenantId: TENANT, version: aCommitId(this.desired) },
        ...{ generation: 1, isDivergent: false },
        fields: { state: JSON.stringify({ desired: this.desired }) },
        due: new Map([[POLICY, after(this.armedFor)]]),
      },
    });
  }

  history(_: unknown, { from }: Parameters<Store['history']>[1]): ReturnType<Store['history']> {
    this.onRead();
    this.onRead = () => undefined;
    return Promise.resolve(this.events.filter(({ sequence }) => sequence > (from ?? 0)));
  }
}

describe('Accounts', () => {
  let store: CountingStore;
  let accounts: Accounts;
  let seen: number[];
  beforeEach(() => {
    store = new CountingStore();
    seen = [];
    accounts = new Accounts([GROUP], (_, { sequence }) => seen.push(sequence));
  });

  it('reads a history in pieces, and tells of each event once', async () => {
    store.fire(2);
    await accounts.read(store);
    store.fire(4);
    store.fire(6);
    await accounts.read(store);
    await accounts.read(store, after(6));

    expect([...accounts.faults]).to.deep.equal([]);
    expect(seen).to.deep.equal([1, 2, 3, 4]);
    expect(accounts).to.deep.include({ firedCount: 3, missedCount: 0 });
  });

  it('finds an occurrence that is missing between two pieces', async () => {
    store.fire(2);
    await accounts.read(store);
    store.fire(6);
    await accounts.read(store);

    expect([...accounts.faults]).to.deep.equal([
      `lost: g1: group ${GROUP.groupId}: ${POLICY}@2026-01-01T00:00:04.000Z is not in the history`,
    ]);
  });

  it('finds an occurrence that is there in two pieces', async () => {
    store.fire(2);
    await accounts.read(store);
    store.fire(2);
    await accounts.read(store);

    expect([...accounts.faults].map((fault) => fault.split(':', 1)[0])).to.include('unplanned');
  });

  it('asks for what was planned up to a moment, where it is told one', async () => {
    store.fire(2);
    await accounts.read(store);
    expect([...accounts.faults]).to.deep.equal([]);

    await accounts.read(store, after(4));
    expect([...accounts.faults].map((fault) => fault.split(':', 1)[0])).to.deep.equal(['lost']);
  });

  it('finds a number that is missing from the history', async () => {
    store.fire(2);
    await accounts.read(store);
    store.fire(4, 4);
    await accounts.read(store);

    expect([...accounts.faults].map((fault) => fault.split(':', 1)[0])).to.deep.equal([
      'incomplete',
    ]);
  });

  it('finds an event that is not any more what it was', async () => {
    store.fire(2);
    await accounts.read(store);
    const [created, fired] = store.events;
    if (created === undefined || fired === undefined) throw new Error('it did not fire');
    store.events.splice(1, 1, { ...fired, at: after(3) });
    await accounts.read(store);

    expect([...accounts.faults].map((fault) => fault.split(':', 1)[0])).to.deep.equal(['gone']);
  });

  it('finds a desired capacity that does not follow from the events', async () => {
    store.fire(2);
    await accounts.read(store);
    store.desired = 7;
    await accounts.read(store);

    expect([...accounts.faults].map((fault) => fault.split(':', 1)[0])).to.deep.equal([
      'not-a-replay',
    ]);
  });

  it('reads again where the group moved while its history was read', async () => {
    store.fire(2);
    store.onRead = () => {
      store.fire(4);
    };
    await accounts.read(store);

    expect([...accounts.faults]).to.deep.equal([]);
    expect(accounts.firedCount).to.equal(2);
  });
});
