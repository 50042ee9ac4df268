import type { GroupId } from '../../../domain/ids.ts';
import type { MarkedProcess } from './process-table.ts';

/** The processes of one start: the one that was started, and all that came from it. */
export interface Instance {
  readonly id: string;
  readonly groupId: GroupId;
  readonly startedAtMs: number;
  /** The one that was started. Once it has ended there is no instance any more, only leftovers of it. */
  readonly leader: MarkedProcess | undefined;
  readonly processes: readonly MarkedProcess[];
}

/**
 * Sorts marked processes into instances, oldest first.
 *
 * `leaders` holds the pids of leaders that are known already, running or ended, by instance. Of an instance
 * that is not there, the leader is the session leader that no other of its processes started: every instance
 * starts in a session of its own. What is known goes before what is seen, because a helper that made itself
 * a session (browsers under test do) looks like a leader once the real one has ended.
 */
export function toInstances(
  processes: readonly MarkedProcess[],
  leaders: ReadonlyMap<string, number>,
): readonly Instance[] {
  const byInstance = new Map<string, MarkedProcess[]>();
  for (const marked of processes) {
    const own = byInstance.get(marked.instanceId);
    if (own === undefined) byInstance.set(marked.instanceId, [marked]);
    else own.push(marked);
  }
  return [...byInstance.values()].flatMap((own) => toInstance(own, leaders)).sort(byAge);
}

function toInstance(
  processes: readonly MarkedProcess[],
  leaders: ReadonlyMap<string, number>,
): readonly Instance[] {
  const [first] = processes;
  if (first === undefined) return [];
  const { instanceId: id, groupId, startedAtMs } = first;
  const known = leaders.get(id);
  const pids = new Set(processes.map(({ pid }) => pid));
  const leader = processes.find((candidate) =>
    known === undefined
      ? candidate.isSessionLeader && !pids.has(candidate.parentPid)
      : candidate.pid === known,
  );
  return [{ id, groupId, startedAtMs, leader, processes }];
}

/** By start; instances of one millisecond in an order that is the same every time. */
function byAge(a: Instance, b: Instance): number {
  return a.startedAtMs - b.startedAtMs || (a.id < b.id ? -1 : 1);
}
