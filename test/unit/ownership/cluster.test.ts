import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { rejectWith } from '../../support/faulty-store.ts';
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
