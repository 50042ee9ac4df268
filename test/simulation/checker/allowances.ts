/** How long things may take: strict where all is calm, generous after a fault. All in ms. */
import type { FaultKind } from '../faults.ts';
import type { Timings } from '../trace.ts';

/** The longest pause of a loop that the other side did not answer. */
const LOOP_BACKOFF_MS = 5_000;
/** The longest pause of a sweep that the store did not answer. */
const SWEEP_BACKOFF_MS = 60_000;
/** What work that is under way, turns and small back-offs may take, whatever else is drawn. */
const MARGIN_MS = 1_000;
/** A target that took an order and is not there yet is looked at after this at the latest. */
const PENDING_MS = 10_000;
/** The pause after the first failure of a provider. */
const BACKOFF_FIRST_MS = 1_000;
/** The longest that a provider takes from an order until it is carried out. */
const CARRY_OUT_MAX_MS = 20_000;
/** The fewest passes of a provider or a tenant that may run at once. */
const SLOTS_MIN = 2;
/** The latest that a message arrives that was sent over a lossy link. */
const LATE_MESSAGE_MS = 90_000;

/** From being due to being claimed: a pass under way, one that was stale, one behind a full batch, each a few messages. */
export function punctualMs({ networkMaxMs }: Timings): number {
  return MARGIN_MS + 30 * networkMaxMs;
}

/** From one owner's key to the next one's: what is given back is seen by a watch, and taken at once. */
export function handOverMs({ networkMaxMs }: Timings): number {
  return MARGIN_MS + 30 * networkMaxMs;
}

/**
 * From the last change of who is there until partitions are where they belong: nodes have been the same for the
 * length of a session, the next read finds that, and at the worst partitions follow one another.
 */
export function balancedMs(timings: Timings, partitionCount: number): number {
  const { sessionTtlMs, readIntervalMs } = timings;
  return sessionTtlMs + readIntervalMs + partitionCount * handOverMs(timings);
}

/**
 * From a mark to the end of the pass that clears it: the poll at the worst, then passes in turn, as some wait for
 * slots and a mark in the middle of a pass asks for another, then until the order is carried out and seen to be. A
 * pass makes six messages there and back and calls its provider three times.
 */
export function convergedMs(timings: Timings, groupCount: number): number {
  const { networkMaxMs, providerMaxMs, convergerPollMs } = timings;
  const passMs = 12 * networkMaxMs + 3 * 2 * providerMaxMs;
  const turns = 3 + Math.ceil(groupCount / SLOTS_MIN);
  return convergerPollMs + turns * passMs + CARRY_OUT_MAX_MS + PENDING_MS + MARGIN_MS;
}

/**
 * From the moment a store answers a node again: the last call is given up, the loop's pause, and the probe that
 * finds the node fit, which others have to be told.
 */
function storeBackMs(timings: Timings): number {
  const { storeTimeoutMs, sessionTtlMs, etcdTimeoutMs } = timings;
  return storeTimeoutMs + LOOP_BACKOFF_MS + sessionTtlMs + etcdTimeoutMs + handOverMs(timings);
}

/** The same, where no timer is right any more, so that only the poll finds what is due. */
function storeForgotMs(timings: Timings): number {
  return storeBackMs(timings) + timings.schedulerPollMs;
}

/**
 * From the moment etcd answers a node again: a session that was lost is found to be by the next read, what the dead
 * held is free when their sessions have ended, and each of a few calls may have been given up and put off.
 */
function etcdBackMs(timings: Timings): number {
  const { sessionTtlMs, readIntervalMs, etcdTimeoutMs } = timings;
  const callsMs = 3 * etcdTimeoutMs + 2 * LOOP_BACKOFF_MS;
  return sessionTtlMs + readIntervalMs + callsMs + handOverMs(timings);
}

/** From the end of a process to its successor's work: its session ends, and everybody sees that at once. */
function takeOverMs(timings: Timings): number {
  return timings.sessionTtlMs + timings.etcdTimeoutMs + handOverMs(timings);
}

/**
 * From the waking of a process: its calls were given up meanwhile, and where its machine slept, so did the timer for
 * what is due, which the poll is behind.
 */
