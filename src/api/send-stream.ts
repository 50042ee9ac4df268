/**
 * Sends a stream of events (text/event-stream) as a reply that goes on.
 *
 * It ends when its source does, when its client goes away or does not keep up, when whoever follows it may not any
 * more, when the node stops, and after a quarter of an hour: clients come back by themselves, with the id of the last
 * event that they have, and are asked anew who they are.
 */
import { once } from 'node:events';
import type { Response } from 'express';
import { abortWith } from '../base/abort-with.ts';
import type { Clock } from '../base/clock.ts';
import type { Observe, StreamEnd } from '../ports/observe.ts';
import { tellAnswered } from './route-of.ts';
import type { Stream, StreamClient } from './routes/route.ts';
import type { Streams } from './streams.ts';

/** How often something is sent at least, so that proxies and clients know that the stream is alive. */
const HEARTBEAT_MS = 15_000;
/** How long a client may take to make room for what is sent. Until it has, nothing more is read for it. */
const SLOW_MS = 10_000;
/** How often it is looked whether whoever follows may still do so. */
const ADMISSION_MS = 30_000;
const AGE_MAX_MS = 15 * 60_000;
/** After what time clients come back, in ms. */
const RETRY_MS = 1_000;

interface SendDeps {
  readonly clock: Clock;
  readonly observe: Observe;
  readonly streams: Streams;
}

/** What is sent, and to whom. */
interface Sent {
  readonly response: Response;
  readonly tenantId: string;
  readonly stream: Stream;
  /** Whether whoever asked for it would still be given it. */
  readonly isAdmitted: () => Promise<boolean>;
}

/** Sends the stream until it ends. Throws before anything is sent where there are too many, and never after that. */
export async function sendStream(deps: SendDeps, sent: Sent): Promise<void> {
  const { clock, observe, streams } = deps;
  const { response, stream } = sent;
  const release = streams.open(sent.tenantId);
  const startedMs = clock.monotonicMs();
  const { controller, release: letGo } = abortWith(streams.over);
  const end = (reason: StreamEnd): void => controller.abort(reason);
  response.once('close', () => end('left'));
  if (response.destroyed) end('left'); // before it could be heard
  begin(response);
  observe({ event: 'stream.opened', count: streams.count });
  const client = new Client({ response, clock, signal: controller.signal, end });
  void watch(sent, { clock, signal: controller.signal, end });
  try {
    await client.send(`retry: ${String(RETRY_MS)}\n\n`);
    await stream(client);
    end('gone'); // unless something else ended it
  } catch (err) {
    observe({ event: 'loop.failed', loop: 'stream', err, retryInMs: 0 });
    end('failed');
  } finally {
    release();
    letGo();
  }
  const reason = controller.signal.reason as StreamEnd; // nothing else aborts it
  finish(response, reason);
  const durationMs = clock.monotonicMs() - startedMs;
  observe({ event: 'stream.ended', reason, durationMs, count: streams.count });
}

function begin(response: Response): void {
  response.statusCode = 200;
  response.setHeader('Content-Type', 'text/event-stream');
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('X-Accel-Buffering', 'no'); // nginx would keep events until it has some kilobytes
  response.flushHeaders();
  tellAnswered(response);
}

/** Says why there is no more, to whoever can still be told. */
function finish(response: Response, reason: StreamEnd): void {
  if (reason === 'slow' || response.destroyed) {
    response.destroy();
    return;
  }
  response.end(`event: end\ndata: ${JSON.stringify({ reason })}\n\n`);
}

interface Watched {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly end: (reason: StreamEnd) => void;
}

/** Ends the stream when it is too old, or whoever follows it may not any more. */
async function watch({ isAdmitted }: Sent, { clock, signal, end }: Watched): Promise<void> {
  const endsAtMs = clock.monotonicMs() + AGE_MAX_MS;
  for (;;) {
    await clock.sleep(ADMISSION_MS, signal);
    if (signal.aborted) return;
    if (clock.monotonicMs() >= endsAtMs) end('too-old');
    else if (!(await isAdmitted())) end('not-admitted');
  }
}

/** One client of a stream. */
class Client implements StreamClient {
  readonly signal: AbortSignal;
  readonly #response: Response;
  readonly #watched: Watched;
  #sentMs: number;

  constructor(parts: Watched & { readonly response: Response }) {
    this.signal = parts.signal;
    this.#response = parts.response;
    this.#watched = parts;
    this.#sentMs = parts.clock.monotonicMs();
  }

  async send(text: string): Promise<void> {
    if (this.signal.aborted || text === '') return;
    this.#sentMs = this.#watched.clock.monotonicMs();
    if (!this.#response.write(text)) await this.#room();
  }

  async keepAlive(): Promise<void> {
    const quietMs = this.#watched.clock.monotonicMs() - this.#sentMs;
    if (quietMs >= HEARTBEAT_MS) await this.send(':\n\n');
  }

  /** Resolves when the client has taken what was sent, or has had its time for that, or the stream is over. */
  async #room(): Promise<void> {
    const { clock, end } = this.#watched;
    const { controller, release } = abortWith(this.signal);
    const { signal } = controller;
    const drained = once(this.#response, 'drain', { signal }).then(
      () => controller.abort(),
      () => undefined, // the stream is over, or the time is up
    );
    await clock.sleep(SLOW_MS, signal);
    if (!signal.aborted) end('slow');
    controller.abort();
    release();
    await drained;
  }
}
