import { expect } from 'chai';
import { describe, it } from 'mocha';
import { orderFaults } from '../../support/capacity-receiver.ts';
import type { ReceivedOrder } from '../../support/capacity-receiver.ts';

function anOrder(given: Partial<ReceivedOrder>): ReceivedOrder {
  const order = { name: 'a', desired: 1, key: 'group:1', epoch: 1, revision: 10, claimId: 'c' };
  return { ...order, ...given };
}

describe('orderFaults', () => {
  it('finds nothing wrong with tokens that stay or grow', () => {
    const orders = [
      anOrder({ revision: 10 }),
      anOrder({ revision: 10, key: 'group:2', desired: 2 }),
      anOrder({ revision: 9, epoch: 2, key: 'group:3' }),
      anOrder({ name: 'b', revision: 5, key: 'other:1' }),
    ];
    expect(orderFaults(orders)).to.deep.equal([]);
  });

  it('finds a token that is lower than one before it, also after others', () => {
    const orders = [
      anOrder({ revision: 10 }),
      anOrder({ revision: 9 }),
      anOrder({ revision: 99, epoch: 0 }),
    ];
    expect(orderFaults(orders)).to.deep.equal([
      'a: 1.9.c ordered group:1 after 1.10.c',
      'a: 0.99.c ordered group:1 after 1.10.c',
    ]);
  });

  it('finds a key that came with two numbers', () => {
    const orders = [anOrder({ desired: 1 }), anOrder({ desired: 2 })];
    expect(orderFaults(orders)).to.deep.equal(['a: group:1 was 1 once, and 2 another time']);
  });
});
