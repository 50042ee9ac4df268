/** Whether everything that is promised was kept, in one line. */

/** One promise and what was found of it. */
export interface Check {
  readonly promise: string;
  readonly found: string;
  readonly isKept: boolean;
}

/** What a run comes to. */
export interface Verdict {
  readonly isKept: boolean;
  readonly line: string;
}

/** What the line tells beside the promises. */
export interface RunFacts {
  readonly run: string;
  readonly seed: number;
  readonly strikeCount: number;
  readonly kindCount: number;
  readonly occurrenceCount: number;
  /** Kinds that were to strike and did not, and why. */
  readonly leftOut: readonly string[];
}

export const EXIT_KEPT = 0;
export const EXIT_BROKEN = 1;
export const EXIT_FAILED = 2;
export const EXIT_USAGE = 64;

/** Kept where every promise is, and something was there to be kept. */
export function verdictOf(checks: readonly Check[], facts: RunFacts): Verdict {
  const broken = checks.filter(({ isKept }) => !isKept);
  const isKept = broken.length === 0 && facts.occurrenceCount > 0;
  const counts =
    `${counted(facts.strikeCount, 'fault')} of ${counted(facts.kindCount, 'kind')}, ` +
    counted(facts.occurrenceCount, 'occurrence');
  const what = isKept
    ? `all ${counted(checks.length, 'promise')} kept`
    : `${broken.length} of ${counted(checks.length, 'promise')} not kept: ${namesOf(broken)}`;
  const leftOut = facts.leftOut.length === 0 ? '' : `; left out: ${facts.leftOut.join(', ')}`;
  const head = `${isKept ? 'KEPT' : 'BROKEN'} (${facts.run}, seed ${facts.seed})`;
  return { isKept, line: `${head}: ${counts}; ${what}${leftOut}` };
}

/** The line where the harness itself could not go on. */
export function failureLine(run: string, seed: number, reason: string): string {
  return `FAILED (${run}, seed ${seed}): the harness could not go on: ${reason.split('\n', 1).join('')}`;
}

function namesOf(broken: readonly Check[]): string {
  return broken.length === 0 ? 'nothing happened' : broken.map(({ promise }) => promise).join('; ');
}

function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}
