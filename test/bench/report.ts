/** What a benchmark found, for people and for programs: both are made from the same rows. */
import Table from 'cli-table3';
import type { Machine } from './machine.ts';

/** One figure, rounded to what its noise allows; undefined where it does not apply. */
type Figure = number | string | undefined;

/** Heads a column and names its figure in the rows. The unit is part of the name. */
interface Column {
  readonly key: string;
  readonly title: string;
}

/** What is promised, and what was found. */
interface Verdict {
  readonly promise: string;
  readonly found: string;
  readonly isKept: boolean;
}

/** One question and its answer. */
export interface Section {
  readonly name: string;
  readonly title: string;
  /** How it was measured: sentences. */
  readonly method: readonly string[];
  readonly columns: readonly Column[];
  readonly rows: readonly Readonly<Record<string, Figure>>[];
  readonly verdicts: readonly Verdict[];
}

/** Everything that one run of a benchmark found. */
export interface Report {
  readonly bench: string;
  /** Small sizes: shows that it works, not how fast it is. */
  readonly isQuick: boolean;
  /** The promised counts. */
  readonly isFull: boolean;
  readonly machine: Machine;
  readonly sections: readonly Section[];
}

/** The machine in a few lines. */
export function machineText(machine: Machine): string {
  const { cores, cpu, memoryGb, node, sqlite, fileSystem, syncMs, load } = machine;
  return [
    `Machine: ${String(cores)} × ${cpu}, ${String(memoryGb)} GB; Node ${node}; SQLite ${sqlite}`,
    `Data on ${fileSystem}: 4 KiB written and synced in ${String(syncMs)} ms (median)`,
    `Load at the start: ${String(load)}${load > cores ? ', more than there are cores: figures suffer' : ''}`,
  ].join('\n');
}

/** A section as a table with its method above and its verdicts below. */
export function sectionText(section: Section): string {
  const table = new Table({
    head: section.columns.map(({ title }) => title),
    colAligns: section.columns.map((_, index) => (index === 0 ? 'left' : 'right')),
    style: { head: [], border: [], compact: true },
  });
  table.push(...section.rows.map((row) => section.columns.map(({ key }) => figureText(row[key]))));
  return [
    `\n${section.title}`,
    ...section.method.map((sentence) => `  ${sentence}`),
    table.toString(),
    ...section.verdicts.map(verdictText),
  ].join('\n');
}

/** The report as one line of JSON: the same figures as in the tables. */
export function reportLine(report: Report): string {
  const { bench, isQuick, isFull, machine, sections } = report;
  const found = sections.map(({ name, title, method, rows, verdicts }) => ({
    ...{ name, title, method, rows, verdicts },
  }));
  return JSON.stringify({ bench, isQuick, isFull, machine, sections: found });
}

function verdictText({ promise, found, isKept }: Verdict): string {
  return `${isKept ? 'kept    ' : 'NOT KEPT'}  ${promise}: ${found}`;
}

function figureText(figure: Figure): string {
  if (figure === undefined) return '-';
  return typeof figure === 'number' ? figure.toLocaleString('en-US') : figure;
}
