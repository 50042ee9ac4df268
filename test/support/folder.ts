import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of its own for the files of one test, and how to take it away. */
export interface TestFolder {
  readonly path: (name: string) => string;
  readonly remove: () => Promise<void>;
}

/** Makes an empty folder among the system's temporary files. */
export async function aFolder(): Promise<TestFolder> {
  const folder = await mkdtemp(join(tmpdir(), 'lutra-test-'));
  return {
    path: (name) => join(folder, name),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
