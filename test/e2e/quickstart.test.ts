/** `npm run quickstart`, in a copy of the project, so that nobody's data is touched. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { after, afterEach, before, describe, it } from 'mocha';
import { Programs, ROOT } from '../support/built-program.ts';
import type { Exit, Program } from '../support/built-program.ts';
import { eventually } from '../support/eventually.ts';
import { aFolder } from '../support/folder.ts';
import type { TestFolder } from '../support/folder.ts';
import { killAll, markedProcesses, processesWith } from '../support/marked-processes.ts';
import { readStore } from '../support/seeded-store.ts';

/** What the script, the node and the receiver find in their environment, and pass on. */
const MARK = `LUTRA_E2E=${randomUUID()}`;
/** Stands in for npm, which must neither install nor build in a copy whose modules are those of the project. */
const NO_NPM = 'npm-cli.js';
/** Time for the first rule, which is twenty seconds ahead. */
const RUN_SECONDS = 25;

describe('the quickstart', () => {
  const programs = new Programs();
  let folder: TestFolder;
  let first: { readonly exit: Exit; readonly stdout: string; readonly runningAfterwards: number };

  before(async function () {
    this.timeout(120_000);
    folder = await aFolder();
    await copyProject(folder);
    const run = quickstart(['--for', `${String(RUN_SECONDS)}s`]);
    const exit = await run.exited;
    first = { exit, stdout: run.stdout, runningAfterwards: (await running()).length };
  });

  afterEach(async () => {
    await programs.killAll();
    await eventually('nothing runs', async () => {
      const left = await running();
      killAll(left);
      return left.length === 0;
    });
  });

  after(() => folder.remove());

  function quickstart(words: readonly string[]): Program {
    const [name = '', value = ''] = MARK.split('=');
    const script = folder.path(join('scripts', 'quickstart.mjs'));
    return programs.script([script, ...words], {
      cwd: folder.path(''),
      env: { [name]: value, npm_execpath: folder.path(NO_NPM) },
    });
  }

  async function workers(): Promise<readonly { readonly pid: number }[]> {
    const store = folder.path(join('.lutra', 'quickstart', 'lutra.db'));
    return existsSync(store) ? markedProcesses((await readStore(store, [])).identity) : [];
  }

  /** All that it started, and all that this started in turn. */
  async function running(): Promise<readonly { readonly pid: number }[]> {
    return [...processesWith(MARK), ...(await workers())];
  }

  it('shows rules fire and ends well by itself', () => {
    expect(first.exit, first.stdout).to.deep.equal({ code: 0, signal: null });
    expect(first.stdout).to.match(/workers\/burst +fired: planned .* ms late, desired \d → 4/);
    expect(first.stdout).to.match(/workers +actual \d → \d, as desired/);
    expect(first.stdout).to.match(/^workers\/burst +1 +1 +0 +0$/m);
    expect(first.stdout).to.match(/^all well$/m);
  });

  it('leaves nothing running', () => {
    expect(first.runningAfterwards).to.equal(0);
  });

  it('carries on from the same data, and Ctrl-C stops everything', async () => {
    const run = quickstart([]);
    await run.said(/answers at (http\S+)/);
    await eventually('workers run as they did before', async () => (await workers()).length > 0);

    expect(await run.end('SIGINT'), run.stdout).to.deep.equal({ code: 0, signal: null });
    // The receiver has another port now.
    expect(run.stdout).to.include('0 created, 1 changed, 0 deleted, 13 unchanged');
    expect((await running()).length).to.equal(0);
  });

  it('ends what it started when nobody reads any more what it says', async () => {
    const script = folder.path(join('scripts', 'quickstart.mjs'));
    const [name = '', value = ''] = MARK.split('=');
    const shell = spawn('sh', ['-c', `"${process.execPath}" "${script}" | head -n 1`], {
      cwd: folder.path(''),
      env: { ...process.env, [name]: value, npm_execpath: folder.path(NO_NPM) },
      stdio: 'ignore',
    });

    expect(await once(shell, 'close')).to.deep.equal([0, null]);
    expect((await running()).length).to.equal(0);
  });
});

/** Copies what the quickstart needs. Modules are linked one by one: what removes them removes links. */
async function copyProject(folder: TestFolder): Promise<void> {
  for (const name of ['package.json', 'package-lock.json', 'tsconfig.json']) {
    await cp(join(ROOT, name), folder.path(name));
  }
  for (const name of ['config', 'scripts', 'src', 'dist']) {
    await cp(join(ROOT, name), folder.path(name), { recursive: true });
  }
  await mkdir(folder.path('node_modules'));
  for (const name of await readdir(join(ROOT, 'node_modules'))) {
    await symlink(join(ROOT, 'node_modules', name), folder.path(join('node_modules', name)));
  }
  await writeFile(
    folder.path(NO_NPM),
    `console.error('npm ' + process.argv.slice(2).join(' ') + ': run it in the project first');
     process.exit(1);`,
  );
}
