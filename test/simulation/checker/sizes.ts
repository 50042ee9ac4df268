/** The checker's own arithmetic of scaling decisions. */
import { bounded, planOf, sized } from './plans.ts';
import type { AdjustmentRecord, DefinitionRecord, LimitsRecord, StateRecord } from './records.ts';

/** What an execution should come to. */
export interface ExpectedDecision {
  readonly outcome: 'scaled' | 'refused' | 'skipped';
  readonly reason: string | undefined;
  readonly desired: number;
  /** What the group wants apart from its plan; undefined where that is no other number. */
  readonly base: number | undefined;
}

/** Within this long of its planned time an occurrence is decided as at that time. */
const ON_TIME_MS = 1_000;

/** The instant as at which something is decided that was due and is claimed at `now`; never before the one before it. */
export function decisionTime(dueAt: number, now: number, before: number): number {
  const isOnTime = now <= dueAt + ON_TIME_MS;
  return Math.max(before, isOnTime ? dueAt : now);
}

/** What the execution of a policy at an instant should do. */
export function expectedDecision(input: {
  readonly state: StateRecord;
  readonly limits: LimitsRecord;
  readonly definition: DefinitionRecord;
  readonly policyTouchedAt: number | undefined;
  readonly at: number;
  /** The instant at which cooldowns are looked at, where it is a later one. */
  readonly restedAt?: number;
}): ExpectedDecision {
  const { state, limits, definition, at, restedAt = at } = input;
  const { desired, base } = state;
  const { adjustment } = definition;
  const left = (outcome: 'refused' | 'skipped', reason: string): ExpectedDecision => ({
    ...{ outcome, reason, desired, base },
  });
  const obstacle = obstacleOf(state, at);
  if (obstacle !== undefined) return left('skipped', obstacle);
  if (adjustment.kind === 'window') return left('refused', 'window');
  if (isHeldBack(input.policyTouchedAt, definition.cooldownSeconds, restedAt)) {
    return left('refused', 'policy-cooldown');
  }
  if (isHeldBack(state.touchedAt, limits.cooldownSeconds, restedAt)) {
    return left('refused', 'group-cooldown');
  }
  // What is adjusted is what there would be if nothing set the size.
  const plan = planOf(state, limits, at);
  const from = bounded(plan, base ?? desired);
  const to = bounded(plan, wantedOf(adjustment, from));
  const after = sized(state, to, plan);
  if (to === from && after.desired === desired) return left('refused', 'no-change');
  return {
    ...{ outcome: 'scaled', reason: undefined },
    ...{ desired: after.desired, base: after.base },
  };
}

function obstacleOf(state: StateRecord, at: number): string | undefined {
  if (state.isDeleting) return 'deleting';
  if (state.isSuspended) return 'suspended';
  const isOver = state.pausedUntil !== undefined && state.pausedUntil <= at;
  return state.isPaused && !isOver ? 'paused' : undefined;
}

/** Whether less than the cooldown lies between two instants, whichever is first. Exact in the decimals of `seconds`. */
function isHeldBack(touchedAt: number | undefined, seconds: number, at: number): boolean {
  if (touchedAt === undefined) return false;
  const distanceMs = at > touchedAt ? at - touchedAt : touchedAt - at;
  if (Number.isInteger(seconds)) return distanceMs < seconds * 1_000;
  const { digits, scale } = decimal(seconds);
  return BigInt(distanceMs) * scale < digits * 1_000n;
}

function wantedOf(adjustment: AdjustmentRecord, desired: number): number {
  if (adjustment.kind === 'changePercent') return desired + share(desired, adjustment.percent);
  return adjustment.kind === 'change' ? desired + adjustment.amount : adjustment.amount;
}

/** So many per cent of a number, any fraction rounded away from zero. */
export function share(desired: number, percent: number): number {
  const { digits, scale } = decimal(percent);
  const product = BigInt(desired) * digits;
  const whole = scale * 100n;
  const size = ((product < 0n ? -product : product) + whole - 1n) / whole;
  const safe = BigInt(Number.MAX_SAFE_INTEGER);
  const capped = Number(size > safe ? safe : size);
  return product < 0n ? -capped : capped;
}

/** A number as the fraction `digits / scale` that its shortest decimal text says. */
function decimal(value: number): { readonly digits: bigint; readonly scale: bigint } {
  const [mantissa = '0', exponent = '0'] = value.toString().split('e');
  const point = mantissa.indexOf('.');
  const places = (point < 0 ? 0 : mantissa.length - point - 1) - Number(exponent);
  const digits = BigInt(mantissa.replace('.', ''));
  if (places >= 0) return { digits, scale: 10n ** BigInt(places) };
  return { digits: digits * 10n ** BigInt(-places), scale: 1n };
}
