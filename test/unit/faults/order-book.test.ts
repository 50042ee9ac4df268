import { expect } from 'chai';
import { describe, it } from 'mocha';
import { OrderBook } from '../../faults/order-book.ts';
import type { ReceivedOrder } from '../../support/capacity-receiver.ts';

function anOrder(changes: Partial<ReceivedOrder> = {}): ReceivedOrder {
  return {
    ...{ name: 'g1', desired: 3, key: 'g1:7:3', epoch: 1, revision: 10, claimId: 'first' },
    ...changes,
  };
}

/** The book after these, in this order. */
function bookOf(...orders: readonly ReceivedOrder[]): OrderBook {
  const book = new OrderBook();
  for (const order of orders) book.take(order, 'policy@1000', 1_250);
  return book;
}

const SUCCESSOR = anOrder({ revision: 20, claimId: 'second', key: 'g1:8:3' });

describe('OrderBook', () => {
  it('takes repeats, and tokens that grow', () => {
    const nextEpoch = anOrder({ epoch: 2, revision: 1, claimId: 'third', key: 'g1:9:3' });
    const book = bookOf(anOrder(), anOrder(), SUCCESSOR, nextEpoch);

    expect(book).to.deep.include({ count: 4, overtakenCount: 0, faults: [] });
    expect(book.generationOf('g1')).to.equal(9);
    expect(book.generationOf('another')).to.equal(0);
  });

  it('reads the generation also where servers are to leave', () => {
    expect(bookOf(anOrder({ key: 'g1:12:3:77' })).generationOf('g1')).to.equal(12);
  });

  it('refuses a key that names no generation', () => {
    expect(() => bookOf(anOrder({ key: 'g1:7' }))).to.throw('names no generation');
  });

  it('lets one call of a frozen owner come late, and no second one', () => {
    const once = bookOf(anOrder(), SUCCESSOR, anOrder());
    expect(once).to.deep.include({ overtakenCount: 1, faults: [] });

    const twice = bookOf(anOrder(), SUCCESSOR, anOrder(), anOrder());
    expect(twice).to.deep.include({ overtakenCount: 2 });
    expect(twice.faults).to.deep.equal(['g1: 1.10 ordered g1:7:3 after 1.20']);
  });

  it('does not forget a higher token because of a call that came late', () => {
    const third = anOrder({ revision: 15, claimId: 'third' });

    expect(bookOf(anOrder(), SUCCESSOR, anOrder(), third).overtakenCount).to.equal(2);
  });

  it('keeps groups apart', () => {
    expect(bookOf(SUCCESSOR, anOrder({ name: 'g2' })).overtakenCount).to.equal(0);
  });

  it('finds two numbers under one key', () => {
    expect(bookOf(anOrder(), anOrder({ desired: 4 })).faults).to.deep.equal([
      'g1: g1:7:3 was 3 once, then 4',
    ]);
  });

  it('tells how late orders came in a span of time', () => {
    const book = bookOf(anOrder());

    expect(book.latenessesMs(1_250, 1_250)).to.deep.equal([250]);
    expect(book.latenessesMs(1_251, 2_000)).to.deep.equal([]);
  });
});
