/** A worker as the benchmark sees it: a process of its own that is told what to do. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Commands, Reply, Request, WorkerPlan } from './protocol.ts';

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

const SCRIPT = fileURLToPath(new URL('worker.ts', import.meta.url));
const LOADER = import.meta.resolve('tsx');
const LAST_WORDS = 2_000;

export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #said = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#said = `${this.#said}${String(chunk)}`.slice(-LAST_WORDS);
    });
    child.on('message', (message) => {
      this.#hear(message as Reply);
    });
    child.once('exit', (code, signal) => {
      const how = `ended with ${String(code ?? signal)}`;
      for (const { reject } of this.#waiting.values()) {
        reject(new Error(`a worker ${how} and said:\n${this.#said}`));
      }
      this.#waiting.clear();
    });
  }

  /** Starts a worker, on that Node. Resolves when it takes commands. */
  static async start(node: string, plan: WorkerPlan): Promise<WorkerProcess> {
    const child = fork(SCRIPT, [JSON.stringify(plan)], {
      ...{ execPath: node, execArgv: ['--expose-gc', '--import', LOADER] },
      // No subject is told of a time zone: they go by that of the process.
      env: { ...process.env, TZ: 'UTC', NODE_ENV: 'production' },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const worker = new WorkerProcess(child);
    await new Promise((resolve, reject) => {
      worker.#waiting.set(0, { resolve, reject });
    });
    return worker;
  }

  /** What it complained of, the latest of it. */
  get said(): string {
    return this.#said;
  }

  /** Has it do something. Rejects where that fails, or where the process ends. */
  call<Name extends keyof Commands>(
    command: Name,
    given: Commands[Name]['given'],
  ): Promise<Commands[Name]['answer']> {
    this.#lastId += 1;
    const id = this.#lastId;
    const answered = new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
    this.#child.send({ id, command, given } satisfies Request);
    return answered as Promise<Commands[Name]['answer']>; // as `Commands` has it
  }

  /** Ends it at once, as a crash does. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    // What has not been answered never will be, and nobody has to hear of it.
    this.#waiting.clear();
    this.#child.kill('SIGKILL');
    await ended;
  }

  #hear({ id, answer, error }: Reply): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(answer);
    else waiting?.reject(new Error(error));
  }
}
