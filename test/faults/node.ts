/** A node under test: its process, the links that it hangs on, and what it says. */
import { createWriteStream } from 'node:fs';
import type { WriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { FencingToken } from '../../src/domain/ids.ts';
import { urlOf } from '../support/built-program.ts';
import type { Programs } from '../support/built-program.ts';
import { ClusterNode } from '../support/cluster-node.ts';
import type { NodePlan } from '../support/cluster-node.ts';
import type { ProxyMode, TcpProxy } from '../support/tcp-proxy.ts';

/** A line of a node's log, with the moment at which it came, which no clock of the node's has a part in. */
export interface Heard {
  readonly at: number;
  readonly event: string;
  readonly partition?: string;
  readonly token?: FencingToken;
  readonly reason?: string;
}

const PRELOAD = fileURLToPath(new URL('./preload.mjs', import.meta.url));
const SHOWN_CHARACTERS = 500;
/** What is kept of the log; all else is counted only. */
const KEPT: ReadonlySet<string> = new Set([
  ...['ownership.doubtful', 'ownership.certain', 'node.unfit', 'node.fit', 'partition.fenced'],
  ...['partition.acquired', 'partition.released', 'cluster.refilled', 'clock.stepped'],
]);

/** Its files. */
interface Paths {
  /** For how long its event loop is to do nothing else. */
  readonly block: string;
  /** How far its clock is to be from that of the machine. */
  readonly clock: string;
  readonly log: string;
}

/** What a node is made with. */
export interface FaultNodePlan extends NodePlan {
  /** Where the library lies that sets its clock; undefined where nothing is to set it. */
  readonly faketime: string | undefined;
  /** Where all that it says is kept. */
  readonly logFile: string;
}

export class FaultNode {
  /** What it said, of all its processes. */
  readonly heard: Heard[] = [];
  /** What should never happen to a process: its end by itself, an internal error, words on stderr. */
  readonly breaches: string[] = [];
  readonly #node: ClusterNode;
  readonly #paths: Paths;
  readonly #log: WriteStream;
  #isEnding = false;
  #startedAt = 0;
  #startCount = 0;

  private constructor(node: ClusterNode, paths: Paths) {
    this.#node = node;
    this.#paths = paths;
    this.#log = createWriteStream(paths.log);
  }

  /** Prepares a node and what stands between it and its servers; starts no process. */
  static async prepare(plan: FaultNodePlan, programs: Programs): Promise<FaultNode> {
    const paths = {
      ...{ block: `${plan.dataFolder}.block`, clock: `${plan.dataFolder}.clock` },
      log: plan.logFile,
    };
    await writeFile(paths.clock, '+0\n');
    const settings = {
      ...plan.settings,
      NODE_OPTIONS: `--import=${PRELOAD}`,
      FAULTS_BLOCK_FILE: paths.block,
      ...(plan.faketime === undefined ? {} : fakedClock(plan.faketime, paths.clock)),
    };
    return new FaultNode(await ClusterNode.prepare({ ...plan, settings }, programs), paths);
  }

  get name(): string {
    return this.#node.name;
  }

  get isRunning(): boolean {
    return this.#node.isRunning;
  }

  get pid(): number {
    return this.#node.program.pid;
  }

  /** When the process that runs was started. */
  get startedAt(): number {
    return this.#startedAt;
  }

  get startCount(): number {
    return this.#startCount;
  }

  /** Its links to the members of etcd. */
  get etcdLinks(): readonly TcpProxy[] {
    return this.#node.links.etcd;
  }

  /** Its links to Redis. */
  get storeLinks(): readonly TcpProxy[] {
    return [...this.#node.links.redis.values()];
  }

  /** Starts it; does not wait for it. */
  start(): void {
    this.#isEnding = false;
    this.#startedAt = Date.now();
    this.#startCount += 1;
    this.#node.start();
    const { program } = this.#node;
    program.hear((line) => {
      this.#hear(line);
    });
    void program.exited.then((exit) => {
      if (this.#isEnding || this.#node.program !== program) return;
      const said = `${program.stdout}${program.stderr}`.slice(-SHOWN_CHARACTERS);
      this.breaches.push(`${this.name} ended by itself, ${JSON.stringify(exit)}:\n${said}`);
      void this.kill().then(() => {
        this.start();
      });
    });
  }

  /** Where it answers, once it does. */
  url(): Promise<string> {
    return urlOf(this.#node.program);
  }

  async kill(): Promise<void> {
    this.#isEnding = true;
    await this.#node.kill();
  }

  /** Asks it to leave, and waits for that. That it does not leave in peace is a breach. */
  async stop(): Promise<void> {
    this.#isEnding = true;
    const { program } = this.#node;
    try {
      await this.#node.stop();
    } catch (error) {
      this.breaches.push(`${this.name} did not leave in peace: ${String(error)}`);
      if (this.#node.isRunning) await program.end('SIGKILL');
    }
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#node.send(signal);
  }

  /** Keeps its event loop from doing anything else, from now on and for so long. */
  async block(ms: number): Promise<void> {
    await writeFile(this.#paths.block, String(ms));
    this.#node.program.send('SIGUSR2');
  }

  /** Sets its wall clock this far from that of the machine; it takes the node a second to see. */
  async setClock(byMs: number): Promise<void> {
    const seconds = byMs / 1000;
    await writeFile(this.#paths.clock, `${seconds < 0 ? '' : '+'}${seconds.toFixed(3)}\n`);
  }

  /** How the process that runs is called among the members. */
  id(): Promise<string> {
    return this.#node.id();
  }

  /** The tokens of the partitions that it works on. */
  owned(): Promise<ReadonlyMap<string, FencingToken>> {
    return this.#node.owned();
  }

  /** What it said under this name since a moment. */
  saidSince(event: string, at: number): readonly Heard[] {
    return this.heard.filter((line) => line.event === event && line.at >= at);
  }

  /** Ends everything of it. */
  async close(): Promise<void> {
    if (this.isRunning) await this.kill();
    await this.#node.close();
    await new Promise<void>((resolve) => this.#log.end(resolve));
  }

  #hear(line: string): void {
    const at = Date.now();
    this.#log.write(`${line}\n`);
    if (!line.startsWith('{"level"')) {
      if (isOutcry(line)) this.breaches.push(`${this.name} said: ${line}`);
      return;
    }
    const found = parsed(line);
    if (found === undefined) return;
    const { event, partition, token, reason } = found;
    if (isBreach(found)) {
      this.breaches.push(`${this.name} logged: ${line.slice(0, SHOWN_CHARACTERS)}`);
    }
    if (!KEPT.has(event)) return;
    this.heard.push({
      ...{ at, event },
      ...(partition === undefined ? {} : { partition }),
      ...(token === undefined ? {} : { token }),
      ...(reason === undefined ? {} : { reason }),
    });
  }
}

/** Sets all links. What was lost on the way is not made up for: connections from before end. */
export function setLinks(links: readonly TcpProxy[], mode: ProxyMode): void {
  for (const link of links) link.setMode(mode);
}

/** Lets everything through again, and what was held back. Where bytes were lost, connections end first. */
export function mendLinks(links: readonly TcpProxy[], after: ProxyMode): void {
  if (!after.startsWith('hold')) setLinks(links, 'refuse');
  setLinks(links, 'pass');
}

function fakedClock(library: string, path: string): Readonly<Record<string, string>> {
  return {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: path,
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    // Seconds for which the file is not read again.
    FAKETIME_CACHE_DURATION: '1',
    FAKETIME_DONT_RESET: '1',
  };
}

function isOutcry(line: string): boolean {
  return line.startsWith('lutra: ') || /unhandled|uncaught/i.test(line);
}

interface LogLine extends Omit<Heard, 'at'> {
  readonly level: string;
}

function isBreach({ level }: LogLine): boolean {
  return level === 'error' || level === 'fatal';
}

/** Undefined where a process died in the middle of a line. */
function parsed(line: string): LogLine | undefined {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return undefined;
  }
}
