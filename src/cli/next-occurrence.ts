/** What comes next of a policy, as its node says. */
import type { EpochMs } from '../base/clock.ts';
import { isoOf } from '../domain/schedule/iso.ts';
import { bodyOf } from './groups.ts';
import type { NodeClient } from './node-client.ts';
import { PREVIEW_REPLY, readReply } from './wire.ts';

/** An occurrence as a preview shows it. */
interface ShownOccurrence {
  readonly at: string;
  readonly local?: string | undefined;
  readonly note?: string | undefined;
  readonly dueAt?: string | undefined;
  /** Of a window that opens then. */
  readonly closesAt?: string | undefined;
}

/** What comes next; without an occurrence nothing does. */
export interface Next {
  readonly occurrence?: ShownOccurrence;
  /** Why nothing does, where that is not the schedule. */
  readonly parked?: string;
}

/**
 * What comes after now, and when that is for the store. Undefined where the node cannot say: it is of a version
 * that does not know previews, or the policy has gone.
 */
export async function readNext(
  client: NodeClient,
  policyPath: string,
): Promise<(Next & { readonly from: EpochMs | undefined }) | undefined> {
  const reply = await client({ method: 'GET', path: `${policyPath}/preview?count=1` });
  if (reply.kind === 'refused' && reply.status === NOT_FOUND) return undefined;
  const { from, parked, occurrences } = readReply(PREVIEW_REPLY, bodyOf(reply)).preview;
  const [{ at, ...others } = { at: undefined }] = occurrences;
  return {
    from,
    ...(at === undefined ? {} : { occurrence: { at: isoOf(at), ...others } }),
    ...(parked === undefined ? {} : { parked }),
  };
}

const NOT_FOUND = 404;

/** In a line: `2027-03-28T01:30:00.000Z (2027-03-28T03:30:00+02:00, clocks skip 02:30)`. */
export function nextText({ occurrence, parked }: Next): string {
  if (parked !== undefined) return `nothing: ${parked}`;
  if (occurrence === undefined) return 'nothing';
  const { at, local, note, closesAt } = occurrence;
  const open = closesAt === undefined ? undefined : `open until ${closesAt}`;
  const besides = [local, note, open].filter((text) => text !== undefined);
  return besides.length === 0 ? at : `${at} (${besides.join(', ')})`;
}
