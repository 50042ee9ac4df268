/** Which faults a run had, and what they struck. */
import { FAULT_KINDS } from '../faults.ts';
import type { FaultKind } from '../faults.ts';
import type { TraceEntry } from '../trace.ts';

/** Of each kind of fault: how often it began, and how often it struck which call. */
export interface Strikes {
  readonly began: Readonly<Record<FaultKind, number>>;
  readonly struck: Readonly<Record<FaultKind, Readonly<Record<string, number>>>>;
}

/** Counts the faults of one trace. */
export function countStrikes(trace: readonly TraceEntry[]): Strikes {
  const began = ofEach(() => 0);
  const struck = ofEach((): Record<string, number> => ({}));
  for (const entry of trace) {
    if (entry.kind === 'fault.began') began[entry.what] += 1;
    if (entry.kind !== 'fault.struck') continue;
    const calls = struck[entry.what];
    calls[entry.call] = (calls[entry.call] ?? 0) + entry.count;
  }
  return { began, struck };
}

/** The counts of several runs together. */
export function addStrikes(runs: readonly Strikes[]): Strikes {
  const began = ofEach((kind) => runs.reduce((sum, run) => sum + run.began[kind], 0));
  const struck = ofEach((kind) => {
    const calls: Record<string, number> = {};
    for (const run of runs) {
      for (const [call, count] of Object.entries(run.struck[kind])) {
        calls[call] = (calls[call] ?? 0) + count;
      }
    }
    return calls;
  });
  return { began, struck };
}

/** The kinds that never began, or of which the calls are counted in other runs and which struck none in these. */
export function neverStruck(
  strikes: Strikes,
  wanted: Partial<Readonly<Record<FaultKind, readonly string[]>>> = {},
): readonly string[] {
  return FAULT_KINDS.flatMap((kind) => {
    if (strikes.began[kind] === 0) return [kind];
    const calls = strikes.struck[kind];
    return (wanted[kind] ?? [])
      .filter((call) => (calls[call] ?? 0) === 0)
      .map((call) => `${kind} ${call}`);
  });
}

/** A line for each kind of fault: how often it began, and what it struck, the most frequent first. */
export function formatCoverage(strikes: Strikes): string {
  const width = Math.max(...FAULT_KINDS.map((kind) => kind.length));
  return FAULT_KINDS.map((kind) => {
    const calls = Object.entries(strikes.struck[kind])
      .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
      .map(([call, count]) => `${call} ${count}`);
    const count = String(strikes.began[kind]).padStart(6);
    return `${kind.padEnd(width)} ${count}  ${calls.join(', ')}`.trimEnd();
  }).join('\n');
}

function ofEach<Value>(make: (kind: FaultKind) => Value): Record<FaultKind, Value> {
  // One entry for each kind, which the type of Object.fromEntries does not say.
  return Object.fromEntries(FAULT_KINDS.map((kind) => [kind, make(kind)])) as Record<
    FaultKind,
    Value
  >;
}
