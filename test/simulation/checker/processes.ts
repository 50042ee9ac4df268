import type { TraceEntry } from '../trace.ts';
import type { EntriesByKind } from './entries.ts';

/** A time in which a process ran and was awake. */
export interface ProcessSpan {
  readonly process: string;
  readonly node: string;
  readonly from: number;
  /** Infinity where it was awake to the end. */
  readonly to: number;
  /** Whether it began by starting, and not by waking. */
  readonly isBirth: boolean;
}

/** A time in which a process stood still. */
export interface Freeze {
  readonly from: number;
  readonly to: number;
}

const ABOUT_PROCESSES = [
  ...['process.started', 'process.stopped', 'process.killed', 'process.frozen'],
  ...['process.woken', 'process.broke'],
] as readonly TraceEntry['kind'][]; // a literal of each is checked below

/** When each process was awake. */
export function processSpans(byKind: EntriesByKind): readonly ProcessSpan[] {
  const begun = new Map<string, { readonly from: number; readonly isBirth: boolean }>();
  const spans: ProcessSpan[] = [];
  for (const { t, process, kind } of aboutProcesses(byKind)) {
    if (kind === 'process.started' || kind === 'process.woken') {
      if (!begun.has(process)) begun.set(process, { from: t, isBirth: kind === 'process.started' });
      continue;
    }
    const since = begun.get(process);
    if (since === undefined) continue;
    spans.push({ process, node: nodeOf(process), ...since, to: t });
    begun.delete(process);
  }
  for (const [process, since] of begun) {
    spans.push({ process, node: nodeOf(process), ...since, to: Infinity });
  }
  return spans;
}

/** When each process stood still. */
export function freezesOf(byKind: EntriesByKind): ReadonlyMap<string, readonly Freeze[]> {
  const freezes = new Map<string, Freeze[]>();
  for (const { t, process, kind } of aboutProcesses(byKind)) {
    const known = freezes.get(process) ?? [];
    freezes.set(process, known);
    if (kind === 'process.frozen') known.push({ from: t, to: Infinity });
    const last = known.at(-1);
    if (kind !== 'process.frozen' && last?.to === Infinity) {
      known[known.length - 1] = { from: last.from, to: t };
    }
  }
  return freezes;
}

/** When each process ended; those that did not are missing. */
export function endsOf(byKind: EntriesByKind): ReadonlyMap<string, number> {
  const ends = (['process.stopped', 'process.killed', 'process.broke'] as const).flatMap((kind) =>
    byKind.of(kind).map(({ process, t }): [string, number] => [process, t]),
  );
  return new Map(ends.sort((a, b) => b[1] - a[1]));
}

/** From when on each process drains; those that do not are missing. */
export function drainsOf(byKind: EntriesByKind): ReadonlyMap<string, number> {
  return new Map(byKind.of('member.drains').map(({ process, t }) => [process, t]));
}

/** The node that a process, `node#number`, is one of. */
export function nodeOf(process: string): string {
  return process.slice(0, process.lastIndexOf('#'));
}

interface AboutProcess {
  readonly t: number;
  readonly kind: string;
  readonly process: string;
}

function aboutProcesses(byKind: EntriesByKind): readonly AboutProcess[] {
  return ABOUT_PROCESSES.flatMap((kind): AboutProcess[] =>
    byKind.of(kind).flatMap((entry) => ('process' in entry ? [entry as AboutProcess] : [])),
  ).sort((a, b) => a.t - b.t || Number(isEnd(a)) - Number(isEnd(b)));
}

/** What was woken and killed at one instant is dead. */
function isEnd({ kind }: AboutProcess): boolean {
  return kind !== 'process.started' && kind !== 'process.woken' && kind !== 'process.frozen';
}
