import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { run } from './run.mjs';

/** The top of the repository. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const INSTALL_LIMIT_MS = 10 * 60_000;

/**
 * What is wrong with the running Node, as a sentence; undefined where it will do.
 * The floor is the one in package.json, so that it is written once.
 */
export function nodeComplaint(version = process.versions.node) {
  const { engines } = readJson(join(ROOT, 'package.json'));
  const floor = engines.node.replace('>=', '');
  if (compareVersions(version, floor) >= 0) return undefined;
  return `Lutra needs Node ${floor} or newer; this is ${version} (${process.execPath}).`;
}

/**
 * Makes node_modules what package-lock.json says, and does nothing where it already is.
 *
 * npm's own record of what it installed is compared with the lock, not a stamp of ours: so a tree
 * that somebody installed by hand is recognised, and one that was interrupted is not.
 */
export async function ensureInstalled() {
  if (isInstalled()) return { isOk: true };
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  const { isOk, reason } = await npm(args, { limitMs: INSTALL_LIMIT_MS });
  return { isOk, reason: `npm ${args.join(' ')}: ${reason}` };
}

/** Runs npm: the one that started us, where one did. */
export function npm(args, options) {
  const starter = process.env.npm_execpath;
  const isNpm = starter?.endsWith('npm-cli.js') === true;
  const [command, ...first] = isNpm ? [process.execPath, starter] : ['npm'];
  return run(command, [...first, ...args], { cwd: ROOT, ...options });
}

function isInstalled() {
  const wanted = readJson(join(ROOT, 'package-lock.json')).packages;
  let installed;
  try {
    installed = readJson(join(ROOT, 'node_modules', '.package-lock.json')).packages;
  } catch {
    return false; // never installed, or an installation that did not come to its end
  }
  const isAsWanted = ([path, { version, optional }]) =>
    path === '' || installed[path]?.version === version || (optional && !(path in installed));
  return (
    Object.entries(wanted).every(isAsWanted) &&
    Object.keys(installed).every((path) => path in wanted)
  );
}

function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

function compareVersions(left, right) {
  const numbers = (version) => version.split('-')[0].split('.').map(Number);
  const [a, b] = [numbers(left), numbers(right)];
  const index = a.findIndex((number, at) => number !== b[at]);
  return index === -1 ? 0 : a[index] - b[index];
}
