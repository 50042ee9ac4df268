import { expect } from 'chai';
import { describe, it } from 'mocha';
import { epochMs } from '../../../../src/base/clock.ts';
import { hasCode } from '../../../../src/base/errors.ts';
import {
  ANSWER_KEPT_MS,
  ANSWERS_LENGTH_MAX,
  ANSWERS_MAX,
  createdPlanOf,
  creationOf,
  encodeCreatedPlan,
  encodeCreation,
  hasRoomForAnswer,
  keepingAnswer,
  keptAnswer,
  outlivedAnswers,
  rememberedForMs,
} from '../../../../src/domain/group/answers.ts';
import type { PolicyId } from '../../../../src/domain/ids.ts';

const START = epochMs(1_700_000_000_000);
const KEYED = { key: 'a1', fingerprint: 'f1' };
const DAY_LATER = epochMs(START + ANSWER_KEPT_MS);
const PAST_A_DAY = epochMs(START + ANSWER_KEPT_MS + 1);

/** The fields of a group that keeps these answers since START, by key. */
function keeping(answers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.assign(
    { state: '{}' },
    ...Object.entries(answers).map(([key, text]) => keepingAnswer({ ...KEYED, key }, text, START)),
  ) as Readonly<Record<string, string>>;
}

describe('Kept answers', () => {
  for (const text of ['', '{"status":202}', 'two words\nand a line', '"5 f2 text"']) {
    it(`gives back ${JSON.stringify(text)} with the fingerprint of its request`, () => {
      const kept = keptAnswer(keeping({ a1: text }), 'a1', START);

      expect(kept).to.deep.equal({ fingerprint: 'f1', text });
    });
  }

  it('has none for a key that was not used', () => {
    expect(keptAnswer(keeping({ a1: 'x' }), 'a', START)).to.be.undefined;
    expect(keptAnswer(keeping({ a1: 'x' }), 'constructor', START)).to.be.undefined;
  });

  it('keeps one for a day, and no longer', () => {
    const fields = keeping({ a1: 'x' });

    expect(keptAnswer(fields, 'a1', DAY_LATER)?.text).to.equal('x');
    expect(outlivedAnswers(fields, DAY_LATER)).to.deep.equal([]);
    expect(keptAnswer(fields, 'a1', PAST_A_DAY)).to.be.undefined;
    expect(outlivedAnswers(fields, PAST_A_DAY)).to.deep.equal(['answer:a1']);
  });

  it('keeps one also while the clock stands before it', () => {
    const fields = keeping({ a1: 'x' });

    expect(keptAnswer(fields, 'a1', epochMs(0))?.text).to.equal('x');
    expect(outlivedAnswers(fields, epochMs(0))).to.deep.equal([]);
  });

  it('says of one that cannot be read where it is, and nothing of what is there', () => {
    const fields = { 'answer:a1': 'a secret' };

    const read = (): unknown => keptAnswer(fields, 'a1', START);

    expect(read).to.throw('cannot read the stored field "answer:a1"').that.satisfies(isMalformed);
    expect(outlivedAnswers(fields, PAST_A_DAY)).to.deep.equal([]);
  });

  it('has room for so many, not counting those whose time is over', () => {
    const keys = Array.from({ length: ANSWERS_MAX }, (_, index) => String(index));
    const full = keeping(Object.fromEntries(keys.map((key) => [key, 'x'])));
    const oneLess = keeping(Object.fromEntries(keys.slice(1).map((key) => [key, 'x'])));

    expect(hasRoomForAnswer(full, START)).to.be.false;
    expect(hasRoomForAnswer(full, PAST_A_DAY)).to.be.true;
    expect(hasRoomForAnswer(oneLess, START)).to.be.true;
  });

  it('has room while they are not too long, not counting other fields', () => {
    const long = 'x'.repeat(ANSWERS_LENGTH_MAX);

    expect(hasRoomForAnswer({ labels: long }, START)).to.be.true;
    expect(hasRoomForAnswer(keeping({ a1: long }), START)).to.be.false;
    expect(hasRoomForAnswer(keeping({ a1: long.slice(100) }), START)).to.be.true;
  });
});

describe('The creation of a group', () => {
  const CREATION = { fingerprint: 'f1', policyIds: ['p1', 'p2'] as PolicyId[] };
  const WINDOW = { policyId: 'p1' as PolicyId, opensAt: START, closesAt: DAY_LATER, priority: 0 };
  const PLAN = { base: 0, windows: [{ ...WINDOW, min: 3 }] };

  for (const creation of [
    CREATION,
    { ...CREATION, policyIds: [] },
    { ...CREATION, deletedAt: START },
    { ...CREATION, policyIds: [], deletedAt: epochMs(-5) },
    { ...CREATION, plan: encodeCreatedPlan(PLAN), deletedAt: START },
  ]) {
    it(`is read as it was written: ${JSON.stringify(creation)}`, () => {
      expect(creationOf({ creation: encodeCreation(creation) })).to.deep.equal(creation);
    });
  }

  it('gives back the plan that the group was created with, and none where it had none', () => {
    expect(createdPlanOf(encodeCreatedPlan(PLAN))).to.deep.equal(PLAN);
    expect(createdPlanOf()).to.deep.equal({});
  });

  it('has no plan to tell where that is spoiled', () => {
    for (const plan of ['{', '{"windows":[{}]}', '{"base":-1}']) {
      expect(() => createdPlanOf(plan), plan)
        .to.throw()
        .that.satisfies(isMalformed);
    }
  });

  it('is not told of a group that was created without a key', () => {
    expect(creationOf({ state: '{}' })).to.be.undefined;
    expect(rememberedForMs({ state: '{}' }, START)).to.equal(0);
  });

  it('is remembered for a day from the deletion on', () => {
    const fields = { creation: encodeCreation({ ...CREATION, deletedAt: START }) };

    expect(rememberedForMs(fields, START)).to.equal(ANSWER_KEPT_MS);
    expect(rememberedForMs(fields, epochMs(START + 1_000))).to.equal(ANSWER_KEPT_MS - 1_000);
    expect(rememberedForMs(fields, PAST_A_DAY)).to.equal(0);
    expect(rememberedForMs({ creation: encodeCreation(CREATION) }, START)).to.equal(0);
  });
});

function isMalformed(error: unknown): boolean {
  return hasCode(error, 'record-malformed');
}
