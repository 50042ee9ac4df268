/** Which fault an occurrence that was late goes back to, and whether that is within what the fault may cost. */
import { percentilesOf } from '../bench/statistics.ts';
import type { Percentiles } from '../bench/statistics.ts';
import { NORMAL } from './bounds.ts';
import type { Bound } from './bounds.ts';
import type { FaultKind } from './kinds.ts';
import type { Sample } from './latenesses.ts';

/** For how long a fault had its effects, and what it may cost. */
export interface Span {
  readonly number: number;
  readonly kind: FaultKind;
  readonly from: number;
  /** When the cluster had recovered from it. */
  readonly until: number;
  readonly bound: Bound;
}

/** What was found of one kind of fault, or of the time without faults. */
export interface KindFacts {
  readonly kind: FaultKind | 'none';
  readonly strikeCount: number;
  readonly occurrenceCount: number;
  readonly missedCount: number;
  /** Of occurrences that fired; undefined where none did. */
  readonly lateness: Percentiles | undefined;
  /** Of the strike that may cost most. */
  readonly bound: Bound;
  readonly isKept: boolean;
  /** What is not kept, strike by strike. */
  readonly faults: readonly string[];
}

/** One span and what fell into it. */
interface Found {
  readonly span: Span | undefined;
  readonly latenesses: number[];
  missedCount: number;
}

/**
 * Gives each occurrence to the fault that it met between its being due and its being decided, or before the
 * cluster had recovered: to the one that may cost most where there are several, to none where there is none.
 * Samples must be in the order of their dueAt.
 */
export function attribute(
  samples: readonly Sample[],
  spans: readonly Span[],
): readonly KindFacts[] {
  const none: Found = { span: undefined, latenesses: [], missedCount: 0 };
  const found = [...spans]
    .sort((a, b) => a.from - b.from)
    .map((span): Found & { readonly span: Span } => ({ span, latenesses: [], missedCount: 0 }));
  let active: typeof found = [];
  let next = 0;
  for (const { dueAt, at, isMissed } of samples) {
    const isNear = (opening: (typeof found)[number]): boolean =>
      opening.span.from - NORMAL.maxMs <= dueAt;
    for (let opening = found[next]; opening && isNear(opening); opening = found[next]) {
      active.push(opening);
      next += 1;
    }
    active = active.filter(({ span }) => span.until >= dueAt);
    const to = costliest(active.filter(({ span }) => span.from <= at)) ?? none;
    if (isMissed) to.missedCount += 1;
    else to.latenesses.push(at - dueAt);
  }
  const kinds = [...new Set(found.map(({ span }) => span.kind))].sort();
  const calm = factsOf('none', [none], 0);
  const calmP99Ms = calm.lateness?.p99 ?? 0;
  return [
    calm,
    ...kinds.map((kind) =>
      factsOf(
        kind,
        found.filter(({ span }) => span.kind === kind),
        calmP99Ms,
      ),
    ),
  ];
}

function costliest<Item extends { readonly span: Span }>(items: readonly Item[]): Item | undefined {
  return items.reduce<Item | undefined>(
    (most, item) =>
      most === undefined || item.span.bound.maxMs > most.span.bound.maxMs ? item : most,
    undefined,
  );
}

/** `calmP99Ms`: what 99 of 100 keep on this machine where no fault is in the way. */
function factsOf(kind: KindFacts['kind'], founds: readonly Found[], calmP99Ms: number): KindFacts {
  const latenesses = founds.flatMap((found) => found.latenesses);
  const missedCount = founds.reduce((sum, found) => sum + found.missedCount, 0);
  const bounds = founds.map(({ span }) => span?.bound ?? NORMAL);
  const dearest = bounds.reduce(
    (most, each) => (each.maxMs > most.maxMs ? each : most),
    NORMAL_LEAST,
  );
  const { p99Ms } = dearest;
  const bound = p99Ms === undefined ? dearest : { ...dearest, p99Ms: p99Ms + calmP99Ms };
  const lateness = latenesses.length === 0 ? undefined : percentilesOf(latenesses);
  const over = p99Faults(latenesses.length, lateness, bound);
  const faults = [...founds.flatMap(overstepped), ...over.map((what) => `${kind}: ${what}`)];
  return {
    ...{ kind, strikeCount: founds.filter(({ span }) => span !== undefined).length },
    ...{ occurrenceCount: latenesses.length + missedCount, missedCount },
    ...{ lateness, bound, isKept: faults.length === 0, faults },
  };
}

/** Of fewer, the 99th of 100 is the worst. */
const P99_COUNT_MIN = 100;
const NORMAL_LEAST: Bound = { ...NORMAL, maxMs: 0 };

function overstepped({ span, latenesses, missedCount }: Found): readonly string[] {
  const { maxMs, mayMiss } = span?.bound ?? NORMAL;
  const name = span === undefined ? 'without a fault' : `fault ${span.number} (${span.kind})`;
  let [count, most] = [0, 0];
  for (const latenessMs of latenesses) {
    if (latenessMs > maxMs) count += 1;
    most = Math.max(most, latenessMs);
  }
  return [
    ...(count === 0 ? [] : [`${name}: ${count} later than ${maxMs} ms, the latest by ${most} ms`]),
    ...(mayMiss || missedCount === 0 ? [] : [`${name}: ${missedCount} were missed`]),
  ];
}

/** A share of all that fell to a kind: single strikes have too few. */
function p99Faults(
  count: number,
  lateness: Percentiles | undefined,
  { p99Ms }: Bound,
): readonly string[] {
  if (p99Ms === undefined || lateness === undefined || lateness.p99 <= p99Ms) return [];
  if (count < P99_COUNT_MIN) return [];
  return [`p99 is ${lateness.p99} ms, more than ${p99Ms}`];
}
