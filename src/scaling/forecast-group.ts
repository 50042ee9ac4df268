/** What the schedules of a group will do to it, as it is or as it would be with changes that nobody has made. */
import { plusMs } from '../base/clock.ts';
import type { EpochMs } from '../base/clock.ts';
import { forecastInSlices, SPAN_MAX_MS } from '../domain/forecast/forecast.ts';
import type { Forecast, ForecastInput } from '../domain/forecast/forecast.ts';
import type { ArmedPolicy } from '../domain/forecast/upcoming.ts';
import { decodeGroup } from '../domain/group/fields.ts';
import type { GroupLimits } from '../domain/group/group.ts';
import type { PolicyDefinition } from '../domain/group/policy.ts';
import type { PolicyId } from '../domain/ids.ts';
import { takeTurns } from '../domain/plan/turns.ts';
import type { PlanTurn } from '../domain/plan/turns.ts';
import { withinLimits } from '../domain/scaling/limits.ts';
import type { StoredGroup } from '../ports/store.ts';
import { armPolicy, exceededPeriod } from './arm-policy.ts';
import { resolveNamed } from './tenant-calendars.ts';
import type { CalendarRefused } from './tenant-calendars.ts';
import type { ScalingDeps } from './scaling-deps.ts';
import { partitionOfTarget, visibleTo } from './write-group.ts';
import type { GroupTarget, NoSuchGroup } from './write-group.ts';

/** How far a forecast goes where nobody says. */
export const SPAN_DEFAULT_MS = 7 * 86_400_000;

/** What is to be forecast. */
export interface ForecastRequest extends Pick<ForecastInput, 'listed'> {
  /** Absent, or past: the store's now. */
  readonly from?: EpochMs | undefined;
  /** Absent: seven days after `from`. */
  readonly to?: EpochMs | undefined;
  readonly changes?: WhatIf | undefined;
}

/** Changes as if they were made now. */
interface WhatIf {
  readonly added: readonly PolicyDefinition[];
  readonly without: readonly PolicyId[];
  /** The limits that differ. */
  readonly limits: Partial<GroupLimits>;
}

export type ForecastGroupResult =
  | { readonly kind: 'forecast'; readonly forecast: Forecast; readonly now: EpochMs }
  /** `to` must be later than `from`, and no later than `latest`. */
  | { readonly kind: 'no-such-span'; readonly from: EpochMs; readonly latest: EpochMs }
  | WhatIfProblem
  | NoSuchGroup;

/** Why the changes could not be made. */
type WhatIfProblem =
  /** The group has no policy of the id at this place of `without`. */
  | { readonly kind: 'no-such-policy'; readonly index: number }
  /** The schedule of the policy at this place of `added` has no occurrence from now on. */
  | { readonly kind: 'never-fires'; readonly index: number }
  /** The window at this place of `added` lasts longer than the time from one opening to the next. */
  | { readonly kind: 'window-too-long'; readonly index: number; readonly periodSeconds: number }
  | { readonly kind: 'over-policy-limit'; readonly count: number }
  | CalendarRefused
  | { readonly kind: 'min-above-max' };

/** What a forecast is made from. */
type Facts = Pick<ForecastInput, 'limits' | 'state' | 'policies'>;

/** Occurrences between two looks at the clock. Few: one that is the first of its zone may take some ms. */
const SLICE_OCCURRENCES = 4;
/** How long others wait for their turn, in ms: schedules fire on the same thread. */
const TURN_MS = 5;

/** Makes the forecast. Writes nothing. */
export async function forecastGroup(
  deps: ScalingDeps,
  target: GroupTarget,
  request: ForecastRequest,
): Promise<ForecastGroupResult> {
  const { store, occurrencesOf } = deps;
  if (partitionOfTarget(store, target.groupId) === undefined) return { kind: 'no-such-group' };
  const visible = visibleTo(target.tenantId, await store.group(target.groupId));
  if (visible === undefined) return { kind: 'no-such-group' };
  const { now, stored } = visible;
  const from = request.from === undefined || request.from < now ? now : request.from;
  const to = request.to ?? plusMs(from, SPAN_DEFAULT_MS);
  const latest = plusMs(now, SPAN_MAX_MS);
  if (to <= from || to > latest) return { kind: 'no-such-span', from, latest };
  const { listed, changes } = request;
  const facts = factsOf(stored);
  const changed =
    changes === undefined ? facts : await changedFacts(deps, { facts, stored, changes, now });
  if ('kind' in changed) return changed;
  const input = { ...changed, now, from, to, listed, occurrencesOf };
  return { kind: 'forecast', forecast: await forecastInTurns(deps, target.signal, input), now };
}

