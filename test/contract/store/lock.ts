import { expect } from 'chai';
import { it } from 'mocha';
import { InvariantError } from '../../../src/base/assert.ts';
import { plusMs } from '../../../src/base/clock.ts';
import type { EpochMs } from '../../../src/base/clock.ts';
import { partitionId } from '../../../src/domain/partition/partition-of.ts';
import type { FencingToken } from '../../../src/domain/ids.ts';
import type {
  LockRequest,
  LockResult,
  RenewResult,
  SettleRequest,
  SettleResult,
  Unit,
} from '../../../src/ports/store.ts';
import {
  aCommitId,
  aGroupId,
  aToken,
  anEvent,
  PARTITION,
  START,
  TENANT,
} from '../../support/builders.ts';
import { commitOne, following, own, put, rejection, stored } from '../store-fixture.ts';
import type { Chapter, StoreFixture } from '../store-fixture.ts';

const TTL_MS = 60_000;
const FIELDS = { labels: 'l', launch: 'a', limits: 'm', observed: 'o', state: 's' };

function aLock(fields: Partial<LockRequest> = {}): LockRequest {
  return { groupId: aGroupId(), holder: 'pass-1', ttlMs: TTL_MS, ...fields };
}

function aSettle(fields: Partial<SettleRequest> = {}): SettleRequest {
  return {
    ...{ groupId: aGroupId(), holder: 'pass-1', generation: 1 },
    ...{ set: {}, next: 'clear', events: [] },
    ...fields,
  };
}

/** When the group is to be looked at, whether that has come or not; undefined where it is not divergent. */
async function checkAtOf({ store }: StoreFixture): Promise<EpochMs | undefined> {
  const { groups, nextAt } = await store.divergent(PARTITION, 1);
  return groups[0]?.checkAt ?? nextAt;
}

