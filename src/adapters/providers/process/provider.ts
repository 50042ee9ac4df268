import type { Clock } from '../../../base/clock.ts';
import { LutraError, messageOf } from '../../../base/errors.ts';
import type { JsonObject } from '../../../base/json.ts';
import type { Random } from '../../../base/random.ts';
import { Turns } from '../../../base/turns.ts';
import type { GroupId } from '../../../domain/ids.ts';
import type { Observe } from '../../../ports/observe.ts';
import type {
  ArgsProblem,
  CapacityOrder,
  CapacityProvider,
  EvictionScope,
  ProviderObservation,
  ProviderTarget,
} from '../../../ports/provider.ts';
import { signalInstance, startInstance } from './client.ts';
import { CrashLoops } from './crash-loop.ts';
import type { Exit } from './crash-loop.ts';
import { toInstances } from './instances.ts';
import type { Instance } from './instances.ts';
import { lastOutput, pruneLogs } from './logs.ts';
import type { MarkedProcess, ProcessTable } from './process-table.ts';
import { procfs } from './procfs.ts';
import { ps } from './ps.ts';
import { stopInstances } from './stop.ts';
import type { StopRequest } from './stop.ts';
import { parseArgs } from './translate.ts';
import type { LaunchArgs } from './translate.ts';
import { Watch } from './watch.ts';

/** How much of a command a message quotes. */
const COMMAND_QUOTE_MAX = 200;
/** What processes get to end by themselves when the provider closes, whatever their groups say. */
const CLOSE_TIMEOUT_MS = 5_000;

export interface ProcessProviderOptions {
  /** Which installation this is: letters, digits and `.:_-`. Processes of other scopes are not touched. */
  readonly scope: string;
  /** Holds a folder for each group, and in it the output of each instance. */
  readonly logFolder: string;
  /** Our own environment. Children get PATH, HOME, LANG and TZ of it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly random: Random;
  readonly observe: Observe;
  /** Asked when it closes: whether what runs ends too; else it goes on without Lutra, to be adopted by the next one. */
  readonly stopsAtClose?: () => boolean;
  /** How processes are found; what the platform offers, unless given. */
  readonly table?: ProcessTable;
}

/**
 * Runs copies of a command on this machine.
 *
 * It keeps no record: the process table is the truth, and children carry in their environment what they
 * belong to. So a later process of Lutra adopts what runs simply by looking, whenever the earlier one ended.
 * Not found again are programs that overwrite their environment (some servers write a title there).
 */
export class ProcessProvider implements CapacityProvider {
  readonly type = 'process';
  readonly isLocal = true;
  readonly #options: ProcessProviderOptions;
  readonly #table: ProcessTable;
  readonly #crashLoops: CrashLoops;
  readonly #watch: Watch;
  /** Two orders for a group at the same time would both start what is missing. */
  readonly #turns = new Turns();

  constructor(options: ProcessProviderOptions) {
    if (!/^[\w.:-]+$/.test(options.scope)) {
      throw new LutraError('config-invalid', `"${options.scope}" cannot be the scope of processes`);
    }
    const { clock, observe } = options;
    this.#options = options;
    this.#table = options.table ?? (process.platform === 'linux' ? procfs : ps);
    this.#crashLoops = new CrashLoops(clock);
    this.#watch = new Watch({ clock, observe, table: this.#table, crashLoops: this.#crashLoops });
  }

  check(args: JsonObject): readonly ArgsProblem[] {
    const parsed = parseArgs(args);
    return parsed.kind === 'malformed' ? parsed.problems : [];
  }

  /** A process cannot go on running apart from its group: what it belongs to is in its environment, for good. */
  evicts(): EvictionScope {
    return 'purged';
  }

  async observe(target: ProviderTarget, signal: AbortSignal): Promise<ProviderObservation> {
    return interruptible(signal, async () => {
      const instances = await this.#look(target.groupId);
      const servers = instances.filter(hasLeader).map(({ id }) => ({ id }));
      return { actual: servers.length, servers };
    });
  }

