import { spawn } from 'node:child_process';
import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { closeSync, rmSync } from 'node:fs';
import { access, constants, stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { assert } from '../../../base/assert.ts';
import { LutraError, messageOf } from '../../../base/errors.ts';
import type { GroupId } from '../../../domain/ids.ts';
import type { Instance } from './instances.ts';
import { logPath, openLog } from './logs.ts';
import type { LogPlace } from './logs.ts';
import { MARKS } from './process-table.ts';
import type { MarkedProcess, ProcessTable } from './process-table.ts';
import type { LaunchArgs } from './translate.ts';

/** All that a child inherits of our environment. Whatever else is there, secrets included, stays here. */
const INHERITED_NAMES = ['PATH', 'HOME', 'LANG', 'TZ'];

/** The machine is short of something; the command itself may be right. */
const SHORTAGE_CODES: readonly unknown[] = ['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM', 'ENOSPC'];

export interface StartRequest {
  readonly launch: LaunchArgs;
  readonly scope: string;
  readonly groupId: GroupId;
  readonly instanceId: string;
  readonly startedAtMs: number;
  readonly logFolder: string;
  /** Our own environment, of which a child gets a few entries. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** A process that runs, as child of this one. */
export interface Started {
  readonly child: ChildProcess;
  readonly leader: MarkedProcess;
}

/**
 * Starts one instance in a session of its own, so that its pid names its process group and no terminal and
 * no end of Lutra reaches it. Rejects with `provider-fatal` where the command or its log cannot be used,
 * `provider-transient` where the machine is short of something.
 *
 * When it resolves the child cannot have told its end yet: from the start to there nothing waits for more
 * than what is due in this turn of the event loop. Whoever listens at once misses nothing.
 */
export async function startInstance(request: StartRequest): Promise<Started> {
  const { launch, groupId, instanceId, startedAtMs } = request;
  const log = launch.output === 'file' ? openOutput(request) : undefined;
  try {
    const output = log ?? 'ignore';
    const child = await spawned(launch, {
      detached: true,
      env: childEnvironment(request),
      stdio: ['ignore', output, output],
      ...(launch.cwd === undefined ? {} : { cwd: launch.cwd }),
    });
    const pid = child.pid;
    assert(pid !== undefined, 'a child that was spawned has a pid');
    const leader = {
      ...{ pid, parentPid: process.pid, processGroup: pid, isSessionLeader: true },
      ...{ groupId, instanceId, startedAtMs },
    };
    return { child, leader };
  } catch (error) {
    if (log !== undefined) rmSync(logPath(request), { force: true });
    throw error;
  } finally {
    if (log !== undefined) closeSync(log);
  }
}

/**
 * Sends a signal to every process group of an instance, where `isStill` confirms, right before, that one of
 * the group's processes is what it was: pids are used again. What has ended already is no error.
 */
export async function signalInstance(
  instance: Instance,
  signal: NodeJS.Signals,
  deps: {
    readonly table: ProcessTable;
    readonly isStill: (marked: MarkedProcess) => Promise<boolean>;
  },
): Promise<void> {
  const signalled = new Set<number>();
  for (const marked of instance.processes) {
    if (signalled.has(marked.processGroup) || !(await deps.isStill(marked))) continue;
    signalled.add(marked.processGroup);
    signalGroup(marked, signal, deps.table);
  }
}

function signalGroup(marked: MarkedProcess, signal: NodeJS.Signals, table: ProcessTable): void {
  const { pid, processGroup } = marked;
  assert(processGroup > 1, 'kill(2) reads 0 as our own group and -1 as every process there is');
  try {
    process.kill(-processGroup, signal);
  } catch (cause) {
    // ESRCH: it has ended. macOS says EPERM of a group that consists of zombies.
    if (!table.isRunning(pid)) return;
    throw new LutraError(
      'provider-fatal',
      `may not stop process ${String(pid)} of instance ${marked.instanceId}: ${messageOf(cause)}`,
      { cause },
    );
  }
}

function childEnvironment(request: StartRequest): Readonly<Record<string, string>> {
  const inherited = INHERITED_NAMES.flatMap((name) => {
    const value = request.environment[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(inherited),
    ...request.launch.env,
    // Last, where the reader of ps looks for them.
    [MARKS.scope]: request.scope,
    [MARKS.groupId]: request.groupId,
    [MARKS.instanceId]: request.instanceId,
    [MARKS.startedAt]: String(request.startedAtMs),
  };
}

function openOutput(place: LogPlace): number {
  try {
    return openLog(place);
  } catch (cause) {
    throw failure(`cannot write the log ${logPath(place)}: ${messageOf(cause)}`, cause);
  }
}

async function spawned(launch: LaunchArgs, options: SpawnOptions): Promise<ChildProcess> {
  try {
    const [program, ...words] = launch.command;
    const child = spawn(program, words, options);
    child.unref();
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      // It stays: an 'error' that nobody listens to ends the process.
      child.on('error', reject);
    });
    return child;
  } catch (cause) {
    throw failure(await explain(cause, launch), cause);
  }
}

/** Says why a command cannot be started, as somebody who can put it right needs it. */
async function explain(cause: unknown, launch: LaunchArgs): Promise<string> {
  const [program] = launch.command;
  const { cwd } = launch;
  // The system reports a missing folder as if it were the program that is missing.
  if (cwd !== undefined && !(await isUsableFolder(cwd))) {
    return `cannot start ${program}: its cwd ${cwd} is not a folder that Lutra can enter`;
  }
  switch (codeOf(cause)) {
    case 'ENOENT':
      if (!isAbsolute(program))
        return `cannot start ${program}: no program of this name is on PATH`;
      return (await exists(program))
        ? `cannot start ${program}: the interpreter that its first line names does not exist`
        : `cannot start ${program}: there is no such file`;
    case 'EACCES':
      return `cannot start ${program}: it is not a file that Lutra may execute`;
    default:
      return `cannot start ${program}: ${messageOf(cause)}`;
  }
}

async function isUsableFolder(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}

function failure(message: string, cause: unknown): LutraError {
  const isShortage = SHORTAGE_CODES.includes(codeOf(cause));
  return new LutraError(isShortage ? 'provider-transient' : 'provider-fatal', message, { cause });
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
