import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';

import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';

import { addressFile, removeAddress, writeAddress } from '../../../src/server/address-file.ts';
import { aFolder } from '../../support/folder.ts';
import type { TestFolder } from '../../support/folder.ts';

const ADDRESS = { url: 'http://127.0.0.1:1', pid: 1, node: 'one' };

describe('the address file', () => {
  let folder: TestFolder;
  let path: string;

  beforeEach(async () => {
    folder = await aFolder();
    path = folder.path('.');
  });

  afterEach(() => folder.remove());

  it('holds the address and nothing is left beside it', async () => {
    await writeAddress(path, ADDRESS);

    const text = await readFile(addressFile(path), 'utf8');
    expect(JSON.parse(text)).to.deep.equal(ADDRESS);
    expect(await readdir(path)).to.deep.equal(['node.json']);
  });

  it('is removed by the node that wrote it', async () => {
    await writeAddress(path, ADDRESS);

    await removeAddress(path, 'one');

    expect(await readdir(path)).to.deep.equal([]);
  });

  it('is left alone where another node has written it since, or where it is no address', async () => {
    for (const text of [JSON.stringify({ ...ADDRESS, node: 'two' }), 'half {']) {
      await writeFile(addressFile(path), text);

      await removeAddress(path, 'one');

      expect(await readdir(path)).to.deep.equal(['node.json']);
    }
  });

  it('is refused with its path where it cannot be written', async () => {
    await mkdir(addressFile(path));

    const error = await writeAddress(path, ADDRESS).catch((thrown: unknown) => thrown);

    expect(error).to.have.property('code', 'config-invalid');
    expect(error).to.have.property('message').that.includes(addressFile(path));
  });
});
