import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { LutraError, messageOf } from '../../../base/errors.ts';
import { marksFrom } from './process-table.ts';
import type { MarkedProcess, ProcessTable } from './process-table.ts';

const run = promisify(execFile);

/** Thousands of processes with long environments. */
const OUTPUT_MAX_BYTES = 64 * 1024 * 1024;
const COLUMNS = 'pid=,ppid=,pgid=,stat=,command=';
const LINE = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/;

/**
 * Other Unix systems: ps, which prints the environment behind the command.
 *
 * macOS hides the environment of programs that Apple protects (those in /bin and /usr/bin): after a restart
 * of Lutra such commands are not found again. Node, Python from elsewhere, and own programs are.
 */
export const ps: ProcessTable = {
  async scan(scope) {
    return parse(await list(['-o', COLUMNS], 'all'), scope);
  },
  async find(pid, scope) {
    // Asked for beside our own process, which is always there: ps fails where it finds none at all.
    const pids = `${String(pid)},${String(process.pid)}`;
    const marked = parse(await list(['-o', COLUMNS, '-p', pids], 'named'), scope);
    return marked.find((candidate) => candidate.pid === pid);
  },
  isRunning(pid) {
    try {
      process.kill(pid, 0);
      return true;
    } catch (error) {
      return error instanceof Error && 'code' in error && error.code === 'EPERM';
    }
  },
};

/** macOS has `E` for the environment, where others have `e`; there that means "every process". */
const SELECTIONS =
  process.platform === 'darwin' ? { all: '-axEww', named: '-Eww' } : { all: 'axeww', named: 'eww' };

async function list(
  options: readonly string[],
  selection: keyof typeof SELECTIONS,
): Promise<readonly string[]> {
  try {
    const { stdout } = await run('ps', [SELECTIONS[selection], ...options], {
      env: { PATH: '/bin:/usr/bin:/sbin:/usr/sbin:/usr/local/bin', LC_ALL: 'C' },
      maxBuffer: OUTPUT_MAX_BYTES,
    });
    return stdout.split('\n');
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    throw new LutraError(
      isMissing ? 'provider-fatal' : 'provider-transient',
      `cannot list the processes of this machine with ps: ${messageOf(cause)}`,
      { cause },
    );
  }
}

function parse(lines: readonly string[], scope: string): readonly MarkedProcess[] {
  const rows = lines.flatMap(toRow);
  // Whoever starts Lutra from a shell inside one of its own instances hands it the marks: see procfs.ts.
  const ownGroup = rows.find(({ pid }) => pid === process.pid)?.processGroup;
  return rows
    .filter(({ processGroup }) => processGroup !== ownGroup)
    .flatMap(({ pid, parentPid, processGroup, state, command }) => {
      const marks = marksFrom((name) => valueIn(command, name), scope);
      if (marks === undefined) return [];
      return { pid, parentPid, processGroup, isSessionLeader: state.includes('s'), ...marks };
    });
}

interface Row {
  readonly pid: number;
  readonly parentPid: number;
  readonly processGroup: number;
  readonly state: string;
  readonly command: string;
}

function toRow(line: string): readonly Row[] {
  const [, pid, parentPid, processGroup, state, command] = LINE.exec(line) ?? [];
  if (state === undefined || command === undefined) return [];
  return [
    {
      pid: Number(pid),
      parentPid: Number(parentPid),
      processGroup: Number(processGroup),
      state,
      command,
    },
  ];
}

/** The last mention: the environment is printed after the arguments, and the marks are the last of it. */
function valueIn(command: string, name: string): string | undefined {
  const start = command.lastIndexOf(` ${name}=`);
  if (start === -1) return undefined;
  return command.slice(start + name.length + 2).split(' ', 1)[0];
}
