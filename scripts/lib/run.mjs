import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const running = new Set();

/** What stands over the output of a step. */
export function heading(name) {
  return `\n── ${name}`;
}

/**
 * Runs a command with our terminal and resolves when it has ended; never rejects.
 *
 * It gets a process group of its own: at its time limit, and when we are interrupted, whatever it
 * started goes with it. With `heldAs` its output is shown at its end, in one
 * piece and under that heading, so that what runs beside it can be read too.
 */
export function run(command, args, { cwd, env = {}, limitMs, heldAs }) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: heldAs ? ['inherit', 'pipe', 'pipe'] : 'inherit',
      detached: true,
    });
    running.add(child);
    const held = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => held.push(chunk));
    }
    let isTooLong = false;
    const timer = setTimeout(() => {
      isTooLong = true;
      killGroup(child);
    }, limitMs);
    const end = (isOk, reason) => {
      clearTimeout(timer);
      running.delete(child);
      if (heldAs) process.stdout.write(`${heading(heldAs)}\n${Buffer.concat(held).toString()}`);
      resolve({ isOk, reason });
    };
    child.once('error', (error) => end(false, error.message));
    child.once(heldAs ? 'close' : 'exit', (code, signal) => {
      if (isTooLong) return end(false, `still running after ${limitMs / 1000} s`);
      return end(code === 0, code === null ? `ended by ${signal}` : `exit code ${code}`);
    });
  });
}

/** Ends what `run` started, and then us, when the user or the system says so. */
export function stopWithUs() {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, () => {
      running.forEach(killGroup);
      process.exit(128 + constants.signals[signal]);
    });
  }
}

function killGroup(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // it has ended by itself
  }
}
