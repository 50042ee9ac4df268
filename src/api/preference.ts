/** What a client would like its reply to be, by the header `Prefer` of RFC 7240. */
import type { Call } from './routes/route.ts';

/** Says in a reply that what was preferred is what it is. */
export const REPRESENTATION_APPLIED = { 'Preference-Applied': 'return=representation' };

/** Preferences of a list: commas in quotes part none. */
const PREFERENCE = /(?:[^,"]|"[^"]*")+/g;
/** A word may stand in quotes, and parameters may follow. */
const RETURN = /^\s*return\s*=\s*(?:"([^"]*)"|([^\s;"]+))\s*(?:;|$)/i;

/**
 * Whether a client would like to be shown what it has written. Where it says so more than once, the first counts.
 * What cannot be read is no preference: nobody is refused for one.
 */
export function prefersRepresentation(call: Call): boolean {
  const preferences = call.header('prefer').join(',').match(PREFERENCE) ?? [];
  const wanted = preferences.map((each) => RETURN.exec(each)).find((match) => match !== null);
  return (wanted?.[1] ?? wanted?.[2]) === 'representation';
}
