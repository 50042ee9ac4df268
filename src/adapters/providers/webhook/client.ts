import { Agent, request } from 'undici';
import type { Dispatcher } from 'undici';
import type { Clock } from '../../../base/clock.ts';
import { withDeadline } from '../../../base/deadline.ts';
import { LutraError, messageOf } from '../../../base/errors.ts';
import type { Cidr } from './address.ts';
import { guardedConnector } from './connect.ts';
import type { Lookup } from './connect.ts';
import { signatureOf } from './signature.ts';
import { nameOf, statusError } from './translate.ts';
import type { LaunchArgs } from './translate.ts';

const BODY_MAX_BYTES = 1024 * 1024;
/** What is read of an answer that nobody needs, to keep its connection; more is not worth it. */
const UNREAD_BODY_MAX_BYTES = 64 * 1024;
const CONNECTIONS_PER_RECEIVER_MAX = 16;
/** Also how long an attempt to connect may outlive the call that wanted it. */
const CONNECT_TIMEOUT_MS = 10_000;

export interface Call {
  readonly method: 'GET' | 'PUT';
  readonly receiver: LaunchArgs;
  /** Beside the user's, ours: they win. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** Signs and sends calls, one attempt each, to addresses that the guard lets through. */
export class WebhookClient {
  readonly #agent: Agent;
  readonly #signingKey: Buffer | string;
  readonly #userAgent: string;
  readonly #clock: Clock;

  constructor(options: {
    readonly signingKey: Buffer | string;
    readonly allowed: readonly Cidr[];
    readonly version: string;
    readonly clock: Clock;
    readonly lookup: Lookup;
  }) {
    const { allowed, lookup } = options;
    this.#signingKey = options.signingKey;
    this.#userAgent = `lutra/${options.version}`;
    this.#clock = options.clock;
    this.#agent = new Agent({
      connect: guardedConnector({ allowed, lookup, timeoutMs: CONNECT_TIMEOUT_MS }),
      connections: CONNECTIONS_PER_RECEIVER_MAX,
      pipelining: 1,
    });
  }

  /**
   * The body of a 2xx answer to a GET; empty for a PUT, whose answer says all in its status. Rejects with
   * `provider-transient` or `provider-fatal`, or with the signal's reason where that aborts.
   */
  async send(call: Call, signal: AbortSignal): Promise<string> {
    const { url, timeoutMs } = call.receiver;
    return withDeadline({ clock: this.#clock, ms: timeoutMs, parent: signal }, async (ends) => {
      try {
        return await this.#exchange(call, ends);
      } catch (cause) {
        if (cause instanceof LutraError) throw cause;
        signal.throwIfAborted();
        const what = ends.aborted ? messageOf(ends.reason) : reasonOf(cause);
        const message = `${call.method} ${nameOf(url)}: ${what}`;
        throw new LutraError('provider-transient', message, { cause });
      }
    });
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #exchange(call: Call, ends: AbortSignal): Promise<string> {
    const { method, receiver, body = '' } = call;
    const { url, timeoutMs } = receiver;
    const target = `${url.pathname}${url.search}`;
    const at = this.#clock.now();
    const answer = await request(url, {
      dispatcher: this.#agent,
      method,
      headers: {
        ...receiver.headers,
        ...call.headers,
        'accept-encoding': 'identity',
        'lutra-signature': signatureOf(this.#signingKey, { at, method, target, body }),
        'user-agent': this.#userAgent,
      },
      body: call.body ?? null,
      signal: ends,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
    const retryAfter = answer.headers['retry-after'];
    const failure = statusError(
      answer.statusCode,
      typeof retryAfter === 'string' ? retryAfter : undefined,
      `${method} ${nameOf(url)}`,
    );
    if (failure === undefined && method === 'GET') return textOf(answer.body, nameOf(url));
    await discard(answer.body, ends);
    if (failure !== undefined) throw failure;
    return '';
  }
}

async function textOf(body: Dispatcher.ResponseData['body'], who: string): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY_MAX_BYTES) {
      // Leaving the loop closes the connection, so the rest is never received.
      throw new LutraError(
        'provider-transient',
        `GET ${who} answered more than ${String(BODY_MAX_BYTES)} bytes`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function discard(body: Dispatcher.ResponseData['body'], ends: AbortSignal): Promise<void> {
  try {
    await body.dump({ limit: UNREAD_BODY_MAX_BYTES, signal: ends });
  } catch {
    // The status has said it all; how the rest of the answer ends does not change that.
  }
}

/** Names what went wrong on the way: an error of several addresses tried hides it one level deeper. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return messageOf(error);
}
