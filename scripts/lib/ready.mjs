import { isBuilt } from './built.mjs';
import { ensureInstalled, nodeComplaint, npm } from './install.mjs';

const BUILD_LIMIT_MS = 10 * 60_000;

/** Makes `dist` what the sources say, on a machine that may have nothing but Node. Throws where that cannot be. */
export async function makeReady() {
  const complaint = nodeComplaint();
  if (complaint !== undefined) throw new Error(complaint);
  const installed = await ensureInstalled();
  if (!installed.isOk) throw new Error(installed.reason);
  if (isBuilt()) return;
  console.log('building');
  const built = await npm(['run', '--silent', 'build'], { limitMs: BUILD_LIMIT_MS });
  if (!built.isOk) {
    throw new Error(`the build did not succeed (${built.reason}); try "npm run build"`);
  }
}
