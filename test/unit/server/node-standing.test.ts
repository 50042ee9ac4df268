import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { NodeStanding } from '../../../src/server/node-standing.ts';
import { PARTITION, START } from '../../support/builders.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const TOKEN = { epoch: 0, revision: 7, claimId: 'mine' };

describe('NodeStanding', () => {
  let clock: FakeClock;
  let standing: NodeStanding;
  beforeEach(() => {
    clock = new FakeClock(START);
    standing = new NodeStanding(clock);
  });

  it('knows since when a partition has been owned, until it is released', () => {
    standing.observe({ event: 'partition.acquired', partition: PARTITION, token: TOKEN });
    expect(standing.owned.get(PARTITION)).to.deep.equal({ token: TOKEN, since: START });

    standing.observe({ event: 'partition.released', partition: PARTITION, token: TOKEN });
    expect(standing.owned.size).to.equal(0);
  });

  it('owns nothing any more that it is fenced from, though the key may still be there', () => {
    standing.observe({ event: 'partition.acquired', partition: PARTITION, token: TOKEN });

    const newest = { ...TOKEN, revision: 8 };
    standing.observe({ event: 'partition.fenced', partition: PARTITION, token: TOKEN, newest });

    expect(standing.owned.size).to.equal(0);
  });

  it('knows for which regions the node is unfit, and why', () => {
    standing.observe({ event: 'node.unfit', region: 'east', reason: 'no answer' });
    standing.observe({ event: 'node.unfit', region: 'west', reason: 'its clock differs' });
    standing.observe({ event: 'node.fit', region: 'east' });

    expect([...standing.unfit]).to.deep.equal([['west', 'its clock differs']]);
  });

  it('is in doubt until renewals are answered again', () => {
    standing.observe({ event: 'ownership.doubtful' });
    expect(standing.isDoubtful).to.equal(true);

    standing.observe({ event: 'ownership.certain' });
    expect(standing.isDoubtful).to.equal(false);
  });

  for (const event of ['node.drained', 'node.stopping'] as const) {
    it(`drains after ${event}`, () => {
      expect(standing.isDraining).to.equal(false);

      standing.observe(event === 'node.drained' ? { event } : { event, reason: 'SIGTERM' });

      expect(standing.isDraining).to.equal(true);
    });
  }
});
