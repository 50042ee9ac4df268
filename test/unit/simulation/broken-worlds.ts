/** Traces in which owners, users or the world itself are let down. */
import { definition, FIRST, SECOND, state, TraceBuilder } from './trace-builder.ts';
import { aWorld, CHANGED, execution, pause, remove, rewriting } from './trace-scenes.ts';
import type { BrokenTraces, Trace } from './trace-scenes.ts';

function definitionOf(): object {
  return JSON.parse(definition({ schedule: undefined })) as object;
}

/** The commit that makes a policy without a schedule. */
function making(policyId: string): NonNullable<Parameters<TraceBuilder['apply']>[0]> {
  const events = [{ event: 'policy.created', policyId, by: 'user' }];
  return { set: { [`policy:${policyId}`]: JSON.stringify(definitionOf()) }, events };
}

/** The group's bounds are changed so that no server is wanted. */
function emptied(world: TraceBuilder): TraceBuilder {
  const limits = JSON.stringify({ minEntities: 0, maxEntities: 0, cooldownSeconds: 0 });
  const sizes = { desiredBefore: 1, desiredAfter: 0 };
  return world
    .asUser('change-config', 'changed', {
      ...{ set: { limits, state: state({ desired: 0 }) }, isMarked: true },
      events: [{ event: 'group.changed', by: 'user', what: 'config', ...sizes }],
    })
    .converge();
}

export const BROKEN_WORLDS: BrokenTraces = {
  ownerless: [
    {
      name: 'nobody took what had been given back for a minute',
      trace: (): Trace => {
        const world = aWorld().go(30).arrive().hold(undefined, undefined).wait(60_000);
        return world
          .arrive()
          .hold('n2#1', SECOND)
          .end({ owners: { 'eu/0': 'n2#1' } });
      },
    },
    {
      name: 'a dead process held it long after its session must have ended',
      trace: (): Trace => {
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
  misplaced: [
    {
      name: 'one node has two partitions and another none',
      trace: (): Trace => {
        const world = new TraceBuilder({ partitions: ['eu/1'] });
        return world
          .hold('n1#1', SECOND, 'eu/1')
          .end({ owners: { 'eu/0': 'n1#1', 'eu/1': 'n1#1' } });
      },
    },
    {
      name: 'a node of another region has what it stood in for',
      trace: (): Trace => {
        const world = new TraceBuilder({ nodes: [{ node: 'u1', region: 'us' }] });
        return world.go(20).handOver('u1#1').end();
      },
    },
  ],
  restless: [
    {
      name: 'a partition changes hands twice and nobody came or went',
      trace: (): Trace => {
        const world = aWorld().go(30).handOver().wait(60_000);
        return world.hold(undefined, undefined).wait(20).hold('n1#1', FIRST).end();
      },
    },
  ],
  undrained: [
    {
      name: 'a node was asked to drain and did not hear of it',
      trace: () => aWorld().go(30).drain('n2#1', false).end(),
    },
    {
      name: 'a node drains and nobody asked it to',
      trace: () => aWorld().go(30).add({ kind: 'member.drains', process: 'n2#1' }).end(),
    },
    {
      name: 'a node that drains keeps what it has for a minute',
      trace: () => aWorld().go(30).drain('n1#1').wait(60_000).handOver().end(),
    },
    {
      name: 'a node that drains takes something for half a second',
      trace: (): Trace => {
        const world = aWorld().go(30).drain('n2#1').wait(60_000).handOver();
        return world
          .wait(500)
          .handOver('n1#1', { ...SECOND, revision: 11 })
          .end();
      },
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
      name: 'a policy was written as it had been before',
      trace: (): Trace => {
        const policies = [{ ...definitionOf(), cooldownSeconds: 60 }];
        const change = { ...rewriting(60), events: [CHANGED] };
        return aWorld().go(30).asUser('change-policy', 'changed', change, { policies }).end();
      },
    },
    {
      name: 'the bounds of a group are others than were asked for',
      trace: (): Trace => {
        const limits = { minEntities: 1, maxEntities: 10, cooldownSeconds: 0 };
        const set = { limits: JSON.stringify({ ...limits, maxEntities: 9 }) };
        const sizes = { desiredBefore: 1, desiredAfter: 1 };
        const events = [{ event: 'group.changed', by: 'user', what: 'config', ...sizes }];
        const world = aWorld().go(30);
        return world.asUser('change-config', 'changed', { set, events }, { limits }).end();
      },
    },
    {
      name: 'a group is still paused that was resumed',
      trace: () =>
        pause(aWorld().go(30))
          .wait(20)
          .asUser('resume', 'resumed', { isMarked: true })
          .lock('pass')
          .wait(20)
          .settle('pass')
          .end(),
    },
    {
      name: 'it had not been paused before either',
      trace: () => aWorld().go(30).asUser('pause', 'paused', undefined).end(),
    },
  ],
  'executed-twice': [
    {
      name: 'one request executed a policy twice',
      trace: (): Trace => {
        const world = aWorld().go(30);
        world.asUser('execute', 'scaled', execution(world.wait(20), 'x', 2)).converge();
        world.go(31).apply(execution(world, 'y', 3));
        return world.converge().end();
      },
    },
    {
      name: 'one execution is in the history twice',
      trace: (): Trace => {
        const world = aWorld().go(30);
        world.asUser('execute', 'scaled', execution(world.wait(20), 'x', 2)).converge();
        world.go(31).asUser('execute', 'scaled', execution(world.wait(20), 'x', 3));
        return world.converge().end();
      },
    },
  ],
  'created-twice': [
    {
      name: 'one request made a policy twice',
      trace: (): Trace => {
        const world = aWorld().go(30);
        const [first, again] = ['policy-b', 'policy-c'].map((id) => making(id));
        return world.asUser('create-policies', 'created', first).apply(again).end();
      },
    },
    {
      name: 'one request made a group twice',
      trace: () =>
        aWorld()
          .go(30)
          .apply({
            groupId: 'group-b',
            set: {
              limits: '{"minEntities":0,"maxEntities":9,"cooldownSeconds":0}',
              state: state({ desired: 0 }),
            },
            events: [{ event: 'group.created', by: 'user', desiredAfter: 0 }],
          })
          .end(),
    },
    {
      name: 'a request made one policy more than it asked for, and its user never heard of it',
      trace: (): Trace => {
        const asked = { kind: 'user.asked', what: 'create-policies', request: 99 } as const;
        const about = { process: 'n1#1', groupId: 'group-a', policies: [] };
        return aWorld()
          .go(30)
          .add({ ...asked, ...about })
          .wait(20)
          .apply(making('policy-b'))
          .end();
      },
    },
  ],
  'deleted-unasked': [
    {
      name: 'a group was deleted with a server wanted, and its user had not said that this is right',
      trace: () =>
        remove(aWorld().go(30), { isForced: false })
          .converge()
          .apply({ token: FIRST, remove: 'group' })
          .end(),
    },
    {
      name: 'a group without servers was not deleted for its servers',
      trace: () =>
        emptied(aWorld().go(30))
          .wait(20)
          .asUser('delete-group', 'not-empty', undefined, { isForced: false })
          .end(),
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
  endless: [
    {
      name: 'a loop never waited',
      trace: () => aWorld().go(30).add({ kind: 'world.stuck', reason: 'a loop runs' }).entries,
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
