import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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

/** Writes the address whole or not at all: a reader never sees half of it. */
export async function writeAddress(dataFolder: string, address: NodeAddress): Promise<void> {
  const file = addressFile(dataFolder);
  const draft = `${file}.${String(address.pid)}`;
  await writeFile(draft, `${JSON.stringify(address)}\n`, { mode: 0o600 });
  await rename(draft, file);
}

/** Removes the address, unless another node has written its own since. */
export async function removeAddress(dataFolder: string, node: string): Promise<void> {
  const file = addressFile(dataFolder);
  const text = await readFile(file, 'utf8').catch(() => '{}'); // not there: nothing to remove
  const written: unknown = JSON.parse(text);
  if (isJsonObject(written) && written['node'] === node) await rm(file, { force: true });
}
