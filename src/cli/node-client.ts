import { z } from 'zod';

import { withDeadline } from '../base/deadline.ts';
import type { EpochMs } from '../base/clock.ts';
import { LutraError, messageOf } from '../base/errors.ts';
import { textOf } from '../base/reply-body.ts';
import { CommandError, EXIT } from './exit.ts';
import { parseHttpDate } from './instant.ts';
import { HOW_TO_START } from './node-address.ts';
import type { NodeAddress } from './node-address.ts';
import type { World } from './world.ts';

/** A request to a node. */
export interface NodeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** From the slash after the host on. */
  readonly path: string;
  readonly body?: unknown;
  /** With the same key a repeat is not carried out again. */
  readonly idempotencyKey?: string;
  /** An entity tag: what does not have it any more is left alone. */
  readonly ifMatch?: string;
}

/** What a node says to a request that it understood. */
export type NodeReply =
  | {
      readonly kind: 'done';
      readonly body: unknown;
      /** The node's clock, cut to whole seconds. */
      readonly at: EpochMs | undefined;
      /** The entity tag of what is shown, where it has one. */
      readonly tag?: string;
      /** Whether it is what an earlier request with the same key was told. */
      readonly isReplay?: true;
    }
  /** The request is at fault: a status from 400 to 499. */
  | {
      readonly kind: 'refused';
      readonly status: number;
      readonly message: string;
      readonly isReplay?: true;
    };

/**
 * Sends a request. Rejects with `node-unreachable` where nobody answers in time, and with a
 * `CommandError` where the answer is none of a healthy node.
 */
export type NodeClient = (request: NodeRequest) => Promise<NodeReply>;

/** Longer than a node takes for anything, shorter than a person waits. */
export const REPLY_WITHIN_MS = 30_000;

const ENVELOPE = z.object({ error: z.object({ type: z.string(), message: z.string() }) });

/** How a client talks to its node. */
export interface ClientOptions {
  /** How long it waits for a reply. */
  readonly withinMs: number;
  /** What it shows to say who asks; undefined for nothing. */
  readonly bearer: string | undefined;
}

/** A client of the node at an address. */
export function nodeClientFor(
  world: World,
  address: NodeAddress,
  options: ClientOptions,
): NodeClient {
  return async (request) => {
    const { response, text } = await exchange(world, address, { request, ...options });
    const answer = readAnswer({ request, address, options }, response, text);
    if (answer.kind === 'unfit') throw answer.error;
    return answer;
  };
}

/** A request, and whom it was sent to. */
interface Sent {
  readonly request: NodeRequest;
  readonly address: NodeAddress;
}

/** What an answer with this text says; `unfit` where no healthy node gives it. */
export function readAnswer(
  { request, address, options }: Sent & { readonly options: ClientOptions },
  response: Response,
  text: string,
): NodeReply | { readonly kind: 'unfit'; readonly error: CommandError } {
  const at = parseHttpDate(response.headers.get('date') ?? '');
  const body = asJson(text);
  if (response.ok && body.kind === 'json') {
    return { kind: 'done', body: body.value, at, ...tagOf(response), ...replayOf(response) };
  }

  const { status } = response;
  const envelope = ENVELOPE.safeParse(body.kind === 'json' ? body.value : undefined);
  const said = envelope.success ? described(envelope.data.error) : `status ${String(status)}`;
  if (envelope.success && isRefusal(status)) {
    const advice = adviceOn(envelope.data.error, options);
    const message = advice === undefined ? said : `${said}; ${advice}`;
    return { kind: 'refused', status, message, ...replayOf(response) };
  }
  const message = `${asked(request)} was answered with ${said} by ${address.url} (from ${address.from})`;
  return { kind: 'unfit', error: new CommandError(EXIT.error, message) };
}

