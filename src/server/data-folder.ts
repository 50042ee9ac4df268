import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { LutraError, messageOf } from '../base/errors.ts';

/** Makes the data folder with those above it, where it is not there. Rejects with `config-invalid` where that cannot be. */
export async function makeDataFolder(folder: string): Promise<void> {
  try {
    await makeWithParents(resolve(folder));
  } catch (cause) {
    const message = `the data folder ${folder} cannot be made: ${messageOf(cause)}`;
    throw new LutraError('config-invalid', message, { cause });
  }
}

/**
 * Not by Node's own recursive mkdir: below /proc, where nothing can be made although the folder above is there, that
 * one tries for ever.
 */
async function makeWithParents(folder: string): Promise<void> {
  const missing: string[] = [];
  for (let above = folder; !(await isFolder(above)); above = dirname(above)) {
    missing.unshift(above);
  }
  for (const path of missing) {
    try {
      await mkdir(path, { mode: 0o700 });
    } catch (error) {
      // Another process may have made it meanwhile.
      if (codeOf(error) !== 'EEXIST' || !(await isFolder(path))) throw error;
    }
  }
}

/** False where there is nothing. Rejects where there is something else, or nobody can tell. */
async function isFolder(path: string): Promise<boolean> {
  try {
    if ((await stat(path)).isDirectory()) return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
  throw new Error(`${path} is no folder`);
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
