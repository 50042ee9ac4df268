/** A size over time as a chart of text. */

/** One change of a size. */
interface SizeChange {
  /** Milliseconds, on the same scale as the ends of the chart. */
  readonly at: number;
  readonly after: number;
}

/** What a chart shows, and how much room it has. */
export interface ChartInput {
  readonly from: number;
  readonly to: number;
  readonly sizeAtStart: number;
  /** Earliest first, from `from` on and before `to`. */
  readonly changes: readonly SizeChange[];
  /** Characters of a line, the labels included. */
  readonly width: number;
  /** Whether it may have nothing but ASCII in it. */
  readonly isAscii: boolean;
}

const LINES_MAX = 8;
const BLOCKS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const COLUMNS_MIN = 10;

/** Lines of the chart, the highest first. Each column shows the greatest size in its part of the time. */
export function chartOf(input: ChartInput): readonly string[] {
  const highest = Math.max(input.sizeAtStart, ...input.changes.map(({ after }) => after));
  const label = String(highest);
  const columns = Math.max(input.width - label.length - 3, COLUMNS_MIN);
  const sizes = sizesOf(input, columns);
  const lineCount = Math.max(Math.min(highest, LINES_MAX), 1);
  const perLine = Math.max(highest, 1) / lineCount;
  const lines = Array.from({ length: lineCount }, (_, index) => {
    const bottom = (lineCount - 1 - index) * perLine;
    const bars = sizes.map((size) => cellOf((size - bottom) / perLine, input.isAscii)).join('');
    const name = index === 0 ? label : '';
    return `${name.padStart(label.length)} ${input.isAscii ? '|' : '│'}${bars}`.trimEnd();
  });
  const axis = input.isAscii ? `+${'-'.repeat(columns)}` : `└${'─'.repeat(columns)}`;
  return [...lines, `${'0'.padStart(label.length)} ${axis}`];
}

/** The greatest size in each of as many equal parts of the time as there are columns. */
function sizesOf(
  { from, to, sizeAtStart, changes }: ChartInput,
  columns: number,
): readonly number[] {
  const sizes: number[] = [];
  let size = sizeAtStart;
  let next = 0;
  for (let column = 1; column <= columns; column += 1) {
    const end = from + ((to - from) * column) / columns;
    let greatest = size;
    for (let change = changes[next]; change !== undefined && change.at < end;) {
      // What begins with the column is all that it shows of it.
      const isAtBegin = change.at === from + ((to - from) * (column - 1)) / columns;
      size = change.after;
      greatest = isAtBegin ? size : Math.max(greatest, size);
      next += 1;
      change = changes[next];
    }
    sizes.push(greatest);
  }
  return sizes;
}

/** How much of a cell is filled, from 0 (or less) to 1 (or more). */
function cellOf(part: number, isAscii: boolean): string {
  if (part <= 0) return ' ';
  if (isAscii) return '#';
  return BLOCKS[Math.min(Math.max(Math.round(part * 8), 1), 8)] ?? ' ';
}
