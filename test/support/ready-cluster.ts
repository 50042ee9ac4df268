/** What comes before the nodes of a cluster: a program that is built, and a cluster that is made. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from './built-program.ts';
import type { Programs } from './built-program.ts';

/** Builds the program where it is older than its sources, as every script does it that needs it. */
export async function makeReady(): Promise<void> {
  const path = join(ROOT, 'scripts', 'lib', 'ready.mjs');
  const script = (await import(pathToFileURL(path).href)) as {
    readonly makeReady: () => Promise<void>;
  };
  await script.makeReady();
}

/** Makes the cluster of these settings as its operator does. */
export async function makeCluster(
  programs: Programs,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const made = programs.lutra(['cluster', 'init'], { env });
  const { code } = await made.exited;
  if (code !== 0) throw new Error(`lutra cluster init: ${made.stdout}${made.stderr}`);
}

/** Sees to it that programs end with this process, however that ends. Returns what undoes this. */
export function endWithUs(programs: Programs): () => Promise<void> {
  const end = (): void => void programs.killAll();
  const exit = (): never => process.exit(143);
  process.once('exit', end).once('SIGTERM', exit).once('SIGINT', exit);
  return () => {
    process.off('exit', end).off('SIGTERM', exit).off('SIGINT', exit);
    return Promise.resolve();
  };
}
