/**
 * Follows a stream of a node, over as many connections as that takes.
 *
 * Trigger: the end of a connection, or that nothing is heard on it. Bound: a message at a time, which is read when the
 * one before has been taken. Concurrency: one connection. Back-off: jittered, from the second that nodes ask for. Stop:
 * the interruption, a refusal, or a node that is away for too long. A node goes on after the id that it is told.
 */
import { abortWith } from '../base/abort-with.ts';
import { backoffMs } from '../base/backoff.ts';
import type { BackoffSettings } from '../base/backoff.ts';
import { messageOf } from '../base/errors.ts';
import { bytesOf, textOf } from '../base/reply-body.ts';
import { readMessages } from './event-stream.ts';
import type { StreamMessage } from './event-stream.ts';
import { CommandError, EXIT } from './exit.ts';
import { refusalOf } from './groups.ts';
import type { NodeAddress } from './node-address.ts';
import { bearerHeader, noAnswer, readAnswer } from './node-client.ts';
import type { ClientOptions, NodeReply, NodeRequest } from './node-client.ts';
import type { World } from './world.ts';

/** What whoever follows a stream is told. */
type StreamNews =
  | { readonly kind: 'message'; readonly message: StreamMessage }
  /** The connection is lost and the node does not answer; it is asked again. Told once each time. */
  | { readonly kind: 'away'; readonly why: string };

/** Where a stream is, and the number of the last event that whoever follows has. */
interface StreamRequest {
  readonly path: string;
  readonly after: number;
}

/**
 * Follows a stream until the program is interrupted, which ends it without an error. Rejects with a `CommandError`
 * where the node refuses it, and with what the node said or did last where it gives no stream the first time, or not
 * within a minute after it has.
 */
export type FollowStream = (request: StreamRequest) => AsyncGenerator<StreamNews, void, undefined>;

const AWAY_BACKOFF: BackoffSettings = { firstMs: 1_000, maxMs: 5_000 };
/** As long as a node may take to start again. */
const AWAY_MAX_MS = 60_000;
const EVENT_STREAM = 'text/event-stream';

/** A node, and how it is talked to. */
interface Node {
  readonly world: World;
  readonly address: NodeAddress;
  readonly options: ClientOptions;
}

/** Follows streams of the node at an address. A connection on which nothing is heard for `withinMs` is lost. */
export function streamFollowerFor(
  world: World,
  address: NodeAddress,
  options: ClientOptions,
): FollowStream {
  return async function* follow({ path, after }) {
    const { clock, random, interrupted } = world;
    let lastEventId = String(after);
    let lostMs: number | undefined; // when the last connection ended
    let failureCount = 0;
    while (!interrupted.aborted) {
      const line = new Line(world, options.withinMs);
      try {
        const opened = await open({ world, address, options }, { path, lastEventId, line });
        if (opened.kind === 'open') {
          failureCount = 0;
          for await (const message of readMessages(textOver(opened.body, line))) {
            lastEventId = eventNumberOf(message) ?? lastEventId;
            yield { kind: 'message', message };
          }
          lostMs = clock.monotonicMs();
        } else {
          if (opened.kind === 'interrupted') return;
          if (opened.kind === 'refused') throw refusalOf(opened);
          if (isAwayTooLong(lostMs, clock.monotonicMs())) throw opened.error;
          failureCount += 1;
          if (failureCount === 1) yield { kind: 'away', why: messageOf(opened.error) };
        }
      } finally {
        line.close();
      }
      // Also after a connection that ended well: one that ends at once must not be made again and again.
      const pauseMs = backoffMs(AWAY_BACKOFF, failureCount, random.fraction());
      await clock.sleep(pauseMs, interrupted);
    }
  };
}

/** A node that gave no stream at all is not waited for. */
function isAwayTooLong(lostMs: number | undefined, nowMs: number): boolean {
  return lostMs === undefined || nowMs - lostMs >= AWAY_MAX_MS;
}

/** Nodes number events; with anything else we could not come back. */
function eventNumberOf({ id }: StreamMessage): string | undefined {
  return id !== undefined && /^\d{1,15}$/.test(id) ? id : undefined;
}

type Opened =
  | { readonly kind: 'open'; readonly body: ReadableStream<Uint8Array> }
  | Extract<NodeReply, { readonly kind: 'refused' }>
  | { readonly kind: 'interrupted' }
  /** Nobody answered, or no healthy node. */
  | { readonly kind: 'away'; readonly error: Error };

async function open(
  { world, address, options }: Node,
  from: { readonly path: string; readonly lastEventId: string; readonly line: Line },
): Promise<Opened> {
  const request: NodeRequest = { method: 'GET', path: from.path };
  try {
    const response = await world.fetch(`${address.url}${from.path}`, {
      redirect: 'error',
      signal: from.line.signal,
      headers: {
        ...bearerHeader(options),
        accept: EVENT_STREAM,
        'last-event-id': from.lastEventId,
      },
    });
    const { ok, body } = response;
    if (ok && isEventStream(response) && body !== null) return { kind: 'open', body };
    const answer = readAnswer(
      { request, address, options },
      response,
      await textOf(response, from.line.signal),
    );
    const error = answer.kind === 'unfit' ? answer.error : noStream(address, from.path);
    return answer.kind === 'refused' ? answer : { kind: 'away', error };
  } catch (cause) {
    if (world.interrupted.aborted) return { kind: 'interrupted' };
    return { kind: 'away', error: noAnswer({ request, address }, cause) };
  }
}

function isEventStream({ headers }: Response): boolean {
  return (headers.get('content-type') ?? '').toLowerCase().startsWith(EVENT_STREAM);
}

function noStream({ url, from }: NodeAddress, path: string): CommandError {
  return new CommandError(
    EXIT.error,
    `GET ${path} was answered with something else than a stream of events by ${url} (from ${from})`,
  );
}

/** What comes over a connection until it ends, or breaks, which is the same to whoever comes back. */
async function* textOver(
  body: ReadableStream<Uint8Array>,
  line: Line,
): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  try {
    for await (const bytes of bytesOf(body, line.signal)) {
      line.heard();
      yield decoder.decode(bytes, { stream: true });
    }
  } catch {
    return; // nothing but the connection can be at fault: it is made again
  }
}

/** One connection. It is given up where nothing is heard on it for too long, and where the program is interrupted. */
class Line {
  readonly signal: AbortSignal;
  readonly #world: World;
  readonly #controller: AbortController;
  readonly #release: () => void;
  #heardMs: number;

  constructor(world: World, quietMaxMs: number) {
    const { controller, release } = abortWith(world.interrupted);
    this.signal = controller.signal;
    this.#world = world;
    this.#controller = controller;
    this.#release = release;
    this.#heardMs = world.clock.monotonicMs();
    void this.#watch(quietMaxMs);
  }

  /** Something came over it. */
  heard(): void {
    this.#heardMs = this.#world.clock.monotonicMs();
  }

  /** Ends it, whether or not it is still open. */
  close(): void {
    this.#release();
    this.#controller.abort(CLOSED);
  }

  async #watch(quietMaxMs: number): Promise<void> {
    const { clock } = this.#world;
    while (!this.signal.aborted) {
      const leftMs = this.#heardMs + quietMaxMs - clock.monotonicMs();
      if (leftMs <= 0) {
        this.#controller.abort(new Error(`nothing was heard for ${String(quietMaxMs)} ms`));
      }
      await clock.sleep(leftMs, this.signal);
    }
  }
}

/** Nobody reads it. */
const CLOSED = 'closed';
