import { expect } from 'chai';
import { it } from 'mocha';
import { plusMs } from '../../../src/base/clock.ts';
import type { DueList, DueMove } from '../../../src/ports/store.ts';
import { partitionId } from '../../../src/domain/partition/partition-of.ts';
import { definitionField, progressField } from '../../../src/domain/group/fields.ts';
import {
  aCommitId,
  aGroupId,
  aPolicyId,
  PARTITION,
  START,
  TENANT,
} from '../../support/builders.ts';
import { following, put } from '../store-fixture.ts';
import type { Chapter, StoreFixture } from '../store-fixture.ts';

/** Arms policies of a new group; `group` and the policies are named by number, times in ms after START. */
async function arm(
  fixture: StoreFixture,
  group: number,
  times: Readonly<Record<number, number>>,
): Promise<void> {
  const due = Object.entries(times).map(([policy, ms]) => aMove(Number(policy), ms));
  await put(fixture, { groupId: aGroupId(group), commitId: aCommitId(group), due });
}

function aMove(policy: number, ms: number): DueMove {
  return { policyId: aPolicyId(policy), dueAt: plusMs(START, ms) };
}

/** What is due, as group and policy numbers in order. */
function numbersOf(list: DueList): readonly string[] {
  const last = (id: string): number => Number.parseInt(id.slice(-12), 16);
  const groupNumber = (id: string): number =>
    [1, 2, 3, 4].find((number) => aGroupId(number) === id) ?? 0;
  return list.groups.map(
    ({ groupId, policies }) =>
      `${groupNumber(groupId)}: ${policies.map(({ policyId }) => last(policyId)).join(' ')}`,
  );
}

export const duePromises: Chapter = (at) => {
  it('answers nothing where nothing is armed', async () => {
    expect(await at().store.due(PARTITION, 10)).to.deep.equal({
      now: START,
      groups: [],
      policyCount: 0,
      nextAt: undefined,
    });
  });

  it('answers a due policy with what a decision needs and no more', async () => {
    const policyId = aPolicyId(4);
    const decision = { limits: 'l', state: 's', calendars: 'c' };
    const dueAt = plusMs(START, 5);
    await put(at(), {
      set: {
        ...decision,
        ...{ labels: 'other', launch: 'other', observed: 'other' },
        ...{ [definitionField(policyId)]: 'd', [progressField(policyId)]: 'p' },
        ...{ [definitionField(aPolicyId(5))]: 'other', [progressField(aPolicyId(5))]: 'other' },
      },
      due: [{ policyId, dueAt }],
    });
    await at().clock.advance(7);

    expect(await at().store.due(PARTITION, 10)).to.deep.equal({
      now: plusMs(START, 7),
      groups: [
        {
          groupId: aGroupId(),
          tenantId: TENANT,
          version: aCommitId(1),
          fields: decision,
          policies: [{ policyId, dueAt, definition: 'd', progress: 'p' }],
        },
      ],
      policyCount: 1,
      nextAt: undefined,
    });
  });

  it('answers a due policy whose fields are missing', async () => {
    await arm(at(), 1, { 1: 0 });

    const { groups } = await at().store.due(PARTITION, 10);

    expect(groups[0]?.fields).to.deep.equal({});
    expect(groups[0]?.policies).to.deep.equal([
      { policyId: aPolicyId(1), dueAt: START, definition: undefined, progress: undefined },
    ]);
  });

  it('is never early: a policy is due at its instant and not 1 ms before', async () => {
    await arm(at(), 1, { 1: 10 });

    await at().clock.advance(9);
    const before = await at().store.due(PARTITION, 10);
    await at().clock.advance(1);
    const then = await at().store.due(PARTITION, 10);

    expect([before.policyCount, before.nextAt]).to.deep.equal([0, plusMs(START, 10)]);
    expect([then.policyCount, then.nextAt]).to.deep.equal([1, undefined]);
  });

  it('orders groups by their earliest policy, and policies of a group by time, then id', async () => {
    await arm(at(), 1, { 1: 5, 9: 2, 8: 2 });
    await arm(at(), 2, { 2: 1, 3: 6 });
    await arm(at(), 3, { 4: 2 });
    await at().clock.advance(10);

    expect(numbersOf(await at().store.due(PARTITION, 10))).to.deep.equal([
      '2: 2 3',
      '1: 8 9 1',
      '3: 4',
    ]);
  });

  it('answers the earliest policies up to the limit, and when those that are not due will be', async () => {
    await arm(at(), 1, { 1: 5, 9: 2, 8: 2, 6: 50 });
    await arm(at(), 2, { 2: 1, 3: 6, 5: 40 });
    await at().clock.advance(10);

    const list = await at().store.due(PARTITION, 3);

    expect(numbersOf(list)).to.deep.equal(['2: 2', '1: 8 9']);
    expect([list.policyCount, list.nextAt]).to.deep.equal([3, plusMs(START, 40)]);
  });

  it('arms a policy in place of what it was armed for, and disarms it', async () => {
    await arm(at(), 1, { 1: 1, 2: 2, 3: 3 });
    const moved = [aMove(1, 60), { policyId: aPolicyId(2), dueAt: undefined }];
    const made = { groupId: aGroupId(1), commitId: aCommitId(1) };
    await put(at(), { ...made, commitId: aCommitId(2), expectVersion: aCommitId(1), due: moved });
    await at().clock.advance(10);

    const list = await at().store.due(PARTITION, 10);

    expect(numbersOf(list)).to.deep.equal(['1: 3']);
    expect(list.nextAt).to.equal(plusMs(START, 60));
    expect((await at().store.group(aGroupId(1))).group?.due).to.deep.equal(
      new Map([
        [aPolicyId(1), plusMs(START, 60)],
        [aPolicyId(3), plusMs(START, 3)],
      ]),
    );
  });

  it('disarms a policy that was not armed without a trace', async () => {
    const unit = await put(at());

    await put(
      at(),
      following(at(), unit, {
        commitId: aCommitId(2),
        due: [{ policyId: aPolicyId(1), dueAt: undefined }],
      }),
    );

    expect((await at().store.group(unit.groupId)).group?.due).to.deep.equal(new Map());
  });

  it('keeps partitions apart', async () => {
    await arm(at(), 1, { 1: 0, 2: 100 });
    const other = partitionId('there', 0);

    const list = await at().store.due(other, 10);

    expect([list.groups, list.nextAt]).to.deep.equal([[], undefined]);
  });
};
