/**
 * Turns what zod finds wrong with a body into one sentence: where, what would be right, what was received.
 *
 * Schemas say in their `error` what would be right, as a phrase that follows "must be". A custom issue
 * may instead carry, in its `params`, a `predicate` that follows the path (with a path `below` it, such
 * as `command[0]`), or a whole `sentence`. Only the first problem is told.
 */
import { z } from 'zod';
import { assert } from '../base/assert.ts';
import { isJsonObject } from '../base/json.ts';
import { invalid } from './errors.ts';

const SHOWN_MAX = 80;

/**
 * The body, if it is as the schema describes it; throws a `ValidationError` that names the place where it
 * is not. It is the body itself and not zod's copy, in which a key called __proto__ would be missing.
 */
export function parseBody<Output>(schema: z.ZodType<Output>, body: unknown): Output {
  const result = schema.safeParse(body);
  if (result.success) return body as Output; // just checked; no schema here transforms or has defaults
  const [issue] = result.error.issues;
  assert(issue !== undefined, 'a body that is refused has something wrong with it');
  throw invalid(sentenceOf(issue, body));
}

/** A value in words that fit in a sentence: as JSON, cut to 80 characters. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX)}…`;
}

/** `['policies', 0, 'args']` as `policies[0].args`; a key that is no plain name stands in quotes. */
export function pathText(path: readonly PropertyKey[]): string {
  const text = path
    .map((part) => {
      if (typeof part === 'number') return `[${String(part)}]`;
      const key = String(part);
      return /^\w{1,80}$/.test(key) ? `.${key}` : `[${shown(key)}]`;
    })
    .join('')
    .replace(/^\./, '');
  return text === '' ? 'the body' : text;
}

function sentenceOf(issue: z.core.$ZodIssue, body: unknown): string {
  const where = pathText(issue.path);
  if (issue.code === 'unrecognized_keys') {
    return `${pathText([...issue.path, ...issue.keys.slice(0, 1)])} is not known: ${where} must be ${issue.message}`;
  }
  const ownWords = issue.code === 'custom' ? ownWordsOf(where, issue.params ?? {}) : undefined;
  if (ownWords !== undefined) return ownWords;
  const received = valueAt(body, issue.path);
  if (received === undefined) return `${where} is missing: it must be ${issue.message}`;
  return `${where} must be ${issue.message}, not ${shown(received)}`;
}

function ownWordsOf(where: string, params: Readonly<Record<string, unknown>>): string | undefined {
  const { sentence, predicate, below = '' } = params;
  if (typeof sentence === 'string') return sentence;
  if (typeof predicate !== 'string' || typeof below !== 'string') return undefined;
  const dot = below === '' || below.startsWith('[') ? '' : '.';
  return `${where}${dot}${below} ${predicate}`;
}

function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  let value: unknown = body;
  for (const part of path) {
    if (Array.isArray(value) && typeof part === 'number') value = (value as unknown[])[part];
    else if (isJsonObject(value) && Object.hasOwn(value, part)) value = value[String(part)];
    else return undefined;
  }
  return value;
}
