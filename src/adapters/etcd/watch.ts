/**
 * Watches a range of keys and says that something has changed, never what: whoever hears it reads.
 * So a watch need not carry on where an earlier one was lost: it begins anew, and says so, which makes up
 * for all that went unheard. That heals compaction and changes of servers alike.
 *
 * Trigger: the end of the stream before, or of the use of its member. Bound: one stream. Back-off: doubling
 * with jitter while streams end before they have begun. Stop: the returned function, or the end of the
 * connection. A stream that dies in silence costs no more than the time until the next periodic read.
 */
import type { IDuplexStream, IWatchRequest, IWatchResponse } from 'etcd3';
import { abortWith } from '../../base/abort-with.ts';
import { backoffMs } from '../../base/backoff.ts';
import { Listeners } from '../../base/listeners.ts';
import type { EtcdConnection } from './connection.ts';
import type { Range } from './keys.ts';

const BACKOFF: Parameters<typeof backoffMs>[0] = { firstMs: 50, maxMs: 2_000 };

type Stream = IDuplexStream<IWatchRequest, IWatchResponse>;

/**
 * Calls `onChange` after changes of what ownership rests on, or of another range; now and then without one.
 * Returns how to stop it.
 */
export function watchKeys(
  connection: EtcdConnection,
  onChange: () => void,
  range: Range = connection.keys.all,
): () => void {
  const { controller, release } = abortWith(connection.closing);
  const { signal } = controller;
  // It runs outside of the stream's handlers, from where what it throws would come back as trouble of etcd.
  const listeners = new Listeners<'change', undefined>();
  const remove = listeners.add('change', onChange);
  const tell = (): void => {
    listeners.tell('change', undefined);
  };
  void keepWatching(connection, { tell, signal, range }).finally(release);
  return () => {
    remove();
    controller.abort();
  };
}

interface Listener {
  /** Says that something may have changed. */
  readonly tell: () => void;
  readonly signal: AbortSignal;
  readonly range: Range;
}

/** Never rejects. */
async function keepWatching(connection: EtcdConnection, listener: Listener): Promise<void> {
  const { signal } = listener;
  const { clock, random } = connection.deps;
  let failureCount = 0;
  while (!signal.aborted) {
    const hasBegun = await watchOnce(connection, listener);
    failureCount = hasBegun ? 1 : failureCount + 1;
    await clock.sleep(backoffMs(BACKOFF, failureCount, random.fraction()), signal);
  }
}

/** Watches until the stream ends, or its member is not in use any more. Answers whether it ever began. */
async function watchOnce(
  connection: EtcdConnection,
  { tell, signal, range }: Listener,
): Promise<boolean> {
  const { place } = connection;
  const stream = await openStream(connection, place);
  if (stream === undefined) return false;
  return new Promise((resolve) => {
    let hasBegun = false;
    let isOver = false;
    const stopListening = connection.onSwitch(end);
    signal.addEventListener('abort', end);

    function end(): void {
      if (isOver) return;
      isOver = true;
      stopListening();
      signal.removeEventListener('abort', end);
      // Ended before it is cancelled, or etcd3 would take the cancellation for trouble with the member.
      stream?.end();
      stream?.cancel();
      resolve(hasBegun);
    }

    stream
      .on('error', () => {
        if (!isOver) connection.leave(place);
        end();
      })
      .on('end', end)
      .on('data', ({ created, canceled }) => {
        if (canceled) {
          end();
          return;
        }
        hasBegun ||= created;
        tell();
      });
    const { start, end: endKey } = range;
    stream.write({
      create_request: { key: Buffer.from(start), range_end: Buffer.from(endKey) },
    });
    if (signal.aborted || connection.place !== place) end();
  });
}

async function openStream(
  connection: EtcdConnection,
  place: EtcdConnection['place'],
): Promise<Stream | undefined> {
  try {
    return await place.client.watchClient.watch();
  } catch {
    // A call that fails in the same way says so; a watch is a hint.
    connection.leave(place);
    return undefined;
  }
}
