import { expect } from 'chai';
import { it } from 'mocha';
import { PARTITION } from '../../support/builders.ts';
import { FIRST, SECOND, win } from './world.ts';
import type { CoordinationWorld } from './world.ts';

/** What every coordination promises about members. */
export function memberPromises({ start, join }: CoordinationWorld): void {
  it('has nobody and nothing at first', async () => {
    expect(await (await start()).read()).to.deep.equal({
      ...{ members: [], owners: [], homes: new Set(), drains: new Set(), epoch: 0 },
    });
  });

  it('shows a member, and its region as inhabited, while its session lasts', async () => {
    const { coordination, session } = await join();
    const during = await coordination.read();
    await coordination.close(session);
    const after = await coordination.read();

    expect([during.members, during.homes]).to.deep.equal([[FIRST], new Set(['here'])]);
    expect([after.members, after.homes]).to.deep.equal([[], new Set()]);
  });

  it('renews a session that lasts', async () => {
    const { coordination, session } = await join();

    expect(await coordination.renew(session)).to.equal('renewed');
    expect((await coordination.read()).members).to.deep.equal([FIRST]);
  });

  it('gives up what a member still owns when its session is closed', async () => {
    const joined = await join();
    const { coordination, session } = joined;
    await win(joined, 'claim-1');
    await coordination.close(session);

    expect((await coordination.read()).owners).to.deep.equal([]);
    expect(await coordination.campaign(session, PARTITION, 'claim-2')).to.deep.equal({
      kind: 'session-ended',
    });
    expect(await coordination.renew(session)).to.equal('ended');
  });

  it('does not mind a session that is closed again', async () => {
    const { coordination, session } = await join();
    await coordination.close(session);
    await coordination.close(session);

    expect((await coordination.read()).members).to.deep.equal([]);
  });

  it('shows what a member has published, and leaves what it owns alone', async () => {
    const joined = await join();
    const { coordination, session } = joined;
    const token = await win(joined, 'claim-1');
    const unfit = { ...FIRST, unfitFor: ['there'] };
    await coordination.publish(session, unfit);

    expect(await coordination.read()).to.deep.equal({
      members: [unfit],
      owners: [{ partition: PARTITION, node: FIRST.node, token }],
      homes: new Set(['here']),
      drains: new Set(),
      epoch: 0,
    });
    expect(await coordination.renew(session)).to.equal('renewed');
  });

  it('does not count a region as inhabited by a member that drains, until it stays', async () => {
    const { coordination, session } = await join();
    const leaving = { ...FIRST, isDraining: true };
    await coordination.publish(session, leaving);
    const during = await coordination.read();
    await coordination.publish(session, FIRST);
    const after = await coordination.read();

    expect([during.members, during.homes]).to.deep.equal([[leaving], new Set()]);
    expect([after.members, after.homes]).to.deep.equal([[FIRST], new Set(['here'])]);
  });

  it('does not count a region as inhabited by a member that drains from the start', async () => {
    const { coordination } = await join({ ...FIRST, isDraining: true });

    expect((await coordination.read()).homes).to.deep.equal(new Set());
  });

  it('shows who was asked to drain, whatever the member publishes, until its session is over', async () => {
    const { coordination, session } = await join();
    const isMember = await coordination.requestDrain(FIRST.node);
    const asked = await coordination.read();
    await coordination.publish(session, { ...FIRST, isDraining: true });
    const during = await coordination.read();
    await coordination.close(session);
    const after = await coordination.read();
    await coordination.open(FIRST);
    const again = await coordination.read();

    expect(isMember).to.equal(true);
    expect([asked.members, asked.drains]).to.deep.equal([[FIRST], new Set([FIRST.node])]);
    expect(during.drains).to.deep.equal(new Set([FIRST.node]));
    expect([after.drains, again.drains]).to.deep.equal([new Set(), new Set()]);
    expect(again.members).to.deep.equal([FIRST]);
  });

  it('takes a wish to drain from another process, as often as it is uttered', async () => {
    const { coordination, session } = await join();
    const onlooker = await start();

    expect(await onlooker.requestDrain(FIRST.node)).to.equal(true);
    expect(await onlooker.requestDrain(FIRST.node)).to.equal(true);

    expect((await coordination.read()).drains).to.deep.equal(new Set([FIRST.node]));
    expect(await coordination.renew(session)).to.equal('renewed');
  });

  it('does not ask a node to drain that is no member', async () => {
    const { coordination } = await join();

    expect(await coordination.requestDrain(SECOND.node)).to.equal(false);
    expect((await coordination.read()).drains).to.deep.equal(new Set());
  });

  it('publishes nothing of a session that is over', async () => {
    const { coordination, session } = await join();
    await coordination.close(session);
    await coordination.publish(session, FIRST);

    const { members, homes } = await coordination.read();
    expect([members, homes]).to.deep.equal([[], new Set()]);
  });

  it('leaves a member alone while another process only looks on', async () => {
    const joined = await join();
    const onlooker = await start();

    expect((await onlooker.read()).members).to.deep.equal([FIRST]);
    expect(await joined.coordination.renew(joined.session)).to.equal('renewed');
  });
}
