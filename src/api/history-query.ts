/** The query keys of a history. What cannot be understood is refused: a filter that is passed over shows too much. */
import { EVENT_NAMES, EVENT_OUTCOMES, isEventName } from '../domain/history/filter.ts';
import type { EventOutcome, HistoryFilter } from '../domain/history/filter.ts';
import type { HistoryEvent } from '../domain/history/event.ts';
import { isoOf } from '../domain/schedule/iso.ts';
import { invalid, invalidQuery } from './errors.ts';
import { instantOf, mistaken } from './query.ts';
import type { Call } from './routes/route.ts';
import { shown } from './validation.ts';

/** Keys that a history is filtered by, in the order in which links have them. */
const FILTER_KEYS = ['policyId', 'event', 'outcome', 'from', 'to'] as const;

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Which events a client wants to see; all, where the query does not say. */
export function historyFilterOf(query: URLSearchParams): HistoryFilter {
  const policyId = policyIdOf(query);
  const names = namesOf(query);
  const outcomes = outcomesOf(query);
  const fromAt = instantOf(query, 'from');
  const toAt = instantOf(query, 'to');
  if (fromAt !== undefined && toAt !== undefined && toAt <= fromAt) {
    throw invalidQuery(
      `Invalid query argument for "to": it must be later than "from", which is ${isoOf(fromAt)}`,
    );
  }
  return {
    ...(policyId === undefined ? {} : { policyId }),
    ...(names === undefined ? {} : { names }),
    ...(outcomes === undefined ? {} : { outcomes }),
    ...(fromAt === undefined ? {} : { fromAt }),
    ...(toAt === undefined ? {} : { toAt }),
  };
}

/** The filter as it came, for the link to the next page. */
export function filterKeysOf(query: URLSearchParams): Readonly<Record<string, string>> {
  return Object.fromEntries(
    FILTER_KEYS.flatMap((key) => {
      const text = query.get(key);
      return text === null ? [] : [[key, text]];
    }),
  );
}

/** Whether a client asks for a stream by its `Accept`. */
export function wantsStream(accept: string): boolean {
  return accept
    .split(',')
    .some((range) => /^\s*text\/event-stream\s*(?:;(?!\s*q=0(?:\.0*)?\s*$)|$)/i.test(range));
}

/** The number of the last event that a client has, as it says when it comes back. */
export function lastEventIdOf(call: Pick<Call, 'header'>): number | undefined {
  const [text, ...others] = call.header('last-event-id');
  if (text === undefined) return undefined;
  if (others.length > 0 || !/^\d{1,15}$/.test(text)) {
    throw invalid(`Last-Event-ID must be the number of an event, not ${shown(text)}`);
  }
  return Number(text);
}

function policyIdOf(query: URLSearchParams): string | undefined {
  const text = query.get('policyId');
  if (text === null) return undefined;
  if (!ID.test(text)) throw mistaken('policyId', text, 'is not the id of a policy');
  return text;
}

function namesOf(query: URLSearchParams): HistoryFilter['names'] {
  return setOf<HistoryEvent['event']>(query, 'event', { all: EVENT_NAMES, is: isEventName });
}

function outcomesOf(query: URLSearchParams): HistoryFilter['outcomes'] {
  const all: readonly string[] = EVENT_OUTCOMES;
  return setOf(query, 'outcome', {
    all,
    is: (text): text is EventOutcome => all.includes(text),
  });
}

/** Values with commas between them, each one of those that there are. */
function setOf<Value extends string>(
  query: URLSearchParams,
  key: string,
  known: { readonly all: readonly string[]; readonly is: (text: string) => text is Value },
): ReadonlySet<Value> | undefined {
  const text = query.get(key);
  if (text === null) return undefined;
  const values = new Set<Value>();
  for (const value of text.split(',')) {
    if (!known.is(value)) throw mistaken(key, value, `is none of ${known.all.join(', ')}`);
    values.add(value);
  }
  return values;
}
