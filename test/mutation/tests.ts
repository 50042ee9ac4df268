/** Whether a test notices a defect. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runNode } from './command.ts';
import type { Catcher } from './defect.ts';
import type { Build } from './plant.ts';

export type TestCatcher = Extract<Catcher, { readonly kind: 'test' }>;

/** The tests of one file, by what became of them; whole titles. */
export interface FileResult {
  readonly passed: readonly string[];
  readonly failed: readonly string[];
}

const TEST_TIMEOUT_MS = 20_000;
/** The tests of a file tell nothing before they have all ended. */
const FILE_MAX_MS = 300_000;

/** Runs one file of tests in a build. Throws where it does not come to its end. */
export async function runTests(
  build: Build,
  file: string,
  signal: AbortSignal,
): Promise<FileResult> {
  const folder = mkdtempSync(join(tmpdir(), 'lutra-mutation-tests-'));
  const output = join(folder, 'result.json');
  const mocha = resolve('node_modules/mocha/bin/mocha.js');
  const options = ['--no-config', '--no-package', '--exit', '--timeout', String(TEST_TIMEOUT_MS)];
  const reporter = ['--reporter', 'json', '--reporter-option', `output=${output}`];
  try {
    const ended = await runNode([mocha, ...options, ...reporter, file.replace(/\.ts$/, '.js')], {
      ...{ cwd: build, silenceMs: FILE_MAX_MS, signal },
    });
    const result = readResult(output);
    if (result !== undefined) return result;
    const why = ended.isStuck ? 'it went on for too long' : ended.errors.trim().slice(-500);
    throw new Error(`${file} did not come to its end: ${why}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readResult(path: string): FileResult | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  const { passes, failures } = JSON.parse(text) as Record<
    'passes' | 'failures',
    readonly { readonly fullTitle: string }[]
  >; // as mocha writes it
  return {
    passed: passes.map(({ fullTitle }) => fullTitle),
    failed: failures.map(({ fullTitle }) => fullTitle),
  };
}

/** Why the result shows that the defect was not caught as it should be; undefined where it was. */
export function escapeOf(title: string, sound: FileResult, result: FileResult): string | undefined {
  if (!sound.passed.includes(title)) {
    return `without the defect "${title}" does not pass, or there is no such test`;
  }
  if (!result.failed.includes(title)) return `"${title}" passes all the same`;
  // What cannot run at all fails everywhere, and shows nothing.
  const mustPass = sound.passed.length > 1;
  if (mustPass && result.passed.length === 0) return 'no test of the file passes any more';
  return undefined;
}
