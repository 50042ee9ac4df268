import { expect } from 'chai';
import { it } from 'mocha';
import { PARTITION } from '../../support/builders.ts';
import { aMember, FIRST, isGreater, OTHER, SECOND, Told, win } from './world.ts';
import type { CoordinationWorld, Joined, LeasedFixture } from './world.ts';

/** What a coordination with room for many nodes promises them. */
export function manySeatPromises({ join }: CoordinationWorld, fixture: () => LeasedFixture): void {
  /** Lets the sessions end that are not among these. */
  async function passTtl(...kept: readonly Joined[]): Promise<void> {
    const { pass, ttlMs } = fixture();
    for (const share of [0.5, 0.5, 0.5]) {
      await pass(ttlMs * share);
      for (const { coordination, session } of kept) {
        expect(await coordination.renew(session)).to.equal('renewed');
      }
    }
  }

  it('shows all of them to each, with what each owns', async () => {
    const [first, second] = [await join(FIRST), await join(SECOND)];
    const token = await win(first, 'claim-1');
    const other = await win(second, 'claim-2', OTHER);

    for (const { coordination } of [first, second]) {
      const { members, owners, homes } = await coordination.read();
      expect(members).to.have.deep.members([FIRST, SECOND]);
      expect(homes).to.deep.equal(new Set(['here', 'there']));
      expect(owners).to.have.deep.members([
        { partition: PARTITION, node: FIRST.node, token },
        { partition: OTHER, node: SECOND.node, token: other },
      ]);
    }
  });

  it('gives a partition to one of those who campaign for it at once, and names it to the others', async () => {
    const nodes = await Promise.all([join(aMember('a')), join(aMember('b')), join(aMember('c'))]);

    const results = await Promise.all(
      nodes.map(({ coordination, session }, index) =>
        coordination.campaign(session, PARTITION, `claim-${index}`),
      ),
    );

    const winner = results.findIndex(({ kind }) => kind === 'won');
    const { owners } = await nodes[0].coordination.read();
    expect(owners.map(({ token }) => token.claimId)).to.deep.equal([`claim-${winner}`]);
    expect(results.filter(({ kind }) => kind === 'won')).to.have.length(1);
    for (const result of results.filter(({ kind }) => kind !== 'won')) {
      expect(result).to.deep.equal({ kind: 'held', owner: owners[0] });
    }
  });

  it('gives greater tokens to each new owner, whoever it is', async () => {
    const [first, second] = [await join(FIRST), await join(SECOND)];
    const token = await win(first, 'claim-1');
    await first.coordination.resign(PARTITION, token);

    expect(isGreater(await win(second, 'claim-2'), token)).to.equal(true);
  });

  it('takes the epoch that another has raised into the next token', async () => {
    const [first, second] = [await join(FIRST), await join(SECOND)];
    await second.coordination.read();
    await first.coordination.raiseEpoch(PARTITION, await win(first, 'claim-1'), 4);

    const next = await win(second, 'claim-2', OTHER);

    expect(next.epoch).to.equal(5);
    expect(await win(second, 'claim-2', OTHER)).to.deep.equal(next);
  });

  it('does not disturb the others when one closes its session', async () => {
    const [first, second] = [await join(FIRST), await join(SECOND)];
    const token = await win(first, 'claim-1');
    await win(second, 'claim-2', OTHER);
    await second.coordination.close(second.session);

    expect(await first.coordination.read()).to.deep.equal({
      members: [FIRST],
      owners: [{ partition: PARTITION, node: FIRST.node, token }],
      homes: new Set(['here']),
      drains: new Set(),
      epoch: 0,
    });
  });

  it('counts a region as inhabited while one of its nodes does not drain', async () => {
    const [first, second] = [await join(FIRST), await join(aMember('node-2'))];
    await first.coordination.publish(first.session, { ...FIRST, isDraining: true });
    const one = await second.coordination.read();
    await second.coordination.publish(second.session, aMember('node-2', { isDraining: true }));

    expect(one.homes).to.deep.equal(new Set(['here']));
    expect((await second.coordination.read()).homes).to.deep.equal(new Set());
  });

  it('ends a session that is not renewed, with what it owns, and no other', async () => {
    const [first, second] = [await join(FIRST), await join(SECOND)];
    const token = await win(first, 'claim-1');
    const other = await win(second, 'claim-2', OTHER);
    await passTtl(second);

    const { members, owners } = await second.coordination.read();
    expect(members).to.deep.equal([SECOND]);
    expect(owners).to.deep.equal([{ partition: OTHER, node: SECOND.node, token: other }]);
    expect(await first.coordination.renew(first.session)).to.equal('ended');
    expect(await first.coordination.campaign(first.session, PARTITION, 'claim-3')).to.deep.equal({
      kind: 'session-ended',
    });
    expect(isGreater(await win(second, 'claim-4'), token)).to.equal(true);
  });

  it('counts a region as inhabited until the grace after the session of its last node', async () => {
    const [first, second] = [await join(FIRST), await join(SECOND)];
    await passTtl(second);
    const withinGrace = await second.coordination.read();
    for (let passedMs = 0; passedMs < fixture().graceMs; passedMs += fixture().ttlMs * 0.5) {
      await fixture().pass(fixture().ttlMs * 0.5);
      await second.coordination.renew(second.session);
    }

    expect([withinGrace.members, withinGrace.homes]).to.deep.equal([
      [SECOND],
      new Set(['here', 'there']),
    ]);
    expect((await second.coordination.read()).homes).to.deep.equal(new Set(['there']));
    expect(await first.coordination.renew(first.session)).to.equal('ended');
  });

  it('tells those who watch when a session ends for want of renewals', async () => {
    const [first, second] = [await join(FIRST), await join(SECOND)];
    await win(first, 'claim-1');
    const told = new Told();
    const stop = second.coordination.watch(told.onChange);
    await second.coordination.publish(second.session, { ...SECOND, unfitFor: ['here'] });
    await told.after(0);
    const before = told.count;
    await passTtl(second);

    await told.after(before);

    expect((await second.coordination.read()).owners).to.deep.equal([]);
    stop();
  });

  it('forgets a wish to drain with the session that it was about, and no other', async () => {
    const [first, second] = [await join(FIRST), await join(SECOND)];
    await second.coordination.requestDrain(FIRST.node);
    await first.coordination.requestDrain(SECOND.node);
    await passTtl(second);

    expect((await second.coordination.read()).drains).to.deep.equal(new Set([SECOND.node]));
    expect(await first.coordination.requestDrain(FIRST.node)).to.equal(false);
  });

  it('tells those who watch of a wish to drain', async () => {
    const [first, second] = [await join(FIRST), await join(SECOND)];
    const told = new Told();
    const stop = first.coordination.watch(told.onChange);
    await first.coordination.publish(first.session, FIRST);
    await told.after(0);
    const before = told.count;
    await second.coordination.requestDrain(FIRST.node);

    await told.after(before);

    expect((await first.coordination.read()).drains).to.deep.equal(new Set([FIRST.node]));
    stop();
  });

  it('ends the session of a process whose name another has taken', async () => {
    const older = await join(FIRST);
    await join(FIRST);

    expect(await older.coordination.campaign(older.session, PARTITION, 'claim-1')).to.deep.equal({
      kind: 'session-ended',
    });
    expect(await older.coordination.renew(older.session)).to.equal('ended');
  });

  it('does not let a process disturb the one that has taken its name', async () => {
    const older = await join(FIRST);
    const newer = await join({ ...FIRST, address: 'http://newer' });
    const token = await win(newer, 'claim-1');
    await older.coordination.publish(older.session, { ...FIRST, isDraining: true });
    await older.coordination.close(older.session);

    expect(await newer.coordination.renew(newer.session)).to.equal('renewed');
    expect(await newer.coordination.read()).to.deep.equal({
      members: [{ ...FIRST, address: 'http://newer' }],
      owners: [{ partition: PARTITION, node: FIRST.node, token }],
      homes: new Set(['here']),
      drains: new Set(),
      epoch: 0,
    });
  });
}
