/** A whole node in a process of its own. */
import type { FencingToken, PartitionId } from '../../../src/domain/ids.ts';
import { urlOf } from '../../support/built-program.ts';
import type { Program, Programs } from '../../support/built-program.ts';

/** What a node is made with. */
export interface NodePlan {
  readonly name: string;
  readonly dataFolder: string;
  readonly settings: Readonly<Record<string, string>>;
}

/** Who owns a partition. */
export interface Owner {
  readonly node: string;
  readonly token: FencingToken;
}

/** What a node's metrics say of its process. */
interface ProcessReading {
  /** The longest time for which the event loop did nothing else since the last reading. */
  readonly blockedMs: number;
  readonly residentBytes: number;
}

/** A line of the log. */
interface Logged {
  readonly event: string;
  readonly time: string;
  readonly partition?: string;
}

const ANSWER_MS = 5_000;
/** Of what a node said that ended by itself. */
const SHOWN_CHARACTERS = 2_000;
/** How finely the metrics sample the event loop; the sampler's own wait is part of what it sees. */
const DELAY_RESOLUTION_MS = 10;

export class BenchNode {
  readonly name: string;
  readonly #plan: NodePlan;
  readonly #programs: Programs;
  #program: Program | undefined;
  #id = '';
  #isEnding = false;

  constructor(plan: NodePlan, programs: Programs) {
    this.name = plan.name;
    this.#plan = plan;
    this.#programs = programs;
  }

  get isRunning(): boolean {
    return this.#program !== undefined;
  }

  /** How the process that runs, or ran last, is called among the members. */
  get id(): string {
    return this.#id;
  }

  /** Starts it; resolves when its API answers. */
  async start(): Promise<void> {
    const { dataFolder, settings, name } = this.#plan;
    this.#isEnding = false;
    this.#program = this.#programs.node(dataFolder, { ...settings, LUTRA_NODE_NAME: name });
    await urlOf(this.#program);
    const program = this.#program;
    void program.exited.then((exit) => {
      // Whoever ended it has taken it away before.
      if (this.#program !== program || this.#isEnding) return;
      const said = `${program.stdout}${program.stderr}`.slice(-SHOWN_CHARACTERS);
      process.stderr.write(`${this.name} ended by itself, ${JSON.stringify(exit)}:\n${said}\n`);
    });
    this.#id = await this.#program.said(/"node":"([^"]+)"/);
  }

  /** Ends it at once; answers the instant before and the one after. */
  async kill(): Promise<{ readonly killedAt: number; readonly deadAt: number }> {
    const killedAt = Date.now();
    this.#isEnding = true;
    await this.#running().end('SIGKILL');
    this.#program = undefined;
    return { killedAt, deadAt: Date.now() };
  }

  /** Asks it to leave and waits until it has; answers what it logged. */
  async stop(): Promise<readonly Logged[]> {
    this.#isEnding = true;
    const exit = await this.#running().end('SIGTERM');
    const logged = this.logged();
    this.#program = undefined;
    if (exit.code !== 0) throw new Error(`${this.name} ended with ${JSON.stringify(exit)}`);
    return logged;
  }

  /** Everything that the process has logged so far. */
  logged(): readonly Logged[] {
    return this.#running()
      .stdout.split('\n')
      .filter((line) => line.startsWith('{"level"') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as Logged);
  }

  /** How its process is doing. */
  async reading(): Promise<ProcessReading> {
    const text = await (await this.#fetch('/metrics')).text();
    const valueOf = (name: string): number => {
      const found = new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1];
      if (found === undefined) throw new Error(`${this.name} has no metric ${name}`);
      return Number(found);
    };
    const delayMs = valueOf('nodejs_eventloop_lag_max_seconds') * 1000;
    return {
      blockedMs: Math.max(delayMs - DELAY_RESOLUTION_MS, 0),
      residentBytes: valueOf('process_resident_memory_bytes'),
    };
  }

  /** Who owns what, as etcd has it. */
  async owners(): Promise<ReadonlyMap<PartitionId, Owner>> {
    const { partitions } = (await this.get('/lutra/v1/cluster')) as {
      readonly partitions: readonly {
        readonly partition: PartitionId;
        readonly node?: string;
        readonly token?: FencingToken;
      }[];
    };
    return new Map(
      partitions.flatMap(({ partition, node, token }) =>
        node === undefined || token === undefined ? [] : [[partition, { node, token }] as const],
      ),
    );
  }

  /** The answer of its API to a question, which must be 200. */
  async get(path: string): Promise<unknown> {
    return (await this.#fetch(path)).json();
  }

  async #fetch(path: string): Promise<Response> {
    const url = `${await urlOf(this.#running())}${path}`;
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) });
    if (response.status !== 200) throw new Error(`${path} of ${this.name}: ${response.status}`);
    return response;
  }

  #running(): Program {
    if (this.#program === undefined) throw new Error(`${this.name} does not run`);
    return this.#program;
  }
}
