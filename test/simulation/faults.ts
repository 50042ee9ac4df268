/** Every kind of thing that may go wrong in a simulated world. */
export const FAULT_KINDS = [
  // Nodes.
  'node-killed',
  /** Stands still while time goes on, as by SIGSTOP; on waking its timers run before it reads its sockets. */
  'node-frozen',
  /** The same, and its monotonic clock stood still too, as when a machine is suspended. */
  'node-suspended',
  'node-restarted',
  'node-clock-stepped',
  'node-clock-drifts',
  // Links between one node and one server.
  'link-cut',
  'requests-lost',
  'replies-lost',
  'link-slow',
  /** Some messages get lost and some come very late, so that they overtake each other. */
  'link-lossy',
  // Etcd.
  'etcd-election',
  'etcd-down',
  'etcd-wiped',
  /** Brought back from an older copy. */
  'etcd-restored',
  'watches-silent',
  // Stores.
  'store-down',
  /** Restarted without a loss. */
  'store-restarted',
  /** A lagging replica took its place: the last changes are gone. */
  'store-failed-over',
  /** Emptied, and brought back from a copy by its operator. */
  'store-emptied',
  'store-clock-stepped',
  'wakes-silent',
  // Hands in the data.
  'due-entry-lost',
  'record-poisoned',
  // Providers.
  'provider-down',
  'provider-slow',
  /** Carries orders out and answers with an error, or not at all. */
  'provider-ambiguous',
  'provider-throttling',
  'provider-refusing',
  /** Accepts orders and never carries them out. */
  'provider-forgetful',
  'provider-drifted',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];
