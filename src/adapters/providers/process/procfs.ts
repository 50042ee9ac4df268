import { closeSync, openSync, readFileSync, readSync, readdirSync } from 'node:fs';
import { LutraError, messageOf } from '../../../base/errors.ts';
import { MARKS, marksFrom } from './process-table.ts';
import type { MarkedProcess, ProcessTable } from './process-table.ts';

/**
 * Processes read before other work gets its turn. One takes 5 to 10 µs, read in this blocking way and into
 * a buffer that is there already; a buffer for each took four times that.
 */
const CHUNK = 256;
/** Nearly every environment; a longer one is read once more, in a slower way. */
const BUFFER_BYTES = 65_536;
const STAT_BYTES = 1024;

/** A process that ended meanwhile, that never had an environment (kernel threads), or that is not ours to read. */
const ABSENT_CODES: readonly unknown[] = ['ENOENT', 'ESRCH', 'EACCES', 'EPERM'];

/** Linux: /proc/<pid>/environ and /proc/<pid>/stat. */
export const procfs: ProcessTable = {
  async scan(scope) {
    const found: MarkedProcess[] = [];
    const reading = readingFor(scope);
    for (const [index, pid] of listPids().entries()) {
      const marked = readMarked(pid, reading);
      if (marked !== undefined) found.push(marked);
      if (index % CHUNK === CHUNK - 1) await nextTurn();
    }
    return found;
  },
  // eslint-disable-next-line @typescript-eslint/require-await -- the port waits; here nothing may come between
  async find(pid, scope) {
    return readMarked(pid, readingFor(scope));
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
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    const code = isMissing ? 'provider-fatal' : 'provider-transient';
    throw new LutraError(code, `cannot list /proc: ${messageOf(cause)}`, { cause });
  }
}

/** What reading one process after another shares. */
interface Reading {
  readonly scope: string;
  readonly buffer: Buffer;
  readonly ownGroup: number | undefined;
}

function readingFor(scope: string): Reading {
  const ownGroup = readStat(process.pid)?.processGroup;
  return { scope, buffer: Buffer.allocUnsafe(BUFFER_BYTES), ownGroup };
}

function readMarked(pid: number, reading: Reading): MarkedProcess | undefined {
  const { scope, buffer, ownGroup } = reading;
  const environment = readProc(pid, 'environ', buffer);
  // Nearly all processes end here, before anything is split or decoded.
  if (environment?.includes(`${MARKS.scope}=${scope}`) !== true) return undefined;
  const entries = environment.toString('utf8').split('\0');
  const marks = marksFrom((name) => valueIn(entries, name), scope);
  const stat = marks === undefined ? undefined : readStat(pid);
  if (marks === undefined || stat === undefined) return undefined;
  // Whoever starts Lutra from a shell inside one of its own instances hands it the marks. A process in
  // Lutra's own process group was not started by Lutra: it is not counted, and never signalled.
  if (stat.processGroup === ownGroup) return undefined;
  return {
    pid,
    parentPid: stat.parentPid,
    processGroup: stat.processGroup,
    isSessionLeader: stat.session === pid,
    ...marks,
  };
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
  const text = readProc(pid, 'stat', Buffer.allocUnsafe(STAT_BYTES))?.toString('latin1');
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

/** A part of `buffer`, which the next call writes over, or a buffer of its own. */
function readProc(pid: number, file: 'environ' | 'stat', buffer: Buffer): Buffer | undefined {
  const path = `/proc/${String(pid)}/${file}`;
  try {
    const length = readInto(buffer, path);
    return length < buffer.length ? buffer.subarray(0, length) : readFileSync(path);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && ABSENT_CODES.includes(cause.code)) {
      return undefined;
    }
    // Too many open files, for one: not seeing a process is not the same as its absence.
    const message = `cannot read ${path}: ${messageOf(cause)}`;
    throw new LutraError('provider-transient', message, { cause });
  }
}

/** How many bytes of the file are in the buffer now: all of them, or as many as there is room for. */
function readInto(buffer: Buffer, path: string): number {
  const file = openSync(path, 'r');
  try {
    let length = 0;
    for (;;) {
      // The kernel gives such files page by page, so a short read is not the end.
      const readBytes = readSync(file, buffer, length, buffer.length - length, null);
      length += readBytes;
      if (readBytes === 0 || length === buffer.length) return length;
    }
  } finally {
    closeSync(file);
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
