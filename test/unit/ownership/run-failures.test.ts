import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { InvariantError } from '../../../src/base/assert.ts';
import { hasCode, LutraError } from '../../../src/base/errors.ts';
import { hangBefore, loseReply, rejectWith } from '../../support/faulty-store.ts';
import { FIRST, Held, Nodes, PARTITIONS, READ_MS, SECOND, untilOver } from '../../support/nodes.ts';

describe('runOwnership, where something fails,', () => {
  let nodes: Nodes;

  beforeEach(() => {
    nodes = new Nodes();
  });

  describe('where an answer is lost', () => {
    it('takes up the key that its campaign left', async () => {
      let lostCount = 0;
      const node = await nodes.start({
        prepare: ({ coordination }) => {
          coordination.plan = (method) => {
            if (method !== 'campaign' || lostCount > 0) return undefined;
            lostCount += 1;
            return loseReply;
          };
        },
      });
      expect(node.live()).to.deep.equal([SECOND]);
      const left = nodes.shared.owners.get(FIRST)?.value.token;

      await nodes.clock.advance(READ_MS);

      expect(node.live()).to.have.members(PARTITIONS);
      expect(node.terms[1]?.token).to.deep.equal(left);
    });

    it('joins again', async () => {
      const node = await nodes.start({
        prepare: ({ coordination }) => {
          coordination.plan = (method) =>
            method === 'open' && coordination.calls.length === 1 ? loseReply : undefined;
        },
      });

      await nodes.clock.advance(READ_MS);

      expect(node.coordination.calls.filter((method) => method === 'open')).to.have.length(2);
      expect(node.live()).to.deep.equal(PARTITIONS);
    });

    it('raises the fence again', async () => {
      const node = await nodes.start({
        prepare: ({ store }) => {
          store.plan = ({ number }) => (number === 1 ? loseReply : undefined);
        },
      });
      const left = nodes.shared.owners.get(FIRST)?.value.token;

      await nodes.clock.advance(READ_MS);

      expect(node.live()).to.have.members(PARTITIONS);
      expect(node.terms[1]?.token).to.deep.equal(left);
    });
  });

  describe('where one of its moves fails', () => {
    it('carries out the others, and backs off', async () => {
      const node = await nodes.start({
        prepare: ({ store }) => {
          store.plan = ({ args }) =>
            args[0] === FIRST ? rejectWith('store-unavailable') : undefined;
        },
      });

      expect(node.live()).to.deep.equal([SECOND]);
      const failures = node.told('loop.failed');
      expect(failures).to.have.length(1);
      expect(failures[0]).to.include({ loop: 'ownership' });
      expect(failures[0]?.retryInMs).to.be.within(50, 100);
    });

    it('lets one that hangs delay neither the others nor its reads, and does not begin it again', async () => {
      const node = await nodes.start({
        prepare: ({ store }) => {
          store.plan = ({ args }) => (args[0] === FIRST ? hangBefore : undefined);
        },
      });
      const readCount = node.coordination.calls.filter((method) => method === 'read').length;

      await nodes.clock.advance(5 * READ_MS);

      expect(node.live()).to.deep.equal([SECOND]);
      const calls = node.coordination.calls;
      expect(calls.filter((method) => method === 'read')).to.have.length(readCount + 5);
      expect(calls.filter((method) => method === 'campaign')).to.have.length(2);
    });

    it('backs off, more each time, while campaigns are not answered', async () => {
      const node = await nodes.start({
        prepare: ({ coordination }) => {
          coordination.plan = (method) =>
            method === 'campaign' ? rejectWith('coordination-unavailable') : undefined;
        },
      });
      await nodes.clock.advance(30_000);

      const waits = node.told('loop.failed').map(({ retryInMs }) => retryInMs);
      expect(waits[0]).to.be.within(50, 100);
      expect(Math.max(...waits)).to.be.within(2_500, 5_000);
      node.coordination.plan = () => undefined;
      await nodes.clock.advance(5_000);
      expect(node.live()).to.have.members(PARTITIONS);
    });

    it('leaves a partition alone whose key it cannot read, says so once, and goes on at its pace', async () => {
      const node = await nodes.start({
        prepare: ({ coordination }) => {
          let campaignCount = 0;
          coordination.plan = (method) => {
            campaignCount += method === 'campaign' ? 1 : 0;
            return method === 'campaign' && campaignCount % 2 === 1
              ? rejectWith('record-malformed')
              : undefined;
          };
        },
      });
      await nodes.clock.advance(0);
      node.coordination.plan = (method) =>
        method === 'campaign' ? rejectWith('record-malformed') : undefined;
      const readCount = node.coordination.calls.filter((method) => method === 'read').length;

      await nodes.clock.advance(5 * READ_MS);

      const reads = node.coordination.calls.filter((method) => method === 'read');
      expect(reads).to.have.length(readCount + 5);
      expect(node.live()).to.deep.equal([SECOND]);
      const failures = node.told('loop.failed');
      expect(failures).to.have.length(1);
      expect(failures[0]).to.include({ loop: 'ownership', partition: FIRST });
      node.coordination.plan = () => undefined;
      await nodes.clock.advance(READ_MS);
      expect(node.live()).to.have.members(PARTITIONS);
    });
  });

  it('goes on with its terms, and tries again, where it is denied access', async () => {
    const node = await nodes.start();
    node.coordination.plan = () => rejectWith('config-invalid');
    await nodes.clock.advance(30_000);
    expect(node.live()).to.deep.equal(PARTITIONS);

    node.coordination.plan = () => undefined;
    nodes.shared.owners.clear();
    await nodes.clock.advance(10_000);

    expect(node.live()).to.have.members(PARTITIONS);
    expect(node.terms).to.have.length(4);
  });

  it('ends loudly, and all its terms before, where another cluster is in the place of its own', async () => {
    const held = new Held();
    const node = await nodes.start({
      serve: (term) => (term.partition === FIRST ? held.serve : untilOver)(term),
    });
    node.coordination.plan = (method) =>
      method === 'read' ? rejectWith('coordination-foreign') : undefined;
    let isOver = false;
    const outcome = node.ended.catch((error: unknown) => error).finally(() => (isOver = true));
    await nodes.clock.advance(READ_MS);
    expect([node.live(), isOver]).to.deep.equal([[], false]);
    held.finish();
    await nodes.clock.advance(0);

    expect(hasCode(await outcome, 'coordination-foreign')).to.equal(true);
    expect(nodes.shared.members.size).to.equal(0);
  });

  it('takes what a time-out of each call takes to stop, where nothing answers any more', async () => {
    const CALL_MS = 1_500;
    const node = await nodes.start();
    node.coordination.plan = () => async () => {
      await nodes.clock.sleep(CALL_MS, new AbortController().signal);
      throw new LutraError('coordination-unavailable', 'no answer');
    };
    await nodes.clock.advance(READ_MS);
    let isOver = false;
    void node.ended.finally(() => (isOver = true));
    node.stop();

    await nodes.clock.advance(6 * CALL_MS);

    expect([isOver, node.live()]).to.deep.equal([true, []]);
  });

  describe('while the coordination does not answer', () => {
    it('goes on serving, and backs off, longer each time', async () => {
      const node = await nodes.start();
      node.coordination.plan = () => rejectWith('coordination-unavailable');

      await nodes.clock.advance(60_000);

      expect(node.live()).to.deep.equal(PARTITIONS);
      const waits = node
        .told('loop.failed')
        .filter(({ loop }) => loop === 'ownership')
        .map(({ retryInMs }) => retryInMs);
      expect(waits[0]).to.be.within(50, 100);
      expect(Math.max(...waits)).to.be.within(2_500, 5_000);
    });

    it('begins its back-off anew after a read that was answered', async () => {
      const node = await nodes.start();
      node.coordination.plan = () => rejectWith('coordination-unavailable');
      await nodes.clock.advance(60_000);
      node.coordination.plan = () => undefined;
      await nodes.clock.advance(10_000);
      const failureCount = node.told('loop.failed').length;

      node.coordination.plan = () => rejectWith('coordination-unavailable');
      await nodes.clock.advance(READ_MS);

      expect(node.told('loop.failed')[failureCount]?.retryInMs).to.be.within(50, 100);
    });

    it('ends a term that it cannot give back, and takes it up again', async () => {
      const held = new Held();
      const serves = [held.serve];
      const node = await nodes.start({
        prepare: ({ coordination }) => {
          coordination.plan = (method) =>
            method === 'resign' ? rejectWith('coordination-unavailable') : undefined;
        },
        serve: (term) => (serves.pop() ?? untilOver)(term),
      });
      held.finish();
      await nodes.clock.advance(0);
      expect(node.live()).to.deep.equal([SECOND]);
      expect(node.told('loop.failed')).to.have.length(1);
      expect(node.told('loop.failed')[0]).to.include({ loop: 'term', partition: FIRST });

      await nodes.clock.advance(READ_MS);

      expect(node.live()).to.have.members(PARTITIONS);
    });
  });

  it('gives a key back where the store has seen a newer owner, and tries again later', async () => {
    const newest = { epoch: 0, revision: 4, claimId: 'from a lost coordination' };
    nodes.state.fences.set(FIRST, { identity: 'memory', token: newest });

    const node = await nodes.start();
    expect(node.terms.map(({ partition }) => partition)).to.deep.equal([SECOND]);
    expect(node.told('partition.fenced')[0]).to.deep.include({ partition: FIRST, newest });

    await nodes.clock.advance(3 * READ_MS);

    expect(node.live()).to.have.members(PARTITIONS);
  });

  it('does not serve again at once what fails at once', async () => {
    const node = await nodes.start({
      serve: (term) =>
        term.partition === FIRST ? Promise.reject(new Error('no')) : untilOver(term),
    });

    await nodes.clock.advance(3 * READ_MS);

    // Once at the start, once because its own campaigns changed something, and once a read.
    expect(node.terms.filter(({ partition }) => partition === FIRST)).to.have.length(5);
    expect(node.told('loop.failed')).to.have.length(5);
    expect(node.live()).to.deep.equal([SECOND]);
  });

  describe('where an invariant breaks', () => {
    for (const { when, stopsFirst } of [
      { when: 'while a term is served', stopsFirst: false },
      { when: 'while it stops', stopsFirst: true },
    ]) {
      it(`rejects ${when}, after all other terms have ended`, async () => {
        const held = new Held();
        const node = await nodes.start({
          serve: (term) => (term.partition === FIRST ? held.serve : untilOver)(term),
        });

        if (stopsFirst) node.stop();
        held.fail(new InvariantError('broken'));
        await nodes.clock.advance(0);

        const outcome = await node.ended.catch((error: unknown) => error);
        expect(outcome).to.be.instanceOf(InvariantError);
        expect(node.live()).to.deep.equal([]);
        expect(nodes.shared.members.size).to.equal(0);
      });
    }

    it('rejects where that was in its own round', async () => {
      const node = await nodes.start({
        prepare: ({ coordination }) => {
          coordination.plan = (method) =>
            method === 'read' ? () => Promise.reject(new InvariantError('broken')) : undefined;
        },
      });

      const outcome = await node.ended.catch((error: unknown) => error);

      expect(outcome).to.be.instanceOf(InvariantError);
    });
  });
});
