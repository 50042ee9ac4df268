import { mkdir, stat, symlink, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { hasCode } from '../../../src/base/errors.ts';
import { makeDataFolder } from '../../../src/server/data-folder.ts';
import { aFolder } from '../../support/folder.ts';
import type { TestFolder } from '../../support/folder.ts';

describe('makeDataFolder', () => {
  let folder: TestFolder;
  beforeEach(async () => {
    folder = await aFolder();
  });
  afterEach(() => folder.remove());

  async function refusalOf(path: string): Promise<string> {
    try {
      await makeDataFolder(path);
    } catch (error) {
      if (hasCode(error, 'config-invalid')) return error.message;
      throw error;
    }
    throw new Error('it was made');
  }

  it('makes it with those above it, for its owner alone', async () => {
    await makeDataFolder(folder.path('a/b/c'));

    for (const name of ['a', 'a/b', 'a/b/c']) {
      const { mode } = await stat(folder.path(name));
      expect(mode & 0o777, name).to.equal(0o700);
    }
  });

  it('leaves one as it is that is there', async () => {
    await mkdir(folder.path('a'), { mode: 0o755 });

    await makeDataFolder(folder.path('a'));

    expect((await stat(folder.path('a'))).mode & 0o777).to.equal(0o755);
  });

  it('makes one that another process makes at the same time', async () => {
    const both = [folder.path('a/b'), folder.path('a/b')];

    await Promise.all(both.map((path) => makeDataFolder(path)));

    expect((await stat(folder.path('a/b'))).isDirectory()).to.be.true;
  });

  it('refuses a file, what is below one, and a link to nowhere', async () => {
    await writeFile(folder.path('file'), '');
    await symlink(folder.path('nowhere'), folder.path('link'));

    expect(await refusalOf(folder.path('file'))).to.match(/cannot be made: .*file is no folder$/);
    expect(await refusalOf(folder.path('file/a'))).to.match(/cannot be made: /);
    expect(await refusalOf(folder.path('link'))).to.match(/cannot be made: EEXIST/);
  });

  it('refuses one that nobody can make, and does not try for ever', async function () {
    // Other systems have no such folder.
    if (process.platform !== 'linux') this.skip();

    const refusals = [await refusalOf('/proc/lutra'), await refusalOf('/proc/lutra/below')];

    for (const refusal of refusals) {
      expect(refusal).to.match(/^the data folder \/proc\/lutra.* cannot be made: ENOENT/);
    }
  });
});