export const lockPromises: Chapter = (at) => {
  const lock = (
    fields?: Partial<LockRequest>,
    token: FencingToken = aToken(),
  ): Promise<LockResult> => at().store.lock(PARTITION, token, aLock(fields));
  const renew = (fields?: Partial<LockRequest>): Promise<RenewResult> =>
    at().store.renew(PARTITION, aToken(), aLock(fields));
  const settle = (fields?: Partial<SettleRequest>): Promise<SettleResult> =>
    at().store.settle(PARTITION, aToken(), aSettle(fields));

  /** A divergent group of generation 1 in a partition that is owned. */
  async function aDivergentGroup(): Promise<Unit> {
    await own(at());
    return put(at(), { divergence: 'mark', set: FIELDS });
  }

  async function markAgain(unit: Unit): Promise<void> {
    await put(at(), following(at(), unit, { commitId: aCommitId(2), divergence: 'mark' }));
  }

  it('locks a group and answers what a pass reads', async () => {
    await aDivergentGroup();

    expect(await lock()).to.deep.equal({
      kind: 'locked',
      now: START,
      tenantId: TENANT,
      version: aCommitId(1),
      generation: 1,
      fields: { launch: 'a', limits: 'm', observed: 'o', state: 's' },
    });
  });

  it('keeps a locked group out of the list until its lock ends, and in it from then on', async () => {
    await aDivergentGroup();
    await lock();

    await at().clock.advance(TTL_MS - 1);
    const during = await at().store.divergent(PARTITION, 10);
    await at().clock.advance(1);
    const after = await at().store.divergent(PARTITION, 10);

    expect([during.groups, during.nextAt]).to.deep.equal([[], plusMs(START, TTL_MS)]);
    expect(after.groups).to.have.length(1);
  });

  it('locks a group that is not divergent, and has it looked at when the lock ends', async () => {
    await own(at());
    await put(at());

    expect(await lock()).to.include({ kind: 'locked', generation: 0 });
    expect(await checkAtOf(at())).to.equal(plusMs(START, TTL_MS));
  });

  it('answers absent where there is no group', async () => {
    await own(at());

    expect(await lock()).to.deep.equal({ kind: 'absent' });
    expect(await renew()).to.deep.equal({ kind: 'lost' });
    expect(await settle()).to.deep.equal({ kind: 'lost' });
  });

  it('does not break the lock of another pass', async () => {
    await aDivergentGroup();
    await lock();
    await at().clock.advance(TTL_MS - 1);

    const until = plusMs(START, TTL_MS);
    expect(await lock({ holder: 'pass-2' })).to.deep.equal({ kind: 'held', until });
    expect(await renew()).to.include({ kind: 'renewed' });
  });

  it('has a new owner wait for the lock of an old one', async () => {
    await aDivergentGroup();
    await lock();
    const newer = await own(at(), aToken({ revision: 2 }));

    const until = plusMs(START, TTL_MS);
    expect(await lock({ holder: 'pass-2' }, newer)).to.deep.equal({ kind: 'held', until });
  });

  it('locks anew where the lock of another pass has ended', async () => {
    await aDivergentGroup();
    await lock();
    await at().clock.advance(TTL_MS);

    expect(await lock({ holder: 'pass-2' })).to.include({ kind: 'locked' });
    expect(await renew()).to.deep.equal({ kind: 'lost' });
  });

  it('answers its holder’s repeat with the lock', async () => {
    await aDivergentGroup();
    await lock();
    await at().clock.advance(10);

    expect(await lock()).to.include({ kind: 'locked' });
    expect(await checkAtOf(at())).to.equal(plusMs(START, TTL_MS + 10));
  });

  it('makes a group that is marked during a pass divergent at once', async () => {
    const unit = await aDivergentGroup();
    await lock();
    await at().clock.advance(10);
    await markAgain(unit);

    expect(await checkAtOf(at())).to.equal(plusMs(START, 10));
  });

  it('moves the next check of a held group to the end of the lock', async () => {
    const unit = await aDivergentGroup();
    await lock();
    await markAgain(unit);

    await lock({ holder: 'pass-2' });

    expect(await checkAtOf(at())).to.equal(plusMs(START, TTL_MS));
  });

  it('leaves the version to the commits: a pass moves it nowhere', async () => {
    const unit = await aDivergentGroup();
    await lock();
    await renew();
    await settle({ set: { observed: 'seen' } });

    const late = following(at(), unit, { commitId: aCommitId(2) });

    expect(await commitOne(at(), late)).to.equal('committed');
  });

  it('renews the lock, and answers what a pass must know before a call', async () => {
    const unit = await aDivergentGroup();
    await lock();
    await put(
      at(),
      following(at(), unit, {
        commitId: aCommitId(2),
        divergence: 'mark',
        set: { state: 'paused' },
      }),
    );

    expect(await renew()).to.deep.equal({
      kind: 'renewed',
      generation: 2,
      fields: { state: 'paused' },
    });
  });

  it('holds a renewed lock for the whole of its time again', async () => {
    await aDivergentGroup();
    await lock();
    await at().clock.advance(TTL_MS - 1);
    await renew();
    await at().clock.advance(TTL_MS - 1);

    expect(await lock({ holder: 'pass-2' })).to.include({ kind: 'held' });
  });

  for (const ttlMs of [2 * TTL_MS, 5]) {
    it(`moves the next check with the end of a lock that is renewed for ${ttlMs} ms`, async () => {
      await aDivergentGroup();
      await lock();
      await at().clock.advance(10);
      await renew({ ttlMs });

      expect(await checkAtOf(at())).to.equal(plusMs(START, 10 + ttlMs));
    });
  }

  it('leaves a mark that came during the pass in its place when the lock is renewed', async () => {
    const unit = await aDivergentGroup();
    await lock();
    await markAgain(unit);
    await renew();

    expect(await checkAtOf(at())).to.equal(START);
  });

  it('does not renew a lock that has ended, though nobody else took it', async () => {
    await aDivergentGroup();
    await lock();
    await at().clock.advance(TTL_MS);

    expect(await renew()).to.deep.equal({ kind: 'lost' });
  });

  it('does not renew the lock of another pass', async () => {
    await aDivergentGroup();
    await lock();

    expect(await renew({ holder: 'pass-2' })).to.deep.equal({ kind: 'lost' });
  });

  it('settles: records, ends the divergence and releases the lock', async () => {
    await aDivergentGroup();
    await lock();
    await at().clock.advance(10);

    const result = await settle({ set: { observed: 'seen' }, events: [anEvent(2)] });

    expect(result).to.deep.equal({ kind: 'settled', isCleared: true });
    const { isDivergent, generation, fields } = await stored(at(), aGroupId());
    expect({ isDivergent, generation, fields }).to.deep.equal({
      isDivergent: false,
      generation: 1,
      fields: { ...FIELDS, observed: 'seen' },
    });
    const history = { from: undefined, order: 'oldest-first', limit: 10 } as const;
    expect(await at().store.history(aGroupId(), history)).to.deep.equal([
      { sequence: 1, at: plusMs(START, 10), event: anEvent(2) },
    ]);
    expect(await lock({ holder: 'pass-2' })).to.include({ kind: 'locked' });
  });

  it('settles with another look: the group stays divergent and is not looked at before', async () => {
    await aDivergentGroup();
    await lock();
    await at().clock.advance(10);

    const result = await settle({ next: { retryInMs: 500 } });

    expect(result).to.deep.equal({ kind: 'settled', isCleared: false });
    expect(await checkAtOf(at())).to.equal(plusMs(START, 510));
    expect(await lock({ holder: 'pass-2' })).to.include({ kind: 'locked' });
  });

  for (const next of ['clear', { retryInMs: 90_000 }] as const) {
    it(`never clears nor puts off a newer mark (${JSON.stringify(next)})`, async () => {
      const unit = await aDivergentGroup();
      await lock();
      await at().clock.advance(10);
      await markAgain(unit);
      await at().clock.advance(10);

      const result = await settle({ next, set: { observed: 'seen' } });

      expect(result).to.deep.equal({ kind: 'settled', isCleared: false });
      expect(await checkAtOf(at())).to.equal(plusMs(START, 10));
      expect((await stored(at(), aGroupId())).fields['observed']).to.equal('seen');
    });
  }

  it('lets the owner commit to a group that its pass has locked, and leaves the pass its lock', async () => {
    const unit = await aDivergentGroup();
    await lock();
    const change = { commitId: aCommitId(2), divergence: 'mark', set: { state: 'left' } } as const;

    const commit = await at().store.commit(PARTITION, aToken(), [following(at(), unit, change)]);

    expect(commit).to.deep.include({ kind: 'answered', results: ['committed'] });
    expect(await lock({ holder: 'pass-2' })).to.include({ kind: 'held' });
    expect(await renew()).to.deep.include({ generation: 2, fields: { state: 'left' } });
    expect(await settle()).to.deep.equal({ kind: 'settled', isCleared: false });
  });

  it('has a newer mark looked at at once where a lock had put it off', async () => {
    const unit = await aDivergentGroup();
    await lock();
    await markAgain(unit);
    await lock({ holder: 'pass-2' });
    await at().clock.advance(20);

    await settle();

    expect(await checkAtOf(at())).to.equal(plusMs(START, 20));
  });

  it('lets a holder settle a lock that has ended and that nobody else took', async () => {
    await aDivergentGroup();
    await lock();
    await at().clock.advance(TTL_MS + 1);

    expect(await settle()).to.deep.equal({ kind: 'settled', isCleared: true });
  });

  it('answers lost, and records nothing, to one who settles the lock of another', async () => {
    await aDivergentGroup();
    await lock({ holder: 'pass-2' });

    const result = await settle({ set: { observed: 'mine' }, events: [anEvent()] });

    expect(result).to.deep.equal({ kind: 'lost' });
    const { fields, isDivergent } = await stored(at(), aGroupId());
    expect([fields, isDivergent]).to.deep.equal([FIELDS, true]);
    const history = { from: undefined, order: 'oldest-first', limit: 10 } as const;
    expect(await at().store.history(aGroupId(), history)).to.deep.equal([]);
    expect(await renew({ holder: 'pass-2' })).to.include({ kind: 'renewed' });
  });

  it('answers lost to one who settles twice', async () => {
    await aDivergentGroup();
    await lock();
    await settle();

    expect(await settle()).to.deep.equal({ kind: 'lost' });
  });

  for (const name of ['lock', 'renew', 'settle'] as const) {
    it(`takes the ${name} of a group of another partition for a broken invariant`, async () => {
      await own(at());
      const groupId = aGroupId(1, partitionId('here', 1));
      const call = { lock, renew, settle }[name];

      expect(await rejection(call({ groupId }))).to.be.instanceOf(InvariantError);
    });
  }
};
