/** Lateness over time with the faults marked, as SVG made by hand. */
import { percentilesOf } from '../bench/statistics.ts';
import type { Sample } from './latenesses.ts';

/** What happened to occurrences that were due in one second. */
export interface Second {
  /** Since the start of the chart. */
  readonly second: number;
  readonly count: number;
  readonly missedCount: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** A fault as it is marked. */
export interface Band {
  /** The name of its row above the lines. */
  readonly kind: string;
  /** All about it, shown where one points at it. */
  readonly label: string;
  readonly fromSecond: number;
  /** When what was done was undone, and when the cluster had recovered. */
  readonly endSecond: number;
  readonly untilSecond: number;
}

/** Sums samples up, second by second. */
export function secondsOf(samples: readonly Sample[], startedAt: number): readonly Second[] {
  const bySecond = new Map<number, { readonly latenesses: number[]; missedCount: number }>();
  for (const { dueAt, at, isMissed } of samples) {
    const second = Math.floor((dueAt - startedAt) / 1000);
    const found = bySecond.get(second) ?? { latenesses: [], missedCount: 0 };
    bySecond.set(second, found);
    if (isMissed) found.missedCount += 1;
    else found.latenesses.push(at - dueAt);
  }
  return [...bySecond]
    .sort(([a], [b]) => a - b)
    .map(([second, { latenesses, missedCount }]) => {
      const { p50, p99, max } = percentilesOf(latenesses.length === 0 ? [0] : latenesses);
      const count = latenesses.length + missedCount;
      return { ...{ second, count, missedCount }, ...{ p50Ms: p50, p99Ms: p99, maxMs: max } };
    });
}

const WIDTH = 1400;
const ROW_HEIGHT = 13;
const TOP = 40;
const PLOT = { left: 130, right: 20, height: 360 };
const LEAST_MS = 1;
const MOST_MS_MIN = 10_000;
const LINES = [
  { key: 'maxMs', name: 'max', color: '#c0392b', width: 1 },
  { key: 'p99Ms', name: 'p99', color: '#e08e0b', width: 1.2 },
  { key: 'p50Ms', name: 'p50', color: '#1f6f54', width: 1.5 },
] as const;

/** Draws the chart. Lateness is on a logarithmic scale, from 1 ms. */
export function chartOf(chart: {
  readonly title: string;
  readonly seconds: readonly Second[];
  readonly bands: readonly Band[];
  readonly boundMs: number;
}): string {
  const { title, seconds, bands } = chart;
  const last = Math.max(
    1,
    ...seconds.map(({ second }) => second),
    ...bands.map((b) => b.untilSecond),
  );
  const most = 10 ** Math.ceil(Math.log10(Math.max(MOST_MS_MIN, ...seconds.map((s) => s.maxMs))));
  const kinds = [...new Set(bands.map(({ kind }) => kind))].sort();
  const top = TOP + kinds.length * ROW_HEIGHT + ROW_HEIGHT;
  const height = top + PLOT.height + 60;
  const scale = {
    top,
    x: (second: number) => rounded(PLOT.left + (second / last) * (WIDTH - PLOT.left - PLOT.right)),
    y: (ms: number) => {
      const share = Math.log10(Math.max(ms, LEAST_MS)) / Math.log10(most);
      return rounded(top + PLOT.height * (1 - share));
    },
  };
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="11">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="white"/>`,
    `<text x="${PLOT.left}" y="22" font-size="15">${escaped(title)}</text>`,
    ...kinds.map((kind, row) => rowNameOf(kind, row)),
    ...bands.map((band) => bandOf(band, kinds.indexOf(band.kind), scale)),
    ...gridOf(most, last, scale),
    `<line x1="${PLOT.left}" x2="${WIDTH - PLOT.right}" y1="${scale.y(chart.boundMs)}" y2="${scale.y(chart.boundMs)}" stroke="#555" stroke-dasharray="6 4"/>`,
    ...LINES.map(({ key, color, width }) => {
      const points = seconds.map((each) => `${scale.x(each.second)},${scale.y(each[key])}`);
      return `<polyline fill="none" stroke="${color}" stroke-width="${width}" points="${points.join(' ')}"/>`;
    }),
    ...legendOf(chart.boundMs, height),
    '</svg>',
    '',
  ].join('\n');
}

interface Scale {
  /** Of the lines; above are the rows of the faults. */
  readonly top: number;
  readonly x: (second: number) => number;
  readonly y: (ms: number) => number;
}

function rowNameOf(kind: string, row: number): string {
  const y = TOP + (row + 1) * ROW_HEIGHT - 3;
  return `<text x="${PLOT.left - 6}" y="${y}" text-anchor="end" fill="#33507a" font-size="10">${escaped(kind)}</text>`;
}

/** The fault itself, paler until the cluster had recovered, over the lines and once more in the row of its kind. */
function bandOf(band: Band, row: number, { x, top }: Scale): string {
  const from = x(band.fromSecond);
  const end = Math.max(x(band.endSecond), from + 1);
  const until = Math.max(x(band.untilSecond), from + 1);
  const rowTop = TOP + row * ROW_HEIGHT;
  const part = (y: number, height: number, to: number, opacity: number): string =>
    `<rect x="${from}" y="${y}" width="${rounded(to - from)}" height="${height}" fill="#4a6fa5" opacity="${opacity}"/>`;
  return [
    `<g><title>${escaped(band.label)}</title>`,
    ...[part(top, PLOT.height, until, 0.12), part(top, PLOT.height, end, 0.2)],
    ...[part(rowTop, ROW_HEIGHT - 3, until, 0.35), part(rowTop, ROW_HEIGHT - 3, end, 0.9)],
    '</g>',
  ].join('');
}

function gridOf(most: number, last: number, { top, x, y }: Scale): readonly string[] {
  const lines: string[] = [];
  for (let ms = LEAST_MS; ms <= most; ms *= 10) {
    const text = ms < 1000 ? `${ms} ms` : `${ms / 1000} s`;
    lines.push(
      `<line x1="${PLOT.left}" x2="${WIDTH - PLOT.right}" y1="${y(ms)}" y2="${y(ms)}" stroke="#ddd"/>`,
      `<text x="${PLOT.left - 6}" y="${y(ms) + 4}" text-anchor="end">${text}</text>`,
    );
  }
  const step = stepOf(last);
  for (let second = 0; second <= last; second += step) {
    const text = step < 60 ? `${second} s` : `${second / 60} min`;
    const bottom = top + PLOT.height;
    lines.push(`<text x="${x(second)}" y="${bottom + 18}" text-anchor="middle">${text}</text>`);
  }
  return lines;
}

/** So that there are at most a dozen marks. */
function stepOf(last: number): number {
  return [5, 10, 30, 60, 300, 600, 1800].find((step) => last / step <= 12) ?? 3600;
}

function legendOf(boundMs: number, height: number): readonly string[] {
  const y = height - 14;
  return [
    ...LINES.map(
      ({ name, color }, index) =>
        `<text x="${PLOT.left + index * 60}" y="${y}" fill="${color}">${name}</text>`,
    ),
    `<text x="${PLOT.left + 200}" y="${y}" fill="#555">lateness of claims by the second in which they were due; dashed: ${boundMs} ms, the bound without faults; bands: faults, paler until recovered</text>`,
  ];
}

function rounded(value: number): number {
  return Number(value.toFixed(1));
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
