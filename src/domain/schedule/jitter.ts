/**
 * When the occurrences of one policy are due: when they are planned, or, with jitter, somewhat later.
 *
 * The planned instant stays the name of an occurrence and the cursor of its policy. How much later it is due
 * follows from that name alone, so every node, and every later look, says the same.
 */
import { plusMs } from '../../base/clock.ts';
import type { EpochMs } from '../../base/clock.ts';
import type { Schedule } from '../group/policy.ts';
import { occurrenceId } from '../ids.ts';
import type { PolicyId } from '../ids.ts';
import { fnv1a } from '../partition/hash.ts';
import { SECOND_MS } from './civil.ts';
import type { Occurrences } from './occurrences.ts';

/** When the occurrence of a planned instant is due: then or later, and before the next one is planned. */
export type DueOf = (plannedAt: EpochMs) => EpochMs;

/** What `fnv1a` answers lies below this. */
const HASHES = 2 ** 32;

/** Every occurrence is due when it is planned. */
export const dueAsPlanned: DueOf = (plannedAt) => plannedAt;

/**
 * When the occurrences of a policy are due. Policies of one schedule are spread evenly over its jitter, or
 * over the time until the next occurrence where that is shorter.
 */
export function dueInstants(
  policyId: PolicyId,
  schedule: Schedule,
  occurrences: Occurrences,
): DueOf {
  const jitterSeconds = schedule.kind === 'cron' ? schedule.jitterSeconds : undefined;
  if (jitterSeconds === undefined) return dueAsPlanned;
  return (plannedAt) => {
    const next = occurrences.next(plannedAt) ?? Number.POSITIVE_INFINITY;
    const spanMs = Math.min(jitterSeconds * SECOND_MS, next - plannedAt);
    // Rounded down, so that it stays below the span. Doubles lose less than a millionth of a millisecond.
    const hash = fnv1a(occurrenceId(policyId, plannedAt));
    return plusMs(plannedAt, Math.floor((hash * spanMs) / HASHES));
  };
}
