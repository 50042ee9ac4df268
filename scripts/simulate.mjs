/**
 * Runs test/simulation/main.ts, compiled first: thousands of simulated worlds are worth the two seconds.
 * Options and exit codes are its own.
 */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { ensureInstalled, nodeComplaint, ROOT } from './lib/install.mjs';
import { transpile } from './lib/transpile.mjs';

const EXIT_BROKEN = 2;
/** Below the project's packages, so that they are found from there. */
const COMPILED = join(ROOT, 'node_modules', '.cache', 'lutra-simulation', String(process.pid));

process.exitCode = await main();

async function main() {
  const complaint = nodeComplaint();
  if (complaint !== undefined) {
    console.error(complaint);
    return EXIT_BROKEN;
  }
  const { isOk, reason } = await ensureInstalled();
  if (!isOk) {
    console.error(reason);
    return EXIT_BROKEN;
  }
  await transpile(COMPILED);
  try {
    const file = join(COMPILED, 'test', 'simulation', 'main.js');
    const { status } = spawnSync(process.execPath, [file, ...process.argv.slice(2)], {
      stdio: 'inherit',
    });
    return status ?? EXIT_BROKEN;
  } finally {
    rmSync(COMPILED, { recursive: true, force: true });
  }
}
