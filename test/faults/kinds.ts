/** What the nemesis can do to a cluster. */

/** Every kind of fault, and what people are told it is. */
export const FAULTS = {
  'node-killed': 'SIGKILL of a node, which is started again',
  'node-paused': 'SIGSTOP of a node for 0.2 to 4 × TTL, then SIGCONT',
  'node-restarted': 'SIGTERM of a node, which is started again at once',
  'loop-blocked': 'a node whose event loop does nothing else for 0.2 to 2 × TTL',
  'clock-shifted': 'a node whose wall clock is set, some of the time beyond what is tolerated',
  'etcd-cut': 'the links of a node to etcd are cut: both ways, one way, or refused',
  'etcd-slow': 'the links of a node to etcd are slow',
  'store-cut': 'the link of a node to Redis is cut: both ways, one way, or refused',
  'store-slow': 'the link of a node to Redis is slow',
  'member-killed': 'SIGKILL of a member of etcd, its leader half of the time',
  'etcd-down': 'all members of etcd are killed, and started again with what they had stored',
  'etcd-wiped': 'all members of etcd are killed, and started again with nothing',
  'store-restarted': 'SIGKILL of Redis, which is started again',
  'owner-and-leader': 'SIGKILL of a node and of the leader of etcd at once',
  'store-failed-over': 'the replica is cut off, the primary killed, the replica promoted',
} as const;

export type FaultKind = keyof typeof FAULTS;

/** Those that strike where nothing else is asked for. A fail-over needs a replica, and has a run of its own. */
export const EVERY_KIND: readonly FaultKind[] = (Object.keys(FAULTS) as FaultKind[]).filter(
  (kind) => kind !== 'store-failed-over',
);

/** Whether this names a kind of fault. */
export function isFaultKind(name: string): name is FaultKind {
  return Object.hasOwn(FAULTS, name);
}
