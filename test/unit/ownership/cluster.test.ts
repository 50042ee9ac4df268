import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { LutraError } from '../../../src/base/errors.ts';
import type { NodeId } from '../../../src/domain/ids.ts';
import { hangBefore, rejectWith } from '../../support/faulty-store.ts';
import { Nodes, PARTITIONS, READ_MS, TTL_MS } from '../../support/nodes.ts';
import type { Node } from '../../support/nodes.ts';

describe('runOwnership, in a cluster,', () => {
  let nodes: Nodes;

  beforeEach(() => {
    nodes = new Nodes('many');
  });

  /** As a process that is gone: nothing that it sends arrives any more. */
  function kill(node: Node): void {
    node.coordination.plan = () => rejectWith('coordination-unavailable');
  }

  it('hands a share over to a node that joins, once members have settled', async () => {
    const one = await nodes.start();
    const two = await nodes.start({ name: 'two' });
    await nodes.clock.advance(TTL_MS - 1);
    expect(one.live()).to.deep.equal(PARTITIONS);

    await nodes.clock.advance(READ_MS + 1);

    expect(one.live()).to.have.length(1);
    expect(two.live()).to.have.length(1);
    expect([...one.live(), ...two.live()]).to.have.members(PARTITIONS);
  });

  it('begins a term elsewhere only when the one before is over', async () => {
    const one = await nodes.start();
    await nodes.start({ name: 'two' });

    await nodes.clock.advance(TTL_MS + READ_MS);

    const tokens = [...nodes.shared.owners.values()].map(({ value }) => value.token.revision);
    const ended = one.terms.find(({ signal }) => signal.aborted);
    expect(Math.max(...tokens)).to.be.greaterThan(ended?.token.revision ?? Infinity);
  });

  it('takes what a killed node held when its lease has ended, and not before', async () => {
    const one = await nodes.start();
    const two = await nodes.start({ name: 'two' });
    kill(one);
    await nodes.clock.advance(TTL_MS / 2);
    expect(two.live()).to.deep.equal([]);

    await nodes.clock.advance(TTL_MS + READ_MS);

    expect(two.live()).to.deep.equal(PARTITIONS);
  });

  it('hands everything over when it is asked to drain, takes nothing more, and stays', async () => {
    const one = await nodes.start();
    const two = await nodes.start({ name: 'two' });
    await two.coordination.requestDrain('one' as NodeId);
    await nodes.clock.advance(0);
    expect(two.live()).to.have.members(PARTITIONS);
    expect(one.told('node.drained')).to.have.length(1);

    await nodes.clock.advance(10 * TTL_MS);

    expect([one.live(), two.live()]).to.deep.equal([[], PARTITIONS]);
    expect(one.told('node.drained')).to.have.length(1);
    expect(one.coordination.calls.filter((method) => method === 'publish')).to.have.length(1);
    expect([...nodes.shared.members.keys()]).to.deep.equal(['one', 'two']);
  });

  it('keeps what nobody else can take, though it was asked to drain', async () => {
    const one = await nodes.start();
    await one.coordination.requestDrain('one' as NodeId);

    await nodes.clock.advance(2 * READ_MS);

    expect(one.live()).to.deep.equal(PARTITIONS);
  });

  it('publishes that it drains until that was acknowledged, and says so once', async () => {
    const one = await nodes.start();
    await nodes.start({ name: 'two' });
    one.coordination.plan = (method) =>
      method === 'publish' ? rejectWith('coordination-unavailable') : undefined;
    await one.coordination.requestDrain('one' as NodeId);
    await nodes.clock.advance(READ_MS);
    expect(one.live()).to.deep.equal(PARTITIONS);

    one.coordination.plan = () => undefined;
    await nodes.clock.advance(2 * READ_MS);

    expect(one.live()).to.deep.equal([]);
    expect(one.told('node.drained')).to.have.length(1);
    expect(nodes.shared.members.get('one' as NodeId)?.value.isDraining).to.equal(true);
  });

  it('stays drained when it joins again after its session has ended', async () => {
    const one = await nodes.start();
    const two = await nodes.start({ name: 'two' });
    await one.coordination.requestDrain('one' as NodeId);
    await nodes.clock.advance(0);
    kill(one);
    await nodes.clock.advance(2 * TTL_MS);
    expect(nodes.shared.members.has('one' as NodeId)).to.equal(false);

    one.coordination.plan = () => undefined;
    await nodes.clock.advance(5 * TTL_MS);

    expect(nodes.shared.members.get('one' as NodeId)?.value.isDraining).to.equal(true);
    expect([one.live(), two.live()]).to.deep.equal([[], PARTITIONS]);
  });

  it('tells the others anew what they do not see of it', async () => {
    const one = await nodes.start();
    one.coordination.plan = (method) =>
      method === 'publish'
        ? () => Promise.reject(new LutraError('coordination-unavailable', 'lost'))
        : undefined;
    await one.membership?.publish({ unfitFor: ['away'] }).catch(() => undefined);
    one.coordination.plan = () => undefined;

    await nodes.clock.advance(READ_MS);

    expect(nodes.shared.members.get('one' as NodeId)?.value.unfitFor).to.deep.equal(['away']);
  });

  it('tells of changes in the order in which they came', async () => {
    const one = await nodes.start();
    let delayMs = 1_000;
    one.coordination.plan = (method) => {
      if (method !== 'publish') return undefined;
      return async (carryOut) => {
        const waitMs = delayMs;
        delayMs = 0;
        await nodes.clock.sleep(waitMs, new AbortController().signal);
        return carryOut();
      };
    };
    void one.membership?.publish({ unfitFor: ['away'] });
    void one.membership?.publish({ unfitFor: [], isDraining: true });

    await nodes.clock.advance(1_500);

    expect(nodes.shared.members.get('one' as NodeId)?.value).to.deep.include({
      ...{ unfitFor: [], isDraining: true },
    });
  });

  describe('a node that is unfit for a region', () => {
    it('hands it over at once where there is a fit one, and takes its share back when it is fit', async () => {
      const one = await nodes.start();
      const two = await nodes.start({ name: 'two' });
      await one.membership?.publish({ unfitFor: ['home'] });
      await nodes.clock.advance(0);
      expect([one.live(), two.live()]).to.deep.equal([[], PARTITIONS]);

      await one.membership?.publish({ unfitFor: [] });
      await nodes.clock.advance(TTL_MS + 2 * READ_MS);

      expect([one.live().length, two.live().length]).to.deep.equal([1, 1]);
    });

    it('keeps it where no other is fit', async () => {
      const one = await nodes.start();
      const two = await nodes.start({ name: 'two' });
      await two.membership?.publish({ unfitFor: ['home'] });
      await one.membership?.publish({ unfitFor: ['home'] });

      await nodes.clock.advance(3 * TTL_MS);

      expect([one.live(), two.live()]).to.deep.equal([PARTITIONS, []]);
    });

    it('gives it to another region where none of its own is fit, and has it back after', async () => {
      nodes = new Nodes('many', { regions: ['home', 'away'], count: 1 });
      const one = await nodes.start();
      const two = await nodes.start({ name: 'two', region: 'away' });
      await nodes.clock.advance(TTL_MS + 2 * READ_MS);
      expect([one.live(), two.live()]).to.deep.equal([['home/0'], ['away/0']]);
      await one.membership?.publish({ unfitFor: ['home'] });
      await nodes.clock.advance(0);
      expect([one.live(), [...two.live()].sort()]).to.deep.equal([[], ['away/0', 'home/0']]);

      await one.membership?.publish({ unfitFor: [] });
      await nodes.clock.advance(TTL_MS + 2 * READ_MS);

      expect([one.live(), two.live()]).to.deep.equal([['home/0'], ['away/0']]);
    });

    it('gives back a key that it cannot work under', async () => {
      const one = await nodes.start();
      const two = await nodes.start({ name: 'two' });
      one.store.plan = () => rejectWith('store-unavailable');
      nodes.shared.owners.clear(); // its terms end, and it campaigns anew
      await nodes.clock.advance(READ_MS);
      expect(one.live()).to.deep.equal([]);

      await one.membership?.publish({ unfitFor: ['home'] });
      await nodes.clock.advance(3 * READ_MS);

      expect(two.live()).to.have.members(PARTITIONS);
    });
  });

  it('takes at once what a node that stops gives back', async () => {
    const one = await nodes.start();
    const two = await nodes.start({ name: 'two' });

    one.stop();
    await nodes.clock.advance(0);

    expect(await one.ended).to.deep.equal({ kind: 'stopped' });
    expect(two.live()).to.deep.equal(PARTITIONS);
  });

  it('goes on with its terms while the coordination is away, says that they are in doubt, and starts no election', async () => {
    const one = await nodes.start();
    kill(one);

    await nodes.clock.advance(10 * TTL_MS);

    expect(one.live()).to.deep.equal(PARTITIONS);
    expect(one.terms).to.have.length(2);
    expect(one.told('ownership.doubtful')).to.have.length(1);
  });

  it('is in doubt a second before the session can have ended', async () => {
    const one = await nodes.start();
    await nodes.clock.advance(TTL_MS);
    kill(one);
    let waitedMs = 0;
    while (one.told('ownership.doubtful').length === 0 && waitedMs < 2 * TTL_MS) {
      waitedMs += 100;
      await nodes.clock.advance(100);
    }

    expect(waitedMs).to.be.at.most(TTL_MS);
  });

  it('is in doubt to the millisecond while a renewal is neither answered nor given up', async () => {
    const one = await nodes.start();
    let sentAtMs = 0;
    one.coordination.plan = (method) => {
      if (method === 'renew') sentAtMs = nodes.clock.monotonicMs();
      return undefined;
    };
    await nodes.clock.advance(TTL_MS);
    one.coordination.plan = (method) => (method === 'renew' ? hangBefore : undefined);
    const sureForMs = sentAtMs + TTL_MS - 1_000 - nodes.clock.monotonicMs();

    await nodes.clock.advance(sureForMs - 1);
    const early = one.told('ownership.doubtful').length;
    await nodes.clock.advance(1);

    expect([early, one.told('ownership.doubtful').length]).to.deep.equal([0, 1]);
  });

  it('joins again after its session has ended, and takes what nobody holds', async () => {
    const one = await nodes.start();
    const { plan } = one.coordination;
    kill(one);
    await nodes.clock.advance(2 * TTL_MS);

    one.coordination.plan = plan;
    await nodes.clock.advance(2 * TTL_MS);

    expect(one.told('ownership.certain')).to.have.length(1);
    expect(one.live()).to.have.members(PARTITIONS);
    expect(one.terms).to.have.length(4);
  });

  it('raises the fence again under the same key when the server behind the store changed', async () => {
    let isChanged = false;
    const one = await nodes.start({
      serve: (term) =>
        isChanged
          ? new Promise(() => undefined)
          : new Promise((resolve) => {
              term.signal.addEventListener('abort', () => {
                resolve({ kind: 'stopped' });
              });
              if (term.partition !== PARTITIONS[0]) return;
              isChanged = true;
              resolve({ kind: 'store-changed' });
            }),
    });

    const [first, , again] = one.terms;
    expect(again).to.include({ partition: PARTITIONS[0], token: first?.token });
    expect(one.coordination.calls).to.not.include('resign');
  });
});