function awakeMs(timings: Timings): number {
  const { storeTimeoutMs, schedulerPollMs } = timings;
  return storeTimeoutMs + LOOP_BACKOFF_MS + schedulerPollMs + handOverMs(timings);
}

/** Until the owner's sweeps have been over all groups, the second time at the latest, after a pause of theirs. */
export function repairedMs({ sweepDelayMs, repairIntervalMs }: Timings): number {
  return sweepDelayMs + 2 * repairIntervalMs + SWEEP_BACKOFF_MS;
}

/** Until what nobody marked has been found: twice round, as for a repair. */
export function healedMs({ sweepDelayMs, selfHealIntervalMs }: Timings): number {
  return sweepDelayMs + 2 * selfHealIntervalMs + SWEEP_BACKOFF_MS;
}

/**
 * How long before a change of what is wanted an order may have come that is carried out only after it: where what was
 * seen in between is what is wanted now, no pass orders anything, and only the sweep finds what comes of the old order.
 */
export const STRAY_ORDER_MS = CARRY_OUT_MAX_MS;

/** From such a change until the sweep has found it and a pass has put it right. */
export function strayOrderHealedMs(timings: Timings, groupCount: number): number {
  return STRAY_ORDER_MS + healedMs(timings) + convergedMs(timings, groupCount);
}

/** What a pass that came to nothing leaves behind: a call that is given up, and a lock that nobody gives back. */
export function deadPassMs({ lockTtlMs, providerTimeoutMs, storeTimeoutMs }: Timings): number {
  return lockTtlMs + providerTimeoutMs + storeTimeoutMs + LOOP_BACKOFF_MS;
}

/** After a failure of the provider: the call is given up, the longest pause, and one look at what is pending. */
export function providerBackMs({ providerTimeoutMs, backoffMaxMs }: Timings): number {
  return providerTimeoutMs + backoffMaxMs + PENDING_MS;
}

/** Within which calls to a provider are counted. */
export const CALLS_SPAN_MS = 300_000;

/**
 * How many calls a provider gets at most within that span that are about one group: passes come after ever longer
 * pauses up to the longest, of which chance takes half, and each turn (a mark, another owner, a roll-back) begins them
 * anew. A pass looks, orders and looks again; one look that fails ends it.
 */
export function callsMax(
  { backoffMaxMs, lockTtlMs }: Timings,
  how: 'answered' | 'failed',
  turnCount: number,
): number {
  const longestMs = how === 'failed' ? backoffMaxMs : Math.min(backoffMaxMs, PENDING_MS);
  const steps = Math.ceil(Math.log2(backoffMaxMs / BACKOFF_FIRST_MS)) + 1;
  // A pass whose end was lost comes again when its lock has ended.
  const steady = Math.ceil(CALLS_SPAN_MS / (longestMs / 2)) + Math.ceil(CALLS_SPAN_MS / lockTtlMs);
  const passes = (1 + turnCount) * steps + steady;
  return how === 'failed' ? passes : 3 * passes;
}

/** What the comings and goings of processes disturb, and for how long. */
export const AFTER_PROCESS = {
  /** What it is to have is handed over by those who have it. */
  started: handOverMs,
  woken: awakeMs,
  /** The same of one that is to have nothing any more. */
  drained: handOverMs,
  gone: takeOverMs,
  /** The last node of a region: the others leave its partitions to it for the grace. */
  deserted: (timings: Timings): number => takeOverMs(timings) + timings.regionGraceMs,
} as const;

/** How long a world must go on after the last fault, so that everything has had the time to be done. */
export function settlingMs(
  timings: Timings,
  { groupCount, partitionCount }: { readonly groupCount: number; readonly partitionCount: number },
): number {
  const ownersMs = etcdBackMs(timings) + storeBackMs(timings) + AFTER_PROCESS.deserted(timings);
  const sweptMs = Math.max(repairedMs(timings), healedMs(timings));
  const passesMs = deadPassMs(timings) + providerBackMs(timings) + convergedMs(timings, groupCount);
  return ownersMs + Math.max(sweptMs + passesMs, balancedMs(timings, partitionCount));
}

