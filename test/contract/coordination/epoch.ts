import { expect } from 'chai';
import { it } from 'mocha';
import { PARTITION } from '../../support/builders.ts';
import { OTHER, win } from './world.ts';
import type { CoordinationWorld } from './world.ts';

/** What every coordination promises about the first number of tokens. */
export function epochPromises({ join }: CoordinationWorld): void {
  it('is raised above the one that a store has seen, for tokens that are won from then on', async () => {
    const joined = await join();
    const { coordination } = joined;
    const token = await win(joined, 'claim-1');
    await coordination.raiseEpoch(PARTITION, token, 7);

    const { epoch, owners } = await coordination.read();
    const next = await win(joined, 'claim-2', OTHER);

    expect([token.epoch, epoch, next.epoch]).to.deep.equal([0, 8, 8]);
    expect(owners.map((owner) => owner.token)).to.deep.equal([token]);
  });

  it('is raised once, however many ask for it', async () => {
    const joined = await join();
    const first = await win(joined, 'claim-1');
    const second = await win(joined, 'claim-2', OTHER);
    await joined.coordination.raiseEpoch(PARTITION, first, 7);
    await joined.coordination.raiseEpoch(OTHER, second, 7);
    await joined.coordination.raiseEpoch(PARTITION, first, 3);

    expect((await joined.coordination.read()).epoch).to.equal(8);
  });

  it('is still known by the token of an owner that won before it was raised', async () => {
    const joined = await join();
    const token = await win(joined, 'claim-1');
    await joined.coordination.raiseEpoch(PARTITION, token, 0);

    expect(await win(joined, 'claim-1')).to.deep.equal(token);
    await joined.coordination.resign(PARTITION, token);
    expect((await joined.coordination.read()).owners).to.deep.equal([]);
  });

  for (const { name, change } of [
    { name: 'an older revision', change: { revision: 0 } },
    { name: 'another claim', change: { claimId: 'claim-9' } },
    { name: 'another epoch', change: { epoch: 9 } },
  ]) {
    it(`is not raised by a token with ${name}`, async () => {
      const joined = await join();
      const token = await win(joined, 'claim-1');

      await joined.coordination.raiseEpoch(PARTITION, { ...token, ...change }, 7);

      expect((await joined.coordination.read()).epoch).to.equal(0);
    });
  }

  it('is not raised by one who has given the partition back', async () => {
    const joined = await join();
    const token = await win(joined, 'claim-1');
    await joined.coordination.resign(PARTITION, token);

    await joined.coordination.raiseEpoch(PARTITION, token, 7);

    expect((await joined.coordination.read()).epoch).to.equal(0);
  });
}
