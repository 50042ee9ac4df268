/** From what a group keeps to for a while to the bodies of this API. */
import type { OpenWindow, Override, ScalingState } from '../domain/group/group.ts';
import type { PlannedCapacity } from '../domain/group/planned-capacity.ts';
import { isoOf } from '../domain/schedule/iso.ts';

/** An override, as it was set. */
export function overrideBody(override: Override): object {
  const { since, until, reason, by } = override;
  return {
    ...capacityBody(override),
    ...{ since: isoOf(since), until: isoOf(until), reason, by },
  };
}

/** What the state of a group has besides: nothing, for a group that has neither windows nor anything that ends. */
export function planBody({ base, override, pausedUntil, windows }: ScalingState): object {
  return {
    ...(pausedUntil === undefined ? {} : { pausedUntil: isoOf(pausedUntil) }),
    ...(base === undefined ? {} : { baseCapacity: base }),
    ...(override === undefined ? {} : { override: overrideBody(override) }),
    ...(windows === undefined ? {} : { windows: windows.map(windowBody) }),
  };
}

function windowBody(window: OpenWindow): object {
  const { policyId, opensAt, closesAt, priority } = window;
  return {
    policyId,
    ...{ opensAt: isoOf(opensAt), closesAt: isoOf(closesAt) },
    ...capacityBody(window),
    priority,
  };
}

function capacityBody({ min, max, desired }: PlannedCapacity): PlannedCapacity {
  return {
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(desired === undefined ? {} : { desired }),
  };
}
