import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import { ROOT } from './install.mjs';
import { run } from './run.mjs';

const COVERAGE = join(ROOT, 'coverage');
const COVERAGE_RAW = join(COVERAGE, 'raw');
const MOCHA = join('node_modules', 'mocha', 'bin', 'mocha.js');
const MOCHA_CONFIG = join('config', 'tooling', 'mocharc.json');
const COMPILED_MOCHA_CONFIG = join('coverage', 'mocharc.json');
const SLOW_TIMEOUT_MS = 60_000;

/** The folder that compiled sources and tests are in. */
export const COMPILED = join(COVERAGE, 'compiled');

/** Whether a folder of `test` has any tests. */
export function hasTests(folder) {
  try {
    return readdirSync(join(ROOT, 'test', folder), { recursive: true }).some((name) =>
      name.endsWith('.test.ts'),
    );
  } catch {
    return false; // there is no such folder
  }
}

/**
 * Compiles sources and tests into coverage/compiled, where they can be measured: over tsx, coverage
 * reports branches that are not in the source.
 */
export async function compile({ limitMs, heldAs }) {
  rmSync(COVERAGE, { recursive: true, force: true });
  for (const folder of [COMPILED, COVERAGE_RAW]) mkdirSync(folder, { recursive: true });
  // package.json makes the compiled files ES modules and answers code that asks for our version.
  cpSync(join(ROOT, 'package.json'), join(COMPILED, 'package.json'));
  for (const folder of ['src', 'test']) copyAssets(folder);
  // Tests that read a sample or a document find it where it is seen from their source.
  for (const folder of ['config', 'docs']) symlinkSync(join(ROOT, folder), join(COMPILED, folder));
  const settings = JSON.parse(readFileSync(join(ROOT, MOCHA_CONFIG), 'utf8'));
  delete settings['node-option']; // compiled tests need no loader
  writeFileSync(join(ROOT, COMPILED_MOCHA_CONFIG), JSON.stringify(settings));
  const tsc = join('node_modules', 'typescript', 'bin', 'tsc');
  const project = join('config', 'tooling', 'tsconfig.coverage.json');
  return run(process.execPath, [tsc, '-p', project], { cwd: ROOT, limitMs, heldAs });
}

/** Runs one compiled suite and records what it covers. */
export function runCompiled(folder, options) {
  const mocha = ['--enable-source-maps', MOCHA, '--config', COMPILED_MOCHA_CONFIG];
  return runMocha(mocha, {
    ...options,
    name: folder,
    specs: [`coverage/compiled/test/${folder}/**/*.test.js`],
    look: 'dot',
    env: { ...options.env, NODE_V8_COVERAGE: COVERAGE_RAW },
  });
}

/** Runs one compiled suite at full speed, which measuring it would take away. */
export function runCompiledFast(folder, options) {
  const mocha = ['--enable-source-maps', MOCHA, '--config', COMPILED_MOCHA_CONFIG];
  const specs = [`coverage/compiled/test/${folder}/**/*.test.js`];
  return runMocha(mocha, { ...options, name: folder, specs, look: 'spec' });
}

/** Runs one slow suite from its sources: the tests of `folder`, but for those of `without`, a folder too. */
export function runSlow({ name, folder = name, without }, options) {
  const mocha = [MOCHA, '--config', MOCHA_CONFIG, '--timeout', String(SLOW_TIMEOUT_MS)];
  const ignored = without === undefined ? [] : ['--ignore', `test/${without}/**`];
  const specs = [...ignored, `test/${folder}/**/*.test.ts`];
  return runMocha(mocha, { ...options, name, specs, look: 'spec' });
}

async function runMocha(command, { name, specs, look, env, limitMs, heldAs }) {
  mkdirSync(COVERAGE, { recursive: true });
  const file = join(COVERAGE, `counts-${name}.json`);
  rmSync(file, { force: true });
  const reporter = ['--reporter', './scripts/lib/mocha-reporter.cjs'];
  const options = ['--reporter-option', `file=${file}`, '--reporter-option', `look=${look}`];
  const ended = await run(process.execPath, [...command, ...reporter, ...options, ...specs], {
    cwd: ROOT,
    env,
    limitMs,
    heldAs,
  });
  const counts = readCounts(file);
  // A test that ends the process ends it with code 0, too.
  if (ended.isOk && counts === undefined) return { isOk: false, reason: 'ended before its end' };
  return { ...ended, counts };
}

function readCounts(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined; // the suite did not come to its end
  }
}

function copyAssets(folder) {
  for (const name of readdirSync(join(ROOT, folder), { recursive: true })) {
    const isAsset = /\.(?!ts$)[a-z0-9]+$/.test(name);
    if (isAsset)
      cpSync(join(ROOT, folder, name), join(COMPILED, folder, name), { recursive: true });
  }
}
