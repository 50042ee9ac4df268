import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from './install.mjs';

/** Whether dist is at least as new as everything that it is made from. */
export function isBuilt() {
  try {
    const builtAt = statSync(join(ROOT, 'dist', 'main.js')).mtimeMs;
    return ['src', 'config/tooling/tsconfig.build.json', 'tsconfig.json', 'package-lock.json']
      .map((path) => newestIn(join(ROOT, path)))
      .every((changedAt) => changedAt <= builtAt);
  } catch {
    return false; // nothing was built yet
  }
}

function newestIn(path) {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  // A folder's own time moves when a file in it is removed.
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newestIn(join(path, name))));
}
