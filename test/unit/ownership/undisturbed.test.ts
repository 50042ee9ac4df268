import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { NodeId } from '../../../src/domain/ids.ts';
import type { ServeTerm } from '../../../src/ownership/terms.ts';
import { delayAfter, hangBefore, rejectWith } from '../../support/faulty-store.ts';
import type { Fault } from '../../support/faulty-store.ts';
import { FIRST, Nodes, READ_MS, TTL_MS } from '../../support/nodes.ts';
import type { Node } from '../../support/nodes.ts';

/** A signal that never aborts; each wait has its own, as listeners pile up on one. */
function never(): AbortSignal {
  return new AbortController().signal;
}

describe('runOwnership, where partitions must not disturb one another,', () => {
  it('leaves what is handed over to whom it is meant for, however many changes are seen meanwhile', async () => {
    const nodes = new Nodes('many', { regions: ['home'], count: 64 });
    const takes = (ms: number): Fault => delayAfter(nodes.clock.sleep(ms, never()));
    const lingering: ServeTerm = (term) =>
      new Promise((resolve) => {
        term.signal.addEventListener('abort', () => {
          // A pass that is under way takes a while, another for each.
          const passMs = (Number(term.partition.split('/')[1]) % 8) * 3;
          void nodes.clock.sleep(passMs, never()).then(() => resolve({ kind: 'stopped' }));
        });
      });
    const start = (name: string): Promise<Node> =>
      nodes.start({
        name,
        serve: lingering,
        prepare: ({ store, coordination }) => {
          store.plan = ({ method }) => (method === 'acquire' ? takes(3) : undefined);
          coordination.plan = (method) =>
            ['campaign', 'read', 'resign'].includes(method) ? takes(2) : undefined;
        },
      });
    const before = [await start('a'), await start('b')];
    await nodes.clock.advance(12 * TTL_MS);
    const termCount = before.reduce((sum, { terms }) => sum + terms.length, 0);

    const joined = await start('c');
    await nodes.clock.advance(20 * TTL_MS);

    expect(joined.live()).to.have.length(21);
    expect(joined.terms).to.have.length(21);
    expect(before.reduce((sum, { terms }) => sum + terms.length, 0)).to.equal(termCount);
  });

  for (const code of ['store-unavailable', 'store-foreign'] as const) {
    it(`takes over at once while the store refuses another partition (${code})`, async () => {
      // Whenever it happens: not only between two tries that fail.
      for (const afterMs of [0, 700, 1_400, 2_100, 2_800, 3_500]) {
        const nodes = new Nodes('many', { regions: ['home'], count: 8 });
        const refuse: NonNullable<Node['store']['plan']> = ({ method, args }) =>
          method === 'acquire' && args[0] === FIRST ? rejectWith(code) : undefined;
        const start = (name: string): Promise<Node> =>
          nodes.start({ name, prepare: ({ store }) => void (store.plan = refuse) });
        const both = [await start('one'), await start('two')];
        await nodes.clock.advance(10 * TTL_MS + afterMs);
        // The one that holds the key which leads nowhere goes on trying.
        const keeper = nodes.shared.owners.get(FIRST)?.value.node;
        const [leaving, staying] = keeper === 'one' ? both.toReversed() : both;
        const held = leaving?.live() ?? [];
        expect(held).to.have.length.above(2);

        leaving?.stop();
        await nodes.clock.advance(20);

        expect(staying?.live(), `after ${String(afterMs)} ms`).to.include.members(held);
      }
    });
  }

  it('takes over at once while the store has not answered for another partition', async () => {
    const nodes = new Nodes('many', { regions: ['home'], count: 8 });
    const staying = await nodes.start({
      name: 'staying',
      prepare: ({ store }) => {
        store.plan = ({ method, args }) =>
          method === 'acquire' && args[0] === FIRST ? hangBefore : undefined;
      },
    });
    const leaving = await nodes.start({ name: 'leaving' });
    await nodes.clock.advance(10 * TTL_MS);
    const held = leaving.live();
    expect(held).to.have.length.above(2);

    leaving.stop();
    await nodes.clock.advance(20);

    expect(staying.live()).to.include.members(held);
  });

  it('does not take up again what it gives back while the others are being read', async () => {
    const nodes = new Nodes('many');
    const announcing: { two?: Node } = {};
    const lingering: ServeTerm = (term) =>
      new Promise((resolve) => {
        term.signal.addEventListener('abort', () => {
          // Another change is seen, and read, when this term is about to end.
          void nodes.clock
            .sleep(60, never())
            .then(() => announcing.two?.membership?.publish({ unfitFor: ['nowhere'] }));
          void nodes.clock.sleep(100, never()).then(() => resolve({ kind: 'stopped' }));
        });
      });
    const one = await nodes.start({ serve: lingering });
    announcing.two = await nodes.start({ name: 'two' });
    one.coordination.plan = (method) =>
      method === 'read' ? delayAfter(nodes.clock.sleep(50, never())) : undefined;

    await nodes.clock.advance(4 * TTL_MS);

    expect(one.live()).to.have.length(1);
    expect(one.terms).to.have.length(2);
    expect(one.told('partition.fenced')).to.deep.equal([]);
  });

  it('tries a partition whose store refused again, less and less often, until it is taken', async () => {
    const nodes = new Nodes('many');
    let isAway = true;
    const node = await nodes.start({
      prepare: ({ store }) => {
        store.plan = () => (isAway ? rejectWith('store-unavailable') : undefined);
      },
    });
    await nodes.clock.advance(60_000);
    const waits = node.told('loop.failed').map(({ retryInMs }) => retryInMs);
    expect(waits[0]).to.be.within(50, 100);
    expect(Math.max(...waits)).to.be.within(2_500, 5_000);
    isAway = false;

    await nodes.clock.advance(5_000);

    expect(node.live()).to.have.length(2);
  });

  it('tries again when it says that it will, also where a store takes its time to refuse', async () => {
    const nodes = new Nodes('many', { regions: ['home'], count: 1 });
    const triesMs: number[] = [];
    const refuseLate: Fault = async (carryOut) => {
      triesMs.push(nodes.clock.monotonicMs());
      await nodes.clock.sleep(300, never());
      return rejectWith('store-unavailable')(carryOut);
    };
    const node = await nodes.start({
      prepare: ({ store }) => {
        store.plan = ({ method }) => (method === 'acquire' ? refuseLate : undefined);
      },
    });

    await nodes.clock.advance(20_000);

    const dueMs = node
      .told('loop.failed')
      .map(({ retryInMs }, index) => (triesMs[index] ?? 0) + 300 + retryInMs);
    const lateMs = triesMs.slice(1).map((atMs, index) => atMs - (dueMs[index] ?? 0));
    expect(lateMs).to.have.length.above(5);
    expect(Math.max(...lateMs)).to.be.within(0, 2);
  });

  it('reads no more often while a store leaves a try unanswered', async () => {
    const nodes = new Nodes('many');
    let isAway = true;
    const node = await nodes.start({
      prepare: ({ store }) => {
        const refuseLate: Fault = async (carryOut) => {
          await nodes.clock.sleep(5_000, never());
          return rejectWith('store-unavailable')(carryOut);
        };
        store.plan = ({ method }) => (isAway && method === 'acquire' ? refuseLate : undefined);
      },
    });
    await nodes.clock.advance(60_000);

    const reads = node.told('ownership.read').length;
    const tries = node.told('loop.failed').length;
    expect(tries).to.be.above(4);
    expect(reads).to.be.at.most(60_000 / READ_MS + 3 * tries);
    isAway = false;
    await nodes.clock.advance(10_000);
    expect(node.live()).to.have.length(2);
  });

  it('takes what nobody else can have, though it drains: it would have kept it, too', async () => {
    const nodes = new Nodes('many');
    const node = await nodes.start();
    await node.coordination.requestDrain('one' as NodeId);
    await nodes.clock.advance(2 * TTL_MS);
    expect(node.live()).to.have.length(2);
    node.coordination.plan = () => rejectWith('coordination-unavailable');
    await nodes.clock.advance(3 * TTL_MS); // its session is over, and its keys are gone
    node.coordination.plan = () => undefined;

    await nodes.clock.advance(2 * TTL_MS + 2 * READ_MS);

    expect(node.live()).to.have.length(2);
  });

  it('takes nothing any more when it says that it drains', async () => {
    const nodes = new Nodes('many');
    const node = await nodes.start({
      prepare: ({ store }) => {
        store.plan = ({ method }) =>
          method === 'acquire' ? delayAfter(nodes.clock.sleep(50, never())) : undefined;
      },
    });

    await node.coordination.requestDrain('one' as NodeId);
    await nodes.clock.advance(49);
    expect(node.told('node.drained')).to.deep.equal([]);
    await nodes.clock.advance(1);

    expect(node.told('node.drained')).to.have.length(1);
  });

  it('counts what a node holds and cannot work on among what nobody has', async () => {
    const nodes = new Nodes('many');
    const node = await nodes.start();
    await nodes.clock.advance(READ_MS);
    const last = (): unknown => node.told('ownership.read').at(-1)?.ownerlessCount;
    expect(last()).to.equal(0);

    await node.membership?.publish({ unfitFor: ['home'] });
    await nodes.clock.advance(READ_MS);

    expect(node.live()).to.have.length(2);
    expect(last()).to.equal(2);
  });
});
