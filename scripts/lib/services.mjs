import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

import { run } from './run.mjs';

const INSTALL_LIMIT_MS = 10 * 60_000;

/** Programs that the tests start for themselves, and what package managers call the packages that have them. */
const SERVICES = [
  {
    binary: 'etcd',
    packages: {
      'apt-get': ['etcd-server', 'etcd-client'],
      dnf: ['etcd'],
      apk: ['etcd'],
      brew: ['etcd'],
    },
  },
  {
    binary: 'redis-server',
    packages: {
      'apt-get': ['redis-server', 'redis-sentinel'],
      dnf: ['redis'],
      apk: ['redis'],
      brew: ['redis'],
    },
  },
];

const MANAGERS = {
  // RUNLEVEL keeps Debian's packages from starting servers of their own.
  'apt-get': {
    needsRoot: true,
    env: { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
    before: ['update', '-qq'],
    install: ['install', '-y', '-qq', '--no-install-recommends'],
  },
  dnf: { needsRoot: true, install: ['install', '-y', '-q'] },
  apk: { needsRoot: true, install: ['add', '--quiet'] },
  brew: { needsRoot: false, install: ['install', '--quiet'] },
};

/**
 * Makes sure that every server which the tests start is there: on the PATH, or else from the system's
 * package manager. Answers `{ isOk, reason }`; says what it installs. With `mayInstall` false it only looks.
 */
export async function ensureServices({ mayInstall, limitMs = INSTALL_LIMIT_MS }) {
  const missing = SERVICES.filter(({ binary }) => !isOnPath(binary));
  if (missing.length === 0) return { isOk: true };
  const names = missing.map(({ binary }) => binary).join(', ');
  if (!mayInstall) return { isOk: false, reason: `${names}: not on the PATH` };
  const manager = Object.keys(MANAGERS).find(isOnPath);
  if (manager === undefined) {
    return {
      isOk: false,
      reason: `${names}: not on the PATH, and no known package manager to install it with`,
    };
  }
  const packages = missing.flatMap((service) => service.packages[manager]);
  console.log(`installing ${packages.join(' ')} with ${manager}`);
  const { before, install, env } = MANAGERS[manager];
  for (const args of [before, [...(install ?? []), ...packages]].filter(Boolean)) {
    const [command, ...words] = asAdministrator(manager, args);
    const { isOk, reason } = await run(command, words, { env, limitMs });
    if (!isOk) return { isOk, reason: `${manager} ${args.join(' ')}: ${reason}; install ${names}` };
  }
  const still = missing.filter(({ binary }) => !isOnPath(binary));
  return still.length === 0
    ? { isOk: true }
    : { isOk: false, reason: `${names}: still not on the PATH after installing` };
}

/** Without root, sudo is tried, and never asked for a password. */
function asAdministrator(manager, args) {
  const isRoot = process.getuid?.() === 0;
  if (isRoot || !MANAGERS[manager].needsRoot) return [manager, ...args];
  return ['sudo', '-n', '--preserve-env=DEBIAN_FRONTEND,RUNLEVEL', manager, ...args];
}

function isOnPath(name) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
