import { expect } from 'chai';
import { describe, it } from 'mocha';
import { keysOf } from '../../../../src/adapters/etcd/keys.ts';
import type { Range } from '../../../../src/adapters/etcd/keys.ts';
import type { NodeId } from '../../../../src/domain/ids.ts';
import { partitionId } from '../../../../src/domain/partition/partition-of.ts';

function isIn({ start, end }: Range, key: string): boolean {
  return key >= start && key < end;
}

describe('keysOf', () => {
  const keys = keysOf('main');
  const node = 'zz' as NodeId;

  it('has all that ownership rests on in one range', () => {
    const { settings, epoch, stores } = keys;
    const others = [
      keys.member(node),
      keys.home({ node, region: 'zz' }),
      keys.drain(node),
      keys.owner(partitionId('zz', 9)),
    ];

    for (const key of [settings, epoch, stores, ...others]) {
      expect(isIn(keys.all, key), key).to.equal(true);
      expect(isIn(keys.tokens, key), key).to.equal(false);
    }
  });

  it('has access tokens in another, and what counts them in none', () => {
    expect(isIn(keys.tokens, keys.token('0'))).to.equal(true);
    expect(isIn(keys.tokens, keys.token('zz'))).to.equal(true);
    expect(isIn(keys.tokens, keys.tokenChanges)).to.equal(false);
    for (const key of [keys.token('0'), keys.tokenChanges]) {
      expect(isIn(keys.all, key), key).to.equal(false);
    }
  });

  it('has none of a cluster whose name begins alike', () => {
    const other = keysOf('main-2');

    for (const range of [keys.all, keys.tokens]) {
      for (const key of [other.settings, other.token('0'), other.owner(partitionId('a', 0))]) {
        expect(isIn(range, key), key).to.equal(false);
      }
    }
  });
});
