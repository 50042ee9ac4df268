/** Traces in which occurrences are not claimed as they should be. */
import { FIRST, HOURLY, minute, POLICY, TraceBuilder } from './trace-builder.ts';
import { aWorld, DELETION, rewriting, CHANGED, remove, refused } from './trace-scenes.ts';
import type { BrokenTraces } from './trace-scenes.ts';

export const BROKEN_CLAIMS: BrokenTraces = {
  missed: [
    {
      name: 'a later occurrence was claimed and this one was not',
      trace: () => aWorld().fire(120).converge().end(),
    },
    {
      name: 'the policy was deleted long after it had been due',
      trace: () => aWorld().go(70).asUser('delete-policy', 'deleted', DELETION).end(),
    },
    {
      name: 'the policy was written anew and what was due is in no run',
      trace: () =>
        aWorld()
          .go(60, 200)
          .asUser('change-policy', 'changed', { ...rewriting(120), events: [CHANGED] })
          .end(),
    },
    {
      name: 'the group was deleted long after its policy had been due',
      trace: () =>
        remove(aWorld().go(70)).converge().apply({ token: FIRST, remove: 'group' }).end(),
    },
  ],
  doubled: [
    {
      name: 'an occurrence was claimed again after a hand armed it again',
      trace: () =>
        aWorld()
          .fire(60)
          .converge()
          .apply({ process: undefined, due: [{ policyId: POLICY, dueAt: minute(60) }] })
          .fire(60, { lateMs: 900 })
          .converge()
          .end(),
    },
  ],
  early: [
    {
      name: 'an occurrence was claimed half a second before its time',
      trace: () => aWorld().fire(60, { lateMs: -500 }).converge().end(),
    },
    {
      name: 'it was decided on a clock that had not got there',
      trace: () =>
        aWorld()
          .fire(60, { lateMs: 100, change: { decidedAt: minute(60) - 300 } })
          .converge()
          .end(),
    },
  ],
  unplanned: [
    {
      name: 'no schedule has the occurrence',
      trace: () =>
        aWorld()
          .fire(60)
          .converge()
          .fire(61, {
            event: { dueAt: minute(61) },
            progress: { plannedAt: minute(120), claimedAt: minute(60) },
            change: { due: [] },
          })
          .converge()
          .end(),
    },
    {
      name: 'the occurrence bears another name',
      trace: () =>
        aWorld()
          .fire(60, { event: { occurrenceId: `${POLICY}@1` } })
          .converge()
          .end(),
    },
    {
      name: 'it was due at another time than it was armed for',
      trace: () =>
        aWorld()
          .fire(60, { event: { dueAt: minute(59) } })
          .converge()
          .end(),
    },
    {
      name: 'its group was deleted',
      trace: () =>
        remove(aWorld().go(30))
          .converge()
          .fire(60, {
            event: { outcome: 'skipped', reason: 'deleting', desiredAfter: 1 },
            change: { set: {}, due: [], isMarked: false },
          })
          .apply({ token: FIRST, remove: 'group' })
          .end(),
    },
    {
      name: 'there is no such policy',
      trace: () =>
        aWorld()
          .go(30)
          .apply({
            token: FIRST,
            events: [
              {
                ...{ event: 'policy.fired', policyId: 'other', dueAt: minute(30) },
                ...{ occurrenceId: 'other@1', plannedAt: minute(30), desiredBefore: 1 },
                ...refused({ reason: 'no-change' }),
              },
            ],
          })
          .end(),
    },
    {
      name: 'a run tells of another schedule',
      trace: () =>
        aWorld()
          .fault('store-down', [55, 121])
          .fire(120, {
            lateMs: 61_000,
            first: [new TraceBuilder().run(60, 60, { schedule: { ...HOURLY, cron: '1 * * * *' } })],
          })
          .converge()
          .end(),
    },
  ],
  late: [
    {
      name: 'an occurrence was claimed five seconds late in calm times',
      trace: () => aWorld().fire(60, { lateMs: 5_000 }).converge().end(),
    },
    {
      name: 'it was claimed long after what kept it up was over',
      trace: () =>
        aWorld().fault('store-down', [55, 65]).fire(60, { lateMs: 900_000 }).converge().end(),
    },
    {
      name: 'what kept others up was of no concern to it',
      trace: () =>
        aWorld().fault('provider-down', [55, 65]).fire(60, { lateMs: 5_000 }).converge().end(),
    },
  ],
  'superseded-in-calm': [
    {
      name: 'an occurrence was given up though nothing had kept it up',
      trace: () =>
        aWorld()
          .fire(120, { first: [new TraceBuilder().run(60, 60)] })
          .converge()
          .end(),
    },
    {
      name: 'a policy was written anew long after it had been due',
      trace: () =>
        aWorld()
          .go(70)
          .asUser('change-policy', 'changed', {
            ...rewriting(120),
            events: [new TraceBuilder().run(60, 60), CHANGED],
          })
          .end(),
    },
  ],
  'not-the-latest': [
    {
      name: 'occurrences were superseded and the one after them did not fire',
      trace: () =>
        aWorld()
          .fault('store-down', [55, 121])
          .go(121)
          .apply({
            token: FIRST,
            set: {
              [`progress:${POLICY}`]: JSON.stringify({
                ...{ plannedAt: minute(180), claimedAt: minute(120) },
              }),
            },
            due: [{ policyId: POLICY, dueAt: minute(180) }],
            events: [new TraceBuilder().run(60, 120)],
          })
          .end(),
    },
    {
      name: 'the one after those that were superseded fired in another commit',
      trace: () =>
        aWorld()
          .fault('store-down', [55, 121])
          .go(121)
          .apply({
            token: FIRST,
            set: {
              [`progress:${POLICY}`]: JSON.stringify({
                ...{ plannedAt: minute(120), claimedAt: minute(60) },
              }),
            },
            due: [{ policyId: POLICY, dueAt: minute(120) }],
            events: [new TraceBuilder().run(60, 60)],
          })
          .fire(120, { lateMs: 61_000 })
          .converge()
          .end(),
    },
    {
      name: 'each of those that were due fired, one after the other',
      trace: () =>
        aWorld()
          .fault('store-down', [55, 121])
          .fire(60, { lateMs: 3_661_000 })
          .fire(120, { lateMs: 61_100 })
          .converge()
          .end(),
    },
  ],
  overdue: [
    { name: 'an occurrence is not claimed at the end', trace: () => aWorld().go(70).end() },
  ],
};
