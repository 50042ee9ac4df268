/** What a message of the stream of a history says. */
import type { StreamMessage } from './event-stream.ts';
import { CommandError, EXIT } from './exit.ts';
import { HISTORY_EVENT, HISTORY_GAP, readReply, STREAM_END } from './wire.ts';
import type { WireEvent } from './wire.ts';

/** What a follower of a history is told. */
export type HistoryNews =
  | { readonly kind: 'event'; readonly event: WireEvent }
  /** Events after this number and before the next are not there any more; where there is none between, the store went back. */
  | { readonly kind: 'gap'; readonly after: number; readonly next: number }
  /** The group is deleted: nothing comes after this. */
  | { readonly kind: 'gone' }
  /** Nothing to be shown: a number alone, the end of a connection, or what later versions tell. */
  | { readonly kind: 'nothing' };

/** Reads a message. Throws a `CommandError` where it is none of a node. */
export function historyNewsOf({ event = '', data }: StreamMessage): HistoryNews {
  if (data === undefined) return NOTHING;
  switch (event) {
    case '':
      return { kind: 'event', event: readReply(HISTORY_EVENT, fromJson(data)) };
    case 'gap':
      return { kind: 'gap', ...readReply(HISTORY_GAP, fromJson(data)) };
    case 'end': {
      const { reason } = readReply(STREAM_END, fromJson(data));
      return reason === 'gone' ? { kind: 'gone' } : NOTHING;
    }
    default:
      return NOTHING;
  }
}

const NOTHING: HistoryNews = { kind: 'nothing' };

function fromJson(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch (cause) {
    const shown = JSON.stringify(data.slice(0, SHOWN_CHARS));
    const message = `the node's stream is not one that this version of lutra knows: ${shown} is not JSON`;
    throw new CommandError(EXIT.error, message, { cause });
  }
}

const SHOWN_CHARS = 40;
