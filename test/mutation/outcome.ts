import type { Defect } from './defect.ts';

/** What came of one planted defect. */
export type Outcome =
  | { readonly kind: 'caught'; readonly by: CaughtBy }
  | { readonly kind: 'missed'; readonly why: string }
  /** What would catch it cannot run here. */
  | { readonly kind: 'skipped'; readonly why: string };

type CaughtBy =
  /** The first seed that fails, and the rule that is broken there first. */
  | { readonly kind: 'seed'; readonly seed: number; readonly rule: string; readonly what: string }
  /** `failedCount`: how many tests of the file fail, that one included. */
  | {
      readonly kind: 'test';
      readonly file: string;
      readonly title: string;
      readonly failedCount: number;
    };

export interface Tried {
  readonly defect: Defect;
  readonly outcome: Outcome;
}

/** The outcome on one line. */
export function outcomeText(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'caught': {
      const { by } = outcome;
      return by.kind === 'seed' ? `seed ${String(by.seed)}: ${by.rule}` : `${by.file}: ${by.title}`;
    }
    case 'missed':
      return `NOT CAUGHT: ${outcome.why}`;
    case 'skipped':
      return `not tried: ${outcome.why}`;
  }
}

const BEGIN = '<!-- The table is written by npm run mutate -- --write. -->';
const END = '<!-- End of the table. -->';

/** The document with its table made anew. Throws where it has no place for one. */
export function withTable(document: string, tried: readonly Tried[]): string {
  const [before, rest] = document.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) {
    throw new Error(`the document has no lines "${BEGIN}" and "${END}"`);
  }
  return `${before}${BEGIN}\n\n${tableOf(tried).join('\n')}\n\n${END}${after}`;
}

/** As prettier would lay it out. */
function tableOf(tried: readonly Tried[]): readonly string[] {
  const rows = [
    ['Defect', 'What the code does with it', 'Caught by'],
    ...tried.map(({ defect, outcome }) => [
      `\`${defect.name}\``,
      cell(defect.about),
      cell(caughtText(outcome)),
    ]),
  ];
  const widths = [0, 1, 2].map((column) =>
    Math.max(3, ...rows.map((row) => Array.from(row[column] ?? '').length)),
  );
  const line = (texts: readonly string[]): string =>
    `| ${widths.map((width, column) => padded(texts[column] ?? '', width)).join(' | ')} |`;
  const [head = [], ...body] = rows;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)];
}

function caughtText(outcome: Outcome): string {
  if (outcome.kind !== 'caught') return outcomeText(outcome);
  const { by } = outcome;
  return by.kind === 'seed'
    ? `simulation, seed ${String(by.seed)}: ${by.rule}`
    : `\`${by.file}\`: ${by.title}`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function padded(text: string, width: number): string {
  return text + ' '.repeat(width - Array.from(text).length);
}
