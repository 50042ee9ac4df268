/** Traces of worlds in which one thing is wrong, by the rule that has to find it. */
import type { TraceEntry } from '../../simulation/trace.ts';
import {
  definition,
  FIRST,
  GROUP,
  HOURLY,
  minute,
  POLICY,
  SECOND,
  state,
  TraceBuilder,
} from './trace-builder.ts';

/** One trace, and what is wrong or unusual about it. */
export interface TracedCase {
  readonly name: string;
  readonly trace: () => readonly TraceEntry[];
}

/** A group that has converged at minute 20, and is armed for minute 60. */
export function aWorld(fields: Readonly<Record<string, string>> = {}): TraceBuilder {
  return new TraceBuilder().go(20).create(fields).converge();
}

/** The commit that deletes the policy. */
export const DELETION = {
  remove: [`policy:${POLICY}`, `progress:${POLICY}`],
  due: [{ policyId: POLICY, dueAt: undefined }],
  events: [{ event: 'policy.deleted', policyId: POLICY, by: 'user' }],
};

/** The commit that writes the policy anew, armed for a minute. */
export function rewriting(armedFor: number): {
  readonly set: Readonly<Record<string, string>>;
  readonly due: readonly { readonly policyId: string; readonly dueAt: number }[];
} {
  const plannedAt = minute(armedFor);
  return {
    set: {
      [`policy:${POLICY}`]: definition(),
      [`progress:${POLICY}`]: JSON.stringify({ plannedAt }),
    },
    due: [{ policyId: POLICY, dueAt: plannedAt }],
  };
}

export const CHANGED = { event: 'policy.changed', policyId: POLICY, by: 'user' };

/** An execution by hand that makes `desired` servers of one fewer. */
export function execution(
  world: TraceBuilder,
  executionId: string,
  desired: number,
): Parameters<TraceBuilder['apply']>[0] {
  const touchedAt = world.at;
  const kept = JSON.parse(world.kept().fields[`progress:${POLICY}`] ?? '{}') as object;
  return {
    ...{ decidedAt: touchedAt, isMarked: true },
    set: {
      state: state({ desired, touchedAt, changedBy: `execution:${executionId}` }),
      [`progress:${POLICY}`]: JSON.stringify({ ...kept, touchedAt }),
    },
    events: [
      {
        ...{ event: 'policy.executed', policyId: POLICY, executionId, by: 'user' },
        ...{ desiredBefore: desired - 1, desiredAfter: desired, outcome: 'scaled' },
      },
    ],
  };
}

/** The policy is parked when it is due. */
export function park(world: TraceBuilder, reason: string): TraceBuilder {
  return world.go(60, 50).apply({
    token: world.token,
    set: { [`progress:${POLICY}`]: JSON.stringify({ claimedAt: minute(60), parked: reason }) },
    due: [{ policyId: POLICY, dueAt: undefined }],
    events: [{ event: 'policy.parked', policyId: POLICY, reason }],
  });
}

export function pause(world: TraceBuilder): TraceBuilder {
  const { desired } = world.stateOf();
  const sizes = { desiredBefore: desired, desiredAfter: desired };
  return world.asUser('pause', 'paused', {
    set: { state: state({ desired, isPaused: true }) },
    events: [{ event: 'group.changed', by: 'user', what: 'paused', ...sizes }],
  });
}

export function remove(world: TraceBuilder): TraceBuilder {
  return world.asUser('delete-group', 'deleted', {
    set: { state: state({ isDeleting: true }) },
    due: [{ policyId: POLICY, dueAt: undefined }],
    isMarked: true,
    events: [{ event: 'group.deleted', by: 'user' }],
  });
}

/** A first owner's pass sends an order that does not arrive, and another owner converges the group. */
export function overtaken(world: TraceBuilder): TraceBuilder {
  world.go(30).lock('old').wait(20).renew('old').wait(50).settle('old', false).wait(20);
  return world.handOver().converge('new');
}

function refused(changes: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return { outcome: 'refused', desiredAfter: 1, ...changes };
}

