/** What may never happen, whatever is sent. */
import { checkExchange } from '../support/api-server.ts';
import type { FuzzRequest } from './request.ts';
import type { Snapshot } from './world.ts';
import type { Conversation, WireReply } from './wire.ts';

/** A reply that takes longer is a fault. */
const REPLY_MAX_MS = 1_000;

/** Larger ones may be refused as such. */
const HEADERS_MAX_BYTES = 16_000;

/** Types of refusals of what could not be read as a request: no operation is there to describe them. */
const OF_NO_REQUEST = new Set(['InvalidRequest', 'HeadersTooLarge', 'RequestTimeout']);

/** What a request led to. */
export interface Outcome {
  readonly request: FuzzRequest;
  readonly conversation: Conversation;
  readonly before: Snapshot;
  readonly after: Snapshot;
}

/** All that is wrong, in sentences; empty where nothing is. */
export function faultsOf(outcome: Outcome): readonly string[] {
  const { request, conversation } = outcome;
  const { replies, rest, durationMs } = conversation;
  const [first, ...others] = replies;
  if (first === undefined) return rest === '' ? silenceFaults(request) : [`it answered ${rest}`];
  return [
    ...(durationMs > REPLY_MAX_MS ? [`it took ${String(Math.round(durationMs))} ms`] : []),
    ...(rest === '' ? [] : [`it answered with something after the reply: ${shortened(rest)}`]),
    ...serverFaults(replies),
    ...replies.flatMap(headerFaults),
    ...declarationFaults(request, first),
    // What follows a request that is over is no request of ours.
    ...others.flatMap((reply) => (isOfNoRequest(reply) ? [] : [`a second reply: ${told(reply)}`])),
    ...changeFaults(outcome, first),
  ];
}

/** Nothing at all is an answer to somebody who wants a tunnel, and to nobody else. */
function silenceFaults({ method }: FuzzRequest): readonly string[] {
  return method === 'CONNECT' ? [] : ['it did not answer'];
}

/** No reply says that the server failed; where the document says that there is nothing yet, it may. */
function serverFaults(replies: readonly WireReply[]): readonly string[] {
  return replies
    .filter(({ status }) => status >= 500 && status !== 501)
    .map((reply) => `the server failed: ${told(reply)}`);
}

function headerFaults(reply: WireReply): readonly string[] {
  const missing = ['content-type', 'date', 'server', 'x-response-id'].filter(
    (name) => (reply.headers.get(name) ?? '') === '',
  );
  return missing.map((name) => `there is no ${name}: ${told(reply)}`);
}

/** The document has the reply, and takes the body that the node took. */
function declarationFaults(request: FuzzRequest, reply: WireReply): readonly string[] {
  const { method, target, body } = request;
  if (isOddOnTheWire(request) && isRefusalOfNoRequest(request, reply)) return [];
  const path = target.replace(/^https?:\/\/[^/?#]*/i, '').replace(/#.*$/s, '');
  const { status, headers, text } = reply;
  const contentType = headers.get('content-type');
  try {
    const sent = body ?? '';
    checkExchange({ method, path: path === '' ? '/' : path, sent, status, contentType, text });
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

/** A target without a slash in front is no path, and a blank in it ends it. */
function isOddOnTheWire({ isOddOnTheWire: isOdd, target, bytes }: FuzzRequest): boolean {
  const isPath = /^(http:\/\/[\w.:]+)?\/[!"$-~]*$/.test(target);
  return isOdd || !isPath || bytes.length > HEADERS_MAX_BYTES;
}

function isRefusalOfNoRequest({ method }: FuzzRequest, reply: WireReply): boolean {
  const isUntold = method === 'HEAD' && [400, 408, 431].includes(reply.status);
  return isUntold || isOfNoRequest(reply);
}

/** Whoever is refused, or only asks, changed nothing. */
function changeFaults(outcome: Outcome, reply: WireReply): readonly string[] {
  const isAsking = ['GET', 'HEAD', 'OPTIONS', 'TRACE'].includes(outcome.request.method);
  if (reply.status < 400 && !isAsking) return [];
  return changesOf(outcome).map((name) => `${told(reply)} changed ${name}`);
}

/** That somebody was refused something may be recorded; nothing else may have happened. */
function changesOf({ before, after }: Outcome): readonly string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => {
    const [old, now] = [before.get(name), after.get(name)];
    const isSameVersion = old?.version === now?.version || now?.isRefusal === true;
    return old?.content !== now?.content || !isSameVersion;
  });
}

function isOfNoRequest(reply: WireReply): boolean {
  return OF_NO_REQUEST.has(typeOf(reply) ?? '');
}

function typeOf({ text }: WireReply): string | undefined {
  return /^\{"error":\{"type":"(\w+)"/.exec(text)?.[1];
}

function told({ status, text }: WireReply): string {
  return `${String(status)} ${shortened(text)}`.trim();
}

function shortened(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
