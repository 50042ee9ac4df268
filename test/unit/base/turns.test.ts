import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Turns } from '../../../src/base/turns.ts';

const NEVER = new AbortController().signal;

/** Work that goes on until it is told to end, and writes down when it began. */
function work(log: string[], name: string) {
  const { promise, resolve, reject } = withResolvers();
  return {
    end: resolve,
    fail: reject,
    run: () => {
      log.push(name);
      return promise;
    },
  };
}

function withResolvers() {
  let resolve = (): void => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

/** Lets everything run that can. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

describe('Turns', () => {
  it('answers what the work answers', async () => {
    expect(await new Turns().take('a', NEVER, () => Promise.resolve(7))).to.equal(7);
  });

  it('runs work on one thing in the order in which it was asked for', async () => {
    const turns = new Turns();
    const log: string[] = [];
    const [first, second, third] = [work(log, '1'), work(log, '2'), work(log, '3')];
    const all = [first, second, third].map(({ run }) => turns.take('a', NEVER, run));

    await settle();
    expect(log).to.deep.equal(['1']);
    first.end();
    await settle();
    expect(log).to.deep.equal(['1', '2']);
    third.end();
    second.end();
    await Promise.all(all);
    expect(log).to.deep.equal(['1', '2', '3']);
  });

  it('runs work on different things side by side', async () => {
    const turns = new Turns();
    const log: string[] = [];
    const [a, b] = [work(log, 'a'), work(log, 'b')];
    const all = [turns.take('a', NEVER, a.run), turns.take('b', NEVER, b.run)];

    await settle();

    expect(log).to.deep.equal(['a', 'b']);
    a.end();
    b.end();
    await Promise.all(all);
  });

  it('goes on after work that failed', async () => {
    const turns = new Turns();
    const log: string[] = [];
    const [first, second] = [work(log, '1'), work(log, '2')];
    const failed = turns.take('a', NEVER, first.run).catch((error: unknown) => String(error));
    const next = turns.take('a', NEVER, second.run);
    second.end();

    first.fail(new Error('broken'));

    expect(await failed).to.equal('Error: broken');
    await next;
    expect(log).to.deep.equal(['1', '2']);
  });

  it('rejects at once where the signal aborts first, and never starts the work', async () => {
    const turns = new Turns();
    const log: string[] = [];
    const [first, second] = [work(log, '1'), work(log, '2')];
    const running = turns.take('a', NEVER, first.run);
    const waiting = new AbortController();
    const rejected = turns
      .take('a', waiting.signal, second.run)
      .catch((error: unknown) => String(error));

    waiting.abort(new Error('gone'));

    expect(await rejected).to.equal('Error: gone');
    first.end();
    await running;
    await settle();
    expect(log).to.deep.equal(['1']);
  });

  it('lets nobody in while work goes on, though a waiter before has given up', async () => {
    const turns = new Turns();
    const log: string[] = [];
    const [first, third] = [work(log, '1'), work(log, '3')];
    const running = turns.take('a', NEVER, first.run);
    const waiting = new AbortController();
    const gone = turns.take('a', waiting.signal, () => Promise.resolve()).catch(() => undefined);
    waiting.abort();
    await gone;
    await settle();

    const last = turns.take('a', NEVER, third.run);
    await settle();

    expect(log).to.deep.equal(['1']);
    first.end();
    third.end();
    await Promise.all([running, last]);
    expect(log).to.deep.equal(['1', '3']);
  });

  it('tells whether somebody works on a key, or waits to', async () => {
    const turns = new Turns();
    const log: string[] = [];
    const [first, second] = [work(log, '1'), work(log, '2')];
    expect(turns.isFree('a')).to.equal(true);

    const done = [turns.take('a', NEVER, first.run), turns.take('a', NEVER, second.run)];
    expect([turns.isFree('a'), turns.isFree('b')]).to.deep.equal([false, true]);
    first.end();
    await settle();
    expect(turns.isFree('a')).to.equal(false);
    second.end();
    await Promise.all(done);
    await settle();

    expect(turns.isFree('a')).to.equal(true);
  });
});
