import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Listeners } from '../../../src/base/listeners.ts';

function aListener(): { readonly heard: string[]; readonly listen: (message: string) => void } {
  const heard: string[] = [];
  return { heard, listen: (message) => heard.push(message) };
}

describe('Listeners', () => {
  it('calls those of the topic, in the order in which they were added', async () => {
    const listeners = new Listeners<string, string>();
    const heard: string[] = [];
    listeners.add('a', (message) => heard.push(`first ${message}`));
    listeners.add('a', (message) => heard.push(`second ${message}`));
    listeners.add('b', (message) => heard.push(`other ${message}`));

    listeners.tell('a', 'x');
    await Promise.resolve();

    expect(heard).to.deep.equal(['first x', 'second x']);
  });

  it('calls them after the one who tells is done, not within', () => {
    const listeners = new Listeners<string, string>();
    const { heard, listen } = aListener();
    listeners.add('a', listen);

    listeners.tell('a', 'x');

    expect(heard).to.deep.equal([]);
  });

  it('does not call one who stopped, not even for what was told before', async () => {
    const listeners = new Listeners<string, string>();
    const { heard, listen } = aListener();
    const stop = listeners.add('a', listen);

    listeners.tell('a', 'x');
    stop();
    await Promise.resolve();

    expect(heard).to.deep.equal([]);
  });

  it('takes one that was added twice for two', async () => {
    const listeners = new Listeners<string, string>();
    const { heard, listen } = aListener();
    listeners.add('a', listen);
    const stop = listeners.add('a', listen);

    stop();
    listeners.tell('a', 'x');
    await Promise.resolve();

    expect(heard).to.deep.equal(['x']);
  });

  it('knows whether anybody would hear', () => {
    const listeners = new Listeners<string, string>();
    const before = listeners.has('a');
    const stop = listeners.add('a', aListener().listen);
    const during = listeners.has('a');
    stop();
    stop();

    expect([before, during, listeners.has('a')]).to.deep.equal([false, true, false]);
  });

  it('keeps one who listens anew after all others have stopped, though one stops twice', async () => {
    const listeners = new Listeners<string, string>();
    const { heard, listen } = aListener();
    const stop = listeners.add('a', aListener().listen);
    stop();
    listeners.add('a', listen);
    stop();

    listeners.tell('a', 'x');
    await Promise.resolve();

    expect(heard).to.deep.equal(['x']);
  });
});
