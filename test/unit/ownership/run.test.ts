import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import type { ServeTerm } from '../../../src/ownership/terms.ts';
import type { TermEnd } from '../../../src/ports/owner-term.ts';
import { delayAfter, precededBy, rejectWith } from '../../support/faulty-store.ts';
import { FIRST, Held, Nodes, PARTITIONS, READ_MS, SECOND, untilOver } from '../../support/nodes.ts';

const NEVER = new AbortController().signal;

describe('runOwnership', () => {
  let nodes: Nodes;

  beforeEach(() => {
    nodes = new Nodes();
  });

  it('takes every partition, and raises its fence before it serves it', async () => {
    const fences: boolean[] = [];
    const serve: ServeTerm = (term) => {
      fences.push(nodes.state.fences.get(term.partition)?.token === term.token);
      return untilOver(term);
    };

    const node = await nodes.start({ serve });

    expect(node.terms.map(({ partition }) => partition)).to.deep.equal(PARTITIONS);
    expect(fences).to.deep.equal([true, true]);
    expect(node.told('partition.acquired')).to.deep.equal(
      node.terms.map(({ partition, token }) => ({ event: 'partition.acquired', partition, token })),
    );
    expect([...nodes.shared.owners.keys()]).to.deep.equal(PARTITIONS);
  });

  it('serves on and reads every few seconds while nothing changes', async () => {
    const node = await nodes.start();
    const readCount = node.coordination.calls.length;

    await nodes.clock.advance(3 * READ_MS);

    const calls = node.coordination.calls.slice(readCount);
    expect(calls.filter((method) => method !== 'renew')).to.deep.equal(['read', 'read', 'read']);
    expect(node.live()).to.deep.equal(PARTITIONS);
    expect(node.terms).to.have.length(2);
  });

  it('tells after each read how many partitions nobody owns', async () => {
    const node = await nodes.start();
    nodes.shared.owners.delete(SECOND);
    await nodes.clock.advance(READ_MS);

    const counts = node.told('ownership.read').map(({ ownerlessCount }) => ownerlessCount);
    expect([counts[0], counts[1]]).to.deep.equal([2, 0]);
    expect(counts.slice(2)).to.include(1);
    expect(counts.at(-1)).to.equal(0);
  });

  it('campaigns for many partitions side by side, though not for all at once', async () => {
    nodes = new Nodes('one', { regions: ['home'], count: 64 });
    let [underWay, most] = [0, 0];
    const node = await nodes.start({
      prepare: ({ coordination }) => {
        coordination.plan = (method) => {
          if (method !== 'campaign') return undefined;
          return async (carryOut) => {
            underWay += 1;
            most = Math.max(most, underWay);
            await nodes.clock.sleep(10, new AbortController().signal);
            underWay -= 1;
            return carryOut();
          };
        };
      },
    });

    await nodes.clock.advance(20);

    expect(node.live()).to.have.length(64);
    expect(most).to.equal(32);
  });

  describe('asked to stop', () => {
    it('waits until its terms are served, gives their keys back, and leaves', async () => {
      const held = new Held();
      const node = await nodes.start({
        serve: (term) => (term.partition === FIRST ? held.serve : untilOver)(term),
      });

      node.stop();
      await nodes.clock.advance(0);
      expect(node.live()).to.deep.equal([]);
      expect(nodes.shared.owners.has(FIRST)).to.be.true;
      expect(node.coordination.calls).to.not.include('close');
      held.finish();

      expect(await node.ended).to.deep.equal({ kind: 'stopped' });
      expect(node.coordination.calls.slice(-3)).to.deep.equal(['resign', 'resign', 'close']);
      expect(node.coordination.calls).to.include('publish');
      expect([nodes.shared.owners.size, nodes.shared.members.size]).to.deep.equal([0, 0]);
      const released = node.told('partition.released').map(({ partition }) => partition);
      expect(released).to.have.members(PARTITIONS);
    });

    it('says that it leaves when it takes nothing any more', async () => {
      const node = await nodes.start({
        prepare: ({ store }) => {
          store.plan = ({ method }) =>
            method === 'acquire' ? delayAfter(nodes.clock.sleep(50, NEVER)) : undefined;
        },
      });

      node.stop();
      await nodes.clock.advance(49);
      expect(node.coordination.calls).to.not.include('publish');
      await nodes.clock.advance(1);

      expect(node.coordination.calls).to.include('publish');
      expect(await node.ended).to.deep.equal({ kind: 'stopped' });
    });

    it('stops at once in the middle of a back-off', async () => {
      const node = await nodes.start({
        prepare: ({ coordination }) => {
          coordination.plan = (method) =>
            method === 'open' ? rejectWith('coordination-unavailable') : undefined;
        },
      });

      node.stop();
      await nodes.clock.advance(0);

      expect(await node.ended).to.deep.equal({ kind: 'stopped' });
      expect(node.terms).to.deep.equal([]);
    });

    it('takes no further partition', async () => {
      const node = await nodes.start();
      nodes.shared.owners.clear();
      node.coordination.plan = (method) =>
        method === 'campaign'
          ? precededBy(() => {
              node.stop();
            })
          : undefined;

      await nodes.clock.advance(READ_MS);

      expect(await node.ended).to.deep.equal({ kind: 'stopped' });
      expect(node.terms.map(({ partition }) => partition)).to.deep.equal([...PARTITIONS, FIRST]);
      expect(node.live()).to.deep.equal([]);
    });

    it('ends also where it cannot tell that it leaves', async () => {
      const node = await nodes.start();
      node.coordination.plan = (method) =>
        method === 'close' ? rejectWith('coordination-unavailable') : undefined;

      node.stop();
      await nodes.clock.advance(0);

      expect(await node.ended).to.deep.equal({ kind: 'stopped' });
      expect(node.told('loop.failed')).to.have.length(1);
      expect(node.told('loop.failed')[0]).to.include({ loop: 'close' });
    });

    it('does not watch any more', async () => {
      const node = await nodes.start();
      node.stop();
      await nodes.clock.advance(0);

      expect(nodes.shared.changes.has('change')).to.be.false;
    });
  });

  it('ends all its terms and says so when another process takes its place', async () => {
    const older = await nodes.start();

    const newer = await nodes.start({ name: 'two' });
    await nodes.clock.advance(READ_MS);

    const by = 'two at http://two';
    expect(await older.ended).to.deep.equal({ kind: 'superseded', by });
    expect(older.told('node.superseded')).to.deep.equal([{ event: 'node.superseded', by }]);
    expect(older.live()).to.deep.equal([]);
    expect(newer.live()).to.deep.equal(PARTITIONS);
    expect([...nodes.shared.owners.values()].map(({ value }) => value.token)).to.deep.equal(
      newer.terms.map(({ token }) => token),
    );
  });

  it('leaves a partition to the node that holds its key', async () => {
    const token = { epoch: 0, revision: 9, claimId: 'of another' };
    const node = await nodes.start({
      prepare: ({ coordination }) => {
        coordination.plan = (method) => {
          if (method !== 'read') return undefined;
          return precededBy(() => {
            nodes.giveTo('other', FIRST, token);
          });
        };
      },
    });

    await nodes.clock.advance(READ_MS);

    expect(node.live()).to.deep.equal([SECOND]);
    expect(nodes.shared.owners.get(FIRST)?.value.token).to.equal(token);
  });

  it('takes a partition again, with a newer token, when its term was fenced', async () => {
    const newest = { epoch: 0, revision: 99, claimId: 'somebody' };
    const ends: TermEnd[] = [{ kind: 'fenced', newest }];
    const node = await nodes.start({
      serve: (term) => {
        const end = term.partition === FIRST ? ends.pop() : undefined;
        return end === undefined ? untilOver(term) : Promise.resolve(end);
      },
    });
    await nodes.clock.advance(0);

    const [first, , again] = node.terms;
    expect(node.told('partition.fenced')).to.deep.equal([
      { event: 'partition.fenced', partition: FIRST, token: first?.token, newest },
    ]);
    expect(first?.signal.aborted).to.be.true;
    expect(again?.partition).to.equal(FIRST);
    expect(again?.token.revision).to.be.greaterThan(first?.token.revision ?? Infinity);
    expect(node.live()).to.have.members(PARTITIONS);
  });

  it('ends a term whose key is not held any more, and begins another only when it is over', async () => {
    const held = new Held();
    const serves = [held.serve, untilOver];
    const node = await nodes.start({ serve: (term) => (serves.pop() ?? untilOver)(term) });
    const [, second] = node.terms;
    nodes.shared.owners.delete(SECOND);

    await nodes.clock.advance(3 * READ_MS);
    expect(second?.signal.aborted).to.be.true;
    expect(node.terms).to.have.length(2);
    held.finish();
    await nodes.clock.advance(0);

    expect(node.terms).to.have.length(3);
    expect(node.terms[2]?.token).to.not.deep.equal(second?.token);
  });

  it('ends a term whose key is held by a newer claim', async () => {
    const node = await nodes.start();
    const token = { epoch: 0, revision: 99, claimId: 'newer' };
    nodes.giveTo('other', FIRST, token);

    await nodes.clock.advance(READ_MS);

    expect(node.live()).to.deep.equal([SECOND]);
  });
});
