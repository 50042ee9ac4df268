import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

import { ROOT } from './install.mjs';

const STOP_LIMIT_MS = 20_000;
const running = [];

/**
 * Starts a Node program and resolves with `{ match, ended }`: at its first line that `readyWhen` matches
 * (`match` is the first group), or at once where nothing is waited for. What it says afterwards is shown
 * with its name before it. Rejects where it ends before it is ready.
 */
export function startPart(name, args, { env, readyWhen, isShown = false }) {
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: Ctrl-C reaches us alone, and we stop the parts in order.
    detached: true,
  });
  const ended = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
  running.push({ name, child, ended });
  return new Promise((resolve, reject) => {
    if (readyWhen === undefined) resolve({ ended });
    let isReady = readyWhen === undefined;
    const said = [];
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        said.push(line);
        const match = isReady ? undefined : readyWhen.exec(line);
        if (match) {
          isReady = true;
          resolve({ match: match[1], ended });
        } else if (isShown || isReady) console.log(`  ${name}: ${line}`);
      });
    }
    child.once('error', reject);
    void ended.then((code) => {
      if (!isReady)
        reject(new Error(`${name} ended (${code}) before it was ready:\n${said.join('\n')}`));
    });
  });
}

/** Stops what was started, the last first, and what does not heed that after 20 s by force. */
export async function stopParts() {
  for (const { name, child, ended } of running.splice(0).reverse()) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGTERM');
    const timer = setTimeout(() => {
      console.error(`${name} does not stop; ending it`);
      child.kill('SIGKILL');
    }, STOP_LIMIT_MS);
    await ended;
    clearTimeout(timer);
  }
}
