import { chmod, readdir, stat, writeFile } from 'node:fs/promises';

import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';

import { systemRandom } from '../../../src/adapters/system/random.ts';
import { sharedSigningKey, signingKey } from '../../../src/server/signing-key.ts';
import { rejection } from '../../contract/store-fixture.ts';
import { aFolder } from '../../support/folder.ts';
import type { TestFolder } from '../../support/folder.ts';

describe('signingKey', () => {
  let folder: TestFolder;
  let file: string;

  beforeEach(async () => {
    folder = await aFolder();
    file = folder.path('key');
  });

  afterEach(() => folder.remove());

  it('makes a key that its owner alone can read, and nothing else', async () => {
    const key = await signingKey(file, systemRandom);

    expect(key.toString()).to.match(/^[0-9a-f]{64}$/);
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
    expect(await readdir(folder.path('.'))).to.deep.equal(['key']);
  });

  it('keeps the key that is there', async () => {
    await writeFile(file, 'ours');

    expect((await signingKey(file, systemRandom)).toString()).to.equal('ours');
  });

  it('gives all that start at once the key of one of them', async () => {
    const keys = await Promise.all(Array.from({ length: 8 }, () => signingKey(file, systemRandom)));

    expect(new Set(keys.map(String)).size).to.equal(1);
  });

  it('refuses a file that is empty, and says what to do', async () => {
    await writeFile(file, '');
    await chmod(file, 0o600);

    const error = await signingKey(file, systemRandom).catch((thrown: unknown) => thrown);

    expect(error).to.have.property('code', 'config-invalid');
    expect(error).to.have.property('message').that.includes('remove it');
  });
});

describe('sharedSigningKey', () => {
  let folder: TestFolder;
  let file: string;

  beforeEach(async () => {
    folder = await aFolder();
    file = folder.path('key');
  });

  afterEach(() => folder.remove());

  it('is what is in the file', async () => {
    await writeFile(file, 'secret');

    expect((await sharedSigningKey(file)).toString()).to.equal('secret');
  });

  it('is never made up: other nodes would have another', async () => {
    const error = await rejection(sharedSigningKey(file));

    expect(String(error)).to.match(/not there.*same key.*signingKeyFile/);
    expect(await readdir(folder.path('.'))).to.deep.equal([]);
  });

  it('is not a line break', async () => {
    await writeFile(file, '\n');

    const error = String(await rejection(sharedSigningKey(file)));
    expect(error).to.match(/it is empty.*same key.*signingKeyFile/);
    expect(error).not.to.contain('remove it');
  });
});
