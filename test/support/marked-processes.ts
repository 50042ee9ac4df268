/** What runs on this machine, told by what is in its environment, and found without the code that starts it. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

interface Marked {
  readonly pid: number;
  readonly groupId: string;
}

/** The running processes whose environment says that they belong to this installation. */
export function markedProcesses(scope: string): readonly Marked[] {
  return processesWith(`LUTRA_SCOPE=${scope}`).map(({ pid, entries }) => {
    const group = entries.find((entry) => entry.startsWith('LUTRA_GROUP_ID=')) ?? '';
    return { pid, groupId: group.slice('LUTRA_GROUP_ID='.length) };
  });
}

/** Ends them all at once. */
export function killMarked(scope: string): void {
  killAll(markedProcesses(scope));
}

interface Found {
  readonly pid: number;
  readonly entries: readonly string[];
}

/** The running processes in whose environment this entry is. */
export function processesWith(entry: string): readonly Found[] {
  return environments().filter(({ entries }) => entries.includes(entry));
}

/** Ends processes at once. */
export function killAll(processes: readonly { readonly pid: number }[]): void {
  for (const { pid } of processes) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
}

function environments(): readonly Found[] {
  if (!existsSync('/proc/self/environ')) return environmentsByPs();
  return readdirSync('/proc')
    .map(Number)
    .filter(Number.isSafeInteger)
    .map((pid) => ({ pid, entries: environmentOf(pid).split('\0') }));
}

/** Empty where there is none to read: a zombie, a thread of the kernel, or a process that ended just now. */
function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${String(pid)}/environ`, 'utf8');
  } catch {
    return '';
  }
}

/** Where there is no /proc, ps shows the environment behind the command. */
function environmentsByPs(): readonly Found[] {
  const lines = execFileSync('ps', ['axeww', '-o', 'pid=,command='], { encoding: 'utf8' });
  return lines
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .map(([pid, ...entries]) => ({ pid: Number(pid), entries }));
}
