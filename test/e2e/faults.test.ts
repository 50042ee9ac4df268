import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { after, afterEach, before, describe, it } from 'mocha';
import { ROOT, Programs } from '../support/built-program.ts';
import type { Program } from '../support/built-program.ts';
import { aFolder } from '../support/folder.ts';
import type { TestFolder } from '../support/folder.ts';

const MAIN = join(ROOT, 'test', 'faults', 'main.ts');
/** The run itself takes half of this, on a machine that does nothing else. */
const LIMIT_MS = 120_000;

interface Report {
  readonly seed: number;
  readonly checks: readonly { readonly isKept: boolean }[];
  readonly kinds: readonly { readonly kind: string; readonly occurrenceCount: number }[];
}

describe('npm run faults', () => {
  const programs = new Programs();
  let folder: TestFolder;
  before(async () => {
    folder = await aFolder();
  });
  afterEach(() => programs.killAll());
  after(() => folder.remove());

  function faults(line: string): Program {
    const words = ['--import', 'tsx', MAIN, ...line.split(' ')];
    return programs.script(words, { env: { NO_COLOR: '1' } });
  }

  it('keeps every promise while faults strike, and draws what it saw', async function () {
    this.timeout(LIMIT_MS);
    const line = `--for 25s --nodes 3 --policies 200 --ttl 3s --seed 7 --output ${folder.path('')}`;

    const run = faults(`${line} --only node-killed,etcd-cut,member-killed,store-slow`);

    const exit = await run.exited;
    const lines = run.stdout.trimEnd().split('\n');
    expect(exit.code, `${run.stdout}\n${run.stderr}`).to.equal(0);
    expect(lines[0]).to.equal('seed 7');
    expect(lines.at(-1)).to.match(/^KEPT \(every-fault, seed 7\): \d+ faults of \d kinds, /);
    const report = JSON.parse(await readFile(folder.path('report.json'), 'utf8')) as Report;
    expect(report.seed).to.equal(7);
    expect(report.checks.every(({ isKept }) => isKept)).to.equal(true);
    // A short fault may fall between two seconds, at which everything is due: of some, nothing is to be said.
    const struck = report.kinds.filter(({ kind }) => kind !== 'none');
    expect(struck.some(({ occurrenceCount }) => occurrenceCount > 0)).to.equal(true);
    expect(await readFile(folder.path('chart.svg'), 'utf8')).to.include('member-killed');
  });

  it('refuses what it does not understand, and names it', async function () {
    this.timeout(LIMIT_MS);

    const run = faults('--only node-killed,meteor');

    expect(await run.exited).to.deep.equal({ code: 64, signal: null });
    expect(run.stderr).to.match(/^--only: there is no fault "meteor"; there are node-killed, /);
  });
});
