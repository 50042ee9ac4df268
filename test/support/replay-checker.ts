/** Whether a group's history is a serial order of what its clients did; it shares no arithmetic with Lutra. */

/** What a policy does, as it was sent. */
export type Adjustment =
  | { readonly change: number }
  | { readonly changePercent: number }
  | { readonly desiredCapacity: number };

/** An execution in a history. */
export interface ExecutedEvent {
  readonly sequence: number;
  readonly event: string;
  readonly executionId: string;
  readonly policyId: string;
  readonly outcome: string;
  readonly desiredBefore: number;
  readonly desiredAfter: number;
}

/** What a client was told of one call. */
export interface Call {
  readonly policyId: string;
  /** `unknown` where no reply came, or one that says that nobody knows. */
  readonly told: 'scaled' | 'refused' | 'unknown';
}

export interface GroupFacts {
  readonly bounds: { readonly min: number; readonly max: number };
  readonly adjustments: ReadonlyMap<string, Adjustment>;
  readonly desiredAtFirst: number;
  readonly desiredAtLast: number;
}

/** What is wrong; empty where the history is such an order, and every call is in it as it was told. */
export function replayFaults(
  events: readonly ExecutedEvent[],
  calls: readonly Call[],
  facts: GroupFacts,
): readonly string[] {
  return [...orderFaults(events, facts), ...callFaults(events, calls, facts.adjustments)];
}

/** Each execution follows from what the one before it left behind. */
function orderFaults(events: readonly ExecutedEvent[], facts: GroupFacts): readonly string[] {
  const faults: string[] = [];
  const seen = new Set<string>();
  let desired = facts.desiredAtFirst;
  for (const { sequence, executionId, policyId, outcome, ...event } of events) {
    const what = `event ${String(sequence)}`;
    if (seen.has(executionId)) faults.push(`${what}: execution ${executionId} is there twice`);
    seen.add(executionId);
    if (event.desiredBefore !== desired) {
      faults.push(`${what} begins at ${String(event.desiredBefore)}, not at ${String(desired)}`);
    }
    const adjustment = facts.adjustments.get(policyId);
    const expected = adjustment === undefined ? Number.NaN : adjusted(desired, adjustment, facts);
    const isRight = event.desiredAfter === expected;
    if (!isRight)
      faults.push(`${what} ends at ${String(event.desiredAfter)}, not ${String(expected)}`);
    const shouldBe = expected === desired ? 'refused' : 'scaled';
    if (outcome !== shouldBe) faults.push(`${what} is ${outcome}, and should be ${shouldBe}`);
    desired = event.desiredAfter;
  }
  if (desired !== facts.desiredAtLast) {
    faults.push(
      `it wants ${String(facts.desiredAtLast)}, and its history leads to ${String(desired)}`,
    );
  }
  return faults;
}

function adjusted(desired: number, adjustment: Adjustment, { bounds }: GroupFacts): number {
  const within = (wanted: number): number => Math.min(Math.max(wanted, bounds.min), bounds.max);
  if ('change' in adjustment) return within(desired + adjustment.change);
  if ('desiredCapacity' in adjustment) return within(adjustment.desiredCapacity);
  // Away from zero; whole percents of small numbers, so nothing is lost.
  const part = (desired * adjustment.changePercent) / 100;
  return within(desired + Math.sign(part) * Math.ceil(Math.abs(part)));
}

/** What was told is there exactly as often as it was told; what was not told makes up the rest. */
function callFaults(
  events: readonly ExecutedEvent[],
  calls: readonly Call[],
  adjustments: GroupFacts['adjustments'],
): readonly string[] {
  return [...adjustments.keys()].flatMap((policyId) => {
    const recorded = events.filter((event) => event.policyId === policyId);
    const called = calls.filter((call) => call.policyId === policyId);
    const left = { extra: 0, unknown: called.filter(({ told }) => told === 'unknown').length };
    const faults = (['scaled', 'refused'] as const).flatMap((outcome) => {
      const toldCount = called.filter(({ told }) => told === outcome).length;
      const count = recorded.filter((event) => event.outcome === outcome).length;
      left.extra += Math.max(0, count - toldCount);
      return count >= toldCount
        ? []
        : [
            `${policyId} was told ${outcome} ${String(toldCount)} times, and is so ${String(count)} times`,
          ];
    });
    return left.extra <= left.unknown
      ? faults
      : [
          ...faults,
          `${policyId} was executed ${String(left.extra)} times more than was told, and ${String(left.unknown)} replies are missing`,
        ];
  });
}
