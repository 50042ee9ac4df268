/** The body of a request, put together from files and options; what is wrong with it is told where it was written. */
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';

import { isJsonObject } from '../base/json.ts';
import { keyOf, problemLines, shapeProblems, shown } from '../config/problem.ts';
import type { Path, Problem, ShapeProblem } from '../config/problem.ts';
import { readYaml, valueAt } from '../config/yaml-source.ts';
import type { YamlDocument } from '../config/yaml-source.ts';
import { numberProblems } from './apply/file-rules.ts';
import { fillPlaceholders } from './apply/placeholders.ts';
import { CommandError, EXIT } from './exit.ts';
import { readFileFor } from './node-options.ts';
import { EFFECTS } from './request-shape.ts';
import type { World } from './world.ts';

/** Where a part was written, by paths into the body. */
type Source = Pick<YamlDocument, 'locate' | 'locateKey' | 'shown'>;

/** A part of a body. Of several at one place the last counts. */
export interface Part {
  readonly path: Path;
  /** Undefined where nobody wrote it; its source still says where that is done. */
  readonly value: unknown;
  readonly source: Source;
}

/** A file with one document, which an option names. */
export interface PartFile {
  readonly document: YamlDocument;
  /** Where its relative paths start. */
  readonly folder: string;
}

/**
 * Reads a file of one YAML or JSON document, with placeholders as `lutra apply` fills them. Throws a
 * `CommandError` that names line and column.
 */
export async function readPartFile(world: World, path: string, option: string): Promise<PartFile> {
  const file = await readFileFor(world, path, option);
  const yaml = readYaml(file, (text) => fillPlaceholders(text, world.environment));
  if (yaml.kind === 'unreadable') throw badInput(yaml.problems);
  const [document, ...others] = yaml.documents.filter(({ value }) => value !== null);
  if (document !== undefined && others.length === 0) {
    return { document, folder: dirname(resolve(world.folder, path)) };
  }
  const count = document === undefined ? 'none' : String(others.length + 1);
  const text = `must have one document in it, received ${count}; write one`;
  throw badInput([{ at: `${option} ${path}`, key: '', text }]);
}

/**
 * What a file says, as parts below `path`: each entry of a mapping is one, down to `depth` mappings, so that what
 * it does not mention is kept.
 */
export function filePartsOf(document: YamlDocument, path: Path, depth: number): readonly Part[] {
  const below = (whole: Path): Path => whole.slice(path.length);
  const source: Source = {
    locate: (whole) => document.locate(below(whole)),
    locateKey: (whole) => document.locateKey(below(whole)),
    shown: (whole) => document.shown(below(whole)),
  };
  return leavesOf(document.value, path, depth).map((leaf) => ({ ...leaf, source }));
}

function leavesOf(
  value: unknown,
  path: Path,
  depth: number,
): readonly { readonly path: Path; readonly value: unknown }[] {
  if (depth === 0 || !isJsonObject(value)) return [{ path, value }];
  return Object.entries(value).flatMap(([key, entry]) =>
    leavesOf(entry, [...path, key], depth - 1),
  );
}

/** What an option says. */
export function optionPart(option: string, path: Path, value: unknown): Part {
  const locate = (): string => option;
  const received = (whole: Path): string => shown(valueAt(value, whole.slice(path.length)));
  return { path, value, source: { locate, locateKey: locate, shown: received } };
}

/** What is there already. */
export function storedPart(value: unknown): Part {
  const locate = (): string => 'as it is stored';
  return {
    path: [],
    value,
    source: { locate, locateKey: locate, shown: (at) => shown(valueAt(value, at)) },
  };
}

/** The parts that somebody wrote. */
export function writtenOf(parts: readonly Part[]): readonly Part[] {
  return parts.filter(({ value }) => value !== undefined);
}

