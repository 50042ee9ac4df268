/** The query keys of the API. The first value of a repeated key counts; unknown keys are ignored. */
import type { EpochMs } from '../base/clock.ts';
import { parseAt } from '../domain/schedule/at.ts';
import { invalidQuery } from './errors.ts';
import type { ApiError } from './errors.ts';
import { shown } from './validation.ts';

/** The page size that a client asks for: any integer, pulled into 1 to `pageMax`, which is also the default. */
export function limitOf(query: URLSearchParams, pageMax: number): number {
  const text = query.get('limit');
  if (text === null) return pageMax;
  if (!/^\s*[+-]?\d+\s*$/.test(text)) throw invalidQuery('Invalid query argument for "limit"');
  return Math.min(Math.max(Number(text), 1), pageMax);
}

/** A yes or no, in any case of letters. */
export function booleanOf(query: URLSearchParams, key: string, fallback: boolean): boolean {
  const text = query.get(key)?.toLowerCase();
  if (text === undefined) return fallback;
  if (text !== 'true' && text !== 'false') {
    throw invalidQuery(
      `Invalid "${key}" query argument: "${text}". ` +
        `Must be "true" or "false". Defaults to "${String(fallback)}" if not provided`,
    );
  }
  return text === 'true';
}

/** Whether a reply is to have the webhooks of policies in it. Whatever is not a yes is a no, as it was in Otter. */
export function wantsWebhooks(query: URLSearchParams): boolean {
  return query.get('webhooks')?.toLowerCase() === 'true';
}

/** Where a page of a history begins: the sequence number of the last event that was seen. */
export function sequenceMarkerOf(query: URLSearchParams): number | undefined {
  const text = query.get('marker');
  if (text === null) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw invalidQuery('Invalid query argument for "marker"');
  return Number(text);
}

/** In which order a history is wanted. */
export function historyOrderOf(query: URLSearchParams): 'newest-first' | 'oldest-first' {
  const text = query.get('order') ?? 'newest-first';
  if (text !== 'newest-first' && text !== 'oldest-first') {
    throw invalidQuery('Invalid query argument for "order"');
  }
  return text;
}

/** A whole number in a range. */
export function wholeNumberOf(
  query: URLSearchParams,
  key: string,
  range: { readonly min: number; readonly max: number; readonly fallback: number },
): number {
  const text = query.get(key);
  if (text === null) return range.fallback;
  const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= range.min && number <= range.max) return number;
  const right = `${String(range.min)} to ${String(range.max)}`;
  throw mistaken(key, text, `is not a whole number from ${right}`);
}

/** An instant, which has the form that policies have. */
export function instantOf(query: URLSearchParams, key: string): EpochMs | undefined {
  const text = query.get(key);
  if (text === null) return undefined;
  const at = parseAt(text);
  if (at === undefined) {
    throw mistaken(key, text, 'is not an instant in UTC such as 2030-01-01T00:00:00Z');
  }
  return at;
}

/** The refusal of a value: which it is, and what is wrong with it. */
export function mistaken(key: string, value: string, what: string): ApiError {
  return invalidQuery(`Invalid query argument for "${key}": ${shown(value)} ${what}`);
}
