import type { ChildProcess } from 'node:child_process';
import type { Clock } from '../../../base/clock.ts';
import type { GroupId } from '../../../domain/ids.ts';
import type { Observe } from '../../../ports/observe.ts';
import type { Started } from './client.ts';
import type { CrashLoops } from './crash-loop.ts';
import type { Instance } from './instances.ts';
import type { MarkedProcess, ProcessTable } from './process-table.ts';

/** How often adopted instances are looked at. Those that this process started tell by themselves. */
const POLL_MS = 1000;

interface Watched {
  readonly leader: MarkedProcess;
  /** There where it was started by this process and not adopted. */
  readonly own:
    | { readonly child: ChildProcess; readonly launch: string; readonly startedAtMs: number }
    | undefined;
  /** The signal that we sent last: it ends because we want it to. */
  stopSignal: string | undefined;
}

/**
 * Notices the end of instances and tells it.
 *
 * What it remembers serves this alone, with two exceptions, both for what the process table does not
 * show: children of ours whose environment cannot be read (`hidden`), and which process leads (`leaders`).
 */
export class Watch {
  readonly #crashLoops: CrashLoops;
  readonly #clock: Clock;
  readonly #table: ProcessTable;
  readonly #observe: Observe;
  readonly #closing = new AbortController();
  readonly #watched = new Map<string, Watched>();
  readonly #leaders = new Map<string, number>();
  #onDrift: (groupId: GroupId) => void = () => undefined;
  #polling: Promise<void> | undefined;

  constructor(deps: {
    readonly clock: Clock;
    readonly table: ProcessTable;
    readonly observe: Observe;
    readonly crashLoops: CrashLoops;
  }) {
    this.#crashLoops = deps.crashLoops;
    this.#clock = deps.clock;
    this.#table = deps.table;
    this.#observe = deps.observe;
  }

  /** Pids of leaders by instance, also of ended ones as long as something of the instance is left. */
  get leaders(): ReadonlyMap<string, number> {
    return this.#leaders;
  }

  start(onDrift: (groupId: GroupId) => void): void {
    this.#onDrift = onDrift;
    this.#polling ??= this.#poll(this.#closing.signal);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#polling;
  }

  /** An instance was started here. `launch` names what was started. */
  started({ child, leader }: Started, launch: string): void {
    const own = { child, launch, startedAtMs: this.#clock.monotonicMs() };
    const watched: Watched = { leader, own, stopSignal: undefined };
    this.#watched.set(leader.instanceId, watched);
    this.#leaders.set(leader.instanceId, leader.pid);
    child.once('exit', (exitCode, signal) => {
      this.#ended(watched, exitCode ?? undefined, signal ?? undefined);
    });
    this.#observe({
      event: 'process.started',
      groupId: leader.groupId,
      server: leader.instanceId,
      pid: leader.pid,
    });
  }

  /**
   * Our own children that run and are not among the processes found: their environment is not readable
   * at this moment (the kernel is still loading the program), or not any more (the program overwrote it,
   * as those do that write a title there). A child cannot be anything else until we have reaped it.
   */
  hidden(found: readonly MarkedProcess[]): readonly MarkedProcess[] {
    const pids = new Set(found.map(({ pid }) => pid));
    return [...this.#watched.values()]
      .filter(({ leader, own }) => own !== undefined && !pids.has(leader.pid))
      .map(({ leader }) => leader)
      .filter(({ pid }) => this.#table.isRunning(pid));
  }

  /** Whether this is a child of ours that has not been reaped: nobody else can have its pid. */
  isOwn(marked: MarkedProcess): boolean {
    const watched = this.#watched.get(marked.instanceId);
    return watched?.own !== undefined && watched.leader.pid === marked.pid;
  }

  /** A look at the process table found these, and nothing else, of all groups. */
  saw(instances: readonly Instance[]): void {
    for (const { id, leader } of instances) {
      // One whose leader is known but not watched has ended while the table was read.
      if (leader === undefined || this.#leaders.has(id)) continue;
      this.#leaders.set(id, leader.pid);
      this.#watched.set(id, { leader, own: undefined, stopSignal: undefined });
    }
    const ids = new Set(instances.map(({ id }) => id));
    for (const id of this.#leaders.keys()) {
      if (!ids.has(id) && !this.#watched.has(id)) this.#leaders.delete(id);
    }
  }

  /** A signal is about to be sent to the instance: its end will be no surprise. */
  stopping(instanceId: string, signal: string): void {
    this.#setStopSignal(instanceId, signal);
  }

  /** The instance is to stay, whatever was sent to it by an order that was withdrawn. */
  keeping(instanceId: string): void {
    this.#setStopSignal(instanceId, undefined);
  }

  async #poll(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#clock.sleep(POLL_MS, signal);
      this.lookAtAdopted();
    }
  }

  /** Tells the end of adopted instances whose leader does not run any more. */
  lookAtAdopted(): void {
    for (const watched of this.#watched.values()) {
      if (watched.own !== undefined || this.#table.isRunning(watched.leader.pid)) continue;
      this.#ended(watched, undefined, undefined);
    }
  }

  #setStopSignal(instanceId: string, signal: string | undefined): void {
    const watched = this.#watched.get(instanceId);
    if (watched !== undefined) watched.stopSignal = signal;
  }

  #ended(watched: Watched, exitCode: number | undefined, signal: string | undefined): void {
    const { leader, own, stopSignal } = watched;
    const { groupId, instanceId, pid } = leader;
    this.#watched.delete(instanceId);
    if (this.#closing.signal.aborted) return;
    if (stopSignal !== undefined) {
      this.#observe({
        event: 'process.stopped',
        groupId,
        server: instanceId,
        pid,
        signal: stopSignal,
      });
      return;
    }
    if (own !== undefined) {
      const ranMs = this.#clock.monotonicMs() - own.startedAtMs;
      this.#crashLoops.record({
        ...{ groupId, instanceId, launch: own.launch },
        ...{ ranMs, exitCode, signal },
      });
    }
    this.#observe({ event: 'process.exited', groupId, server: instanceId, pid, exitCode, signal });
    this.#onDrift(groupId);
  }
}
