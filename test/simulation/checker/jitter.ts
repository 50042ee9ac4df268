/**
 * By how much later than planned an occurrence is due. A recipe that may never change, since every node has to say the
 * same: it is the one thing about schedules that no rule of theirs says, and is spelled out here once more.
 */
import type { Calendar } from './occurrences.ts';
import type { ScheduleRecord } from './records.ts';

const HASHES = 4_294_967_296n;
const PRIME = 16_777_619n;
const BASIS = 2_166_136_261n;

/** When an occurrence of a policy is due. */
export function dueAtOf(
  policyId: string,
  schedule: ScheduleRecord | undefined,
  calendar: Calendar | undefined,
): (plannedAt: number) => number {
  const seconds = schedule?.kind === 'cron' ? schedule.jitterSeconds : undefined;
  if (seconds === undefined || calendar === undefined) return (plannedAt) => plannedAt;
  return (plannedAt) => {
    const next = calendar.next(plannedAt) ?? Number.POSITIVE_INFINITY;
    const spanMs = Math.min(seconds * 1_000, next - plannedAt);
    return plannedAt + Number((hashOf(`${policyId}@${plannedAt}`) * BigInt(spanMs)) / HASHES);
  };
}

/** FNV-1a of 32 bits. */
function hashOf(text: string): bigint {
  let hash = BASIS;
  for (const byte of Buffer.from(text, 'latin1')) {
    hash = ((hash ^ BigInt(byte)) * PRIME) % HASHES;
  }
  return hash;
}
