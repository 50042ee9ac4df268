/** The library that gives a process another wall clock: Debian's package `faketime`. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';

const LIBRARIES = '/usr/lib';
/** For programs with threads; Node has some. */
const NAME = 'faketime/libfaketimeMT.so.1';
const INSTALLER = 'apt-get';

/** Where the library is; it is installed where that can be done. Undefined where there is none. */
export function findFaketime(): string | undefined {
  return find() ?? install();
}

function find(): string | undefined {
  if (!existsSync(LIBRARIES)) return undefined;
  return readdirSync(LIBRARIES)
    .map((folder) => `${LIBRARIES}/${folder}/${NAME}`)
    .find((path) => existsSync(path));
}

function install(): string | undefined {
  if (process.getuid?.() !== 0) return undefined;
  try {
    execFileSync(INSTALLER, ['install', '-y', 'faketime'], { stdio: 'ignore', timeout: 60_000 });
  } catch {
    return undefined; // no such package, or no way to it: the fault is left out, and that is said
  }
  return find();
}
