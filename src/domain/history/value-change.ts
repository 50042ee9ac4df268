/** What a change changed: old and new values, leaf by leaf, bounded in number and length. */
import { isJsonObject } from '../../base/json.ts';
import type { Json, JsonObject } from '../../base/json.ts';

/** A value that holds no others. An object or a list without values has none to tell of. */
type Leaf = string | number | boolean | null;

/** One value that is another than before. */
export interface ValueChange {
  /** Such as `metadata.team` or `args.command[1]`. */
  readonly path: string;
  /** Absent where there was none. */
  readonly before?: Leaf;
  /** Absent where there is none any more. */
  readonly after?: Leaf;
}

/** What is told of a change. */
export interface ValueChanges {
  readonly changes: readonly ValueChange[];
  /** How many more values changed; absent where these are all. */
  readonly omittedCount?: number;
}

/** Stands in place of a value that histories do not show. */
export const HIDDEN = '(hidden)';

/** So that a thousand events of a group stay within a few megabytes, whatever is written. */
const CHANGES_MAX = 16;
const PATH_MAX_LENGTH = 80;
const TEXT_MAX_LENGTH = 96;

/** How a leaf is shown, by where it is; the last step of a path may be the place in a list. */
export type ShowLeaf = (path: readonly (string | number)[], leaf: Leaf) => Leaf;

/**
 * The values that differ. Hidden ones are compared as they are, so that it is told that they changed. Values of
 * lists are compared by their place.
 */
export function changesBetween(
  before: Json | undefined,
  after: Json | undefined,
  show: ShowLeaf,
): ValueChanges {
  const [old, young] = [leavesOf(before), leavesOf(after)];
  const changed = [...new Set([...young.keys(), ...old.keys()])].filter(
    (path) => old.get(path)?.leaf !== young.get(path)?.leaf,
  );
  const shown = (path: string, leaves: Leaves, key: 'before' | 'after'): Partial<ValueChange> => {
    const found = leaves.get(path);
    return found === undefined ? {} : { [key]: cut(show(found.steps, found.leaf)) };
  };
  const omittedCount = changed.length - CHANGES_MAX;
  return {
    changes: changed.slice(0, CHANGES_MAX).map((path) => ({
      path: cutTo(PATH_MAX_LENGTH, path),
      ...shown(path, old, 'before'),
      ...shown(path, young, 'after'),
    })),
    ...(omittedCount > 0 ? { omittedCount } : {}),
  };
}

type Steps = readonly (string | number)[];
type Leaves = ReadonlyMap<string, { readonly steps: Steps; readonly leaf: Leaf }>;

/** Calls itself as deep as bodies may nest, which is bounded where they are read. */
function leavesOf(value: Json | undefined): Leaves {
  const leaves = new Map<string, { readonly steps: Steps; readonly leaf: Leaf }>();
  const add = (steps: Steps, part: Json): void => {
    if (typeof part !== 'object' || part === null) leaves.set(pathOf(steps), { steps, leaf: part });
    else for (const [step, inner] of partsOf(part)) add([...steps, step], inner);
  };
  if (value !== undefined) add([], value);
  return leaves;
}

function partsOf(
  value: readonly Json[] | JsonObject,
): readonly (readonly [string | number, Json])[] {
  return isJsonObject(value) ? Object.entries(value) : [...value.entries()];
}

function pathOf(steps: Steps): string {
  return steps
    .map((step) => (typeof step === 'number' ? `[${String(step)}]` : `.${step}`))
    .join('')
    .replace(/^\./, '');
}

function cut(leaf: Leaf): Leaf {
  return typeof leaf === 'string' ? cutTo(TEXT_MAX_LENGTH, leaf) : leaf;
}

function cutTo(max: number, text: string): string {
  return text.length <= max ? text : `${text.slice(0, max)}…`;
}
