/** What a run found, for people and for programs. */
import Table from 'cli-table3';
import type { KindFacts } from './attribution.ts';
import type { Second } from './chart.ts';
import type { Struck } from './nemesis.ts';
import type { Check, Verdict } from './verdict.ts';

/** Everything that is kept of a run. */
export interface Report {
  readonly run: string;
  readonly seed: number;
  readonly startedAt: string;
  readonly settings: Readonly<Record<string, number | string>>;
  readonly verdict: Verdict;
  readonly checks: readonly Check[];
  readonly kinds: readonly KindFacts[];
  readonly struck: readonly Struck[];
  readonly leftOut: readonly string[];
  readonly seconds: readonly Second[];
}

/** Lateness by kinds of fault, as a table. */
export function kindsText(kinds: readonly KindFacts[]): string {
  const table = new Table({
    head: [
      'fault',
      'strikes',
      'occurrences',
      'missed',
      'p50 ms',
      'p99 ms',
      'max ms',
      'bound ms',
      '',
    ],
    colAligns: ['left', ...Array.from({ length: 7 }, () => 'right' as const), 'left'],
    style: { head: [], border: [], compact: true },
  });
  for (const {
    kind,
    strikeCount,
    occurrenceCount,
    missedCount,
    lateness,
    bound,
    isKept,
  } of kinds) {
    const p99 = bound.p99Ms === undefined ? '' : ` (p99 ${bound.p99Ms})`;
    table.push([
      kind,
      kind === 'none' ? '-' : String(strikeCount),
      occurrenceCount.toLocaleString('en-US'),
      String(missedCount),
      ...[lateness?.p50, lateness?.p99, lateness?.max].map((ms) =>
        ms === undefined ? '-' : String(ms),
      ),
      `${bound.maxMs}${p99}`,
      isKept ? 'kept' : 'NOT KEPT',
    ]);
  }
  return table.toString();
}

/** Promises, one a line. */
export function checksText(checks: readonly Check[]): string {
  return checks
    .map(
      ({ promise, found, isKept }) => `${isKept ? 'kept    ' : 'NOT KEPT'}  ${promise}: ${found}`,
    )
    .join('\n');
}

/** The report as one line of JSON, without what only a chart is made of. */
export function reportLine({ seconds, ...report }: Report): string {
  return JSON.stringify({ ...report, secondCount: seconds.length });
}

/** The whole of it. */
export function reportFile(report: Report): string {
  return `${JSON.stringify(report, undefined, 2)}\n`;
}
