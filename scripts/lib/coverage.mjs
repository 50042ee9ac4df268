import { existsSync, readFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';

import { ROOT } from './install.mjs';
import { run } from './run.mjs';
import { COMPILED } from './suites.mjs';
import { table } from './table.mjs';

const FLOOR_PERCENT = 95;
const GATED = ['domain', 'scheduler', 'convergence'];
const REPORTED = ['ownership', 'scaling'];

/**
 * Prints what the suites cover of the layers that decide, with the places that no test reaches, and
 * compares it with the floor. A gated layer without any code is below it: it has moved.
 */
export async function checkCoverage({ limitMs }) {
  const c8 = join('node_modules', 'c8', 'bin', 'c8.js');
  const command = [c8, 'report', '-c', join('config', 'tooling', 'c8rc.json')];
  const { isOk, reason } = await run(process.execPath, command, { cwd: ROOT, limitMs });
  const report = join(ROOT, 'coverage', 'lcov.info');
  if (!isOk || !existsSync(report)) return { isOk: false, reason: `no report: ${reason}` };

  const files = parseLcov(readFileSync(report, 'utf8')).filter(({ path }) => hasCode(path));
  const layers = [...GATED, ...REPORTED].map((name) => summary(name, files));
  console.log(table([['layer', 'lines', 'branches', 'floor'], ...layers.map(row)]));
  for (const gap of layers.flatMap((layer) => layer.files.flatMap(gaps))) {
    console.log(`not covered: ${gap}`);
  }
  const below = layers.filter(({ isBelow }) => isBelow).map(({ name }) => name);
  return { isOk: below.length === 0, reason: `below the floor: ${below.join(', ')}` };
}

function summary(name, all) {
  const files = all.filter(({ path }) => path.startsWith(`src/${name}/`));
  const [lines, branches] = ['lines', 'branches'].map((kind) => {
    const places = files.flatMap((file) => file[kind]);
    return (100 * places.filter(({ hits }) => hits > 0).length) / places.length;
  });
  const isGated = GATED.includes(name);
  const isBelow = isGated && !(lines >= FLOOR_PERCENT && branches >= FLOOR_PERCENT);
  return { name, files, lines, branches, isGated, isBelow };
}

function row({ name, lines, branches, isGated }) {
  return [`src/${name}`, percent(lines), percent(branches), isGated ? `${FLOOR_PERCENT} %` : '-'];
}

/** Rounded down, so that what is below the floor never looks as if it were not. */
function percent(value) {
  return Number.isNaN(value) ? 'no code' : `${(Math.floor(value * 10) / 10).toFixed(1)} %`;
}

function gaps({ path, lines, branches }) {
  const missed = [lines, branches].map((places) => spans(places.filter(({ hits }) => hits === 0)));
  if (missed.every((text) => text === '')) return [];
  return [`${path}: lines ${missed[0] || '-'}; branches at ${missed[1] || '-'}`];
}

/** `1-3 7` for lines 1, 2, 3 and 7. */
function spans(places) {
  const numbers = [...new Set(places.map(({ line }) => line))].sort((a, b) => a - b);
  const starts = numbers.filter((line) => !numbers.includes(line - 1));
  const ends = numbers.filter((line) => !numbers.includes(line + 1));
  return starts.map((start, at) => (start === ends[at] ? start : `${start}-${ends[at]}`)).join(' ');
}

/** A file of types compiles to nothing and would count as not covered at all. */
function hasCode(path) {
  const compiled = readFileSync(join(COMPILED, path.replace(/\.ts$/, '.js')), 'utf8');
  return compiled.replace(/^\/\/# .*$/m, '').trim() !== 'export {};';
}

function parseLcov(text) {
  return text.split('end_of_record\n').filter(Boolean).map(parseFile);
}

function parseFile(record) {
  const lines = record.split('\n');
  const values = (key) =>
    lines.filter((line) => line.startsWith(key)).map((line) => line.slice(key.length).split(','));
  const place = (line, hits) => ({ line: Number(line), hits: hits === '-' ? 0 : Number(hits) });
  return {
    path: relative(ROOT, resolve(ROOT, values('SF:')[0][0]))
      .split(sep)
      .join('/'),
    lines: values('DA:').map(([line, hits]) => place(line, hits)),
    branches: values('BRDA:').map(([line, , , hits]) => place(line, hits)),
  };
}
