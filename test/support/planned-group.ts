/** A group that people have keep to something for a while. */
import type { EpochMs } from '../../src/base/clock.ts';
import { encodeField } from '../../src/domain/group/fields.ts';
import type { ScalingState } from '../../src/domain/group/group.ts';
import type { HistoryEvent } from '../../src/domain/history/event.ts';
import { TIMER_ID } from '../../src/domain/plan/timer.ts';
import { setOverride } from '../../src/scaling/override-group.ts';
import type { OverrideRequest, SetOverrideResult } from '../../src/scaling/override-group.ts';
import {
  aGroup,
  aPolicy,
  aScaling,
  after,
  commitDirectly,
  groupOf,
  historyOf,
  storedGroupOf,
} from './scaling.ts';
import type { CreatedGroup, ScalingFixture } from './scaling.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
export const BY = { by: 'tester' };

export interface PlannedGroup extends ScalingFixture, CreatedGroup {
  state(): Promise<ScalingState>;
  events(): Promise<readonly HistoryEvent[]>;
  /** When its timer is due. */
  timer(): Promise<EpochMs | undefined>;
  /** Sets an override of an hour, unless something else is said. */
  set(changes: Partial<OverrideRequest>): Promise<SetOverrideResult>;
}

/** A group of 0 to 10 that wants 2, with a policy that adds one. */
export async function aPlannedGroup(state: Partial<ScalingState> = {}): Promise<PlannedGroup> {
  const fixture = aScaling();
  const { store, deps } = fixture;
  const group = await aGroup(deps, { policies: [aPolicy()] });
  const { groupId, target } = group;
  const before = await groupOf(store, groupId);
  await commitDirectly(store, groupId, {
    set: { state: encodeField({ ...before.state, desired: 2, ...state }) },
    divergence: 'keep',
  });
  return {
    ...{ ...fixture, ...group },
    state: async () => (await groupOf(store, groupId)).state,
    events: () => historyOf(store, groupId),
    timer: async () => (await storedGroupOf(store, groupId)).due.get(TIMER_ID),
    set: (changes) =>
      setOverride(deps, target, {
        ...{ until: after(HOUR_MS), reason: 'launch', ...BY },
        ...changes,
      }),
  };
}