/** Nothing was done: what is asked for is wrong, or something that the provider cannot do. */
function isRefusal(status: number): boolean {
  return (status >= 400 && status < 500) || status === NOT_IMPLEMENTED;
}

const NOT_IMPLEMENTED = 501;

/** What to do about a refusal, by its type. */
const ADVICE: Readonly<Record<string, string>> = {
  InvalidCredentials:
    'show a token that is good here: in LUTRA_TOKEN, or in the file of --token-file ("lutra tokens create" makes one)',
  Forbidden: 'use a token that may do this: "lutra tokens list" shows what each may do',
  GroupNotEmptyError: 'with --force its servers are ended as well',
};

/** None about tokens to whom nobody asked for one: then it is something else that is forbidden. */
function adviceOn(
  { type, message }: { readonly type: string; readonly message: string },
  { bearer }: ClientOptions,
): string | undefined {
  const isAboutTokens = bearer !== undefined && !message.includes('asks nobody for a token');
  return type !== 'Forbidden' || isAboutTokens ? ADVICE[type] : undefined;
}

async function exchange(
  world: World,
  address: NodeAddress,
  { request, withinMs, bearer }: ClientOptions & { readonly request: NodeRequest },
): Promise<{ readonly response: Response; readonly text: string }> {
  const limit = { clock: world.clock, ms: withinMs, parent: world.interrupted };
  const { method, path, body } = request;
  try {
    return await withDeadline(limit, async (signal) => {
      const response = await world.fetch(`${address.url}${path}`, {
        method,
        redirect: 'error',
        signal,
        headers: {
          ...bearerHeader({ bearer }),
          ...headersOf(request),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { response, text: await textOf(response, signal) };
    });
  } catch (cause) {
    if (world.interrupted.aborted) {
      throw new CommandError(EXIT.error, `interrupted during ${asked(request)}`, { cause });
    }
    throw noAnswer({ request, address }, cause);
  }
}

/** Nobody answered, for this cause. */
export function noAnswer({ request, address }: Sent, cause: unknown): LutraError {
  return new LutraError(
    'node-unreachable',
    `${asked(request)}: no answer from ${address.url} (from ${address.from}): ${causeOf(cause)}; ${HOW_TO_START}`,
    { cause },
  );
}

/** The header that says who asks, where somebody is to be named. */
export function bearerHeader({
  bearer,
}: Pick<ClientOptions, 'bearer'>): Readonly<Record<string, string>> {
  return bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
}

function tagOf({ headers }: Response): { readonly tag?: string } {
  const tag = headers.get('etag');
  return tag === null ? {} : { tag };
}

function replayOf({ headers }: Response): { readonly isReplay?: true } {
  return headers.get('idempotency-replayed') === 'true' ? { isReplay: true } : {};
}

/** The headers that a request asks for; who sends it is not among them. */
export function headersOf(request: NodeRequest): Readonly<Record<string, string>> {
  const { body, idempotencyKey, ifMatch } = request;
  return {
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
    ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
  };
}

function asked({ method, path }: NodeRequest): string {
  return `${method} ${path}`;
}

/** Otter leaves the message of some errors empty; then the type says it all. */
function described(error: { readonly type: string; readonly message: string }): string {
  return error.message === '' ? error.type : `${error.type}: ${error.message}`;
}

/** Why there was no answer: fetch says "fetch failed" and keeps the reason as a cause, at times several in one. */
export function causeOf(error: unknown): string {
  const cause = (error instanceof Error ? error.cause : undefined) ?? error;
  const first: unknown = cause instanceof AggregateError ? cause.errors[0] : cause;
  return messageOf(first);
}

function asJson(
  text: string,
): { readonly kind: 'json'; readonly value: unknown } | { readonly kind: 'other' } {
  if (text === '') return { kind: 'json', value: undefined };
  try {
    return { kind: 'json', value: JSON.parse(text) };
  } catch {
    return { kind: 'other' }; // the caller says what was received instead
  }
}
