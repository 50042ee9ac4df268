/**
 * The sample Dockerfile, acted out in folders: no container engine is needed, and the image itself is not made.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { Programs, ROOT, urlOf } from '../support/built-program.ts';
import { actOut, commandsOf, copiesOf, readStages } from '../support/dockerfile.ts';
import type { Outcome, Stage } from '../support/dockerfile.ts';
import { aFolder } from '../support/folder.ts';
import type { TestFolder } from '../support/folder.ts';

const DEPLOY = join(ROOT, 'config', 'deploy');
/** What a build may not be able to reach; everything else that fails is a fault of ours. */
const NO_NETWORK = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH/;

describe('the sample image', () => {
  const programs = new Programs();
  let folder: TestFolder;
  let stages: readonly Stage[];

  before(async () => {
    folder = await aFolder();
    stages = await readStages(join(DEPLOY, 'Dockerfile'));
  });

  after(async () => {
    await programs.killAll();
    await folder.remove();
  });

  it('copies files that are there, and that are sent to the builder', async () => {
    const ignore = await readFile(join(DEPLOY, 'Dockerfile.dockerignore'), 'utf8');
    const sent = ignore
      .split('\n')
      .flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []));
    const copied = stages
      .flatMap(copiesOf)
      .flatMap(({ from, sources }) => (from === undefined ? sources : []));

    for (const source of copied) expect(existsSync(join(ROOT, source)), source).to.equal(true);
    expect([...new Set(copied)].sort()).to.deep.equal(sent.sort());
  });

  it('is built from what is copied alone, and serves without any script of a package', async function () {
    this.timeout(300_000);
    const places = {
      context: ROOT,
      rootOf: (stage: string) => folder.path(join('stages', stage)),
      env: environmentOfBuild(),
    };
    const last = stages.at(-1);
    if (last === undefined) throw new Error('the Dockerfile has no stages');
    const earlier = stages.slice(0, -1);
    const acted = await Promise.all(earlier.map((stage) => actOut(stage, places, { isRun: true })));
    for (const outcomes of acted) {
      if (lacksNetwork(outcomes)) {
        console.log(`      SKIPPED: the registry cannot be reached:\n${outcomes.at(-1)?.output}`);
        this.skip();
      }
      for (const { code, command, output } of outcomes) {
        expect(code, `${command}\n${output}`).to.equal(0);
      }
    }
    expect(acted.map((outcomes) => outcomes.length)).to.deep.equal(
      earlier.map((stage) => commandsOf(stage).length),
    );
    // Its commands are about the image's own users and folders.
    await actOut(last, places, { isRun: false });

    const main = join(places.rootOf(last.name), 'opt', 'lutra', 'dist', 'main.js');
    const words = [main, 'serve', '--data', folder.path('data'), '--port', '0'];
    const node = programs.script(words, { cwd: folder.path('') });
    const ready = await fetch(`${await urlOf(node)}/health/ready`);

    expect(ready.status).to.equal(200);
    expect(await node.end('SIGTERM')).to.deep.equal({ code: 0, signal: null });
  });
});

/** Packages that were fetched before are not fetched again. */
function environmentOfBuild(): NodeJS.ProcessEnv {
  const isOurs = (name: string): boolean => !/^(npm_|NODE_|LUTRA_)/.test(name);
  const inherited = Object.entries(process.env).filter(([name]) => isOurs(name));
  return { ...Object.fromEntries(inherited), npm_config_prefer_offline: 'true' };
}

function lacksNetwork(outcomes: readonly Outcome[]): boolean {
  const failed = outcomes.find(({ code }) => code !== 0);
  return failed?.command.startsWith('npm ci') === true && NO_NETWORK.test(failed.output);
}
