import { expect } from 'chai';
import { describe, it } from 'mocha';
import { encodeCommand, ReplyScanner } from '../../../bench/cluster/resp.ts';

describe('encodeCommand', () => {
  it('counts words and their bytes', () => {
    expect(encodeCommand(['SET', 'key', 'ü'])).to.equal(
      '*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$2\r\nü\r\n',
    );
  });
});

describe('ReplyScanner', () => {
  const replies = [
    ':12\r\n',
    '+OK\r\n',
    '-ERR no\r\n',
    '$-1\r\n',
    '*-1\r\n',
    '*0\r\n',
    '$4\r\na\r\nb\r\n',
    '*3\r\n$8\r\nanswered\r\n:7\r\n*2\r\n$0\r\n\r\n$2\r\naa\r\n',
  ];

  it('takes replies of every kind apart', () => {
    expect(new ReplyScanner().add(replies.join(''))).to.deep.equal(replies);
  });

  it('waits for the rest of a reply, wherever it was torn', () => {
    const text = replies.join('');
    for (let cut = 0; cut <= text.length; cut += 1) {
      const scanner = new ReplyScanner();
      const found = [...scanner.add(text.slice(0, cut)), ...scanner.add(text.slice(cut))];
      expect(found, `torn at ${cut}`).to.deep.equal(replies);
    }
  });
});
