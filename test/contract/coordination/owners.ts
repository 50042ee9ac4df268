import { expect } from 'chai';
import { it } from 'mocha';
import { PARTITION } from '../../support/builders.ts';
import { FIRST, isGreater, OTHER, win } from './world.ts';
import type { CoordinationWorld } from './world.ts';

/** What every coordination promises about owners. */
export function ownerPromises({ start, join }: CoordinationWorld): void {
  it('refuses the campaign of a session that it does not know', async () => {
    const session = { id: '12345', ttlMs: 1 };

    expect(await (await start()).campaign(session, PARTITION, 'claim-1')).to.deep.equal({
      kind: 'session-ended',
    });
  });

  it('gives a partition that nobody owns to the one who campaigns, claim and all', async () => {
    const joined = await join();

    const token = await win(joined, 'claim-1');

    expect(token.claimId).to.equal('claim-1');
    expect((await joined.coordination.read()).owners).to.deep.equal([
      { partition: PARTITION, node: FIRST.node, token },
    ]);
  });

  it('refuses a partition that is owned, and names its owner', async () => {
    const joined = await join();
    const token = await win(joined, 'claim-1');

    expect(await joined.coordination.campaign(joined.session, PARTITION, 'claim-2')).to.deep.equal({
      kind: 'held',
      owner: { partition: PARTITION, node: FIRST.node, token },
    });
  });

  it('answers a repeat of the campaign that was won with the same token', async () => {
    const joined = await join();
    const token = await win(joined, 'claim-1');

    expect(await win(joined, 'claim-1')).to.deep.equal(token);
  });

  it('keeps partitions apart', async () => {
    const joined = await join();
    const first = await win(joined, 'claim-1');
    const second = await win(joined, 'claim-2', OTHER);

    expect((await joined.coordination.read()).owners).to.have.deep.members([
      { partition: PARTITION, node: FIRST.node, token: first },
      { partition: OTHER, node: FIRST.node, token: second },
    ]);
  });

  it('takes a partition back from its owner, and gives it away with a greater token', async () => {
    const joined = await join();
    const token = await win(joined, 'claim-1');
    await joined.coordination.resign(PARTITION, token);

    const next = await win(joined, 'claim-2');

    expect(isGreater(next, token)).to.equal(true);
  });

  it('takes a partition back for its token, whichever process has that', async () => {
    const joined = await join();
    const token = await win(joined, 'claim-1');
    const onlooker = await start();

    await onlooker.resign(PARTITION, token);

    expect((await joined.coordination.read()).owners).to.deep.equal([]);
  });

  it('does not mind that what nobody owns is given back', async () => {
    const joined = await join();
    const token = await win(joined, 'claim-1');
    await joined.coordination.resign(PARTITION, token);
    await joined.coordination.resign(PARTITION, token);

    expect((await joined.coordination.read()).owners).to.deep.equal([]);
  });

  for (const { name, change } of [
    { name: 'an older revision', change: { revision: 0 } },
    { name: 'another claim', change: { claimId: 'claim-9' } },
    { name: 'another epoch', change: { epoch: 9 } },
  ]) {
    it(`leaves the owner alone where one resigns with ${name}`, async () => {
      const joined = await join();
      const token = await win(joined, 'claim-1');

      await joined.coordination.resign(PARTITION, { ...token, ...change });

      expect((await joined.coordination.read()).owners).to.have.length(1);
    });
  }

  it('leaves other partitions alone where one is resigned', async () => {
    const joined = await join();
    const token = await win(joined, 'claim-1');
    await win(joined, 'claim-2', OTHER);

    await joined.coordination.resign(PARTITION, token);

    const { owners } = await joined.coordination.read();
    expect(owners.map(({ partition }) => partition)).to.deep.equal([OTHER]);
  });

  it('gives greater tokens to a later session than to one that was closed', async () => {
    const older = await join();
    const token = await win(older, 'claim-1');
    await older.coordination.close(older.session);

    expect(isGreater(await win(await join(), 'claim-2'), token)).to.equal(true);
  });
}
