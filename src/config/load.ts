/**
 * Where settings come from. An option beats a variable of the environment, that beats the file, and the
 * file beats the default. The result is unchecked: `parseConfig` makes it a `Config`.
 */
import { LutraError } from '../base/errors.ts';
import { isJsonObject } from '../base/json.ts';
import type { WrittenSettings } from './schema.ts';
import { keyOf, problemLines } from './problem.ts';
import type { Path, Problem } from './problem.ts';
import { readYaml, valueAt } from './yaml-source.ts';
import type { TextFile, YamlDocument } from './yaml-source.ts';

/** Variables of the environment by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** An option of the command line that sets something. */
export interface SettingOption {
  /** As people type it: `--port`. */
  readonly name: string;
  /** The setting: `api.port`. */
  readonly key: string;
  readonly text: string;
}

/** All that settings can come from. */
export interface SettingSources {
  readonly defaults: WrittenSettings;
  readonly file: TextFile | undefined;
  readonly environment: Environment;
  readonly options: readonly SettingOption[];
}

/** Settings as they were found, unchecked. */
export interface LoadedSettings {
  readonly tree: unknown;
  /** The keys of all settings there are, such as `api.port`. */
  readonly keys: readonly string[];
  /** Where the value of a setting comes from: `--port`, `LUTRA_API_PORT`, `lutra.yaml:3:9`, or undefined for the default. */
  originOf(path: Path): string | undefined;
  /** The same, for a key that should not be there. */
  originOfKey(path: Path): string | undefined;
}

/** The environment of this process. The only place that reads it. */
export function readEnvironment(): Environment {
  return process.env;
}

/** Brings the sources together. Throws `config-invalid` where the file is not YAML or a variable names no setting. */
export function loadSettings(sources: SettingSources): LoadedSettings {
  const { defaults, environment, options } = sources;
  const paths = leafPaths(defaults);
  refuseUnknownVariables(environment, paths);
  const file = sources.file === undefined ? undefined : readDocument(sources.file);
  const fromEnvironment = paths.flatMap((path) => {
    const name = variableOf(path);
    const text = environment[name];
    return text === undefined || text === '' ? [] : [{ name, key: keyOf(path), text }];
  });

  const overrides = [...fromEnvironment, ...options];
  let tree = merge(defaults, file?.value);
  for (const { key, text } of overrides) {
    const path = key.split('.');
    tree = merge(tree, nest(path, fromText(text, valueAt(defaults, path))));
  }
  const overridden = (path: Path): string | undefined => {
    const item = path.findIndex((step) => typeof step === 'number');
    const key = keyOf(item < 0 ? path : path.slice(0, item)); // an item is where its list is
    return overrides.findLast((override) => override.key === key)?.name;
  };
  const isInFile = (path: Path): boolean => valueAt(file?.value, path) !== undefined;
  return {
    tree,
    keys: paths.map(keyOf),
    originOf: (path) => overridden(path) ?? (isInFile(path) ? file?.locate(path) : undefined),
    originOfKey: (path) => file?.locateKey(path),
  };
}

/** The variable that sets a setting: `LUTRA_API_URL_ROOT` for `api.urlRoot`. */
function variableOf(path: Path): string {
  const words = path.map((step) => String(step).replace(/[A-Z]/g, (letter) => `_${letter}`));
  return `LUTRA_${words.join('_').toUpperCase()}`;
}

/** A mistyped variable would silently leave its setting alone. Other variables of ours are not below a section's name. */
function refuseUnknownVariables(environment: Environment, paths: readonly Path[]): void {
  const known = new Set(paths.map(variableOf));
  const sections = new Set(
    paths.filter(({ length }) => length > 1).map(([name = '']) => `${variableOf([name])}_`),
  );
  const problems = Object.keys(environment).flatMap((name): readonly Problem[] => {
    const prefix = [...sections].find((candidate) => name.startsWith(candidate));
    if (prefix === undefined || known.has(name)) return [];
    const others = [...known].filter((other) => other.startsWith(prefix)).join(', ');
    return [{ at: name, key: '', text: `sets nothing; known are ${others}` }];
  });
  refuse(problems);
}

function readDocument(file: TextFile): YamlDocument | undefined {
  const read = readYaml(file, (text) => ({ kind: 'text', text }));
  if (read.kind === 'unreadable') {
    refuse(read.problems);
    return undefined;
  }
  const [first, ...others] = read.documents;
  const text = 'is a second document; write all settings in one';
  refuse(others.map((other) => ({ at: other.locate([]), key: '', text })));
  return first;
}

function refuse(problems: readonly Problem[]): void {
  if (problems.length === 0) return;
  throw new LutraError('config-invalid', problemLines(problems));
}

/** `over` laid over `base`: sections are merged, everything else is replaced. An empty section changes nothing. */
function merge(base: unknown, over: unknown): unknown {
  if (over === undefined) return base;
  if (!isJsonObject(base)) return over;
  if (over === null) return base;
  if (!isJsonObject(over)) return over;
  const keys = new Set([...Object.keys(base), ...Object.keys(over)]);
  return Object.fromEntries([...keys].map((key) => [key, merge(own(base, key), own(over, key))]));
}

/** Not what an object inherits: a file may hold a key called `constructor`. */
function own(value: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(value, key)?.value;
}

function nest(path: Path, value: unknown): unknown {
  return path.reduceRight<unknown>((inner, step) => ({ [step]: inner }), value);
}

/** Text as the kind of value that its default is. What is not of that kind stays text, and is refused as such. */
function fromText(text: string, kind: unknown): unknown {
  if (typeof kind === 'number') return /^-?\d+$/.test(text) ? Number(text) : text;
  if (typeof kind === 'boolean') return { true: true, false: false }[text] ?? text;
  if (!Array.isArray(kind)) return text;
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function leafPaths(section: object): readonly (readonly string[])[] {
  return Object.entries(section).flatMap(([name, value]: [string, unknown]) =>
    isJsonObject(value) ? leafPaths(value).map((rest) => [name, ...rest]) : [[name]],
  );
}
