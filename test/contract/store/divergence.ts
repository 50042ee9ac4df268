import { expect } from 'chai';
import { it } from 'mocha';
import { plusMs } from '../../../src/base/clock.ts';
import { partitionId } from '../../../src/domain/partition/partition-of.ts';
import { aCommitId, aGroupId, PARTITION, START, TENANT } from '../../support/builders.ts';
import { following, put, stored } from '../store-fixture.ts';
import type { Chapter } from '../store-fixture.ts';

export const divergencePromises: Chapter = (at) => {
  it('answers nothing where no group is divergent', async () => {
    await put(at());

    expect(await at().store.divergent(PARTITION, 10)).to.deep.equal({
      now: START,
      groups: [],
      nextAt: undefined,
    });
  });

  it('answers a marked group from its mark on', async () => {
    await at().clock.advance(10);
    await put(at(), { divergence: 'mark', set: { launch: 'how', state: 's' } });
    await at().clock.advance(5);

    expect(await at().store.divergent(PARTITION, 10)).to.deep.equal({
      now: plusMs(START, 15),
      groups: [
        {
          groupId: aGroupId(),
          tenantId: TENANT,
          generation: 1,
          launch: 'how',
          checkAt: plusMs(START, 10),
        },
      ],
      nextAt: undefined,
    });
  });

  it('raises the generation with each mark and with nothing else', async () => {
    const first = await put(at(), { divergence: 'mark' });
    const second = await put(at(), following(at(), first, { commitId: aCommitId(2) }));
    const third = following(at(), second, { commitId: aCommitId(3), divergence: 'mark' });
    await put(at(), third);

    expect((await stored(at(), first.groupId)).generation).to.equal(2);
  });

  it('stays divergent through a commit that does not mark, and since its mark', async () => {
    const first = await put(at(), { divergence: 'mark' });
    await at().clock.advance(10);
    await put(at(), following(at(), first, { commitId: aCommitId(2) }));

    const { groups } = await at().store.divergent(PARTITION, 10);

    expect(groups.map(({ checkAt }) => checkAt)).to.deep.equal([START]);
  });

  it('answers the oldest first, up to the limit, and of one instant by id', async () => {
    for (const [number, ms] of [
      [3, 0],
      [2, 10],
      [1, 0],
      [4, 0],
    ] as const) {
      await at().clock.advance(ms);
      const groupId = aGroupId(number);
      await put(at(), { groupId, commitId: aCommitId(number), divergence: 'mark' });
    }

    const { groups } = await at().store.divergent(PARTITION, 3);

    expect(groups.map(({ groupId }) => groupId)).to.deep.equal([
      aGroupId(3),
      aGroupId(1),
      aGroupId(2),
    ]);
  });

  it('answers a group without a launch field', async () => {
    await put(at(), { divergence: 'mark' });

    expect((await at().store.divergent(PARTITION, 1)).groups[0]?.launch).to.equal(undefined);
  });

  it('keeps partitions apart', async () => {
    await put(at(), { divergence: 'mark' });

    const { groups } = await at().store.divergent(partitionId('there', 0), 10);

    expect(groups).to.deep.equal([]);
  });
};
