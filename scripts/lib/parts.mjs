import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';

import { ROOT } from './install.mjs';

const STOP_LIMIT_MS = 20_000;
/** How much of what a part said is told where it did not get ready. */
const SAID_LINES_MAX = 20;
const running = [];

// Whatever ends us, even a defect, takes with it what we started.
process.once('exit', killParts);

/**
 * Starts a program (`command`; else Node) and resolves with `{ name, pid, match, ended }`: at its first line
 * that `readyWhen` matches (`match` is the first group), or at once where nothing is waited for. `ended`
 * resolves with `{ code, signal }`. What it says goes to `logFile`, where there is one; else what it says
 * once it is ready is shown with its name before it. Rejects where it ends before it is ready.
 */
export function startPart(name, args, options = {}) {
  const { command = process.execPath, env, readyWhen, isShown = false, logFile } = options;
  const child = spawn(command, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: Ctrl-C reaches us alone, and we stop the parts in order.
    detached: true,
  });
  const ended = new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.once('error', () => resolve({ code: null, signal: null })); // it was never started
  });
  running.push({ name, child, ended });
  const log = logFile === undefined ? undefined : createWriteStream(logFile, { flags: 'a' });
  return new Promise((resolve, reject) => {
    const part = { name, pid: child.pid, ended };
    if (readyWhen === undefined) resolve(part);
    let isReady = readyWhen === undefined;
    const said = [];
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        log?.write(`${line}\n`);
        const match = isReady ? undefined : readyWhen.exec(line);
        if (!isReady) said.splice(0, said.push(line) - SAID_LINES_MAX);
        if (match) {
          isReady = true;
          resolve({ ...part, match: match[1] });
        } else if (log === undefined && (isShown || isReady)) console.log(`  ${name}: ${line}`);
      });
    }
    child.once('error', (error) =>
      reject(new Error(`${name} cannot be started: ${error.message}`)),
    );
    void ended.then(({ code, signal }) => {
      if (!isReady)
        reject(
          new Error(`${name} ended (${signal ?? code}) before it was ready:\n${said.join('\n')}`),
        );
    });
  });
}

/**
 * Stops what was started, all at once, apart from the names in `except`; by force what does not heed that
 * within `limitMs`.
 */
export async function stopParts({ except = [], limitMs = STOP_LIMIT_MS } = {}) {
  const stopping = running.filter(({ name }) => !except.includes(name));
  await Promise.all(stopping.map((part) => stopPart(part, limitMs)));
}

async function stopPart({ name, child, ended }, limitMs) {
  if (hasEnded(child)) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => {
    console.error(`${name} does not stop; ending it`);
    child.kill('SIGKILL');
  }, limitMs);
  await ended;
  clearTimeout(timer);
}

/** Ends everything that was started, at once and without waiting. */
export function killParts() {
  for (const { child } of running) if (!hasEnded(child)) child.kill('SIGKILL');
}

function hasEnded({ pid, exitCode, signalCode }) {
  return pid === undefined || exitCode !== null || signalCode !== null;
}
