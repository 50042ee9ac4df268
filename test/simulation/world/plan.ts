/** Which faults strike a world, when, and for how long: drawn from its seed before anything happens. */
import type { Random } from '../../../src/base/random.ts';
import { FAULT_KINDS } from '../faults.ts';
import type { FaultKind } from '../faults.ts';
import { CALM_FROM_MS, FAULTS_FROM_MS, oneOf } from './settings.ts';
import type { WorldSettings } from './settings.ts';

/** One fault to be. What it strikes follows from its own `seed`, so that leaving others out does not change it. */
export interface PlannedFault {
  readonly what: FaultKind;
  /** From the start of the world, in ms. */
  readonly beginsAtMs: number;
  readonly lastsMs: number;
  /** The call that it waits for, once it may begin; undefined where it strikes at that instant. */
  readonly waitsFor: string | undefined;
  readonly seed: number;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;

/** How many of the faults that can wait for a call do: at any other time, a node mostly does nothing. */
const WAITING_SHARE = 0.7;
/** How long they wait; then they strike whatever goes on. */
export const WAITS_MAX_MS = 20 * MINUTE_MS;
/** How many of the others strike around a full minute. */
const BUSY_SHARE = 0.5;
/** How long a pass that fires and converges is busy, at the most. */
const BUSY_FOR_MS = 6 * SECOND_MS;

/** Losses of a single reply or two, besides the other faults: those last too long for a user to see their end. */
const HICCUP_COUNT = 2;
const HICCUP_MAX_MS = 6 * SECOND_MS;

/** The calls that are waited for; those that matter most are there more than once. */
const CALLS = [
  ...['store.claim', 'store.claim', 'store.claim', 'store.due', 'store.divergent'],
  ...['store.lock', 'store.lock', 'store.renew', 'store.renew', 'store.settle', 'store.settle'],
  ...['provider.set', 'provider.set', 'provider.set', 'provider.observe'],
  ...['store.commit', 'store.commit', 'store.group', 'store.walk'],
  ...['store.acquire', 'etcd.campaign', 'etcd.resign', 'etcd.renew', 'etcd.read', 'etcd.publish'],
];

/** The shortest and the longest of each kind; `ttl`: in lengths of a session. */
type Span = readonly [shortestMs: number, longestMs: number] | 'ttl';

const SPANS: Readonly<Record<FaultKind, Span>> = {
  'node-killed': [SECOND_MS, 5 * MINUTE_MS],
  'node-frozen': 'ttl',
  'node-suspended': 'ttl',
  'node-restarted': [SECOND_MS, 30 * SECOND_MS],
  'node-clock-stepped': [MINUTE_MS, 15 * MINUTE_MS],
  'node-clock-drifts': [5 * MINUTE_MS, 30 * MINUTE_MS],
  'link-cut': 'ttl',
  'requests-lost': 'ttl',
  'replies-lost': 'ttl',
  'link-slow': [MINUTE_MS, 10 * MINUTE_MS],
  'link-lossy': [MINUTE_MS, 10 * MINUTE_MS],
  'etcd-election': [500, 3 * SECOND_MS],
  'etcd-down': [10 * SECOND_MS, 10 * MINUTE_MS],
  'etcd-wiped': [SECOND_MS, 30 * SECOND_MS],
  'etcd-restored': [SECOND_MS, 30 * SECOND_MS],
  'watches-silent': [MINUTE_MS, 20 * MINUTE_MS],
  'store-down': [5 * SECOND_MS, 30 * MINUTE_MS],
  'store-restarted': [200, 3 * SECOND_MS],
  'store-failed-over': [SECOND_MS, 40 * SECOND_MS],
  'store-emptied': [5 * SECOND_MS, 3 * MINUTE_MS],
  'store-clock-stepped': [MINUTE_MS, 10 * MINUTE_MS],
  'wakes-silent': [MINUTE_MS, 20 * MINUTE_MS],
  'due-entry-lost': [0, 0],
  'record-poisoned': [0, 0],
  'provider-down': [MINUTE_MS, 15 * MINUTE_MS],
  'provider-slow': [MINUTE_MS, 15 * MINUTE_MS],
  'provider-ambiguous': [MINUTE_MS, 15 * MINUTE_MS],
  'provider-throttling': [MINUTE_MS, 15 * MINUTE_MS],
  'provider-refusing': [MINUTE_MS, 10 * MINUTE_MS],
  'provider-forgetful': [MINUTE_MS, 15 * MINUTE_MS],
  'provider-drifted': [0, 0],
};

/** In order of time. */
export function drawPlan(settings: WorldSettings, random: Random): readonly PlannedFault[] {
  const faults = Array.from({ length: settings.faultCount }, () => {
    const what = oneOf(random, FAULT_KINDS);
    const lastsMs = drawSpan(SPANS[what], settings.timings.sessionTtlMs, random);
    const waitsFor =
      canWait(what) && random.fraction() < WAITING_SHARE ? oneOf(random, CALLS) : undefined;
    const latestMs = CALM_FROM_MS - lastsMs - (waitsFor === undefined ? 0 : WAITS_MAX_MS);
    const anyAtMs = FAULTS_FROM_MS + random.fraction() * (latestMs - FAULTS_FROM_MS);
    const beginsAtMs = random.fraction() < BUSY_SHARE ? busyMs(anyAtMs, random) : anyAtMs;
    return {
      ...{ what, lastsMs, beginsAtMs, waitsFor },
      seed: Math.floor(random.fraction() * 2 ** 32),
    };
  });
  const hiccups = Array.from({ length: HICCUP_COUNT }, () => drawHiccup(random));
  return [...faults, ...hiccups].sort((a, b) => a.beginsAtMs - b.beginsAtMs);
}

/** A user's change is made, its reply is lost, and a moment later all is well: whoever asks again is answered. */
function drawHiccup(random: Random): PlannedFault {
  const latestMs = CALM_FROM_MS - HICCUP_MAX_MS - WAITS_MAX_MS;
  return {
    ...{ what: 'replies-lost', waitsFor: 'store.commit' },
    lastsMs: Math.ceil(HICCUP_MAX_MS * random.fraction()),
    beginsAtMs: FAULTS_FROM_MS + random.fraction() * (latestMs - FAULTS_FROM_MS),
    seed: Math.floor(random.fraction() * 2 ** 32),
  };
}

/** What strikes nodes, their links, and servers; not their clocks. */
function canWait(what: FaultKind): boolean {
  if (what.includes('-clock-')) return false;
  return /^(node|link|etcd|store)-|-lost$/.test(what) && what !== 'due-entry-lost';
}

/** Shortly before or after the full minute at which schedules are due. */
function busyMs(aboutMs: number, random: Random): number {
  const fullMs = Math.floor(aboutMs / MINUTE_MS) * MINUTE_MS;
  return fullMs - 5 + BUSY_FOR_MS * random.fraction() ** 4;
}

/** Short ones as often as long ones, whatever their scale. */
function drawSpan(span: Span, ttlMs: number, random: Random): number {
  const [shortestMs, longestMs] = span === 'ttl' ? [0.2 * ttlMs, 4 * ttlMs] : span;
  if (longestMs === 0) return 0;
  return Math.round(shortestMs * (longestMs / shortestMs) ** random.fraction());
}
