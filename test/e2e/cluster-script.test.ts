/** `npm run cluster`, with its data in a folder of the test. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { after, afterEach, before, describe, it } from 'mocha';
import { Programs, ROOT } from '../support/built-program.ts';
import type { Exit, Program } from '../support/built-program.ts';
import { eventually } from '../support/eventually.ts';
import { aFolder } from '../support/folder.ts';
import type { TestFolder } from '../support/folder.ts';
import { killAll, processesWith } from '../support/marked-processes.ts';

/** What the script and all that it starts find in their environment. */
const [MARK_NAME, MARK_VALUE] = ['LUTRA_E2E', randomUUID()];
const SCRIPT = join(ROOT, 'scripts', 'cluster.mjs');
/** Stands in for npm, which must neither install nor build while tests run. */
const NO_NPM = 'npm-cli.js';
/** A line of the table: who owns how many partitions of a region. */
const OWNED = /^(\S+) +(n\d)-[0-9a-f]{8} +\S+ +well +\d+ +http:\S+ +(\d+)/gm;

describe('the cluster script', function () {
  this.timeout(120_000);
  const programs = new Programs();
  let folder: TestFolder;
  let first: { readonly exit: Exit; readonly stdout: string; readonly runningAfterwards: number };

  before(async () => {
    folder = await aFolder();
    await writeFile(
      folder.path(NO_NPM),
      `console.error('npm ' + process.argv.slice(2).join(' ') + ': run it in the project first');
       process.exit(1);`,
    );
    const run = cluster([
      ...['--nodes', '2', '--regions', 'east,west', '--redis-per-region'],
      ...['--fsync', 'always', '--for', '2s'],
    ]);
    const exit = await run.exited;
    first = { exit, stdout: run.stdout + run.stderr, runningAfterwards: running().length };
  });

  afterEach(async () => {
    await programs.killAll();
    await eventually('nothing runs', () => {
      killAll(running());
      return running().length === 0;
    });
  });

  after(() => folder.remove());

  function environment(): Readonly<Record<string, string>> {
    return { [MARK_NAME]: MARK_VALUE, npm_execpath: folder.path(NO_NPM) };
  }

  function cluster(words: readonly string[]): Program {
    const all = [SCRIPT, '--no-install', '--data', folder.path('cluster'), ...words];
    return programs.script(all, { env: environment() });
  }

  function running(): readonly { readonly pid: number }[] {
    return processesWith(`${MARK_NAME}=${MARK_VALUE}`);
  }

  it('gives every partition of every region an owner, and ends well by itself', () => {
    expect(first.exit, first.stdout).to.deep.equal({ code: 0, signal: null });
    const owned = ownedIn(first.stdout);
    expect([...owned.keys()].sort(), first.stdout).to.deep.equal(['east', 'west']);
    for (const counts of owned.values()) expect(sum([...counts.values()])).to.equal(64);
  });

  it('leaves nothing running', () => {
    expect(first.runningAfterwards).to.equal(0);
  });

  it('refuses a folder that was made for other regions, and says which', async () => {
    const run = cluster(['--regions', 'north']);

    expect(await run.exited).to.deep.equal({ code: 1, signal: null });
    expect(run.stderr).to.include('was made with --regions east,west --redis-per-region');
  });

  it('carries on from the same data, shows a node that was killed, and Ctrl-C stops everything', async () => {
    const run = cluster(['--nodes', '2']);
    const pid = await run.said(/kill -9 (\d+)/);
    killAll([{ pid: Number(pid) }]);
    await run.said(new RegExp(`(n1) \\(PID ${pid}\\) ended by SIGKILL`));

    expect(await run.end('SIGINT'), run.stdout).to.deep.equal({ code: 0, signal: null });
    expect(running().length).to.equal(0);
  });

  it('ends what it started when nobody reads any more what it says', async () => {
    const command = `"${process.execPath}" "${SCRIPT}" --no-install --data "${folder.path('cluster')}" | head -n 1`;
    const shell = spawn('sh', ['-c', command], { env: { ...process.env, ...environment() } });
    let said = '';
    shell.stdout.on('data', (chunk: Buffer) => (said += String(chunk)));

    expect(await once(shell, 'close')).to.deep.equal([0, null]);
    expect(said).to.match(/^starting etcd-1, etcd-2, etcd-3, redis-east/);
    expect(running().length).to.equal(0);
  });

  const WRONG = [
    { words: ['--nodes', '0'], right: '--nodes takes a number from 1 to 20, received "0"' },
    { words: ['--regions', 'a,,b'], right: '--regions takes names of small letters' },
    { words: ['--regions', 'a,a'], right: 'each once' },
    { words: ['--fsync', 'no'], right: '--fsync takes everysec or always, received "no"' },
    { words: ['--for', '5'], right: '--for takes a duration such as 150s or 5m, received "5"' },
    { words: ['--node', '3'], right: "Unknown option '--node'" },
  ];
  for (const { words, right } of WRONG) {
    it(`refuses ${words.join(' ')} and says what would be right`, async () => {
      const run = programs.script([SCRIPT, ...words], { env: environment() });

      expect(await run.exited).to.deep.equal({ code: 64, signal: null });
      expect(run.stderr).to.include(right);
      expect(run.stderr).to.include('Usage: npm run cluster');
    });
  }

  it('leaves a folder alone that holds something else, even when it is to begin anew', async () => {
    const words = [SCRIPT, '--no-install', '--fresh', '--data', folder.path('')];
    const run = programs.script(words, { env: environment() });

    expect(await run.exited).to.deep.equal({ code: 1, signal: null });
    expect(run.stderr).to.include('holds something else');
  });
});

/** From the last table that was shown: by region, how many partitions each node owns. */
function ownedIn(stdout: string): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const owned = new Map<string, Map<string, number>>();
  for (const [, region = '', node = '', count] of stdout.matchAll(OWNED)) {
    owned.set(region, (owned.get(region) ?? new Map<string, number>()).set(node, Number(count)));
  }
  return owned;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
