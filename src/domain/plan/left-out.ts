/**
 * What does not take place of what a schedule has, and why: calendars leave it out, or somebody had it left out.
 *
 * Searches go by stretches of calendars and by runs of skipped occurrences, and so cost no more where a policy
 * fires every second.
 */
import { epochMs, plusMs } from '../../base/clock.ts';
import type { EpochMs } from '../../base/clock.ts';
import type { Policy } from '../group/policy.ts';
import type { Occurrences } from '../schedule/occurrences.ts';
import type { LeftOutByCalendars } from '../schedule/with-calendars.ts';

/** Instants from one to another, both included: no occurrence among them takes place. */
export interface SkippedRun {
  readonly first: EpochMs;
  readonly last: EpochMs;
}

/** An occurrence that does not take place, and why. */
export type LeftOut =
  | LeftOutByCalendars
  /** It is accounted for already: somebody had it left out. */
  | { readonly at: EpochMs; readonly skipped: true };

/**
 * The runs of a policy that are skipped. A policy that fires does so only after what it has claimed last, though that
 * be yet to come; a window opens as its schedule says, but for what is skipped by name.
 */
export function skippedRunsOf(
  { definition, progress }: Pick<Policy, 'definition' | 'progress'>,
  now: EpochMs,
): readonly SkippedRun[] {
  const { skipped, claimedAt } = progress;
  const named = skipped === undefined ? [] : [skipped];
  if (definition.adjustment.kind === 'window') return named;
  if (claimedAt === undefined || claimedAt <= now) return named;
  return [...named, { first: plusMs(now, 1), last: claimedAt }];
}

/** The first occurrence after an instant that lies in no run; undefined where there is none. */
export function nextBesides(
  occurrences: Pick<Occurrences, 'next'>,
  runs: readonly SkippedRun[],
  after: EpochMs,
): EpochMs | undefined {
  let at = occurrences.next(after);
  for (;;) {
    const run = at === undefined ? undefined : runIn(runs, at);
    if (run === undefined) return at;
    at = occurrences.next(run.last);
  }
}

/**
 * The first occurrences after an instant, and no later than another, that do not take place, at most `count`, earliest
 * first; each is looked for when it is asked for. One that calendars leave out is told as such, skipped or not.
 */
export function* leftOutAfter(
  occurrences: Pick<Occurrences, 'next' | 'leftOut'>,
  runs: readonly SkippedRun[],
  span: { readonly after: EpochMs; readonly notAfter: EpochMs; readonly count: number },
): Generator<LeftOut, void, undefined> {
  const { after, notAfter, count } = span;
  let byCalendars = occurrences.leftOut?.(after, notAfter);
  let skipped = nextSkipped(occurrences, runs, { after, notAfter });
  for (let given = 0; given < count; given += 1) {
    if (byCalendars !== undefined && (skipped === undefined || byCalendars.at < skipped)) {
      yield byCalendars;
      byCalendars = occurrences.leftOut?.(byCalendars.at, notAfter);
    } else if (skipped === undefined) {
      return;
    } else {
      yield { at: skipped, skipped: true };
      skipped = nextSkipped(occurrences, runs, { after: skipped, notAfter });
    }
  }
}

/** Runs may overlap, and may have no occurrence in them any more. */
function nextSkipped(
  occurrences: Pick<Occurrences, 'next'>,
  runs: readonly SkippedRun[],
  { after, notAfter }: { readonly after: EpochMs; readonly notAfter: EpochMs },
): EpochMs | undefined {
  const found = runs.flatMap(({ first, last }) => {
    if (last <= after || first > notAfter) return [];
    const at = occurrences.next(epochMs(Math.max(after, first - 1)));
    return at === undefined || at > last || at > notAfter ? [] : [at];
  });
  return found.length === 0 ? undefined : epochMs(Math.min(...found));
}

function runIn(runs: readonly SkippedRun[], at: EpochMs): SkippedRun | undefined {
  return runs.find(({ first, last }) => first <= at && at <= last);
}
