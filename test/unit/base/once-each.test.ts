import { expect } from 'chai';
import { describe, it } from 'mocha';
import { onceEach } from '../../../src/base/once-each.ts';

describe('onceEach', () => {
  it('works out the result of each argument once', () => {
    const done: string[] = [];
    const nameOf = onceEach(({ name }: { readonly name: string }) => {
      done.push(name);
      return { name };
    });
    const [first, second, twin] = [{ name: 'a' }, { name: 'b' }, { name: 'a' }];

    const results = [first, second, first, twin].map(nameOf);

    expect(done).to.deep.equal(['a', 'b', 'a']);
    expect(results[2]).to.equal(results[0]);
    expect(results[3]).not.to.equal(results[0]);
  });

  it('does again what threw', () => {
    let count = 0;
    const fails = onceEach((): object => {
      count += 1;
      throw new Error(`try ${String(count)}`);
    });
    const argument = {};

    expect(() => fails(argument)).to.throw('try 1');
    expect(() => fails(argument)).to.throw('try 2');
  });
});
