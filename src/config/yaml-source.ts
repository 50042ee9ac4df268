import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments, visit } from 'yaml';
import type { Document, Node } from 'yaml';

import { messageOf } from '../base/errors.ts';
import type { Path, Problem } from './problem.ts';
import { shown } from './problem.ts';

/** A file that was read: how people name it, and what is in it. */
export interface TextFile {
  readonly name: string;
  readonly text: string;
}

/** What becomes of one text value of a file: another text, or a reason why it cannot stand. */
export type TextResult =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'problem'; readonly text: string };

/** One YAML document as data, and where each part of it stands. */
export interface YamlDocument {
  readonly value: unknown;
  /** `file:line:column` of the value at `path`; of the nearest part around it, where there is none. */
  readonly locate: (path: Path) => string;
  /** `file:line:column` of the key that `path` ends with. */
  readonly locateKey: (path: Path) => string;
  /** The value at `path` as the file spells it: a text keeps its placeholders, so that secrets stay out of messages. */
  readonly shown: (path: Path) => string;
}

/** The documents of a file, or everything that keeps them from being read, each with its place. */
export type YamlFile =
  | { readonly kind: 'read'; readonly documents: readonly YamlDocument[] }
  | { readonly kind: 'unreadable'; readonly problems: readonly Problem[] };

/**
 * Reads YAML 1.2. Each text value (keys are left alone) passes through `readText`. What the language
 * allows and data files do not need is refused: unknown tags, keys that are no text, keys that occur twice.
 */
export function readYaml(file: TextFile, readText: (text: string) => TextResult): YamlFile {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(file.text, {
    lineCounter: lines,
    prettyErrors: false,
    schema: 'core', // also below a %YAML 1.1 directive, where `yes` would be true and a time a Date
    stringKeys: true,
  });
  const at = placeIn(file, lines);
  const documents = [...parsed];
  const problems = documents.flatMap((document) => [
    ...syntaxProblems(document, at),
    ...unresolvedAliases(document, at),
    ...rewriteTexts(document, readText, at),
  ]);
  if (problems.length > 0) return { kind: 'unreadable', problems };
  return asData(documents, at);
}

type PlaceAt = (offset: number) => string;

function placeIn(file: TextFile, lines: LineCounter): PlaceAt {
  return (offset) => {
    const { line, col } = lines.linePos(offset);
    // The counter answers 0 for an empty file.
    return `${file.name}:${String(Math.max(line, 1))}:${String(Math.max(col, 1))}`;
  };
}

function syntaxProblems(document: Document, at: PlaceAt): readonly Problem[] {
  return [...document.errors, ...document.warnings].map(({ pos, message }) => ({
    at: at(pos[0]),
    key: '',
    text: `is not YAML that can be read: ${message}`,
  }));
}

function unresolvedAliases(document: Document, at: PlaceAt): readonly Problem[] {
  const problems: Problem[] = [];
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) !== undefined) return;
      problems.push({
        at: at(startOf(alias) ?? 0),
        key: '',
        text: `has an alias without an anchor, received "*${alias.source}"; put "&${alias.source}" in front of a value above it`,
      });
    },
  });
  return problems;
}

function rewriteTexts(
  document: Document,
  readText: (text: string) => TextResult,
  at: PlaceAt,
): readonly Problem[] {
  const problems: Problem[] = [];
  visit(document, {
    Scalar(role, scalar) {
      if (role === 'key' || typeof scalar.value !== 'string') return;
      const result = readText(scalar.value);
      if (result.kind === 'text') scalar.value = result.text;
      else problems.push({ at: at(startOf(scalar) ?? 0), key: '', text: result.text });
    },
  });
  return problems;
}

function asData(documents: readonly Document[], at: PlaceAt): YamlFile {
  try {
    return { kind: 'read', documents: documents.map((document) => asDocument(document, at)) };
  } catch (error) {
    // What is left to go wrong is a file that unfolds by aliases of aliases into very much data.
    const text = `cannot be turned into data: ${messageOf(error)}`;
    return { kind: 'unreadable', problems: [{ at: at(0), key: '', text }] };
  }
}

function asDocument(document: Document, at: PlaceAt): YamlDocument {
  const value: unknown = document.toJS();
  const place = (node: Node | undefined): string | undefined => {
    const offset = startOf(node);
    return offset === undefined ? undefined : at(offset);
  };
  const locate = (path: Path): string => {
    const own = place(find(document, path)?.value);
    if (own !== undefined) return own;
    return path.length === 0 ? at(document.range?.[0] ?? 0) : locate(path.slice(0, -1));
  };
  return {
    value,
    locate,
    locateKey: (path) => place(find(document, path)?.key) ?? locate(path),
    shown: (path) => {
      const node = find(document, path)?.value;
      if (isScalar(node) && typeof node.value === 'string') return shown(node.source);
      return shown(valueAt(value, path));
    },
  };
}

interface Found {
  readonly key?: Node | undefined;
  readonly value: Node | undefined;
}

/** The node at `path`, with the node of its key, where it has one. */
function find(document: Document, path: Path): Found | undefined {
  let found: Found | undefined = { value: document.contents ?? undefined };
  for (const step of path) {
    found = found === undefined ? undefined : child(document, found.value, step);
  }
  return found;
}

function child(
  document: Document,
  parent: Node | undefined,
  step: string | number,
): Found | undefined {
  const node = isAlias(parent) ? parent.resolve(document) : parent;
  if (isSeq<Node>(node)) return { value: node.items[Number(step)] };
  if (!isMap<Node, Node | null>(node)) return undefined;
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
  return pair === undefined ? undefined : { key: pair.key, value: pair.value ?? undefined };
}

function startOf(node: Node | undefined): number | undefined {
  return node?.range?.[0];
}

/** The part of plain data that `path` leads to; undefined where it leads nowhere. */
export function valueAt(value: unknown, path: Path): unknown {
  let part = value;
  for (const step of path) {
    if (typeof part !== 'object' || part === null) return undefined;
    part = (part as Readonly<Record<string, unknown>>)[String(step)]; // an array answers too
  }
  return part;
}
