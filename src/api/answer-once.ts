/**
 * Requests with an `Idempotency-Key`: each is carried out once, and whoever repeats it, because no reply came, is
 * told what the first one came to. What is kept, for how long, and beside what, is decided further down.
 */
import { createHash } from 'node:crypto';
import { LutraError } from '../base/errors.ts';
import { isJsonObject } from '../base/json.ts';
import type { Keyed } from '../domain/group/answers.ts';
import { findTold } from '../scaling/once.ts';
import type { NotAgain, Once, Telling } from '../scaling/once.ts';
import type { GroupTarget } from '../scaling/write-group.ts';
import { ApiError, invalid, keyReused, overAnswerLimit } from './errors.ts';
import type { ApiErrorType } from './errors.ts';
import type { Call, Reply, RouteDeps } from './routes/route.ts';

/** What a reply carries that tells of a request that was carried out earlier. */
export const REPLAYED: Readonly<Record<string, string>> = { 'Idempotency-Replayed': 'true' };

const KEY = /^[\x20-\x7e]{1,255}$/;
const DIGEST_LENGTH = 32;

/** What is kept of a reply. */
type Told = Reply | { readonly refusal: { readonly type: ApiErrorType; readonly message: string } };

/**
 * The key of a request and what it asks for, which is its path, however it is spelled, and its `body`, where it has
 * one that matters. Undefined where it has no key; throws a `ValidationError` for what cannot be one.
 */
export function keyedOf(call: Call, body?: unknown): Keyed | undefined {
  const [key, ...others] = call.header('idempotency-key');
  if (key === undefined) return undefined;
  if (others.length > 0 || !KEY.test(key)) {
    throw invalid(
      'Idempotency-Key must be given once, as 1 to 255 ASCII characters, none of them a control character',
    );
  }
  return { key: digestOf(key), fingerprint: digestOf(JSON.stringify([spelled(call.path), body])) };
}

/** The one spelling of a path that a router has read: `%41` is `A`. */
function spelled(path: string): string {
  return path
    .split('/')
    .map((segment) => encodeURIComponent(decodeURIComponent(segment)))
    .join('/');
}

/**
 * Answers a request about a group: `ask` has it carried out, and `reply` says in HTTP what came of it. With a
 * key, what was carried out before is not even looked at: it may not be allowed any more.
 */
export async function answerOnce<Result extends { readonly kind: string }>(
  { scaling }: Pick<RouteDeps, 'scaling'>,
  call: Call,
  work: {
    readonly target: GroupTarget;
    readonly body?: unknown;
    readonly ask: (once: Once<Result> | undefined) => Promise<Result | NotAgain>;
    readonly reply: (result: Result) => Reply;
  },
): Promise<Reply> {
  const { target, body, ask, reply } = work;
  const keyed = keyedOf(call, body);
  const result =
    keyed === undefined
      ? await ask(undefined)
      : ((await findTold(scaling, target, keyed)) ??
        (await ask({ ...keyed, tell: (answer) => toldOf(() => reply(answer)) })));
  return isNotAgain(result) ? replyAgain(result) : reply(result);
}

function toldOf(reply: () => Reply): Telling {
  try {
    return { isDone: true, text: JSON.stringify(reply() satisfies Told) };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const { type, message } = error;
    return { isDone: false, text: JSON.stringify({ refusal: { type, message } } satisfies Told) };
  }
}

function isNotAgain(result: { readonly kind: string }): result is NotAgain {
  const { kind } = result;
  return kind === 'told-before' || kind === 'key-reused' || kind === 'over-answer-limit';
}

function replyAgain(result: NotAgain): Reply {
  switch (result.kind) {
    case 'key-reused':
      throw keyReused();
    case 'over-answer-limit':
      throw overAnswerLimit(result.max);
    case 'told-before': {
      const told = toldIn(result.text);
      if ('refusal' in told) {
        throw new ApiError(told.refusal.type, told.refusal.message, { headers: REPLAYED });
      }
      return { ...told, headers: { ...told.headers, ...REPLAYED } };
    }
  }
}

function toldIn(text: string): Told {
  const told: unknown = JSON.parse(text);
  if (isJsonObject(told)) return told as Told; // as toldOf wrote it
  throw new LutraError('record-malformed', 'cannot read the kept answer to a request');
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, DIGEST_LENGTH);
}
