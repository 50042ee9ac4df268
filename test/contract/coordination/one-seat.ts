import { expect } from 'chai';
import { it } from 'mocha';
import { PARTITION } from '../../support/builders.ts';
import { FIRST, isGreater, OTHER, SECOND, win } from './world.ts';
import type { CoordinationWorld } from './world.ts';

/** What a coordination with room for one node promises to the newest process, and to those before it. */
export function oneSeatPromises({ join }: CoordinationWorld): void {
  it('takes the place of the older one, which owns nothing any more', async () => {
    const older = await join(FIRST);
    await win(older, 'claim-1');

    const newer = await join(SECOND);

    const nothing = { owners: [], drains: new Set(), epoch: 0 };
    const view = { members: [SECOND], homes: new Set([SECOND.region]), ...nothing };
    expect(await newer.coordination.read()).to.deep.equal(view);
    expect(await older.coordination.read()).to.deep.equal(view);
  });

  it('ends the session of the older one, even under the same name', async () => {
    const older = await join(FIRST);
    const newer = await join(FIRST);

    expect(await older.coordination.renew(older.session)).to.equal('ended');
    expect(await older.coordination.campaign(older.session, PARTITION, 'claim-1')).to.deep.equal({
      kind: 'session-ended',
    });
    expect(await newer.coordination.renew(newer.session)).to.equal('renewed');
    expect((await win(newer, 'claim-2')).claimId).to.equal('claim-2');
  });

  it('gets greater tokens than all older ones', async () => {
    const older = await join(FIRST);
    const tokens = [await win(older, 'claim-1'), await win(older, 'claim-2', OTHER)];
    const newer = await join(SECOND);

    const next = await win(newer, 'claim-3');

    expect(tokens.map((token) => isGreater(next, token))).to.deep.equal([true, true]);
  });

  it('is not disturbed by what the older one still does', async () => {
    const older = await join(FIRST);
    const token = await win(older, 'claim-1');
    const newer = await join(SECOND);
    const next = await win(newer, 'claim-2');
    await older.coordination.resign(PARTITION, token);
    await older.coordination.raiseEpoch(PARTITION, token, 7);
    await older.coordination.publish(older.session, FIRST);
    await older.coordination.close(older.session);

    expect(await newer.coordination.read()).to.deep.equal({
      members: [SECOND],
      owners: [{ partition: PARTITION, node: SECOND.node, token: next }],
      homes: new Set([SECOND.region]),
      drains: new Set(),
      epoch: 0,
    });
  });

  it('may be followed by the older one, if that opens a session again', async () => {
    const older = await join(FIRST);
    const newer = await join(SECOND);
    const session = await older.coordination.open(FIRST);

    expect(await newer.coordination.renew(newer.session)).to.equal('ended');
    expect((await win({ ...older, session }, 'claim-2')).claimId).to.equal('claim-2');
  });

  it('never has a session that ends for want of renewals', async () => {
    expect((await join()).session.ttlMs).to.equal(Number.POSITIVE_INFINITY);
  });
}
