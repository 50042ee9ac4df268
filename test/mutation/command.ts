import { spawn } from 'node:child_process';

/** What came of a command. */
export interface Ended {
  /** Undefined where it was ended by a signal. */
  readonly code: number | undefined;
  readonly output: string;
  readonly errors: string;
  /** It told nothing for too long, and was ended. */
  readonly isStuck: boolean;
}

/** How much of what it tells is kept, in characters: the end of it. */
const KEPT_MAX = 4_000_000;

/**
 * Runs Node in a folder. What tells nothing for `silenceMs` is ended, with all that it has started: a defect may
 * well go round in circles. So is what runs when `signal` aborts.
 */
export function runNode(
  args: readonly string[],
  options: {
    readonly cwd: string;
    readonly silenceMs: number;
    readonly signal: AbortSignal;
    readonly onErrors?: (text: string) => void;
  },
): Promise<Ended> {
  const { cwd, silenceMs, signal, onErrors } = options;
  return new Promise((resolve, reject) => {
    // A group of its own, to be ended as one.
    const child = spawn(process.execPath, args, { cwd, detached: true, stdio: 'pipe' });
    child.stdin.end();
    let [output, errors, isStuck] = ['', '', false];
    const end = (): void => {
      if (child.pid !== undefined) endGroup(child.pid);
    };
    const giveUp = (): void => {
      isStuck = true;
      end();
    };
    let silence = setTimeout(giveUp, silenceMs);
    const heard = (): void => {
      clearTimeout(silence);
      silence = setTimeout(giveUp, silenceMs);
    };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      heard();
      output = (output + text).slice(-KEPT_MAX);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      heard();
      errors = (errors + text).slice(-KEPT_MAX);
      onErrors?.(text);
    });
    signal.addEventListener('abort', end);
    const forget = (): void => {
      clearTimeout(silence);
      signal.removeEventListener('abort', end);
    };
    child.on('error', (error) => {
      forget();
      reject(error);
    });
    child.on('close', (code) => {
      forget();
      if (signal.aborted) reject(new Error('interrupted'));
      else resolve({ code: code ?? undefined, output, errors, isStuck });
    });
  });
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // it has ended by itself
  }
}
