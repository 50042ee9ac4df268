import { expect } from 'chai';
import { describe, it } from 'mocha';
import { judgeReadiness } from '../../../src/api/readiness.ts';
import type { ReadinessFacts } from '../../../src/api/readiness.ts';
import { FaultyStore, hangBefore, rejectWith } from '../../support/faulty-store.ts';
import { aScaling, finish } from '../../support/scaling.ts';

const WELL: ReadinessFacts = {
  ...{ region: 'there', membership: 'leased', isDraining: false, unfitBecause: undefined },
};

describe('judgeReadiness', () => {
  const CASES: readonly {
    readonly name: string;
    readonly facts: Partial<ReadinessFacts>;
    readonly reasons: readonly string[];
  }[] = [
    { name: 'is content with a node that is well', facts: {}, reasons: [] },
    {
      name: 'refuses one without a session',
      facts: { membership: 'none' },
      reasons: ['the node has no session: it may own nothing'],
    },
    {
      name: 'refuses one whose ownership has ended',
      facts: { membership: 'over' },
      reasons: ['the node has given up what it owned and ends'],
    },
    {
      name: 'refuses one that drains',
      facts: { isDraining: true },
      reasons: ['the node is draining: it gives away what it owns and takes no more'],
    },
    {
      name: 'refuses one that is unfit for its own region',
      facts: { unfitBecause: 'clocks differ' },
      reasons: ['the node cannot work on its own region there: clocks differ'],
    },
    {
      name: 'names every reason',
      facts: { membership: 'none', isDraining: true },
      reasons: [
        'the node has no session: it may own nothing',
        'the node is draining: it gives away what it owns and takes no more',
      ],
    },
  ];
  for (const { name, facts, reasons } of CASES) {
    it(name, async () => {
      expect(await judgeReadiness({ ...WELL, ...facts }, aScaling())).to.deep.equal({
        ...{ isReady: reasons.length === 0, reasons, isDoubtful: false },
      });
    });
  }

  it('keeps a doubtful node in service, and shows its doubt', async () => {
    expect(await judgeReadiness({ ...WELL, membership: 'doubtful' }, aScaling())).to.deep.equal({
      ...{ isReady: true, reasons: [], isDoubtful: true },
    });
  });

  it('refuses a node whose own region has a store that does not answer, and looks at no other', async () => {
    const { clock, store } = aScaling();
    const ill = new FaultyStore(store);
    ill.plan = () => rejectWith('store-unavailable');

    expect(await judgeReadiness(WELL, { clock, store: ill })).to.deep.equal({
      isReady: false,
      reasons: [
        'the store of region there does not answer: the store was made to say store-unavailable',
      ],
      isDoubtful: false,
    });
    expect(ill.calls.map(({ args: [partition] }) => partition)).to.deep.equal(['there/0']);
  });

  it('gives the store two seconds', async () => {
    const { clock, store } = aScaling();
    const hanging = new FaultyStore(store);
    hanging.plan = () => hangBefore;

    const { reasons } = await finish(clock, judgeReadiness(WELL, { clock, store: hanging }));

    expect(reasons).to.deep.equal([
      'the store of region there does not answer: no answer within 2000 ms',
    ]);
    expect(clock.monotonicMs()).to.equal(2_000);
  });
});
