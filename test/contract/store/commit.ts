import { expect } from 'chai';
import { it } from 'mocha';
import { InvariantError } from '../../../src/base/assert.ts';
import { epochMs, plusMs } from '../../../src/base/clock.ts';
import { hasCode } from '../../../src/base/errors.ts';
import { partitionId } from '../../../src/domain/partition/partition-of.ts';
import { ABSENT, NOT_AN_OWNER } from '../../../src/ports/store.ts';
import type { Unit } from '../../../src/ports/store.ts';
import {
  aCommitId,
  aGroupId,
  aPolicyId,
  aUnit,
  anEvent,
  PARTITION,
  START,
  TENANT,
} from '../../support/builders.ts';
import { commitOne, following, own, put, rejection, stored } from '../store-fixture.ts';
import type { Chapter } from '../store-fixture.ts';

/** A change that leaves a trace wherever a unit can. */
const CHANGES = {
  set: { state: 'changed' },
  due: [{ policyId: aPolicyId(), dueAt: plusMs(START, 1_000) }],
  divergence: 'mark',
  events: [anEvent()],
} satisfies Partial<Unit>;

export const commitPromises: Chapter = (at) => {
  it('makes a group with all that its unit says', async () => {
    const dueAt = plusMs(START, 60_000);
    await put(at(), {
      commitId: aCommitId(7),
      set: { limits: 'l', state: 's' },
      due: [{ policyId: aPolicyId(), dueAt }],
      divergence: 'mark',
      events: [anEvent(1), anEvent(2)],
    });

    expect(await at().store.group(aGroupId())).to.deep.equal({
      now: START,
      group: {
        groupId: aGroupId(),
        tenantId: TENANT,
        version: aCommitId(7),
        generation: 1,
        isDivergent: true,
        fields: { limits: 'l', state: 's' },
        due: new Map([[aPolicyId(), dueAt]]),
      },
    });
    const history = { from: undefined, order: 'oldest-first', limit: 10 } as const;
    expect(await at().store.history(aGroupId(), history)).to.deep.equal([
      { sequence: 1, at: START, event: anEvent(1) },
      { sequence: 2, at: START, event: anEvent(2) },
    ]);
  });

  it('changes, adds and drops fields and leaves the others', async () => {
    const unit = await put(at(), { set: { labels: 'l', limits: 'l', state: 's' } });

    await put(
      at(),
      following(at(), unit, {
        commitId: aCommitId(2),
        set: { state: 'changed', launch: 'new' },
        remove: ['limits', 'never there'],
      }),
    );

    const { fields, version } = await stored(at(), unit.groupId);
    expect(fields).to.deep.equal({ labels: 'l', state: 'changed', launch: 'new' });
    expect(version).to.equal(aCommitId(2));
  });

  it('keeps a field that one unit both drops and sets', async () => {
    const unit = await put(at(), { set: { state: 's' } });

    await put(
      at(),
      following(at(), unit, { commitId: aCommitId(2), set: { state: 'new' }, remove: ['state'] }),
    );

    expect((await stored(at(), unit.groupId)).fields).to.deep.equal({ state: 'new' });
  });

  it('keeps any text as it is', async () => {
    const text = 'quote \' " \\ tab \t é 漢 🦦 {"json":[1]}';
    const unit = await put(at(), { set: { [`odd ' name`]: text, empty: '' } });

    expect((await stored(at(), unit.groupId)).fields).to.deep.equal({
      [`odd ' name`]: text,
      empty: '',
    });
  });

  it('keeps thousands of fields of a group, a long one among them, and drops them in one unit', async () => {
    const names = Array.from({ length: 3_000 }, (_, index) => `answer:${String(index)}`);
    const long = { 'answer:long': 'x'.repeat(1_000_000) };
    const many = { ...Object.fromEntries(names.map((name) => [name, `of ${name}`])), ...long };
    const unit = await put(at(), { set: { state: 's', ...many } });
    const { fields } = await stored(at(), unit.groupId);

    await put(
      at(),
      following(at(), unit, {
        commitId: aCommitId(2),
        set: { 'answer:7': 'anew' },
        remove: Object.keys(many),
      }),
    );

    expect(fields).to.deep.equal({ state: 's', ...many });
    const left = await stored(at(), unit.groupId);
    expect(left.fields).to.deep.equal({ state: 's', 'answer:7': 'anew' });
  });

  for (const { name, fields } of [
    { name: 'on an older version of the group', fields: { expectVersion: aCommitId(99) } },
    { name: 'on the absence of a group that is there', fields: { expectVersion: ABSENT } },
  ] as const) {
    it(`answers stale to a unit decided ${name}, and applies nothing`, async () => {
      const unit = await put(at(), { set: { state: 's' } });
      const before = await stored(at(), unit.groupId);

      const result = await commitOne(
        at(),
        aUnit({ ...CHANGES, ...fields, commitId: aCommitId(2) }),
      );

      expect(result).to.equal('stale');
      expect(await stored(at(), unit.groupId)).to.deep.equal(before);
    });
  }

  it('answers stale to a change of a group that is not there', async () => {
    expect(await commitOne(at(), aUnit({ expectVersion: aCommitId(9) }))).to.equal('stale');
    expect((await at().store.group(aGroupId())).group).to.equal(undefined);
  });

  for (const { name, ageMs } of [
    { name: 'more than 5 s ago', ageMs: 5_001 },
    { name: 'in the future', ageMs: -1 },
  ]) {
    it(`answers stale to a unit decided ${name}, and applies nothing`, async () => {
      const unit = await put(at(), { set: { state: 's' } });
      const before = await stored(at(), unit.groupId);
      const decidedAt = plusMs(START, -ageMs);

      const result = await commitOne(
        at(),
        following(at(), unit, { ...CHANGES, commitId: aCommitId(2), decidedAt }),
      );

      expect(result).to.equal('stale');
      expect(await stored(at(), unit.groupId)).to.deep.equal(before);
    });
  }

  it('answers stale where the clock of the store was set back since the decision', async () => {
    const decided = aUnit({ decidedAt: at().clock.now() });
    at().clock.stepWall(-1);

    expect(await commitOne(at(), decided)).to.equal('stale');
  });

  for (const ageMs of [0, 5_000]) {
    it(`commits a unit decided ${ageMs} ms ago`, async () => {
      expect(await commitOne(at(), aUnit({ decidedAt: plusMs(START, -ageMs) }))).to.equal(
        'committed',
      );
    });
  }

  it('judges each unit of a batch by itself and answers in their order', async () => {
    const [first, second, third] = [1, 2, 3].map((number) =>
      aUnit({ groupId: aGroupId(number), commitId: aCommitId(number), decidedAt: START }),
    ) as [Unit, Unit, Unit];
    await at().clock.advance(10);

    const commit = await at().store.commit(PARTITION, await own(at()), [
      first,
      { ...second, expectVersion: aCommitId(99) },
      third,
    ]);

    expect(commit).to.deep.equal({
      kind: 'answered',
      at: plusMs(START, 10),
      results: ['committed', 'stale', 'committed'],
    });
    const { groups } = await at().store.walk(PARTITION, { after: undefined, limit: 10 });
    expect(groups.map(({ groupId }) => groupId)).to.deep.equal([first.groupId, third.groupId]);
  });

  it('applies nothing of a batch in which one unit cannot be kept', async () => {
    const broken = { policyId: aPolicyId(), dueAt: epochMs(1.5) };
    const units = [
      aUnit({ groupId: aGroupId(1), commitId: aCommitId(1) }),
      aUnit({ groupId: aGroupId(2), commitId: aCommitId(2), set: { state: 's' }, due: [broken] }),
    ];

    const error = await rejection(at().store.commit(PARTITION, NOT_AN_OWNER, units));

    expect(hasCode(error, 'unit-refused'), String(error)).to.equal(true);
    const { groups } = await at().store.walk(PARTITION, { after: undefined, limit: 10 });
    expect(groups).to.deep.equal([]);
  });

  it('goes on after a batch that could not be kept', async () => {
    const broken = { policyId: aPolicyId(), dueAt: epochMs(Number.NaN) };
    await rejection(at().store.commit(PARTITION, NOT_AN_OWNER, [aUnit({ due: [broken] })]));

    expect(await commitOne(at(), aUnit())).to.equal('committed');
  });

  for (const { name, units } of [
    {
      name: 'two units of one group in one batch',
      units: [aUnit(), aUnit({ commitId: aCommitId(2) })],
    },
    {
      name: 'a unit of a group of another partition',
      units: [aUnit(), aUnit({ groupId: aGroupId(1, partitionId('here', 1)) })],
    },
    {
      name: 'the removal of a group that must not exist',
      units: [aUnit({ groupId: aGroupId(2) }), aUnit({ remove: 'group' })],
    },
  ]) {
    it(`takes ${name} for a broken invariant, and applies nothing`, async () => {
      const error = await rejection(at().store.commit(PARTITION, NOT_AN_OWNER, units));

      expect(error).to.be.instanceOf(InvariantError);
      const { groups } = await at().store.walk(PARTITION, { after: undefined, limit: 10 });
      expect(groups).to.deep.equal([]);
    });
  }

  it('rejects with store-unavailable once it is closed', async () => {
    await at().store.close();

    const error = await rejection(at().store.group(aGroupId()));

    expect(hasCode(error, 'store-unavailable'), String(error)).to.equal(true);
  });
};
