import Table from 'cli-table3';
import { createColors } from 'picocolors';

import type { Environment } from '../config/load.ts';
import type { Output } from './world.ts';

/** How cells are emphasised; each does nothing where colours are off. */
export interface Colours {
  readonly heading: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  /** What may pass, or needs a look. */
  readonly doubtful: (text: string) => string;
  readonly unknown: (text: string) => string;
}

const NO_BORDER = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '' },
  ...{ right: '', 'right-mid': '', middle: '  ' },
};

/**
 * Colours for a stream: only on a terminal that knows them, and never against the user's word
 * (`--no-color`, or NO_COLOR with any value: no-color.org).
 */
export function coloursFor(
  output: Output,
  wishes: { readonly isColourWanted: boolean; readonly environment: Environment },
): Colours {
  const { isColourWanted, environment } = wishes;
  const isForbidden = !isColourWanted || (environment['NO_COLOR'] ?? '') !== '';
  const isAble = output.isTerminal && environment['TERM'] !== 'dumb';
  const { bold, green, red, yellow, dim } = createColors(isAble && !isForbidden);
  return { heading: bold, good: green, bad: red, doubtful: yellow, unknown: dim };
}

/** Rows under a heading, in aligned columns without lines between them. Cells hold no control characters. */
export function tableOf(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  colours: Colours,
): string {
  const table = new Table({
    chars: NO_BORDER,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  });
  table.push([...heading.map(colours.heading)], ...rows.map((row) => [...row]));
  const lines = table.toString().split('\n');
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

/** Characters that a terminal could take for commands, or that reorder what is around them. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+/gu;

/**
 * Text of others, safe to print. Names come from whoever may call the API; an escape sequence in one
 * could rewrite the screen of the operator who lists it.
 */
export function plain(text: string): string {
  return text.replace(UNPRINTABLE, ' ');
}

/** The same for text of several lines. */
export function plainLines(text: string): string {
  return text.split('\n').map(plain).join('\n');
}

/** Text broken between words into lines of at most `width` characters; a longer word has a line of its own. */
function wrapped(text: string, width: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join('\n');
}

/** Room for the second column of facts beside the longest name of one: together within 100 characters. */
const FACT_WIDTH = 78;

/** Facts as rows of two columns, what is long broken into lines; safe to print. */
export function factRows(
  facts: readonly (readonly [name: string, value: string])[],
): readonly (readonly string[])[] {
  return facts.map(([name, value]) => [plain(name), wrapped(plain(value), FACT_WIDTH)]);
}

/** One JSON document, indented. */
export function jsonDocument(value: unknown): string {
  return `${escaped(JSON.stringify(value, undefined, 2))}\n`;
}

/** One JSON value on one line. */
export function jsonLine(value: unknown): string {
  return `${escaped(JSON.stringify(value))}\n`;
}

/** JSON lets DEL and C1 controls stand as they are, and terminals obey some of them. */
function escaped(json: string): string {
  return json.replace(
    /[\u007f-\u009f]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
