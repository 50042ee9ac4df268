/** Installs the peers in their folder, and finds the Node that all workers run on. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isAsLocked } from './locked.ts';
import type { Lock } from './locked.ts';

/** The folder of the peers' own package.json. */
const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const MODULES = join(FOLDER, 'node_modules');
/** What the newest of the peers ask for. */
const NODE_FLOOR = [22, 18] as const;

/** Makes the peers' node_modules what their lock says, and does nothing where it already is. */
export async function installPeers(progress: (text: string) => void): Promise<void> {
  const wanted = await readLock(join(FOLDER, 'package-lock.json'));
  const installed = await readLock(join(MODULES, '.package-lock.json'));
  if (wanted === undefined) throw new Error('the lock of the peers is not there');
  if (isAsLocked(wanted, installed)) return;
  progress('installing the peers');
  const args = ['ci', '--prefix', FOLDER, '--ignore-scripts', '--no-audit', '--no-fund'];
  await run('npm', [...args, '--loglevel=error']);
}

/** Of the peers, by name. */
export async function versionOf(packageName: string): Promise<string> {
  const path = join(MODULES, packageName, 'package.json');
  return (JSON.parse(await readFile(path, 'utf8')) as { readonly version: string }).version;
}

/**
 * The Node of all workers, Lutra's among them: this one, or the one that is installed beside the peers where
 * this one is too old for them. Undefined where there is none.
 */
export function nodeForWorkers(): string | undefined {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isNewEnough = major > NODE_FLOOR[0] || (major === NODE_FLOOR[0] && minor >= NODE_FLOOR[1]);
  if (isNewEnough) return process.execPath;
  const path = join(MODULES, `node-${process.platform}-${process.arch}`, 'bin', 'node');
  return existsSync(path) ? path : undefined;
}

/** Runs a program; what it says goes to standard error. Rejects unless it ends well. */
export async function run(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  child.stdout.pipe(process.stderr);
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${[command, ...args].join(' ')} ended with ${String(code)}`);
}

async function readLock(path: string): Promise<Lock | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Lock;
  } catch {
    return undefined;
  }
}