  /** Resolves when the processes were started, and when those to be stopped have ended. */
  async setCapacity(
    target: ProviderTarget,
    order: CapacityOrder,
    signal: AbortSignal,
  ): Promise<void> {
    const launch = launchOf(target);
    return interruptible(signal, () =>
      this.#turns.take(target.groupId, signal, () =>
        this.#carryOut({
          ...{ groupId: target.groupId, launch, desired: order.desired, signal },
          evictedIds: new Set(order.evicting.map(({ id }) => id)),
        }),
      ),
    );
  }

  watchDrift(onDrift: (groupId: GroupId) => void): void {
    this.#watch.start(onDrift);
  }

  async close(): Promise<void> {
    try {
      if (this.#options.stopsAtClose?.() === true) await this.#stopAll();
    } finally {
      await this.#watch.close();
    }
  }

  async #stopAll(): Promise<void> {
    const request = { timeoutMs: CLOSE_TIMEOUT_MS, signal: new AbortController().signal };
    await this.#stop({ ...request, instances: await this.#lookAtAll() }, () => this.#lookAtAll());
  }

  async #carryOut(order: Order): Promise<void> {
    const { groupId, desired, evictedIds } = order;
    const instances = await this.#look(groupId);
    const running = instances.filter(hasLeader);
    const evicted = running.filter(({ id }) => evictedIds.has(id));
    const others = running.filter(({ id }) => !evictedIds.has(id));
    // Oldest first, as Otter does: what was started with an earlier launch configuration goes first.
    const surplus = others.slice(0, Math.max(others.length - desired, 0));
    const kept = others.slice(surplus.length);
    for (const { id } of kept) this.#watch.keeping(id);
    // Leftovers go before anything starts: they may hold the port that a successor needs.
    const leftovers = instances.filter((instance) => !hasLeader(instance));
    const { launch, signal } = order;
    await this.#stop(
      {
        instances: [...leftovers, ...evicted, ...surplus],
        timeoutMs: launch.stopTimeoutMs,
        signal,
      },
      () => this.#look(groupId),
    );
    const startedIds = await this.#start(desired - kept.length, order);
    const ids = new Set([...kept.map(({ id }) => id), ...startedIds]);
    await pruneLogs(this.#options.logFolder, groupId, ids);
  }

  async #stop(request: StopRequest, look: () => Promise<readonly Instance[]>): Promise<void> {
    const deps = {
      clock: this.#options.clock,
      table: this.#table,
      look,
      send: (instance: Instance, signal: 'SIGTERM' | 'SIGKILL') => {
        this.#watch.stopping(instance.id, signal);
        const isStill = (marked: MarkedProcess): Promise<boolean> => this.#isStill(marked);
        return signalInstance(instance, signal, { table: this.#table, isStill });
      },
    };
    await stopInstances(request, deps);
    this.#watch.lookAtAdopted();
  }

  /** The instances that it started. */
  async #start(count: number, order: Order): Promise<readonly string[]> {
    if (count <= 0) return [];
    const { groupId, launch, signal } = order;
    const launchKey = JSON.stringify([launch.command, launch.cwd, launch.env]);
    const lastExit = this.#crashLoops.current(groupId, launchKey);
    if (lastExit !== undefined) throw await this.#crashing(lastExit, launch);
    const { clock, random, scope, logFolder, environment } = this.#options;
    const ids: string[] = [];
    for (let started = 0; started < count; started += 1) {
      signal.throwIfAborted();
      const instanceId = random.uuid();
      const startedAtMs = clock.now();
      this.#watch.started(
        await startInstance({
          ...{ launch, scope, groupId, instanceId, startedAtMs },
          ...{ logFolder, environment },
        }),
        launchKey,
      );
      ids.push(instanceId);
      // A start blocks for a millisecond or more: others get their turn in between.
      await nextTurn();
    }
    return ids;
  }

  async #crashing(exit: Exit, launch: LaunchArgs): Promise<LutraError> {
    const command = launch.command.join(' ').slice(0, COMMAND_QUOTE_MAX);
    const how = exit.signal === undefined ? `exit code ${String(exit.exitCode)}` : exit.signal;
    return new LutraError(
      'provider-fatal',
      `${command} keeps ending within seconds of its start, last with ${how}; ` +
        `it is tried again within minutes. ${await this.#quoteOutput(exit, launch)}`,
    );
  }

  async #quoteOutput({ groupId, instanceId }: Exit, launch: LaunchArgs): Promise<string> {
    if (launch.output === 'discard') return 'Its output is discarded.';
    const { logFolder } = this.#options;
    const output = await lastOutput({ logFolder, groupId, instanceId });
    return output === '' ? 'It wrote nothing.' : `Its last output: ${output}`;
  }

  /** The group's instances, oldest first, those included of which only leftovers run. */
  async #look(groupId: GroupId): Promise<readonly Instance[]> {
    return (await this.#lookAtAll()).filter((instance) => instance.groupId === groupId);
  }

  async #lookAtAll(): Promise<readonly Instance[]> {
    const found = await this.#table.scan(this.#options.scope);
    const processes = [...this.#watch.hidden(found), ...found];
    const instances = toInstances(processes, this.#watch.leaders);
    this.#watch.saw(instances);
    return instances;
  }

  /** Whether a process seen a moment ago is still what it was, and not another with the same pid. */
  async #isStill(marked: MarkedProcess): Promise<boolean> {
    if (this.#watch.isOwn(marked)) return true;
    const now = await this.#table.find(marked.pid, this.#options.scope);
    return now?.instanceId === marked.instanceId && now.processGroup === marked.processGroup;
  }
}

/** What one order asks for. */
interface Order {
  readonly groupId: GroupId;
  readonly launch: LaunchArgs;
  readonly desired: number;
  /** Instances that are not to be among those. */
  readonly evictedIds: ReadonlySet<string>;
  readonly signal: AbortSignal;
}

function hasLeader(instance: Instance): boolean {
  return instance.leader !== undefined;
}

function launchOf(target: ProviderTarget): LaunchArgs {
  const parsed = parseArgs(target.args);
  if (parsed.kind === 'args') return parsed.args;
  const problems = parsed.problems.map(({ path, message }) => `args.${path} ${message}`);
  throw new LutraError(
    'provider-fatal',
    `the launch configuration is malformed: ${problems.join('; ')}`,
  );
}

/** Puts an interruption into the words of the port: whoever aborts may try again later. */
async function interruptible<Result>(
  signal: AbortSignal,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    signal.throwIfAborted();
    return await work();
  } catch (cause) {
    if (!signal.aborted || cause !== signal.reason) throw cause;
    const message = `the call was interrupted: ${messageOf(cause)}`;
    throw new LutraError('provider-transient', message, { cause });
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
