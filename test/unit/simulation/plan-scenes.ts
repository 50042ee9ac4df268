/** What happens in the traces that are about plans: a window that is open for the first quarter of every hour. */
import type { TracedEvent } from '../../simulation/trace.ts';
import { TIMER_ID } from '../../simulation/checker/timers.ts';
import { definition, minute, POLICY, TraceBuilder } from './trace-builder.ts';
import { aWorld } from './trace-scenes.ts';

const OPENS = 60;
const CLOSES = 75;
const OPENS_AGAIN = 120;
const MIN = 3;

type Applied = Parameters<TraceBuilder['apply']>[0];
type Json = Readonly<Record<string, unknown>>;

const WINDOW = { kind: 'window', min: MIN, durationSeconds: 900, measured: 'elapsed', priority: 0 };

/** A group of one server whose only policy is a window with three. */
export function aWindowWorld(changes: Json = {}): TraceBuilder {
  const window = { ...WINDOW, ...changes };
  return aWorld({ [`policy:${POLICY}`]: definition({ adjustment: window }) });
}

/** The state of a group, but for what is given anew; undefined leaves out. */
function stateWith(world: TraceBuilder, changes: Json): string {
  return JSON.stringify({ ...world.stateOf(), ...changes });
}

function progress(at: Readonly<Record<string, number>>): Readonly<Record<string, string>> {
  return { [`progress:${POLICY}`]: JSON.stringify(at) };
}

/** A claim of the window, which is armed for a minute from then on. */
function claim(
  world: TraceBuilder,
  armedFor: number,
  { state, ...change }: Applied & { readonly state?: string } = {},
): TraceBuilder {
  return world.apply({
    token: world.token,
    set: {
      ...progress({ plannedAt: minute(armedFor), claimedAt: minute(OPENS) }),
      ...(state === undefined ? {} : { state }),
    },
    due: [{ policyId: POLICY, dueAt: minute(armedFor) }],
    ...change,
  });
}

function turnEvent(event: string, sizes: readonly [number, number]): TracedEvent {
  const [desiredBefore, desiredAfter] = sizes;
  const span = { opensAt: minute(OPENS), closesAt: minute(CLOSES) };
  return { event, policyId: POLICY, ...span, desiredBefore, desiredAfter };
}

/** The window opens, and three servers are wanted. */
export function open(
  world: TraceBuilder,
  options: {
    readonly lateMs?: number;
    readonly first?: readonly TracedEvent[];
    readonly armedFor?: number;
    readonly min?: number;
  } = {},
): TraceBuilder {
  const { lateMs = 50, first = [], armedFor = CLOSES, min = MIN } = options;
  world.go(OPENS, lateMs);
  const span = { opensAt: minute(OPENS), closesAt: minute(CLOSES) };
  const windows = [{ policyId: POLICY, ...span, priority: 0, min }];
  const changedBy = `${POLICY}@${String(minute(OPENS))}`;
  const sizes = min === 1 ? {} : { desired: min, base: 1, changedBy };
  return claim(world, armedFor, {
    state: stateWith(world, { ...sizes, windows }),
    isMarked: true,
    events: [...first, turnEvent('window.opened', [1, min])],
  }).converge();
}

/** It closes, and `desired` servers are wanted. */
export function close(world: TraceBuilder, desired = 1): TraceBuilder {
  world.go(CLOSES, 50);
  const cause = { changedBy: `${POLICY}@${String(minute(CLOSES))}` };
  const changes = { desired, base: undefined, windows: undefined };
  return claim(world, OPENS_AGAIN, {
    state: stateWith(world, { ...changes, ...(desired === MIN ? {} : cause) }),
    isMarked: true,
    events: [turnEvent('window.closed', [MIN, desired])],
  });
}

/** It is claimed, and nothing becomes of it. */
export function claimInVain(
  world: TraceBuilder,
  [minutes, armedFor]: readonly [number, number],
): TraceBuilder {
  return claim(world.go(minutes, 50), armedFor);
}

/** What the group wants apart from the window is lost by a write that nothing tells of. */
export function forget(world: TraceBuilder): TraceBuilder {
  return world.wait(20).apply({ set: { state: stateWith(world, { base: undefined }) } });
}

/** Somebody has the next opening left out. */
export function leaveOut(world: TraceBuilder): TraceBuilder {
  const left = minute(OPENS);
  return world.go(30).asUser('skip', 'skipped', {
    set: {
      [`progress:${POLICY}`]: JSON.stringify({
        ...{ plannedAt: minute(OPENS_AGAIN), claimedAt: left },
        skipped: { first: left, last: left },
      }),
    },
    due: [{ policyId: POLICY, dueAt: minute(OPENS_AGAIN) }],
    events: [{ event: 'policy.skipped', policyId: POLICY, plannedAt: left, by: 'user' }],
  });
}

/** Its schedule is written anew while the opening that was left out would have it open: that is forgotten, and it opens. */
export function reopen(world: TraceBuilder, minutes: number): TraceBuilder {
  const schedule = { kind: 'cron', cron: '0 * * * *', timezone: 'UTC' };
  const text = definition({ adjustment: WINDOW, schedule });
  const span = { opensAt: minute(OPENS), closesAt: minute(CLOSES) };
  const windows = [{ policyId: POLICY, ...span, priority: 0, min: MIN }];
  const changedBy = `${POLICY}@${String(minute(OPENS))}`;
  return world
    .go(minutes)
    .asUser('change-policy', 'changed', {
      set: {
        [`policy:${POLICY}`]: text,
        ...progress({ plannedAt: minute(CLOSES), claimedAt: minute(OPENS) }),
        state: stateWith(world, { desired: MIN, base: 1, changedBy, windows }),
      },
      due: [{ policyId: POLICY, dueAt: minute(CLOSES) }],
      isMarked: true,
      events: [
        { event: 'policy.changed', policyId: POLICY, by: 'user' },
        turnEvent('window.opened', [1, MIN]),
      ],
    })
    .converge();
}

/** Somebody sets an override of one server at least, up to a minute, and the timer for it. */
export function override(world: TraceBuilder, until: number, armedFor = until): TraceBuilder {
  const capacity = { min: 1, until: minute(until) };
  const kept = { ...capacity, since: world.at, by: 'user', reason: 'because' };
  const change: Applied = {
    set: { state: stateWith(world, { override: kept }) },
    due: [{ policyId: TIMER_ID, dueAt: minute(armedFor) }],
    isMarked: true,
    events: [{ event: 'override.set', by: 'user', desiredBefore: 1, desiredAfter: 1 }],
  };
  return world.asUser('set-override', 'set', change, { override: capacity });
}

/** It ends. */
export function endOverride(world: TraceBuilder, until: number, lateMs = 50): TraceBuilder {
  world.go(until, lateMs);
  const sizes = { desiredBefore: 1, desiredAfter: 1 };
  return world.apply({
    token: world.token,
    set: { state: stateWith(world, { override: undefined }) },
    due: [{ policyId: TIMER_ID, dueAt: undefined }],
    isMarked: true,
    events: [{ event: 'override.ended', until: minute(until), ...sizes }],
  });
}