/** Whom a fault disturbs. `processes`: the entries about processes say when and whom. */
type Reach = 'all' | 'store' | 'link' | 'policy' | 'record' | 'provider' | 'processes';

interface Recovery {
  readonly reach: Reach;
  /** From the end of the fault until nothing of it is left. */
  readonly afterMs: (timings: Timings, isOfStore: boolean) => number;
}

const nothing = (): number => 0;

/** What a store tells unasked is lost like its replies: then only the poll finds what became due sooner than expected. */
function linkBackMs(timings: Timings, isOfStore: boolean): number {
  if (!isOfStore) return etcdBackMs(timings);
  return Math.max(storeBackMs(timings), timings.schedulerPollMs + handOverMs(timings));
}

/** What each kind of fault disturbs, and for how long after its end. */
export const RECOVERIES: Readonly<Record<FaultKind, Recovery>> = {
  // From when it is killed until another has its partitions; the new process counts as started.
  'node-killed': { reach: 'processes', afterMs: nothing },
  // Others take over, and when it wakes it has to find its way back.
  'node-frozen': { reach: 'processes', afterMs: nothing },
  'node-suspended': { reach: 'processes', afterMs: nothing },
  // It gives back what it has, as if it were handed over.
  'node-restarted': { reach: 'processes', afterMs: nothing },
  // A node whose clock is not the store's is unfit: it holds its claims, and others take over.
  'node-clock-stepped': { reach: 'all', afterMs: storeBackMs },
  'node-clock-drifts': { reach: 'all', afterMs: storeBackMs },
  // As if the node, or its store, were gone; calls under way are given up.
  'link-cut': { reach: 'link', afterMs: linkBackMs },
  'requests-lost': { reach: 'link', afterMs: linkBackMs },
  'replies-lost': { reach: 'link', afterMs: linkBackMs },
  'link-slow': { reach: 'link', afterMs: linkBackMs },
  // What was sent last may come long after everything else is over.
  'link-lossy': {
    reach: 'link',
    afterMs: (timings, isOfStore) => LATE_MESSAGE_MS + linkBackMs(timings, isOfStore),
  },
  // Sessions may have ended meanwhile, and have to be opened anew.
  'etcd-election': { reach: 'all', afterMs: etcdBackMs },
  'etcd-down': { reach: 'all', afterMs: etcdBackMs },
  'etcd-wiped': { reach: 'all', afterMs: etcdBackMs },
  'etcd-restored': { reach: 'all', afterMs: etcdBackMs },
  // What changed meanwhile is found by the next read; what nobody came for, by the one after it.
  'watches-silent': {
    reach: 'all',
    afterMs: (timings) => 2 * timings.readIntervalMs + handOverMs(timings),
  },
  // Nodes are unfit for a region whose store is silent; terms end where its server changed, and are taken up.
  'store-down': { reach: 'store', afterMs: storeBackMs },
  'store-restarted': { reach: 'store', afterMs: storeBackMs },
  // Timers were set by what is gone.
  'store-failed-over': { reach: 'store', afterMs: storeForgotMs },
  'store-emptied': { reach: 'store', afterMs: storeForgotMs },
  // All nodes are unfit for it while it differs from theirs, and timers were set by it.
  'store-clock-stepped': { reach: 'store', afterMs: storeForgotMs },
  // Found by the poll.
  'wakes-silent': { reach: 'store', afterMs: (timings) => timings.schedulerPollMs },
  // Silent until a sweep finds it.
  'due-entry-lost': { reach: 'policy', afterMs: repairedMs },
  // Silent until its user writes it anew: the account of the policy says when.
  'record-poisoned': { reach: 'record', afterMs: nothing },
  'provider-down': { reach: 'provider', afterMs: providerBackMs },
  'provider-slow': { reach: 'provider', afterMs: providerBackMs },
  'provider-ambiguous': { reach: 'provider', afterMs: providerBackMs },
  'provider-throttling': { reach: 'provider', afterMs: providerBackMs },
  'provider-refusing': { reach: 'provider', afterMs: providerBackMs },
  'provider-forgetful': { reach: 'provider', afterMs: providerBackMs },
  // Nobody marks it: the sweep finds it.
  'provider-drifted': { reach: 'provider', afterMs: (timings) => healedMs(timings) },
};
