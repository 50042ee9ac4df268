import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Slots } from '../../../src/convergence/slots.ts';
import type { TenantId } from '../../../src/domain/ids.ts';

describe('Slots', () => {
  const a = 'a' as TenantId;
  const b = 'b' as TenantId;
  const c = 'c' as TenantId;

  it('gives no more than its limit by provider, whoever asks', () => {
    const slots = new Slots({ perProvider: 2, perTenant: 9 });

    expect(slots.take('process', a)).to.be.a('function');
    expect(slots.take('process', b)).to.be.a('function');
    expect(slots.take('process', c)).to.be.undefined;
    expect(slots.take('webhook', c)).to.be.a('function');
  });

  it('gives no more than its limit by tenant, whichever the provider', () => {
    const slots = new Slots({ perProvider: 9, perTenant: 2 });

    expect(slots.take('process', a)).to.be.a('function');
    expect(slots.take('webhook', a)).to.be.a('function');
    expect(slots.take('other', a)).to.be.undefined;
    expect(slots.take('other', b)).to.be.a('function');
  });

  it('takes from neither where one of them has no room', () => {
    const slots = new Slots({ perProvider: 1, perTenant: 2 });
    slots.take('process', a);

    expect(slots.take('process', a)).to.be.undefined;
    expect(slots.take('webhook', a)).to.be.a('function');
    expect(slots.take('other', a)).to.be.undefined;
  });

  it('keeps a provider and a tenant of the same name apart', () => {
    const slots = new Slots({ perProvider: 1, perTenant: 1 });
    slots.take('a', b);

    expect(slots.take('b', a)).to.be.a('function');
  });

  it('has room again for what was given back, and tells so', () => {
    const slots = new Slots({ perProvider: 2, perTenant: 2 });
    slots.take('process', a);
    const giveBack = slots.take('process', a);
    const told: string[] = [];
    const unsubscribe = slots.subscribe(() => {
      told.push(slots.take('process', a) === undefined ? 'full' : 'room');
    });

    giveBack?.();
    expect(told).to.deep.equal(['room']);
    expect(slots.take('process', a)).to.be.undefined;
    unsubscribe();
    giveBack?.();
    expect(told).to.deep.equal(['room']);
  });
});
