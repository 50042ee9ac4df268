import { mkdirSync, openSync } from 'node:fs';
import { open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { GroupId } from '../../../domain/ids.ts';

/** How many logs of ended instances are kept for each group. */
const ENDED_LOGS_MAX = 5;
/** How much of a log's end a message may quote. */
const TAIL_MAX_CHARACTERS = 500;
/** Enough bytes for TAIL_MAX_CHARACTERS of any text. */
const TAIL_READ_BYTES = 4 * TAIL_MAX_CHARACTERS;
const SUFFIX = '.log';

/** The log of one instance. */
export interface LogPlace {
  readonly logFolder: string;
  readonly groupId: GroupId;
  readonly instanceId: string;
}

/** Where the output of an instance goes. */
export function logPath(place: LogPlace): string {
  return join(place.logFolder, place.groupId, `${place.instanceId}${SUFFIX}`);
}

/**
 * Opens an instance's log for appending and gives its descriptor; makes its folder, for this user alone.
 * Blocks, so that nothing comes between a start and what is done about it.
 */
export function openLog(place: LogPlace): number {
  mkdirSync(join(place.logFolder, place.groupId), { recursive: true, mode: 0o700 });
  return openSync(logPath(place), 'a', 0o600);
}

/** The last lines that an instance wrote, at most 500 characters; empty where there are none to be had. */
export async function lastOutput(place: LogPlace): Promise<string> {
  try {
    const bytes = await readEnd(logPath(place));
    // Codes that colour or move on a terminal say nothing in a message.
    // eslint-disable-next-line no-control-regex
    const text = bytes.toString('utf8').replaceAll(/\x1b\[[0-9;?]*[A-Za-z]|[^\P{Cc}\n\t]/gu, '');
    const end = text.trim().slice(-TAIL_MAX_CHARACTERS);
    const isCut = end.length < text.trim().length;
    // A line that lost its beginning misleads, unless there is no other.
    return isCut ? end.slice(end.indexOf('\n') + 1) : end;
  } catch {
    // Removed, or never written: the message goes without.
    return '';
  }
}

async function readEnd(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.min(size, TAIL_READ_BYTES));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, size - buffer.length);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Removes all but the newest few logs of a group's ended instances. */
export async function pruneLogs(
  logFolder: string,
  groupId: GroupId,
  runningIds: ReadonlySet<string>,
): Promise<void> {
  const folder = join(logFolder, groupId);
  try {
    const names = (await readdir(folder)).filter((name) => name.endsWith(SUFFIX));
    const ended = names.filter((name) => !runningIds.has(name.slice(0, -SUFFIX.length)));
    if (ended.length <= ENDED_LOGS_MAX) return;
    const dated = await Promise.all(
      ended.map(async (name) => ({ name, writtenAtMs: (await stat(join(folder, name))).mtimeMs })),
    );
    const oldest = dated.sort((a, b) => b.writtenAtMs - a.writtenAtMs).slice(ENDED_LOGS_MAX);
    await Promise.all(oldest.map(({ name }) => rm(join(folder, name), { force: true })));
  } catch {
    // Housekeeping must not fail an order that was carried out; the next order tries again.
  }
}
