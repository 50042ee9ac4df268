import { expect } from 'chai';
import { describe, it } from 'mocha';

import { MESSAGE_CHARS_MAX, readMessages } from '../../../src/cli/event-stream.ts';
import type { StreamMessage } from '../../../src/cli/event-stream.ts';
import { piped } from '../../support/cli-world.ts';

async function messagesOf(...chunks: readonly string[]): Promise<readonly StreamMessage[]> {
  const messages: StreamMessage[] = [];
  for await (const message of readMessages(piped(...chunks))) messages.push(message);
  return messages;
}

async function failureOf(...chunks: readonly string[]): Promise<unknown> {
  return messagesOf(...chunks).catch((error: unknown) => error);
}

describe('readMessages', () => {
  const CASES = [
    { name: 'nothing of an empty stream', chunks: [], messages: [] },
    {
      name: 'a message over several chunks',
      chunks: ['id: 7\nda', 'ta: {"a":1}\n', '\n'],
      messages: [{ id: '7', data: '{"a":1}' }],
    },
    {
      name: 'several messages of one chunk',
      chunks: ['data: 1\n\nevent: gap\ndata: 2\n\n'],
      messages: [{ data: '1' }, { event: 'gap', data: '2' }],
    },
    { name: 'a number alone', chunks: ['id: 7\n\n'], messages: [{ id: '7' }] },
    { name: 'no message in comments', chunks: [':\n\n', ': alive\n\n'], messages: [] },
    { name: 'no message in when to come back', chunks: ['retry: 1000\n\n'], messages: [] },
    {
      name: 'data of several lines as one text',
      chunks: ['data: a\ndata:  b\ndata\n\n'],
      messages: [{ data: 'a\n b\n' }],
    },
    {
      name: 'lines that end as on Windows',
      chunks: ['data: a\r\n\r\n'],
      messages: [{ data: 'a' }],
    },
    {
      name: 'nothing of a message that is not finished',
      chunks: ['data: a\n\nid: 8\ndata: b\n'],
      messages: [{ data: 'a' }],
    },
  ];
  for (const { name, chunks, messages } of CASES) {
    it(`reads ${name}`, async () => {
      expect(await messagesOf(...chunks)).to.deep.equal(messages);
    });
  }

  it('refuses a line that is too long before it ends', async () => {
    const error = await failureOf(`data: ${'x'.repeat(MESSAGE_CHARS_MAX)}\n`);

    expect(error)
      .to.have.property('message')
      .that.includes(`a line of more than ${String(MESSAGE_CHARS_MAX)} characters`);
  });

  it('refuses a message that is too long, of lines that are not', async () => {
    const line = `data: ${'x'.repeat(MESSAGE_CHARS_MAX / 2)}\n`;

    const error = await failureOf(line, line, line);

    expect(error)
      .to.have.property('message')
      .that.includes(`a message of more than ${String(MESSAGE_CHARS_MAX)} characters`);
  });
});
