/**
 * How late an occurrence may be that is planned while a fault is in force, or before the cluster has recovered
 * from it. Derived from what a node does, step by step; this is the one table of it.
 */
import type { FaultKind } from './kinds.ts';

/** What holds for the occurrences of one fault. */
export interface Bound {
  readonly maxMs: number;
  /** For 99 of 100 of them, where that is promised too: so much beyond those that met no fault. */
  readonly p99Ms?: number;
  /** Whether some of them may be recorded as missed, as the misfire policy has it. */
  readonly mayMiss: boolean;
  /** Where the number comes from. */
  readonly why: string;
}

/** As a cluster has them that the harness makes. */
const READ_MS = 2_000;
const ETCD_CALL_MS = 1_500;
const STORE_CALL_MS = 1_500;
const REOPEN_MS = 500;
/** The longest that the backlog of an outage may take. */
export const BACKLOG_MS = 10_000;

/** What holds where no fault is in force. */
export const NORMAL: Bound = {
  maxMs: 2_000,
  mayMiss: false,
  why: 'nothing but the machine is in the way',
};

/** What a bound depends on. */
interface Facts {
  readonly forMs: number;
  readonly delayMs?: number;
}

/** The bound of a fault, where sessions last so long. */
export function boundOf(strike: Facts & { readonly kind: FaultKind }, ttlMs: number): Bound {
  return { ...NORMAL, ...BOUNDS[strike.kind](ttlMs, strike) };
}

/**
 * The bound of a fault that strikes while partitions are handed over. What is meant for a node that cannot be
 * reached any more is nobody's, until others have found it so twice; nobody's for as long as all of etcd is away. What
 * is due a second time by then is fired for the latest alone.
 */
export function whileMoving(bound: Bound, { kind, forMs }: Facts & { kind: FaultKind }): Bound {
  const awayMs = kind === 'etcd-down' ? forMs : 0;
  const maxMs = awayMs + 2 * READ_MS + ETCD_CALL_MS + 1_000;
  if (maxMs <= bound.maxMs) return bound;
  return {
    ...bound,
    maxMs,
    mayMiss: bound.mayMiss || awayMs > 0,
    why: 'struck during a hand-over: two reads of the owners, a call, 1 s',
  };
}

const SESSION_ENDS = (ttlMs: number): Partial<Bound> => ({
  maxMs: ttlMs + 1_000,
  why: 'TTL + 1 s: the session ends, others take over',
});
const STORE_ALONE = (): Partial<Bound> => ({
  why: 'as without a fault: claims need the store alone',
});
const OUTAGE = (_: number, { forMs }: Facts): Partial<Bound> => ({
  maxMs: forMs + BACKLOG_MS,
  mayMiss: true,
  why: 'the outage + 10 s',
});

/** The table: by kind of fault, where it differs from what holds without one. */
const BOUNDS: Readonly<Record<FaultKind, (ttlMs: number, facts: Facts) => Partial<Bound>>> = {
  'node-killed': SESSION_ENDS,
  'node-paused': SESSION_ENDS,
  'loop-blocked': SESSION_ENDS,
  'node-restarted': () => ({ p99Ms: 100, why: 'handed over: 100 ms for 99 of 100' }),
  'owner-and-leader': (ttlMs) => ({
    maxMs: ttlMs + 6_000,
    why: 'TTL + 6 s: leases last a TTL from an election',
  }),
  'etcd-cut': STORE_ALONE,
  'etcd-slow': STORE_ALONE,
  'member-killed': STORE_ALONE,
  'etcd-down': STORE_ALONE,
  'etcd-wiped': (ttlMs) => ({
    maxMs: ttlMs / 5 + ETCD_CALL_MS + REOPEN_MS + 2 * READ_MS + 1_000,
    why: 'a renewal (TTL / 5), a call, a new session, two reads of the owners, 1 s',
  }),
  'clock-shifted': (ttlMs) => ({
    maxMs: NORMAL.maxMs + (ttlMs * 3) / 5,
    why: 'claims are held for a probe (TTL / 5 + 2 TTL / 5), then handed over',
  }),
  'store-slow': (_, { delayMs = 0 }) => ({
    maxMs: NORMAL.maxMs + 4 * delayMs,
    why: 'two round trips to a claim',
  }),
  'store-cut': (ttlMs) => ({
    maxMs: (ttlMs * 8) / 5 + STORE_CALL_MS + READ_MS,
    why: 'unfit after TTL, seen by a probe (TTL / 5 + 2 TTL / 5); a call and a read to hand over',
  }),
  'store-restarted': OUTAGE,
  'store-failed-over': OUTAGE,
};
