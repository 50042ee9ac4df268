import { readFileSync, readdirSync } from 'node:fs';
import { LutraError, messageOf } from '../../../base/errors.ts';
import { MARKS, marksFrom } from './process-table.ts';
import type { MarkedProcess, ProcessTable } from './process-table.ts';

/**
 * Processes read before other work gets its turn. One takes about 10 µs, read in this blocking way;
 * through promises it took ten times that, and the whole list was older when it was complete.
 */
const CHUNK = 256;

/** A process that ended meanwhile, that never had an environment (kernel threads), or that is not ours to read. */
const ABSENT_CODES: readonly unknown[] = ['ENOENT', 'ESRCH', 'EACCES', 'EPERM'];

/** Linux: /proc/<pid>/environ and /proc/<pid>/stat. */
export const procfs: ProcessTable = {
  async scan(scope) {
    const found: MarkedProcess[] = [];
    const pids = listPids();
    for (const [index, pid] of pids.entries()) {
      const marked = readMarked(pid, scope);
      if (marked !== undefined) found.push(marked);
      if (index % CHUNK === CHUNK - 1) await nextTurn();
    }
    return found;
  },
  // eslint-disable-next-line @typescript-eslint/require-await -- the port waits; here nothing may come between
  async find(pid, scope) {
    return readMarked(pid, scope);
  },
  isRunning(pid) {
    try {
      return readStat(pid) !== undefined;
    } catch {
      // It cannot be read now; whoever asks will look at the whole list before acting on the answer.
      return true;
    }
  },
};

function listPids(): readonly number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isSafeInteger);
  } catch (cause) {
    throw new LutraError('provider-fatal', `cannot list /proc: ${messageOf(cause)}`, { cause });
  }
}

function readMarked(pid: number, scope: string): MarkedProcess | undefined {
  const environment = readProc(pid, 'environ');
  // Nearly all processes end here, before anything is split or decoded.
  if (environment?.includes(`${MARKS.scope}=${scope}`) !== true) return undefined;
  const entries = environment.toString('utf8').split('\0');
  const marks = marksFrom((name) => valueIn(entries, name), scope);
  const stat = marks === undefined ? undefined : readStat(pid);
  if (marks === undefined || stat === undefined || isOwnGroup(stat)) return undefined;
  return {
    pid,
    parentPid: stat.parentPid,
    processGroup: stat.processGroup,
    isSessionLeader: stat.session === pid,
    ...marks,
  };
}

/**
 * Whoever starts Lutra from a shell inside one of its own instances hands it the marks. A process in
 * Lutra's own process group was not started by Lutra: it is not counted, and never signalled.
 */
function isOwnGroup(stat: Stat): boolean {
  return stat.processGroup === readStat(process.pid)?.processGroup;
}

/** Like getenv(3): the first entry of that name. */
function valueIn(entries: readonly string[], name: string): string | undefined {
  return entries.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1);
}

interface Stat {
  readonly parentPid: number;
  readonly processGroup: number;
  readonly session: number;
}

/** What /proc says of a process that runs; undefined where it is gone or a zombie. */
function readStat(pid: number): Stat | undefined {
  const text = readProc(pid, 'stat')?.toString('latin1');
  if (text === undefined) return undefined;
  // pid (command) state ppid pgrp session …, where the command may itself hold blanks and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, parentPid, processGroup, session] = fields;
  if (state === undefined || state === 'Z' || state === 'X') return undefined;
  return {
    parentPid: Number(parentPid),
    processGroup: Number(processGroup),
    session: Number(session),
  };
}

function readProc(pid: number, file: 'environ' | 'stat'): Buffer | undefined {
  try {
    return readFileSync(`/proc/${String(pid)}/${file}`);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && ABSENT_CODES.includes(cause.code)) {
      return undefined;
    }
    // Too many open files, for one: not seeing a process is not the same as its absence.
    const path = `/proc/${String(pid)}/${file}`;
    throw new LutraError('provider-transient', `cannot read ${path}: ${messageOf(cause)}`, {
      cause,
    });
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
