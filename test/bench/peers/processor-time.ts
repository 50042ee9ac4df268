/** Processor time as Linux tells it. */
import { readdir, readFile } from 'node:fs/promises';

/** A process, and the time it has used. */
export interface ProcessTime {
  readonly pid: number;
  readonly parent: number;
  /** Its own. */
  readonly ownMs: number;
  /** Of its children that have ended. */
  readonly endedMs: number;
}

/** Of `/proc/<pid>/stat`; the kernel counts in hundredths of a second there, on every platform of Node's. */
const MS_PER_TICK = 10;

/** Reads a line of `/proc/<pid>/stat`. The name in it may hold anything, closing brackets as well. */
export function processTimeOf(stat: string): ProcessTime {
  const pid = Number(stat.slice(0, stat.indexOf(' ')));
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [, parent = 0] = fields;
  const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15);
  return {
    ...{ pid, parent },
    ownMs: (user + system) * MS_PER_TICK,
    endedMs: (endedUser + endedSystem) * MS_PER_TICK,
  };
}

/** What a process and its children have used, those that have ended among them, in ms. */
export function familyMs(processes: readonly ProcessTime[], pid: number): number {
  const own = processes.find((each) => each.pid === pid);
  const children = processes.filter(({ parent }) => parent === pid);
  return [own?.ownMs, own?.endedMs, ...children.map(({ ownMs }) => ownMs)].reduce<number>(
    (sum, each) => sum + (each ?? 0),
    0,
  );
}

/** The same, of processes that run now. Undefined on systems without `/proc`. */
export async function familyMsNow(pid: number): Promise<number | undefined> {
  try {
    const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const stats = await Promise.all(
      names.map((name) => readFile(`/proc/${name}/stat`, 'utf8').catch(() => undefined)),
    );
    const processes = stats.flatMap((stat) => (stat === undefined ? [] : [processTimeOf(stat)]));
    return familyMs(processes, pid);
  } catch {
    return undefined;
  }
}
