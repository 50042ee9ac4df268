/** Traces about calendars: one that leaves an hour, or a day, out of an hourly policy. */
import type { TracedEvent } from '../../simulation/trace.ts';
import { definition, HOURLY, minute, POLICY, TraceBuilder } from './trace-builder.ts';
import type { BrokenTraces, TracedCase } from './trace-scenes.ts';

const NAME = 'holidays';
const SCHEDULE = { ...HOURLY, exclude: [NAME] };
/** Another day than that of the traces. */
const ELSEWHEN = [{ date: '2026-01-06' }];
/** Includes minute 60. */
const FIRST_HOUR = [{ date: '2026-01-05', start: '00:30', end: '01:30' }];
const CHANGED: TracedEvent = { event: 'group.calendars-changed', names: [NAME], by: 'sweep' };

type Entries = readonly object[];

function copies(entries: Entries): Readonly<Record<string, string>> {
  return { calendars: JSON.stringify({ [NAME]: { version: JSON.stringify(entries), entries } }) };
}

function keep(world: TraceBuilder, entries: Entries | undefined): TraceBuilder {
  return world.add({ kind: 'calendar.kept', tenantId: 'tenant', name: NAME, entries });
}

/** A group that has converged at minute 20; its policy, which goes by the calendar, is armed for minute 60. */
function aCalendarWorld(entries: Entries = ELSEWHEN): TraceBuilder {
  return keep(new TraceBuilder().go(20), entries)
    .create({ [`policy:${POLICY}`]: definition({ schedule: SCHEDULE }), ...copies(entries) })
    .converge();
}

/** A sweep brings the calendar, and arms the policy for a minute. */
function bring(
  world: TraceBuilder,
  entries: Entries,
  armed: { readonly armedFor: number; readonly first?: readonly TracedEvent[] },
): TraceBuilder {
  const plannedAt = minute(armed.armedFor);
  return world.wait(20).apply({
    token: world.token,
    set: { ...copies(entries), [`progress:${POLICY}`]: JSON.stringify({ plannedAt }) },
    due: [{ policyId: POLICY, dueAt: plannedAt }],
    events: [...(armed.first ?? []), CHANGED],
  });
}

/** What was due at minute 60 is there still when the store is back. */
function whileAway(): TraceBuilder {
  return keep(aCalendarWorld().fault('store-down', [55, 65]).go(65), FIRST_HOUR);
}

function missed(at: number): TracedEvent {
  return new TraceBuilder().run(at, at, { schedule: SCHEDULE });
}

export const BROKEN_CALENDARS: BrokenTraces = {
  'stale-calendar': [
    {
      name: 'nobody brought a calendar that had changed',
      trace: () => keep(aCalendarWorld().go(30), [{ date: '2026-01-07' }]).end(),
    },
    {
      name: 'a calendar was not brought that another one includes',
      trace: () =>
        keep(
          new TraceBuilder()
            .go(18)
            .add({ kind: 'calendar.kept', tenantId: 'tenant', name: 'other', entries: ELSEWHEN }),
          [{ calendar: 'other' }],
        )
          .create({ [`policy:${POLICY}`]: definition({ schedule: SCHEDULE }), ...copies(ELSEWHEN) })
          .converge()
          .go(30)
          .add({ kind: 'calendar.kept', tenantId: 'tenant', name: 'other', entries: FIRST_HOUR })
          .end(),
    },
  ],
  'calendar-fate': [
    {
      name: 'a calendar was said to be written that was not',
      trace: () =>
        aCalendarWorld()
          .asUser('put-calendar', 'put', undefined, {
            ...{ tenantId: 'tenant', calendar: NAME, entries: FIRST_HOUR },
          })
          .end(),
    },
    {
      name: 'a calendar was said to be deleted that is still there',
      trace: () =>
        aCalendarWorld()
          .asUser('delete-calendar', 'deleted', undefined, { tenantId: 'tenant', calendar: NAME })
          .end(),
    },
  ],
};

/** Traces in which `misarmed` has something to say about calendars. */
export const MISARMED_CALENDARS: readonly TracedCase[] = [
  {
    name: 'a policy is armed for an hour that its calendar leaves out',
    trace: () => aCalendarWorld(FIRST_HOUR).end(),
  },
  {
    name: 'a policy stays armed for what a calendar leaves out from now on',
    trace: () =>
      bring(keep(aCalendarWorld().go(30), FIRST_HOUR), FIRST_HOUR, { armedFor: 60 }).end(),
  },
];

/** The same of `missed`. */
export const LOST_TO_CALENDARS: readonly TracedCase[] = [
  {
    name: 'what had come due is told of nowhere when a calendar leaves it out',
    trace: () => bring(whileAway(), FIRST_HOUR, { armedFor: 120 }).end(),
  },
];

/** Traces in which nothing is wrong. */
export const EXCUSED_CALENDARS: readonly TracedCase[] = [
  {
    name: 'a sweep brought a calendar, and armed the policy for what it lets stand',
    trace: () =>
      bring(keep(aCalendarWorld().go(30), FIRST_HOUR), FIRST_HOUR, { armedFor: 120 }).end(),
  },
  {
    name: 'what had come due is told as missed when a calendar leaves it out',
    trace: () => bring(whileAway(), FIRST_HOUR, { armedFor: 120, first: [missed(60)] }).end(),
  },
  {
    name: 'a calendar changed and was what it had been before any sweep came by',
    trace: () => keep(keep(aCalendarWorld().go(30), FIRST_HOUR).go(31), ELSEWHEN).end(),
  },
  {
    name: 'a calendar is gone, and the group goes on with its copy',
    trace: () => keep(aCalendarWorld().go(30), undefined).end(),
  },
  {
    name: 'a calendar was said to be written that had been so before',
    trace: () =>
      aCalendarWorld()
        .asUser('put-calendar', 'put', undefined, {
          ...{ tenantId: 'tenant', calendar: NAME, entries: ELSEWHEN },
        })
        .end(),
  },
];
