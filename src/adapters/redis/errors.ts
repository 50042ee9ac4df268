import { LutraError, messageOf } from '../../base/errors.ts';
import type { ErrorCode } from '../../base/errors.ts';

/** First words of an error reply that are not the store's state of health. */
const CODES: ReadonlyMap<string, ErrorCode> = new Map([
  ['LUTRA_FOREIGN', 'store-foreign'],
  ['LUTRA_REFUSED', 'unit-refused'],
  // A reader found a key of another type: one record, and not the store, is at fault.
  ['WRONGTYPE', 'unit-refused'],
]);

/**
 * Names what a server, or the way to it, said in our words. All that is not about a single record or the
 * wrong store is `store-unavailable`, whose outcome is unknown: out of memory, a read-only replica, too
 * few replicas, a disk that is full, a cluster that is down, a server that loads, a connection that was
 * lost, and a reply that did not come in time.
 */
export function translated(doing: string, cause: unknown): LutraError {
  const said = saidBy(cause);
  const code =
    CODES.get(said.split(' ', 1)[0] ?? '') ??
    (isStumble(said) ? 'unit-refused' : 'store-unavailable');
  return new LutraError(code, `${doing}: Redis says "${said}"`, { cause });
}

/** What an error says; where one stands for several, and says nothing of its own, what they say. */
export function saidBy(cause: unknown): string {
  // For a host of several addresses, of which none answers.
  if (!(cause instanceof AggregateError) || cause.message !== '') return messageOf(cause);
  return cause.errors.map(messageOf).join(', ');
}

/** Whether a script came upon something that it cannot work with: not the store's state, then, but a record. */
function isStumble(said: string): boolean {
  // What a command in a script says has the script's name at its end.
  return said.startsWith('ERR user_script:');
}

/** Whether the server does not know the script. It was not executed, so it may be sent again. */
export function isUnknownScript(cause: unknown): boolean {
  return messageOf(cause).startsWith('NOSCRIPT');
}
