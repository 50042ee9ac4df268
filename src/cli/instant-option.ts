/** Instants as options say them. */
import { plusMs } from '../base/clock.ts';
import type { EpochMs } from '../base/clock.ts';
import { parseAt } from '../domain/schedule/at.ts';
import { isoOf } from '../domain/schedule/iso.ts';
import { afterMs } from './apply/file-shape.ts';
import { CommandError, EXIT } from './exit.ts';

/** How an instant is written. */
export const INSTANT_EXAMPLES = '2030-01-31T09:30:00Z, or +90s, +30m, +2h, +7d from now';

/** An instant, and how a node is told of it: as it was written, unless it counts from now. */
interface SaidInstant {
  readonly at: EpochMs;
  readonly text: string;
}

/**
 * The instant that an option such as `--until` says; `now` is asked for where it counts from now. Throws a
 * `CommandError` for what is none.
 */
export function instantIn(
  { option, text }: { readonly option: string; readonly text: string },
  now: () => EpochMs,
): SaidInstant {
  const ms = afterMs(text);
  if (ms !== undefined) {
    const at = plusMs(now(), ms);
    return { at, text: isoOf(at) };
  }
  const at = parseAt(text);
  if (at !== undefined) return { at, text };
  throw new CommandError(
    EXIT.usage,
    `${option}: is not an instant, received ${JSON.stringify(text)}; write ${INSTANT_EXAMPLES}`,
  );
}

/** From when to when, as options say it. */
export interface SpanOptions {
  readonly from?: string;
  readonly to?: string;
}

/** What `--from` and `--to` say, each absent where it is not given. Throws a `CommandError` for what is no instant. */
export function spanIn(
  { from, to }: SpanOptions,
  now: () => EpochMs,
): { readonly from?: SaidInstant; readonly to?: SaidInstant } {
  return {
    ...(from === undefined ? {} : { from: instantIn({ option: '--from', text: from }, now) }),
    ...(to === undefined ? {} : { to: instantIn({ option: '--to', text: to }, now) }),
  };
}
