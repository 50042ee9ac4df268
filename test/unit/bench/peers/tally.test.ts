import { expect } from 'chai';
import { describe, it } from 'mocha';
import { dueAt, HOUR_MS } from '../../../bench/peers/rules.ts';
import { Tally } from '../../../bench/peers/tally.ts';

const NOON = Date.UTC(2026, 0, 1, 12);

function aTally(): { readonly tally: Tally; readonly at: (now: number) => void } {
  let now = NOON;
  const tally = new Tally(() => now);
  tally.begin(dueAt(NOON, 3));
  return { tally, at: (instant) => (now = instant) };
}

describe('Tally', () => {
  it('takes the time from the instant at which a rule was due', () => {
    const { tally, at } = aTally();

    at(NOON + 20);
    void tally.sink.fired(1);
    at(NOON + 30);
    tally.sink.claimed(NOON + 5);

    expect(tally.take()).to.deep.equal({
      ...{ count: 2, latenessesMs: [20, 25], lastAt: NOON + 30, doubledCount: 0 },
    });
    expect(tally.take().count).to.equal(0);
  });

  it('counts what was fired before apart, until the rule is due again', () => {
    const { tally, at } = aTally();

    void tally.sink.fired(0);
    void tally.sink.fired(0);
    at(NOON + HOUR_MS);
    void tally.sink.fired(0);

    const { count, doubledCount } = tally.take();
    expect({ count, doubledCount }).to.deep.equal({ count: 2, doubledCount: 1 });
  });

  it('tells when so many were fired, also where they were fired before', () => {
    const { tally } = aTally();
    const told: string[] = [];

    void tally.sink.fired(0);
    tally.await(2, () => told.push('two'));
    void tally.sink.fired(1);
    void tally.sink.fired(2);
    tally.await(3, () => told.push('three'));

    expect(told).to.deep.equal(['two', 'three']);
  });

  it('never ends a job while it holds', async () => {
    const { tally } = aTally();
    tally.watch({ isHolding: true });

    const first = await Promise.race([
      tally.sink.fired(2).then(() => 'ended'),
      Promise.resolve().then(() => 'held'),
    ]);

    expect(first).to.equal('held');
    expect(tally.watched()).to.deep.equal([{ index: 2, plannedAt: NOON, at: NOON }]);
  });
});
