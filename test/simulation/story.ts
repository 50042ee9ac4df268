/** What is printed of a seed that failed: its faults, what is wrong, and what happened around it. */
import type { Violation } from './checker/entries.ts';
import type { TraceEntry } from './trace.ts';
import type { PlannedFault } from './world/plan.ts';
import { startsAtOf } from './world/nights.ts';

const VIOLATIONS_SHOWN_MAX = 10;
/** Entries that have to do with a violation, shown before and after it. */
const BEFORE_MAX = 30;
const AFTER_MAX = 5;
const LINE_MAX = 400;

/** One violation of the world of a seed as a line. */
export function violationLine({ rule, t, what }: Violation, seed: number): string {
  return `${clock(t - startsAtOf(seed))} ${rule}: ${what}`;
}

export function faultLine({ what, beginsAtMs, lastsMs, waitsFor }: PlannedFault): string {
  const waits = waitsFor === undefined ? '' : `, waiting for ${waitsFor}`;
  return `${clock(beginsAtMs)} ${what} for ${(lastsMs / 1000).toFixed(1)} s${waits}`;
}

/** Several lines about what is wrong with a trace. */
export function storyOf(
  { seed, trace }: { readonly seed: number; readonly trace: readonly TraceEntry[] },
  violations: readonly Violation[],
): readonly string[] {
  const [first] = violations;
  const shown = violations
    .slice(0, VIOLATIONS_SHOWN_MAX)
    .map((violation) => violationLine(violation, seed));
  if (first === undefined) return [];
  return [
    ...shown,
    ...(violations.length > shown.length
      ? [`… and ${String(violations.length - shown.length)} more`]
      : []),
    '',
    'What happened around the first:',
    ...aroundEntries(trace, first).map((entry) => entryLine(entry, seed)),
  ];
}

/** One entry of the trace of a seed as a line. */
export function entryLine({ t, kind, ...rest }: TraceEntry, seed: number): string {
  const text = JSON.stringify(rest);
  return `${clock(t - startsAtOf(seed))} ${kind} ${text.length > LINE_MAX ? `${text.slice(0, LINE_MAX)}…` : text}`;
}

function aroundEntries(trace: readonly TraceEntry[], violation: Violation): readonly TraceEntry[] {
  const concerned = trace.filter((entry) => concerns(entry, violation));
  const at = concerned.findIndex(({ t }) => t > violation.t);
  const end = at < 0 ? concerned.length : at;
  return concerned.slice(Math.max(0, end - BEFORE_MAX), end + AFTER_MAX);
}

/** Faults and processes have to do with everything. */
function concerns(entry: TraceEntry, { groupId, partition }: Violation): boolean {
  if (entry.kind === 'world.began' || entry.kind === 'world.ended') return false;
  if (entry.kind === 'fault.struck') return false;
  if ('groupId' in entry && groupId !== undefined) return entry.groupId === groupId;
  if ('partition' in entry && partition !== undefined) return entry.partition === partition;
  return (
    entry.kind.startsWith('fault.') ||
    entry.kind.startsWith('world.') ||
    (entry.kind.startsWith('process.') && entry.kind !== 'process.told')
  );
}

/** Milliseconds since the world began, as `h:mm:ss.mmm`. */
function clock(sinceMs: number): string {
  const ms = Math.max(0, Math.floor(sinceMs));
  return `${String(Math.floor(ms / 3_600_000))}:${new Date(ms % 3_600_000).toISOString().slice(14, 23)}`;
}
