/** Reads a stream of events (text/event-stream) message by message. */
import { CommandError, EXIT } from './exit.ts';
import { splitLines } from './preview/split-lines.ts';

/** One message of a stream. What it does not say is undefined. */
export interface StreamMessage {
  readonly id?: string;
  readonly event?: string;
  readonly data?: string;
}

/** The length of a line and of the data of a message, in characters: an event of a history has some thousands at most. */
export const MESSAGE_CHARS_MAX = 1_000_000;

/**
 * The messages of a stream that comes in chunks. What is not finished when it ends is dropped: it comes again to
 * whoever comes back. Throws a `CommandError` where a line or a message is longer than it may be.
 */
export async function* readMessages(
  chunks: AsyncIterable<string>,
): AsyncGenerator<StreamMessage, void, undefined> {
  let begun: StreamMessage = NOTHING;
  for await (const line of splitLines(chunks, MESSAGE_CHARS_MAX)) {
    if (line.kind === 'too-long') throw tooLong('line');
    if (line.text !== '') {
      begun = withField(begun, line.text);
      continue;
    }
    if (begun !== NOTHING) yield begun;
    begun = NOTHING;
  }
}

const NOTHING: StreamMessage = {};

/** A line without a name is a comment, and what has another name is of a later day. */
function withField(begun: StreamMessage, line: string): StreamMessage {
  const colon = line.indexOf(':');
  const name = colon < 0 ? line : line.slice(0, colon);
  const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
  switch (name) {
    case 'id':
      return { ...begun, id: value };
    case 'event':
      return { ...begun, event: value };
    case 'data': {
      const data = begun.data === undefined ? value : `${begun.data}\n${value}`;
      if (data.length > MESSAGE_CHARS_MAX) throw tooLong('message');
      return { ...begun, data };
    }
    default:
      return begun;
  }
}

function tooLong(what: 'line' | 'message'): CommandError {
  return new CommandError(
    EXIT.error,
    `the stream has a ${what} of more than ${String(MESSAGE_CHARS_MAX)} characters, and a node sends none like that`,
  );
}
