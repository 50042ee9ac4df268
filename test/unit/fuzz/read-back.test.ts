import { expect } from 'chai';
import { describe, it } from 'mocha';
import { differenceOf, isSameShown } from '../../fuzz/read-back.ts';

describe('differenceOf', () => {
  const alike: readonly {
    readonly what: string;
    readonly sent: unknown;
    readonly shown: unknown;
  }[] = [
    { what: 'the same', sent: { a: [1, { b: 'c' }] }, shown: { a: [1, { b: 'c' }] } },
    { what: 'an id and links', sent: { name: 'a' }, shown: { name: 'a', id: '1', links: [] } },
    { what: 'defaults', sent: {}, shown: { metadata: {}, maxEntities: 1_000 } },
    { what: 'a key that stays', sent: { name: 'a' }, shown: { name: 'a', key: 'k' } },
    { what: 'a set', sent: { tenants: ['b', 'a', 'b'] }, shown: { tenants: ['b', 'a'] } },
    { what: 'a duration that ends', sent: { expiresInSeconds: 1 }, shown: { expiresAt: 'x' } },
    {
      what: 'metadata of a server that is none',
      sent: { server: { metadata: null } },
      shown: { server: {} },
    },
  ];
  for (const { what, sent, shown } of alike) {
    it(`finds none for ${what}`, () => {
      expect(differenceOf(sent, shown)).to.equal(undefined);
    });
  }

  const different: readonly {
    readonly what: string;
    readonly sent: unknown;
    readonly shown: unknown;
    readonly says: string;
  }[] = [
    { what: 'another value', sent: { a: 1 }, shown: { a: 2 }, says: '.a was sent as 1 and is 2' },
    { what: 'a text', sent: { a: 1 }, shown: { a: '1' }, says: '.a was sent as 1 and is "1"' },
    { what: 'nothing', sent: { a: null }, shown: {}, says: '.a was sent as null and is absent' },
    {
      what: 'a default that is none',
      sent: {},
      shown: { metadata: { a: 'b' } },
      says: '.metadata was not sent and is {"a":"b"}',
    },
    {
      what: 'a list that is longer',
      sent: { a: [1] },
      shown: { a: [1, 2] },
      says: '.a.1 was not sent and is 2',
    },
    { what: 'an object', sent: [], shown: {}, says: ' was sent as [] and is {}' },
    {
      what: 'an element less of a set',
      sent: { tenants: ['a', 'b'] },
      shown: { tenants: ['a'] },
      says: '.tenants.all.1 was sent as "b" and is absent',
    },
  ];
  for (const { what, sent, shown, says } of different) {
    it(`tells of ${what} in its place`, () => {
      expect(differenceOf(sent, shown)).to.equal(says);
    });
  }
});

describe('isSameShown', () => {
  it('passes over the order of things with ids, and over states', () => {
    const [one, other] = [{ id: '1' }, { id: '2' }];
    const all = { list: [one, other], state: 1 };

    expect(isSameShown(all, { state: 2, list: [other, one] })).to.equal(true);
  });

  it('tells other things apart', () => {
    expect(isSameShown({ list: [{ id: '1', a: 1 }] }, { list: [{ id: '1', a: 2 }] })).to.equal(
      false,
    );
  });
});
