import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { Gate } from '../../../src/base/gate.ts';

const NEVER = new AbortController().signal;
/** As long as anything takes that waits for nothing but promises. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('Gate', () => {
  let gate: Gate;
  let begun: string[];
  let ends: Map<string, () => void>;
  beforeEach(() => {
    gate = new Gate(2);
    begun = [];
    ends = new Map();
  });

  function pass(name: string, signal = NEVER): Promise<string | undefined> {
    return gate.pass(signal, async () => {
      begun.push(name);
      await new Promise<void>((resolve) => ends.set(name, resolve));
      return name;
    });
  }

  it('lets in as many at once as it may, and others in the order in which they came', async () => {
    const all = ['a', 'b', 'c', 'd'].map((name) => pass(name));
    await settled();
    expect(begun).to.deep.equal(['a', 'b']);

    ends.get('b')?.();
    await settled();
    expect(begun).to.deep.equal(['a', 'b', 'c']);

    for (const name of ['a', 'c']) ends.get(name)?.();
    await settled();
    ends.get('d')?.();
    expect(await Promise.all(all)).to.deep.equal(['a', 'b', 'c', 'd']);
  });

  it('lets the next one in after work that failed, and passes on why it did', async () => {
    gate = new Gate(1);
    const failing = gate.pass(NEVER, () => Promise.reject(new Error('broken')));
    const next = pass('next');

    expect(String(await failing.catch((error: unknown) => error))).to.contain('broken');
    await settled();
    ends.get('next')?.();
    expect(await next).to.equal('next');
  });

  it('never starts what gives up while it waits, and keeps nobody else out for it', async () => {
    gate = new Gate(1);
    const [first, givingUp] = [pass('first'), new AbortController()];
    const given = pass('given up', givingUp.signal);
    const last = pass('last');
    await settled();

    givingUp.abort();
    expect(await given).to.equal(undefined);
    ends.get('first')?.();
    await first;
    await settled();
    ends.get('last')?.();

    expect(await last).to.equal('last');
    expect(begun).to.deep.equal(['first', 'last']);
  });

  it('passes the turn on of one that is called and gives up at once', async () => {
    gate = new Gate(1);
    const [first, givingUp] = [pass('first'), new AbortController()];
    const given = pass('given up', givingUp.signal);
    const last = pass('last');
    await settled();

    ends.get('first')?.();
    givingUp.abort();
    expect(await given).to.equal(undefined);
    await first;
    await settled();
    ends.get('last')?.();

    expect(await last).to.equal('last');
  });

  it('never lets in more than it may, whoever comes while a turn is passed on', async () => {
    gate = new Gate(1);
    const first = pass('first');
    const second = pass('second');
    await settled();

    ends.get('first')?.();
    await first;
    const third = pass('third');
    await settled();

    expect(begun).to.have.length(2);
    for (const name of [...begun]) ends.get(name)?.();
    await settled();
    for (const name of [...begun]) ends.get(name)?.();
    await Promise.all([second, third]);
  });
});
