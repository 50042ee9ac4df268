import type { GroupId } from '../../../domain/ids.ts';

/**
 * What marks a process as one of ours, in its environment, where a later process of Lutra finds it. The
 * environment is given at the start, in one step with it: there is no moment between start and record.
 */
export const MARKS = {
  /** Which installation it belongs to; installations never touch each other's processes. */
  scope: 'LUTRA_SCOPE',
  groupId: 'LUTRA_GROUP_ID',
  instanceId: 'LUTRA_INSTANCE_ID',
  /** Wall time of the start, in epoch milliseconds. */
  startedAt: 'LUTRA_STARTED_AT',
} as const;

/** A running process that carries our marks, by its own start or by inheritance. */
export interface MarkedProcess {
  readonly pid: number;
  readonly parentPid: number;
  readonly processGroup: number;
  readonly isSessionLeader: boolean;
  readonly groupId: GroupId;
  readonly instanceId: string;
  readonly startedAtMs: number;
}

/** The operating system's list of processes. The only record there is of what this provider runs. */
export interface ProcessTable {
  /**
   * The marked processes of `scope` that run now; neither zombies nor those that end meanwhile. Rejects
   * where the list cannot be read as a whole: an instance that is overlooked would be started twice.
   */
  scan(scope: string): Promise<readonly MarkedProcess[]>;
  /** The process that has this pid now, if it is marked with this scope. */
  find(pid: number, scope: string): Promise<MarkedProcess | undefined>;
  /** Whether a process with this pid runs, whatever it is. Cheap enough to ask often; zombies do not run. */
  isRunning(pid: number): boolean;
}

/** Reads the marks by name; undefined where one of them is missing or the scope is another. */
export function marksFrom(
  valueOf: (name: string) => string | undefined,
  scope: string,
): Pick<MarkedProcess, 'groupId' | 'instanceId' | 'startedAtMs'> | undefined {
  const groupId = valueOf(MARKS.groupId);
  const instanceId = valueOf(MARKS.instanceId);
  const startedAtMs = Number(valueOf(MARKS.startedAt));
  if (valueOf(MARKS.scope) !== scope || groupId === undefined || instanceId === undefined) {
    return undefined;
  }
  if (!Number.isSafeInteger(startedAtMs)) return undefined;
  return { groupId: groupId as GroupId, instanceId, startedAtMs };
}
