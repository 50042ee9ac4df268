/** Many rounds, one after the other, and what came of them in words. */
import type { FuzzRequest } from './request.ts';
import { playRound, ROUND_MAX } from './round.ts';
import type { Fault } from './round.ts';

export interface FuzzPlan {
  /** Of the first round; every other has the next. */
  readonly seed: number;
  readonly requestCount: number;
  /** Told before each request: where it is, and how many were sent before it in all rounds. */
  readonly onRequest?: (at: ReplayAt, sentCount: number) => void;
}

/** With these a round ends with a certain request. */
export interface ReplayAt {
  readonly seed: number;
  readonly requestCount: number;
}

export interface FuzzResult {
  readonly faults: readonly Fault[];
  readonly sentCount: number;
  readonly statuses: ReadonlyMap<number, number>;
  readonly accepted: ReadonlySet<string>;
  readonly slowestMs: number;
}

/** More of them say nothing new. */
const FAULTS_MAX = 20;
const SHOWN_BYTES = 1_000;

/** Sends as many requests as the plan says, or fewer where enough is wrong. */
export async function fuzz(plan: FuzzPlan): Promise<FuzzResult> {
  const { seed: first, requestCount, onRequest } = plan;
  const faults: Fault[] = [];
  const statuses = new Map<number, number>();
  const accepted = new Set<string>();
  let [sentCount, slowestMs] = [0, 0];
  for (let seed = first; sentCount < requestCount && faults.length < FAULTS_MAX; seed += 1) {
    const count = Math.min(ROUND_MAX, requestCount - sentCount);
    const before = sentCount;
    const round = await playRound(seed, count, (index) =>
      onRequest?.({ seed, requestCount: index + 1 }, before + index),
    );
    sentCount += count;
    faults.push(...round.faults);
    for (const [status, times] of round.statuses) {
      statuses.set(status, (statuses.get(status) ?? 0) + times);
    }
    for (const name of round.accepted) accepted.add(name);
    slowestMs = Math.max(slowestMs, round.slowestMs);
  }
  return { faults, sentCount, statuses, accepted, slowestMs };
}

/** What to type to see it again. */
export function replayHint({ seed, requestCount }: ReplayAt): string {
  return `npm run fuzz -- --seed ${String(seed)} --requests ${String(requestCount)}`;
}

/** A fault with all that was sent, as far as it can be shown. */
export function faultText(fault: Fault): string {
  const { request, what } = fault;
  return [
    `${request.method} ${shownTarget(request)} (changed: ${request.twists.join(', ') || 'nothing'})`,
    ...what.map((sentence) => `  ${sentence}`),
    `  sent: ${JSON.stringify(request.bytes.toString('latin1').slice(0, SHOWN_BYTES))}`,
    `  again: ${replayHint(fault)}`,
  ].join('\n');
}

function shownTarget({ target }: FuzzRequest): string {
  return target.length > 200 ? `${target.slice(0, 200)}…` : target;
}

/** Counts in a line or two. */
export function summaryText(result: FuzzResult): string {
  const { faults, sentCount, statuses, accepted, slowestMs } = result;
  const counts = [...statuses]
    .sort(([a], [b]) => a - b)
    .map(([status, count]) => `${String(status)} × ${String(count)}`);
  return [
    `answers: ${counts.join(', ')}`,
    `${String(sentCount)} requests, ${String(accepted.size)} operations did their work, ` +
      `the slowest answer took ${String(Math.round(slowestMs))} ms, ${String(faults.length)} faults`,
  ].join('\n');
}
