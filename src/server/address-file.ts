import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LutraError, messageOf } from '../base/errors.ts';
import { isJsonObject } from '../base/json.ts';

/** What the command line needs to find the node that uses a data folder. */
export interface NodeAddress {
  readonly url: string;
  readonly pid: number;
  readonly node: string;
}

/** The file in a data folder that says where its node answers. */
export function addressFile(dataFolder: string): string {
  return join(dataFolder, 'node.json');
}

/**
 * Writes the address whole or not at all: a reader never sees half of it. Rejects with `config-invalid`
 * where the data folder cannot hold it.
 */
export async function writeAddress(dataFolder: string, address: NodeAddress): Promise<void> {
  const file = addressFile(dataFolder);
  const draft = `${file}.new`; // always the same name: a crash in between leaves one file, which the next start replaces
  try {
    await writeFile(draft, `${JSON.stringify(address)}\n`, { mode: 0o600 });
    await rename(draft, file);
  } catch (cause) {
    const message = `the node's address cannot be written to ${file}: ${messageOf(cause)}`;
    throw new LutraError('config-invalid', message, { cause });
  }
}

/** Removes the address, unless another node has written its own since. */
export async function removeAddress(dataFolder: string, node: string): Promise<void> {
  const file = addressFile(dataFolder);
  if ((await nodeIn(file)) === node) await rm(file, { force: true });
}

/** The node that wrote the file; undefined where there is none, or it is not an address. */
async function nodeIn(file: string): Promise<unknown> {
  try {
    const written: unknown = JSON.parse(await readFile(file, 'utf8'));
    return isJsonObject(written) ? written['node'] : undefined;
  } catch {
    return undefined; // whatever it is, it is not ours to remove
  }
}
