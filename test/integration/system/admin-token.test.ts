import { chmod, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { hasCode } from '../../../src/base/errors.ts';
import { adminSecretIn } from '../../../src/server/admin-token.ts';
import { aFolder } from '../../support/folder.ts';
import type { TestFolder } from '../../support/folder.ts';

const SECRET = '0123456789abcdef0123456789abcdef';

describe('adminSecretIn', () => {
  let folder: TestFolder;
  let path: string;
  beforeEach(async () => {
    folder = await aFolder();
    path = folder.path('admin-token');
  });
  afterEach(() => folder.remove());

  async function refusalOf(text: string, mode = 0o600): Promise<string> {
    await writeFile(path, text);
    await chmod(path, mode);
    try {
      await adminSecretIn(path);
    } catch (error) {
      if (hasCode(error, 'config-invalid')) return error.message;
      throw error;
    }
    throw new Error('it was taken');
  }

  for (const { name, text } of [
    { name: 'alone', text: SECRET },
    { name: 'before the line break that editors add', text: `${SECRET}\n` },
    { name: 'before that of Windows', text: `${SECRET}\r\n` },
  ]) {
    it(`is the text in the file, ${name}`, async () => {
      await writeFile(path, text, { mode: 0o600 });

      expect(await adminSecretIn(path)).to.equal(SECRET);
    });
  }

  for (const mode of [0o600, 0o400, 0o640, 0o440]) {
    it(`takes a file of mode ${mode.toString(8)}`, async () => {
      await writeFile(path, SECRET);
      await chmod(path, mode);

      expect(await adminSecretIn(path)).to.equal(SECRET);
    });
  }

  for (const mode of [0o604, 0o602, 0o620, 0o644, 0o666, 0o444]) {
    it(`refuses a file of mode ${mode.toString(8)}, and says what to run`, async () => {
      const message = await refusalOf(SECRET, mode);

      expect(message).to.include(`(mode ${mode.toString(8)}); run "chmod 600 ${path}"`);
    });
  }

  const REFUSED = [
    { name: 'too short a secret', text: SECRET.slice(1), says: 'has 31 characters, and needs 32' },
    { name: 'nothing', text: '', says: 'has 0 characters' },
    { name: 'two lines', text: `${SECRET}\n${SECRET}\n`, says: 'one line of visible ASCII' },
    { name: 'blanks', text: `${SECRET} `, says: 'one line of visible ASCII' },
    { name: 'what no header carries', text: `${SECRET}ä`, says: 'one line of visible ASCII' },
  ];
  for (const { name, text, says } of REFUSED) {
    it(`refuses a file with ${name}, and repeats nothing of it`, async () => {
      const message = await refusalOf(text);

      expect(message).to.include(`auth.adminTokenFile: ${path}: `).and.to.include(says);
      expect(message).not.to.include(SECRET.slice(1));
    });
  }

  it('refuses a file that is not there', async () => {
    const error = await adminSecretIn(path).catch((thrown: unknown) => thrown);

    expect(String(error)).to.include('it cannot be read').and.to.include(path);
  });
});
