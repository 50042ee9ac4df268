import { existsSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

import { ROOT } from './install.mjs';
import { run } from './run.mjs';
import { COMPILED } from './suites.mjs';
import { table } from './table.mjs';

const FLOOR_PERCENT = 95;
const GATED = ['domain', 'scheduler', 'convergence'];
const REPORTED = ['ownership', 'scaling'];

/**
 * Compares what the suites covered with the floor, for the layers that decide, and prints it; for
 * a layer below the floor, also the places that no test reaches.
 */
export async function checkCoverage({ limitMs }) {
  const c8 = join('node_modules', 'c8', 'bin', 'c8.js');
  const command = [c8, 'report', '-c', join('config', 'tooling', 'c8rc.json')];
  const { isOk, reason } = await run(process.execPath, command, { cwd: ROOT, limitMs });
  const report = join(ROOT, 'coverage', 'lcov.info');
  if (!isOk || !existsSync(report)) return { isOk: false, reason: `no report: ${reason}` };

  const files = parseLcov(readFileSync(report, 'utf8')).filter(({ path }) => hasCode(path));
  const layers = [...GATED, ...REPORTED].map((name) => summary(name, files));
  const below = layers.filter((layer) => layer.isGated && layer.isBelow);

  const rows = layers.map(({ name, lines, branches, isGated }) => [
    `src/${name}`,
    percent(lines),
    percent(branches),
    isGated ? `${FLOOR_PERCENT} %` : '-',
  ]);
  console.log(table([['layer', 'lines', 'branches', 'floor'], ...rows]));
  layers
    .filter((layer) => layer.isBelow)
    .flatMap(({ files: own }) => own.flatMap(gaps))
    .forEach((gap) => {
      console.log(`  not covered: ${gap}`);
    });
  return {
    isOk: below.length === 0,
    reason: `below the floor: ${below.map(({ name }) => name).join(', ')}`,
  };
}

function summary(name, files) {
  const own = files.filter(({ path }) => path.startsWith(`src/${name}/`));
  const lines = share(own.map((file) => file.lines));
  const branches = share(own.map((file) => file.branches));
  const isBelow = [lines, branches].some((value) => value < FLOOR_PERCENT);
  return { name, files: own, lines, branches, isGated: GATED.includes(name), isBelow };
}

/** Hits over places, in percent; no place at all is fully covered. */
function share(counts) {
  const places = counts.flat();
  return places.length === 0
    ? 100
    : (100 * places.filter(({ hits }) => hits > 0).length) / places.length;
}

function gaps({ path, lines, branches }) {
  const missed = (places) => [
    ...new Set(places.filter(({ hits }) => hits === 0).map(({ line }) => line)),
  ];
  const [noLine, noBranch] = [missed(lines), missed(branches)];
  if (noLine.length + noBranch.length === 0) return [];
  return [`${path} lines ${noLine.join(' ') || '-'} · branches at ${noBranch.join(' ') || '-'}`];
}

/** A file of types compiles to nothing and would count as not covered at all. */
function hasCode(path) {
  const compiled = join(COMPILED, path.replace(/\.ts$/, '.js'));
  const text = existsSync(compiled) ? readFileSync(compiled, 'utf8') : '';
  return text.replace(/^\/\/# .*$/m, '').trim() !== 'export {};';
}

function parseLcov(text) {
  return text
    .split('end_of_record')
    .map((record) => record.trim().split('\n'))
    .filter((record) => record.some((line) => line.startsWith('SF:')))
    .map((record) => {
      const values = (key) =>
        record
          .filter((line) => line.startsWith(key))
          .map((line) => line.slice(key.length).split(','));
      const [[file]] = values('SF:');
      return {
        path: relative(ROOT, join(ROOT, file)).split(sep).join('/'),
        lines: values('DA:').map(([line, hits]) => ({ line, hits: Number(hits) })),
        branches: values('BRDA:').map(([line, , , hits]) => ({ line, hits: Number(hits) || 0 })),
      };
    });
}

function percent(value) {
  return `${(Math.floor(value * 10) / 10).toFixed(1)} %`;
}
