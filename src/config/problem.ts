import type { z } from 'zod';

/** The way from the top of a file's data to one part of it. */
export type Path = readonly (string | number)[];

/** One thing that is wrong with what a person wrote. */
export interface Problem {
  /** Where it stands: `file:line:column`, or the name of a variable or option. */
  readonly at: string;
  /** Which part it is about, such as `groups[0].cooldown`; empty for all of it. */
  readonly key: string;
  /** What is wrong, what was received, what would be right. */
  readonly text: string;
}

/** One setting that does not go together with another. */
export interface RelationProblem {
  /** The settings concerned, the one to blame first. */
  readonly keys: readonly string[];
  readonly text: string;
}

/** A part of data that does not have its shape; its reader knows where it stands. */
export interface ShapeProblem {
  readonly path: Path;
  /** The problem is the key itself and not its value. */
  readonly isKey: boolean;
  readonly text: string;
}

/** The problem on one line: `file:line:column: key: what is wrong`. */
function problemLine({ at, key, text }: Problem): string {
  return [at, key, text].filter((part) => part !== '').join(': ');
}

/** More lines than this nobody reads, and a binary file may have a problem per byte. */
const LINES_MAX = 50;

/** The problems, a line each; of very many the first ones. */
export function problemLines(problems: readonly Problem[]): string {
  const lines = problems.slice(0, LINES_MAX).map(problemLine);
  const leftCount = problems.length - lines.length;
  return [...lines, ...(leftCount > 0 ? [`and ${String(leftCount)} more`] : [])].join('\n');
}

/** `groups[0].policies[1].cron`. */
export function keyOf(path: Path): string {
  return path.reduce<string>((key, step) => {
    if (typeof step === 'number') return `${key}[${String(step)}]`;
    return key === '' ? step : `${key}.${step}`;
  }, '');
}

const SHOWN_CHARS_MAX = 80;

/** A received value for a message: as JSON, without passwords in URLs, shortened. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value, withoutPasswords);
  return text.length <= SHOWN_CHARS_MAX ? text : `${text.slice(0, SHOWN_CHARS_MAX)}…`;
}

function withoutPasswords(_: string, value: unknown): unknown {
  return typeof value === 'string' ? withoutPassword(value) : value;
}

/** An `@` behind a word, or behind a word with a colon; in a path there are slashes first. */
const MAY_HOLD_PASSWORD = /^(?:\/\/)?[^/\s]+(?::.*)?@/s;
/** What is left of a password, in the place of a port, where a comma in it was taken for the end of the URL. */
const CUT_PASSWORD = /(rediss?:\/\/[^:@/[]*:)(?!\d*(?:[/?]|$))[^@]*$/;

/**
 * The text with `…` for what may be the password of a URL in it. It goes by the looks and hides rather too
 * much: what is no URL, for lack of a scheme or an escape, may hold a password all the same.
 */
export function withoutPassword(text: string): string {
  const bare = text.replace(/([?&]password=)[^&]*/gi, '$1…').replace(CUT_PASSWORD, '$1…');
  return MAY_HOLD_PASSWORD.test(bare) ? bare.replace(/^(.*?\/\/)?([^:]*:)?.*@/s, '$1$2…@') : bare;
}

/**
 * What zod found, in our words. The message that a schema carries says what would be right; what is
 * wrong follows from the kind of issue, or from `params.wrong` of a rule of our own.
 */
export function shapeProblems(
  issues: readonly z.core.$ZodIssue[],
  received: (path: Path) => string,
): readonly ShapeProblem[] {
  return issues.flatMap((issue): readonly ShapeProblem[] => {
    const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        path: [...path, key],
        isKey: true,
        text: `is unknown here; ${issue.message}`,
      }));
    }
    const value = received(path);
    const wrong = wrongOf(issue);
    const text =
      isOfValue(issue) && value === 'nothing'
        ? `is missing; ${issue.message}`
        : `${wrong}, received ${value}; ${issue.message}`;
    return [{ path, isKey: false, text }];
  });
}

const MISTYPED = 'has the wrong type';

/** Whether it is the value as a whole that is wrong, by its type or as none of a few. */
function isOfValue(issue: z.core.$ZodIssue): boolean {
  return wrongOf(issue) === MISTYPED || issue.code === 'invalid_value';
}

function wrongOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return MISTYPED;
  if (issue.code === 'too_small')
    return issue.origin === 'number' ? 'is too small' : 'is too short';
  if (issue.code === 'too_big') return issue.origin === 'number' ? 'is too large' : 'is too long';
  const wrong: unknown = issue.code === 'custom' ? issue.params?.['wrong'] : undefined;
  return typeof wrong === 'string' ? wrong : 'is not what it can be';
}
