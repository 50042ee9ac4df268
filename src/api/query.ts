/** The query keys of the API. The first value of a repeated key counts; unknown keys are ignored. */
import { invalidQuery } from './errors.ts';

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
