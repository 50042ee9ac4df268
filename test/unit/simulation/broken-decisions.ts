/** Traces in which decisions, or what is kept of them, are wrong. */
import { definition, minute, POLICY, state, TraceBuilder } from './trace-builder.ts';
import { aWorld, park, pause } from './trace-scenes.ts';
import type { BrokenTraces, Trace } from './trace-scenes.ts';

export const BROKEN_DECISIONS: BrokenTraces = {
  'wrong-size': [
    {
      name: 'a change of one was one of four',
      trace: () =>
        aWorld()
          .fire(60, { event: { desiredAfter: 5 } })
          .converge()
          .end(),
    },
    {
      name: 'the maximum did not hold it',
      trace: () =>
        aWorld({
          [`policy:${POLICY}`]: definition({ adjustment: { kind: 'desiredCapacity', amount: 12 } }),
        })
          .fire(60, { event: { desiredAfter: 12 } })
          .converge()
          .end(),
    },
    {
      name: 'a cooldown did not hold it back',
      trace: () =>
        aWorld({ [`policy:${POLICY}`]: definition({ cooldownSeconds: 3_600.5 }) })
          .fire(60)
          .converge()
          .fire(120)
          .converge()
          .end(),
    },
    {
      name: 'a paused group was scaled',
      trace: (): Trace => {
        const world = pause(aWorld().go(30));
        return world.fire(60).end();
      },
    },
    {
      name: 'its cooldown begins at another time',
      trace: () =>
        aWorld()
          .fire(60, { progress: { touchedAt: minute(59) } })
          .converge()
          .end(),
    },
    {
      name: 'what is late was decided as if it were not',
      trace: (): Trace => {
        const world = aWorld().fault('store-down', [55, 61]);
        const touchedAt = minute(60);
        const changedBy = `${POLICY}@${String(touchedAt)}`;
        const progress = { plannedAt: minute(120), claimedAt: touchedAt, touchedAt };
        world.fire(60, {
          lateMs: 70_000,
          change: {
            set: {
              state: state({ desired: 2, touchedAt, changedBy }),
              [`progress:${POLICY}`]: JSON.stringify(progress),
            },
          },
        });
        return world.converge().end();
      },
    },
    {
      name: 'new limits did not pull it in',
      trace: () =>
        aWorld()
          .go(30)
          .asUser('change-config', 'changed', {
            set: { limits: '{"minEntities":3,"maxEntities":9,"cooldownSeconds":0}' },
            events: [
              {
                ...{ event: 'group.changed', by: 'user', what: 'config' },
                ...{ desiredBefore: 1, desiredAfter: 1 },
              },
            ],
          })
          .end(),
    },
  ],
  'no-reason': [
    {
      name: 'occurrences were missed for a reason that nobody knows',
      trace: () =>
        aWorld()
          .fault('store-down', [55, 121])
          .fire(120, {
            lateMs: 61_000,
            first: [new TraceBuilder().run(60, 60, { reason: 'bad weather' })],
          })
          .converge()
          .end(),
    },
    {
      name: 'occurrences were missed because they came too late, which no policy minds',
      trace: () =>
        aWorld()
          .fault('store-down', [55, 121])
          .fire(120, {
            lateMs: 61_000,
            first: [new TraceBuilder().run(60, 60, { reason: 'too-late' })],
          })
          .converge()
          .end(),
    },
    {
      name: 'a policy was parked that can be decided',
      trace: () => park(aWorld(), 'cannot read it').end(),
    },
    {
      name: 'a policy was parked without a reason',
      trace: () =>
        park(
          aWorld()
            .go(59)
            .apply({ process: undefined, set: { [`policy:${POLICY}`]: 'no JSON' } }),
          '',
        ).end(),
    },
  ],
  'not-a-replay': [
    {
      name: 'the state has more than the events say',
      trace: (): Trace => {
        const touchedAt = minute(60);
        const changedBy = `${POLICY}@${String(touchedAt)}`;
        const progress = { plannedAt: minute(120), claimedAt: touchedAt, touchedAt };
        return aWorld()
          .fire(60, {
            change: {
              set: {
                state: state({ desired: 7, touchedAt, changedBy }),
                [`progress:${POLICY}`]: JSON.stringify(progress),
              },
            },
          })
          .converge()
          .end();
      },
    },
    {
      name: 'a write without an event changed it',
      trace: () =>
        aWorld()
          .go(30)
          .apply({ set: { state: state({ desired: 4 }) }, isMarked: true })
          .converge()
          .end(),
    },
  ],
};
