import { expect } from 'chai';
import { it } from 'mocha';
import type { TenantId } from '../../../src/domain/ids.ts';
import { NOT_AN_OWNER } from '../../../src/ports/store.ts';
import type { Unit, UnitResult } from '../../../src/ports/store.ts';
import { aCommitId, aGroupId, aUnit, PARTITION, TENANT } from '../../support/builders.ts';
import { commitOne, following, put } from '../store-fixture.ts';
import type { Chapter, StoreFixture } from '../store-fixture.ts';

const OTHER_TENANT = 'another' as TenantId;

/** A unit that makes a group of this number, where the tenant has fewer than two. */
function creation(fixture: StoreFixture, number: number, fields: Partial<Unit> = {}): Unit {
  return aUnit({
    ...{ groupId: aGroupId(number), commitId: aCommitId(number), listingMax: 2 },
    decidedAt: fixture.clock.now(),
    ...fields,
  });
}

export const roomPromises: Chapter = (at) => {
  it('is for as many groups as the unit says, and one more is not made', async () => {
    for (const number of [1, 2]) {
      expect(await commitOne(at(), creation(at(), number))).to.equal('committed');
    }

    expect(await commitOne(at(), creation(at(), 3))).to.equal('full');

    expect((await at().store.group(aGroupId(3))).group).to.equal(undefined);
    expect(await at().store.countGroups(TENANT)).to.equal(2);
  });

  it('is what the groups in other stores leave', async () => {
    const beside = (number: number): Unit => creation(at(), number, { listedElsewhere: 1 });

    expect(await commitOne(at(), beside(1))).to.equal('committed');
    expect(await commitOne(at(), beside(2))).to.equal('full');
    expect(await commitOne(at(), creation(at(), 2, { listedElsewhere: 5 }))).to.equal('full');
  });

  it("is each tenant's own, and groups that are off the list take none", async () => {
    const first = await put(at(), creation(at(), 1));
    await put(at(), creation(at(), 2));
    expect(await commitOne(at(), creation(at(), 3, { tenantId: OTHER_TENANT }))).to.equal(
      'committed',
    );

    await put(at(), following(at(), first, { commitId: aCommitId(4), listing: 'drop' }));

    expect(await commitOne(at(), creation(at(), 5))).to.equal('committed');
  });

  it('is not asked for by a unit that says nothing of it', async () => {
    await put(at(), creation(at(), 1));
    await put(at(), creation(at(), 2));

    await put(at(), { groupId: aGroupId(3), commitId: aCommitId(3) });

    expect(await at().store.countGroups(TENANT)).to.equal(3);
  });

  it('is there for the repeat of the commit that took the last of it', async () => {
    const last = creation(at(), 1, { listingMax: 1 });
    await put(at(), last);

    expect(await commitOne(at(), last)).to.equal('committed');
  });

  it('is not taken by a group that was not made', async () => {
    const early = creation(at(), 1, { listingMax: 1, expectVersion: aCommitId(9) });
    expect(await commitOne(at(), early)).to.equal('stale');

    expect(await commitOne(at(), creation(at(), 2, { listingMax: 1 }))).to.equal('committed');
  });

  it('is given once where many ask for the last of it at the same time', async () => {
    await put(at(), creation(at(), 1));

    const commits = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        at().store.commit(PARTITION, NOT_AN_OWNER, [creation(at(), 2 + index)]),
      ),
    );

    const results = commits.flatMap((commit): readonly UnitResult[] =>
      commit.kind === 'answered' ? commit.results : [],
    );
    expect(results.filter((result) => result === 'committed')).to.have.length(1);
    expect(results.filter((result) => result === 'full')).to.have.length(7);
    expect(await at().store.countGroups(TENANT)).to.equal(2);
  });

  it('keeps what is full apart from the other units of its batch', async () => {
    await put(at(), creation(at(), 1));
    const second = await put(at(), creation(at(), 2));

    const commit = await at().store.commit(PARTITION, NOT_AN_OWNER, [
      creation(at(), 3),
      following(at(), second, { commitId: aCommitId(4) }),
    ]);

    expect(commit).to.deep.include({ results: ['full', 'committed'] });
  });
};
