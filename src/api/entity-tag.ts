/**
 * Entity tags: a digest of what a GET shows, to say "as I saw it" with. `If-None-Match` spares a client what it
 * has; with `If-Match` a change is made only to what is still as it was seen.
 */
import { hash } from 'node:crypto';
import { hasCode } from '../base/errors.ts';
import type { StoredGroup } from '../ports/store.ts';
import type { Expectation } from '../scaling/expectation.ts';
import { invalid } from './errors.ts';
import type { Call, Handler } from './routes/route.ts';
import { shown } from './validation.ts';

/** Half of a SHA-256 and a bit more: two bodies never have the same. */
const TAG_LENGTH = 24;
const TAGS = /^\s*(?:W\/)?"[^"]*"(?:\s*,\s*(?:W\/)?"[^"]*")*\s*$/;
const TAG = /(W\/)?("[^"]*")/g;

/** A body as it is sent, and its tag. */
interface TaggedText {
  readonly body: string;
  readonly tag: string;
}

/** Writes a body as JSON, and makes its tag. */
export function taggedTextOf(shown: object): TaggedText {
  const body = JSON.stringify(shown);
  return { body, tag: tagOf(body) };
}

/**
 * The handler of a GET, with the tag of what it shows; a client that shows the tag is told that it has it. A handler that
 * gives the same body again can have a `textOf` that knows it.
 */
export function tagged(handle: Handler, textOf: typeof taggedTextOf = taggedTextOf): Handler {
  return async (call) => {
    const reply = await handle(call);
    if (reply.status !== 200 || typeof reply.body !== 'object') return reply;
    const { body, tag } = textOf(reply.body);
    const headers = { ...reply.headers, ETag: tag };
    return isKnown(call, tag) ? { status: 304, headers } : { ...reply, headers, body };
  };
}

/** The tag that a GET gives what it shows, for a reply that shows the same among other things. */
export function tagOfShown(body: object): string {
  return tagOf(JSON.stringify(body));
}

/**
 * Tells whether a body is one that the request's `If-Match` names: anything is what `*` names, and nobody was shown
 * what cannot be read. Undefined without the header; throws a `ValidationError` for what has no tags in it.
 */
export function expectedBodies(call: Call): ((body: object | 'unreadable') => boolean) | undefined {
  const header = call.header('if-match').join(', ');
  if (call.header('if-match').length === 0) return undefined;
  if (header.trim() === '*') return () => true;
  if (!TAGS.test(header)) {
    throw invalid(
      `If-Match must be * or a list of entity tags, each in double quotes, not ${shown(header)}`,
    );
  }
  // A weak tag promises less than a change has to rest on.
  const tags = new Set(tagsIn(header).flatMap(({ isWeak, tag }) => (isWeak ? [] : [tag])));
  return (body) => body !== 'unreadable' && tags.has(tagOf(JSON.stringify(body)));
}

/**
 * What a request with `If-Match` takes for granted of what `represent` makes of its group: the very body that a GET
 * shows, or undefined where there is nothing to show. Undefined without the header; throws a `ValidationError` for
 * what has no tags in it.
 */
export function expectationOf(
  call: Call,
  represent: (stored: StoredGroup) => object | undefined,
): Expectation | undefined {
  const isExpected = expectedBodies(call);
  if (isExpected === undefined) return undefined;
  return ({ stored }) => {
    const body = readable(() => represent(stored));
    return body === undefined || isExpected(body);
  };
}

/** What cannot be read matches nothing: a client is shown more than it needs, and no harm is done. */
function isKnown(call: Call, tag: string): boolean {
  const values = call.header('if-none-match');
  if (values.length === 0) return false;
  const header = values.join(', ');
  return header.trim() === '*' || tagsIn(header).some((known) => known.tag === tag);
}

function tagsIn(header: string): readonly { readonly isWeak: boolean; readonly tag: string }[] {
  return [...header.matchAll(TAG)].map(([, weak, tag = '']) => ({
    isWeak: weak !== undefined,
    tag,
  }));
}

/** Nobody was shown what cannot be read. */
function readable(represent: () => object | undefined): object | 'unreadable' | undefined {
  try {
    return represent();
  } catch (error) {
    if (hasCode(error, 'record-malformed')) return 'unreadable';
    throw error;
  }
}

function tagOf(body: string): string {
  return `"${hash('sha256', body, 'base64url').slice(0, TAG_LENGTH)}"`;
}
