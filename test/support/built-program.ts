/** Starts the built program, as its users do, and leaves nothing of it behind. */
import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** The top of the repository. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The built program. */
export const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** Longer than a node takes to let a request finish that does not. */
const END_LIMIT_MS = 15_000;

/** How a program ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A program and all that it wrote. */
export class Program {
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #written = { stdout: '', stderr: '' };
  readonly #lines: string[] = [];
  readonly #onLine = new Set<(line: string) => void>();
  #exit: Exit | undefined;

  constructor(words: readonly string[], options: ProgramOptions) {
    const { env = {}, cwd = ROOT, input = '' } = options;
    this.#child = spawn(process.execPath, words, { cwd, env: { ...ownEnvironment(), ...env } });
    this.#child.stdin.end(input);
    for (const name of ['stdout', 'stderr'] as const) {
      this.#child[name].setEncoding('utf8').on('data', (text: string) => {
        this.#written[name] += text;
      });
      createInterface(this.#child[name]).on('line', (line) => {
        this.#lines.push(line);
        for (const tell of this.#onLine) tell(line);
      });
    }
    this.exited = once(this.#child, 'close').then(([code, signal]) => {
      this.#exit = { code: code as Exit['code'], signal: signal as Exit['signal'] };
      return this.#exit;
    });
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('it was not started');
    return this.#child.pid;
  }

  get stdout(): string {
    return this.#written.stdout;
  }

  get stderr(): string {
    return this.#written.stderr;
  }

  /** The first group of `pattern` in the first line that has it, written by now or later; rejects where it ends without. */
  async said(pattern: RegExp): Promise<string> {
    for (const line of this.#lines) {
      const match = pattern.exec(line);
      if (match !== null) return match[1] ?? '';
    }
    const told = new Promise<string>((resolve) => {
      this.#onLine.add((line) => {
        const match = pattern.exec(line);
        if (match !== null) resolve(match[1] ?? '');
      });
    });
    const ended = this.exited.then((exit) => {
      throw new Error(
        `it ended (${JSON.stringify(exit)}) without ${String(pattern)}:\n${this.#all()}`,
      );
    });
    return Promise.race([told, ended]);
  }

  /** Tells of every line that is written from now on. */
  hear(tell: (line: string) => void): void {
    this.#onLine.add(tell);
  }

  send(signal: NodeJS.Signals): void {
    if (this.#exit === undefined) this.#child.kill(signal);
  }

  /** Sends a signal and waits for the end; rejects where that does not come within seconds. */
  async end(signal: NodeJS.Signals): Promise<Exit> {
    this.send(signal);
    const waiting = new AbortController();
    const limit = sleep(END_LIMIT_MS, undefined, { signal: waiting.signal }).then(
      () => {
        throw new Error(
          `it still runs ${String(END_LIMIT_MS)} ms after ${signal}:\n${this.#all()}`,
        );
      },
      () => this.exited, // it ended first
    );
    const exit = await Promise.race([this.exited, limit]);
    waiting.abort();
    return exit;
  }

  #all(): string {
    return `${this.stdout}\n${this.stderr}`;
  }
}

interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** What is piped in. */
  readonly input?: string;
}

/** The programs of one test. */
export class Programs {
  readonly #started: Program[] = [];

  /** Runs a script with Node. */
  script(words: readonly string[], options: ProgramOptions = {}): Program {
    const program = new Program(words, options);
    this.#started.push(program);
    return program;
  }

  /** Runs the built `lutra`. */
  lutra(words: readonly string[], options: ProgramOptions = {}): Program {
    if (!existsSync(MAIN)) throw new Error(`there is no ${MAIN}; "npm run build" makes it`);
    return this.script([MAIN, ...words], options);
  }

  /** Starts a node on any free port. */
  node(dataFolder: string, env: Readonly<Record<string, string>> = {}): Program {
    return this.lutra(['serve', '--data', dataFolder, '--port', '0'], { env });
  }

  /** Ends what still runs. */
  async killAll(): Promise<void> {
    await Promise.all(this.#started.splice(0).map((program) => program.end('SIGKILL')));
  }
}

/** The URL that a node answers at, once it does. */
export function urlOf(node: Program): Promise<string> {
  return node.said(/answers at (http[^\s;]+)/);
}

/** What a program inherits of this process: settings of whoever runs the tests must not reach it. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const isOurs = (name: string): boolean =>
    !name.startsWith('LUTRA_') && !['NODE_V8_COVERAGE', 'NODE_OPTIONS', 'NO_COLOR'].includes(name);
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => isOurs(name)));
}