export const BROKEN: Readonly<Record<string, readonly TracedCase[]>> = {
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
  overdue: [
    { name: 'an occurrence is not claimed at the end', trace: () => aWorld().go(70).end() },
  ],
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
      trace: () => {
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
      trace: () => {
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
      trace: () => {
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
  'history-differs': [
    {
      name: 'the time of an event is another one',
      trace: () => {
        const world = aWorld().fire(60).converge();
        const groups = world.finals().map((group) => ({
          ...group,
          events: group.events.map((event) => ({ ...event, at: event.at + 1 })),
        }));
        return world.end({ groups });
      },
    },
    {
      name: 'the oldest event is gone too early',
      trace: () => {
        const world = aWorld().fire(60).converge();
        const groups = world.finals().map((group) => ({ ...group, events: group.events.slice(1) }));
        return world.end({ groups });
      },
    },
    {
      name: 'a field is not what was written last',
      trace: () => {
        const world = aWorld();
        const groups = world
          .finals()
          .map((group) => ({ ...group, fields: { ...group.fields, labels: '{}' } }));
        return world.end({ groups });
      },
    },
    { name: 'a group is gone', trace: () => aWorld().end({ groups: [] }) },
    {
      name: 'a group is there that nobody made',
      trace: () => {
        const world = aWorld();
        const [group] = world.finals();
        const strangers = group === undefined ? [] : [{ ...group, groupId: 'other', due: {} }];
        return world.end({ groups: [...world.finals(), ...strangers] });
      },
    },
  ],
  misarmed: [
    {
      name: 'the next occurrence was left out',
      trace: () =>
        aWorld()
          .fire(60, {
            progress: { plannedAt: minute(180) },
            change: { due: [{ policyId: POLICY, dueAt: minute(180) }] },
          })
          .converge()
          .end(),
    },
    {
      name: 'the cursor did not move with the claim',
      trace: () =>
        aWorld()
          .fire(60, { progress: { plannedAt: minute(60) } })
          .converge()
          .end(),
    },
    {
      name: 'the record does not say what was claimed',
      trace: () =>
        aWorld()
          .fire(60, { progress: { claimedAt: undefined } })
          .converge()
          .end(),
    },
    {
      name: 'at the end it is not armed any more',
      trace: () => {
        const world = aWorld();
        return world.end({ groups: world.finals().map((group) => ({ ...group, due: {} })) });
      },
    },
  ],
  'stale-token': [
    {
      name: 'a former owner claimed',
      trace: () =>
        aWorld()
          .go(50)
          .handOver()
          .fire(60, { change: { token: FIRST, process: 'n1#1' } })
          .converge()
          .end(),
    },
    {
      name: 'a fence was set back, its numbers compared as texts',
      trace: () => aWorld().go(30).handOver().wait(50).acquire(FIRST).end(),
    },
    {
      name: 'the token of another claim with the same numbers was taken',
      trace: () =>
        aWorld()
          .go(30)
          .acquire({ ...FIRST, claimId: 'another' })
          .end(),
    },
    {
      name: 'a claim was written without a token',
      trace: () =>
        aWorld()
          .fire(60, { change: { token: undefined } })
          .converge()
          .end(),
    },
    {
      name: 'a former owner locked',
      trace: () => {
        const world = aWorld().go(30).handOver();
        Object.assign(world, { token: FIRST, process: 'n1#1' });
        return world.lock('old').wait(20).settle('old').end();
      },
    },
  ],
  'stale-decision': [
    {
      name: 'a read of six seconds ago was good enough',
      trace: () => {
        const world = aWorld().go(30);
        return world.apply({ decidedAt: world.at - 6_000 }).end();
      },
    },
    {
      name: 'a read is yet to come',
      trace: () => {
        const world = aWorld().go(30);
        return world.apply({ decidedAt: world.at + 100 }).end();
      },
    },
  ],
  'two-passes': [
    {
      name: 'a group was locked that another pass had',
      trace: () => new TraceBuilder().go(20).create().lock('other').converge().end(),
    },
    {
      name: 'a lock was renewed that had ended',
      trace: () => aWorld().go(30).lock('a').wait(21_000).renew('a').wait(20).settle('a').end(),
    },
    {
      name: 'a pass settled that had no lock',
      trace: () => aWorld().go(30).settle('a').end(),
    },
  ],
  'told-after-lock': [
    {
      name: 'the lock had ended five seconds before',
      trace: () =>
        aWorld().go(30).lock('a').wait(20).renew('a').wait(25_000).tell().settle('a').end(),
    },
    { name: 'there never was a lock', trace: () => aWorld().go(30).tell({ token: SECOND }).end() },
    {
      name: 'the pass had settled',
      trace: () => aWorld().go(30).wait(500).tell().end(),
    },
    {
      name: 'a process that had been frozen told it twice',
      trace: () =>
        aWorld()
          .go(30)
          .lock('a')
          .wait(20)
          .renew('a')
          .add({ kind: 'process.frozen', process: 'n1#1' })
          .wait(25_000)
          .add({ kind: 'process.woken', process: 'n1#1' })
          .wait(20)
          .tell()
          .wait(20)
          .tell()
          .settle('a')
          .end(),
    },
    {
      name: 'another process had been frozen',
      trace: () =>
        aWorld()
          .go(30)
          .lock('a')
          .wait(20)
          .renew('a')
          .add({ kind: 'process.frozen', process: 'n2#1' })
          .wait(25_000)
          .add({ kind: 'process.woken', process: 'n2#1' })
          .wait(20)
          .tell()
          .settle('a')
          .end(),
    },
  ],
  'told-wrong-size': [
    {
      name: 'five servers were ordered for one',
      trace: () =>
        aWorld()
          .go(30)
          .lock('a')
          .wait(20)
          .renew('a')
          .wait(20)
          .tell({ desired: 5 })
          .wait(20)
          .tell()
          .settle('a')
          .end(),
    },
    {
      name: 'servers were ordered for a group that was paused',
      trace: () => {
        const world = pause(aWorld().go(30).lock('a').wait(20));
        return world.renew('a').wait(20).tell().settle('a').end();
      },
    },
  ],
  'token-back': [
    {
      name: 'an order came late though nothing had held it up',
      trace: () => {
        const world = overtaken(aWorld());
        return world
          .go(31)
          .tell({ process: 'n1#1', token: FIRST, sentAt: minute(30) + 40 })
          .end();
      },
    },
    {
      name: 'a lock of before was good for one more order',
      trace: () => {
        const world = aWorld().go(30).lock('old').wait(20).renew('old').wait(20);
        world
          .rollBack(world.change - 2)
          .handOver()
          .converge('new')
          .wait(500);
        return world.tell({ process: 'n1#1', token: FIRST }).end();
      },
    },
  ],
  diverged: [
    { name: 'there are servers too many', trace: () => aWorld().end({ actual: { [GROUP]: 7 } }) },
    {
      name: 'it is still marked',
      trace: () => {
        const world = aWorld();
        return world.end({
          groups: world.finals().map((group) => ({ ...group, isDivergent: true })),
        });
      },
    },
    {
      name: 'a group was deleted and is still there',
      trace: () => remove(aWorld().go(30)).converge().end(),
    },
    {
      name: 'a group is gone and its servers are not',
      trace: () =>
        remove(aWorld().go(30))
          .converge()
          .apply({ token: FIRST, remove: 'group' })
          .end({
            actual: { [GROUP]: 1 },
          }),
    },
  ],
  'converged-late': [
    {
      name: 'a new group was looked at after two minutes',
      trace: () => new TraceBuilder().go(20).create().wait(120_000).converge().end(),
    },
    {
      name: 'nobody looked at a mark to the end',
      trace: () => {
        const world = aWorld().go(30).apply({ isMarked: true });
        return world.end({
          groups: world.finals().map((group) => ({ ...group, isDivergent: false })),
        });
      },
    },
  ],
  ownerless: [
    {
      name: 'nobody took what had been given back for a minute',
      trace: () => {
        const world = aWorld().go(30).hold(undefined, undefined).wait(60_000);
        return world.hold('n2#1', SECOND).end({ owners: { 'eu/0': 'n2#1' } });
      },
    },
    {
      name: 'a dead process held it long after its session must have ended',
      trace: () => {
        const world = aWorld().go(30).add({ kind: 'process.killed', process: 'n1#1' });
        world.running.shift();
        return world.wait(60_000).handOver().end();
      },
    },
    {
      name: 'at the end nobody has it',
      trace: () => aWorld().end({ owners: {} }),
    },
    {
      name: 'at the end a process has it that does not run',
      trace: () => aWorld().end({ running: ['n2#1'] }),
    },
  ],
  'lost-acknowledgement': [
    {
      name: 'a user was told that a policy was written and nothing was',
      trace: () => aWorld().go(30).asUser('change-policy', 'changed', undefined).end(),
    },
    {
      name: 'another thing was done instead',
      trace: () => aWorld().go(30).asUser('pause', 'paused', { isMarked: false }).end(),
    },
    {
      name: 'it had not been paused before either',
      trace: () => aWorld().go(30).asUser('pause', 'paused', undefined).end(),
    },
  ],
  'executed-twice': [
    {
      name: 'one request executed a policy twice',
      trace: () => {
        const world = aWorld().go(30);
        world.asUser('execute', 'scaled', execution(world.wait(20), 'x', 2)).converge();
        world.go(31).apply(execution(world, 'y', 3));
        return world.converge().end();
      },
    },
    {
      name: 'one execution is in the history twice',
      trace: () => {
        const world = aWorld().go(30);
        world.asUser('execute', 'scaled', execution(world.wait(20), 'x', 2)).converge();
        world.go(31).asUser('execute', 'scaled', execution(world.wait(20), 'x', 3));
        return world.converge().end();
      },
    },
  ],
  broke: [
    {
      name: 'a process ended by itself',
      trace: () =>
        aWorld()
          .go(30)
          .add({ kind: 'process.broke', process: 'n2#1', reason: 'an invariant broke' })
          .end({ running: ['n1#1'] }),
    },
  ],
  unsettled: [
    {
      name: 'the world ended a minute after the last fault',
      trace: () => aWorld().fault('wakes-silent', [43, 44]).end(),
    },
    {
      name: 'the world did not end',
      trace: () => aWorld().entries,
    },
  ],
};
