import type { BackoffSettings } from '../../base/backoff.ts';
import { backoffMs } from '../../base/backoff.ts';
import type { EpochMs } from '../../base/clock.ts';
import type { Observation, Server } from '../group/group.ts';
import type { HistoryEvent } from '../history/event.ts';
import { judgeReach, unwatched } from './reached-by.ts';

/** What a pass over one group found out. */
export type PassResult =
  /** The provider was looked at last; it may or may not be where it should be. */
  | { readonly kind: 'observed'; readonly actual: number; readonly servers: readonly Server[] }
  /** Worth trying again soon: time-out, refused connection, 5xx. */
  | { readonly kind: 'transient'; readonly reason: string }
  /** A person must act. */
  | { readonly kind: 'fatal'; readonly reason: string }
  /** Nothing here can serve the group's launch type. */
  | { readonly kind: 'no-provider'; readonly reason: string };

/** What a pass leaves behind: what it saw, when to look again, and what is worth remembering. */
export interface Verdict {
  readonly observation: Observation;
  readonly next: 'clear' | { readonly retryInMs: number };
  readonly events: readonly HistoryEvent[];
}

/** How often a target that accepted an order but has not reached it yet is looked at, at the least. */
const PENDING_CHECK_MAX_MS = 10_000;

/**
 * Judges a pass. Reaching the desired capacity, with nobody left who should have gone, clears the divergence;
 * anything else asks for another look, sooner or later: a target on its way within 10 s, a transient failure after a growing back-off, a fatal
 * one or a missing provider at the back-off's cap. Only `fatal` makes the status ERROR, and only reaching
 * the desired capacity makes it ACTIVE again. `fraction` is uniform in [0, 1).
 *
 * A group that has a time to be there in is looked at when that is over, however late it would be otherwise.
 */
export function judgePass(input: JudgedPass): Verdict {
  const verdict = judgeResult(input);
  const { actual } = verdict.observation;
  const reach = judgeReach({ ...input, before: input.before.unreached, actual });
  const { unreached, events, lookInMs = Number.POSITIVE_INFINITY } = reach;
  const { next } = verdict;
  return {
    observation: {
      ...unwatched(verdict.observation),
      ...(unreached === undefined ? {} : { unreached }),
    },
    next: next === 'clear' ? next : { retryInMs: Math.min(next.retryInMs, lookInMs) },
    events: [...verdict.events, ...events],
  };
}

interface JudgedPass {
  readonly before: Observation;
  readonly desired: number;
  /** How long the group may take to be there; undefined where nobody is to be told. */
  readonly reachedBySeconds: number | undefined;
  /** Whether servers were still seen that had been told to leave. */
  readonly isEvicting: boolean;
  readonly result: PassResult;
  /** When the pass was asked for. */
  readonly askedAt: EpochMs;
  readonly now: EpochMs;
  readonly backoff: BackoffSettings;
  readonly fraction: number;
}

function judgeResult(input: JudgedPass): Verdict {
  const { before, desired, result, now } = input;
  const failureCount = before.failureCount + 1;
  const soonMs = backoffMs(input.backoff, failureCount, input.fraction);
  const lateMs = backoffMs({ ...input.backoff, firstMs: input.backoff.maxMs }, 1, input.fraction);
  switch (result.kind) {
    case 'observed': {
      const { actual, servers } = result;
      const seen = { ...before, actual, servers, observedAt: now };
      return isThere(input, actual)
        ? converged(before, seen, { desired, actual })
        : pending({ ...seen, failureCount }, soonMs);
    }
    case 'transient':
      return {
        observation: { ...before, failureCount },
        next: { retryInMs: soonMs },
        events: [],
      };
    case 'fatal':
    case 'no-provider': {
      const isFatal = result.kind === 'fatal';
      const status = isFatal ? 'ERROR' : before.status;
      const reasons = [result.reason];
      const isNews = before.status !== status || before.reasons[0] !== result.reason;
      return {
        observation: { ...before, status, reasons, failureCount },
        next: { retryInMs: lateMs },
        events: isNews ? [{ event: isFatal ? 'group.failed' : 'group.waiting', reasons }] : [],
      };
    }
  }
}

function isThere(
  wanted: { readonly desired: number; readonly isEvicting: boolean },
  actual: number,
): boolean {
  return actual === wanted.desired && !wanted.isEvicting;
}

function converged(
  before: Observation,
  seen: Observation,
  size: { readonly desired: number; readonly actual: number },
): Verdict {
  const isNews = before.actual !== size.actual || before.status === 'ERROR';
  return {
    observation: { ...seen, status: 'ACTIVE', reasons: [], failureCount: 0 },
    next: 'clear',
    events: isNews
      ? [
          {
            event: 'group.converged',
            ...size,
            ...(before.actual === undefined ? {} : { actualBefore: before.actual }),
          },
        ]
      : [],
  };
}

/** A group that waited for a provider has one now; one in ERROR keeps its reasons until it is served. */
function pending(seen: Observation, soonMs: number): Verdict {
  const reasons = seen.status === 'ERROR' ? seen.reasons : [];
  return {
    observation: { ...seen, reasons },
    next: { retryInMs: Math.min(soonMs, PENDING_CHECK_MAX_MS) },
    events: [],
  };
}