/** The body that the parts make, in its shape. Throws a `CommandError` with everything that is wrong. */
export function bodyFrom<Body>(schema: z.ZodType<Body>, parts: readonly Part[]): Body {
  const body = writtenOf(parts).reduce<unknown>(
    (whole, { path, value }) => placed(whole, path, value),
    undefined,
  );
  // Nothing at all has the shape of an object without entries, so that what is missing is told by name.
  const parsed = schema.safeParse(body ?? {});
  const received = (path: Path): string => {
    const isMixed = insideOf(parts, path).some((part) => part.path.length > path.length);
    const source = isMixed ? undefined : sourceOf(parts, path);
    return source?.shown(path) ?? shown(valueAt(body, path));
  };
  const problems = [
    ...(parsed.success ? [] : shapeProblems(parsed.error.issues, received)),
    ...numberProblems(body, []),
  ];
  if (parsed.success && problems.length === 0) return parsed.data;
  throw badInput(problems.map((problem) => located(parts, problem)));
}

/** Fields that parts are about. A node's message begins with one where it is about a part of the body. */
const FIELDS = new Set([
  ...['name', 'key', 'cooldown', 'type', 'args', ...EFFECTS],
  ...['min', 'max', 'desired', 'until', 'reason', 'occurrence'],
]);

/** The one sentence that a node has for an `at` that has passed; v1.0 has it so, without a path. */
const PAST_AT = /^\w+: Invalid ".*" datetime: It must be in the future$/;

/**
 * A node's message about a body, behind the place where somebody wrote what it is about: the option or the line of
 * a file. `ValidationError: [0].args.timezone must be …` is about the part at `args.timezone`.
 */
export function placedMessage(message: string, parts: readonly Part[]): string {
  const [, index, said = ''] = /^\w+: (?:\[(\d+)\]\.)?(\w[\w.]*)(?:\[\d+\])* /.exec(message) ?? [];
  const text = PAST_AT.test(message) ? 'args.at' : said;
  const path = text.split('.');
  if (!FIELDS.has(text.split('.', 1).join())) return message;
  // A list is sent of what options say, too, though they say one.
  const whole: Path = index === undefined ? path : [Number(index), ...path];
  const source = placeOf(parts, whole) ?? placeOf(parts, path);
  return source === undefined ? message : `${source.locate(whole)}: ${message}`;
}

/** A refusal of what was written. */
function badInput(problems: readonly Problem[]): CommandError {
  return new CommandError(EXIT.usage, problemLines(problems));
}

function placed(whole: unknown, path: Path, value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  // What is no mapping is left as it is: the shape says so.
  if (whole !== undefined && !isJsonObject(whole)) return whole;
  return { ...whole, [step]: placed(whole?.[step], rest, value) };
}

/** The last part that the value at `path` may come from; where it is missing, the option that would say it. */
function sourceOf(parts: readonly Part[], path: Path): Source | undefined {
  const written = writtenOf(parts).findLast((part) => isAt(part.path, path));
  return (written ?? parts.findLast((part) => keyOf(part.path) === keyOf(path)))?.source;
}

/** Where somebody wrote the value at `path`, or last wrote something in it. */
function placeOf(parts: readonly Part[], path: Path): Source | undefined {
  return insideOf(parts, path).at(-1)?.source ?? sourceOf(parts, path);
}

/** What somebody wrote at `path` and in it; nothing for the whole body, which everything is in. */
function insideOf(parts: readonly Part[], path: Path): readonly Part[] {
  return path.length === 0 ? [] : writtenOf(parts).filter((part) => isAt(path, part.path));
}

/** Whether the value at `path` is the one at `above`, or in it. */
function isAt(above: Path, path: Path): boolean {
  return above.every((step, index) => step === path[index]);
}

function located(parts: readonly Part[], { path, isKey, text }: ShapeProblem): Problem {
  const source = placeOf(parts, path);
  const at = isKey ? source?.locateKey(path) : source?.locate(path);
  return { at: at ?? '', key: keyOf(path), text };
}