/** What schedules act on in a group. What is not armed does nothing by itself. */
export function factsOf(stored: StoredGroup): Facts {
  const { limits, state, policies } = decodeGroup(stored);
  const armed = [...policies.values()].flatMap((policy) => {
    const dueAt = stored.due.get(policy.id);
    return dueAt === undefined ? [] : [{ ...policy, dueAt }];
  });
  return { limits, state, policies: armed };
}

/** The forecast, with a turn for others whenever it has taken a while. */
export async function forecastInTurns(
  { clock }: ScalingDeps,
  signal: AbortSignal,
  input: ForecastInput,
): Promise<Forecast> {
  const slices = forecastInSlices(input, SLICE_OCCURRENCES);
  let turnAt = clock.monotonicMs();
  for (;;) {
    const slice = slices.next();
    if (slice.done === true) return slice.value;
    if (clock.monotonicMs() - turnAt < TURN_MS) continue;
    await clock.sleep(0, signal);
    signal.throwIfAborted();
    turnAt = clock.monotonicMs();
  }
}

/** The same for policies that may name calendars, which they are given as they are now. */
async function changedFacts(
  deps: ScalingDeps,
  given: Parameters<typeof withChanges>[1],
): Promise<Facts | WhatIfProblem> {
  const { stored, changes } = given;
  const named = await resolveNamed(deps, stored.tenantId, changes.added);
  if (named.kind !== 'with-copies') return named;
  return withChanges(deps, { ...given, changes: { ...changes, added: named.definitions } });
}

/** The facts as the changes would leave them, made in this order: limits, policies that go, policies that come. */
function withChanges(
  deps: ScalingDeps,
  given: {
    readonly facts: Facts;
    readonly stored: StoredGroup;
    readonly changes: WhatIf;
    readonly now: EpochMs;
  },
): Facts | WhatIfProblem {
  const { facts, stored, changes, now } = given;
  const limits = { ...facts.limits, ...changes.limits };
  if (limits.minEntities > limits.maxEntities) return { kind: 'min-above-max' };
  const held = decodeGroup(stored).policies;
  const unknown = changes.without.findIndex((id) => !held.has(id));
  if (unknown >= 0) return { kind: 'no-such-policy', index: unknown };
  const gone = new Set(changes.without);
  const count = held.size - gone.size;
  if (count + changes.added.length > deps.limits.maxPoliciesPerGroup) {
    return { kind: 'over-policy-limit', count };
  }
  const armed = armedPolicies(deps, changes.added, now);
  if ('kind' in armed) return armed;
  const bounded = withinLimits(facts.state, limits, now);
  const closed = changes.without.map((policyId): PlanTurn => ({
    kind: 'window',
    policyId,
    open: undefined,
  }));
  const turns = [...closed, ...armed.turns];
  const { state } = takeTurns(bounded, turns, { limits, instant: now });
  const kept = facts.policies.filter(({ id }) => !gone.has(id));
  return { limits, state, policies: [...kept, ...armed.policies] };
}

/** Policies that have no ids yet are called by their place in the request. */
function armedPolicies(
  { occurrencesOf }: ScalingDeps,
  added: readonly PolicyDefinition[],
  now: EpochMs,
):
  | { readonly policies: readonly ArmedPolicy[]; readonly turns: readonly PlanTurn[] }
  | WhatIfProblem {
  const policies: ArmedPolicy[] = [];
  const turns: PlanTurn[] = [];
  for (const [index, definition] of added.entries()) {
    const id = `policies[${String(index)}]` as PolicyId; // stands for one, and comes after all of them
    const before = { progress: {}, dueAt: undefined };
    const armed = armPolicy({ policyId: id, definition, before, now, occurrencesOf });
    if (armed === undefined) return { kind: 'never-fires', index };
    const periodSeconds = exceededPeriod(definition, { policyId: id, now, occurrencesOf });
    if (periodSeconds !== undefined) return { kind: 'window-too-long', index, periodSeconds };
    const { progress, dueAt, open } = armed;
    if (open !== undefined) turns.push({ kind: 'window', policyId: id, open });
    if (dueAt !== undefined) policies.push({ id, definition, progress, dueAt });
  }
  return { policies, turns };
}
