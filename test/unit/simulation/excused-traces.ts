/** Traces of worlds in which something unusual is no fault of the product. */
import {
  aWorld,
  CHANGED,
  DELETION,
  execution,
  overtaken,
  park,
  pause,
  remove,
  rewriting,
} from './trace-scenes.ts';
import type { Trace, TracedCase } from './trace-scenes.ts';
import {
  definition,
  FIRST,
  GROUP,
  minute,
  POLICY,
  SECOND,
  state,
  TraceBuilder,
} from './trace-builder.ts';

/** The process that owns the partition stands still in the middle of a pass. */
function frozen(world: TraceBuilder, forMs: number): TraceBuilder {
  world.go(30).lock('a').wait(20).renew('a').add({ kind: 'process.frozen', process: 'n1#1' });
  return world.wait(forMs).add({ kind: 'process.woken', process: 'n1#1' }).wait(20);
}

export const EXCUSED: readonly TracedCase[] = [
  {
    name: 'nodes of another region have what nobody of its own is there for',
    trace: (): Trace => {
      const nodes = [{ node: 'u1', region: 'us' }];
      const world = new TraceBuilder({ nodes, partitions: ['us/0'] }).hold('n2#1', SECOND, 'us/0');
      world.add({ kind: 'process.killed', process: 'u1#1' }).running.splice(2, 1);
      return world.end({ owners: { 'eu/0': 'n1#1', 'us/0': 'n2#1' } });
    },
  },
  {
    name: 'a node gives away what it has when it is asked to drain',
    trace: () => aWorld().go(30).drain('n1#1').handOver().end(),
  },
  { name: 'all goes well', trace: () => aWorld().fire(60).converge().fire(120).converge().end() },
  {
    name: 'a policy is deleted half a second after it was due',
    trace: () => aWorld().go(60, 480).asUser('delete-policy', 'deleted', DELETION).end(),
  },
  {
    name: 'a policy is deleted while its store is down',
    trace: () =>
      aWorld()
        .fault('store-down', [55, 70])
        .go(70)
        .asUser('delete-policy', 'deleted', DELETION)
        .end(),
  },
  {
    name: 'a policy is written anew half a second after it was due, and says so',
    trace: () =>
      aWorld()
        .go(60, 480)
        .asUser('change-policy', 'changed', {
          ...rewriting(120),
          events: [new TraceBuilder().run(60, 60), CHANGED],
        })
        .end(),
  },
  {
    name: 'an occurrence is claimed after its store was down',
    trace: () =>
      aWorld().fault('store-down', [55, 65]).fire(60, { lateMs: 301_000 }).converge().end(),
  },
  {
    name: 'an occurrence is superseded while its store is down',
    trace: () =>
      aWorld()
        .fault('store-down', [55, 121])
        .fire(120, { lateMs: 61_000, first: [new TraceBuilder().run(60, 60)] })
        .converge()
        .end(),
  },
  {
    name: 'an occurrence is late because its owner was killed',
    trace: (): Trace => {
      const world = aWorld().go(59, 59_000).add({ kind: 'process.killed', process: 'n1#1' });
      world.running.shift();
      return world.wait(3_000).handOver().fire(60, { lateMs: 3_000 }).converge().end();
    },
  },
  {
    name: 'an occurrence is late because a hand had taken its entry',
    trace: () =>
      aWorld()
        .fault('due-entry-lost', [59, 59], { policyId: POLICY, groupId: GROUP })
        .fire(60, { lateMs: 60_000 })
        .converge()
        .end(),
  },
  {
    name: 'an entry is lost between the reading of what is due and the claim',
    trace: () =>
      aWorld()
        .fault('due-entry-lost', [60, 60], { policyId: POLICY, groupId: GROUP })
        .go(60, 20)
        .apply({ process: undefined, due: [{ policyId: POLICY, dueAt: undefined }] })
        .fire(60)
        .converge()
        .end(),
  },
  {
    name: 'the clock of the store is set back, and forward again',
    trace: (): Trace => {
      const world = aWorld().fault('store-clock-stepped', [59, 62]).go(59);
      Object.assign(world, { aheadMs: -60_000 });
      // A minute late for everybody but the store.
      world.fire(60).converge().go(62);
      Object.assign(world, { aheadMs: 0 });
      return world.fire(120).converge().end();
    },
  },
  {
    name: 'a claim is made anew that a roll-back took',
    trace: (): Trace => {
      const world = aWorld().go(50);
      const { change } = world;
      world.fault('store-failed-over', [59, 62]).fire(60).go(62).rollBack(change);
      return world.fire(60, { lateMs: 130_000 }).converge().end();
    },
  },
  {
    name: 'a roll-back takes a whole group, whose servers nobody knows any more',
    trace: (): Trace => {
      const world = new TraceBuilder().go(19);
      const { change } = world;
      world.fault('store-emptied', [19, 40]).go(20).create().converge();
      return world
        .go(40)
        .rollBack(change)
        .end({ actual: { [GROUP]: 1 } });
    },
  },
  {
    name: 'a roll-back takes what a user was told, and the fence',
    trace: (): Trace => {
      const world = aWorld().fault('store-failed-over', [29, 32]).go(29);
      const { change } = world;
      pause(world.go(30)).handOver().go(32).rollBack(change);
      Object.assign(world, { process: 'n1#1', token: FIRST });
      world.owners['eu/0'] = 'n1#1';
      return world.arrive().hold('n1#1', FIRST).acquire(FIRST).fire(60).converge().end();
    },
  },
  {
    name: 'a policy that cannot be read is parked, and does not fire until it is written anew',
    trace: (): Trace => {
      const world = aWorld().go(59);
      world.apply({ process: undefined, set: { [`policy:${POLICY}`]: 'no JSON' } });
      park(world, 'cannot read it').go(130);
      return world
        .asUser('change-policy', 'changed', { ...rewriting(180), events: [CHANGED] })
        .fire(180)
        .converge()
        .end();
    },
  },
  {
    name: 'a cooldown is over to the millisecond',
    trace: () =>
      aWorld({ [`policy:${POLICY}`]: definition({ cooldownSeconds: 3_600 }) })
        .fire(60)
        .converge()
        .fire(120)
        .converge()
        .end(),
  },
  {
    name: 'a process that was frozen tells its provider once after its lock',
    trace: () => frozen(aWorld(), 25_000).tell().wait(20).settle('a').end(),
  },
  {
    name: 'a lock that was asked for long ago is granted to a process that is frozen past its renewal',
    trace: (): Trace => {
      const world = aWorld().go(30).lock('a').wait(20).renew('a');
      world
        .add({ kind: 'process.frozen', process: 'n1#1' })
        .wait(25_000)
        .lock('given-up')
        .wait(100);
      world.add({ kind: 'process.woken', process: 'n1#1' }).wait(5);
      return world.tell().wait(25_000).converge('b').end();
    },
  },
  {
    name: 'a process that the network held up tells its provider once after its lock',
    trace: () =>
      aWorld()
        .fault('link-slow', [30, 32], { node: 'n1' })
        .go(30)
        .lock('a')
        .wait(20)
        .renew('a')
        .wait(25_000)
        .tell()
        .settle('a')
        .end(),
  },
  {
    name: 'an order is carried out late by a slow provider, after one of the next owner',
    trace: (): Trace => {
      const world = overtaken(aWorld().fault('provider-slow', [29, 32]));
      return world
        .go(31)
        .tell({ process: 'n1#1', token: FIRST, sentAt: minute(30) + 40 })
        .end();
    },
  },
  {
    name: 'the next owner overtakes an order on its way',
    trace: (): Trace => {
      const world = overtaken(aWorld());
      return world.tell({ process: 'n1#1', token: FIRST, sentAt: minute(30) + 65 }).end();
    },
  },
  {
    name: 'a lock that nobody gave back ends by itself',
    trace: () => new TraceBuilder().go(20).create().lock('dead').wait(20_000).converge().end(),
  },
  {
    name: 'a roll-back takes a lock',
    trace: (): Trace => {
      const world = aWorld().fault('store-failed-over', [29, 32]).go(30);
      const { change } = world;
      return world.lock('a').wait(500).rollBack(change).converge('b').end();
    },
  },
  {
    name: 'a group is paused, and has other servers than are wanted',
    trace: () => pause(aWorld().go(30)).end({ actual: { [GROUP]: 4 } }),
  },
  {
    name: 'an older order is carried out after what is wanted was seen, just before the end',
    trace: (): Trace => {
      const world = aWorld().add({ kind: 'world.calmed' }).fire(60).converge();
      // Back to one before the second server is there, and no order is needed.
      world.go(60, 900).asUser('change-config', 'changed', {
        set: {
          limits: '{"minEntities":1,"maxEntities":1,"cooldownSeconds":0}',
          state: state({ touchedAt: minute(60) }),
        },
        isMarked: true,
        events: [
          {
            ...{ event: 'group.changed', by: 'user', what: 'config' },
            ...{ desiredBefore: 2, desiredAfter: 1 },
          },
        ],
      });
      world.lock('a').wait(20).settle('a');
      return world.end({ t: minute(63), actual: { [GROUP]: 2 } });
    },
  },
  {
    name: 'a group is paused again',
    trace: () => pause(aWorld().go(30)).go(31).asUser('pause', 'paused', undefined).end(),
  },
  {
    name: 'a group is deleted and goes, and somebody else starts servers for it',
    trace: () =>
      remove(aWorld().go(30))
        .converge()
        .apply({ token: FIRST, remove: 'group' })
        .go(31)
        .add({ kind: 'provider.drifted', groupId: GROUP, actual: 3 })
        .end({ actual: { [GROUP]: 3 } }),
  },
  {
    name: 'a group is deleted and goes, and an order comes that its owner had renewed for before it stood still',
    trace: (): Trace => {
      const world = aWorld().go(30).lock('a').wait(20).renew('a');
      const order = { process: 'n1#1', token: FIRST, desired: 1 };
      world.add({ kind: 'process.frozen', process: 'n1#1' }).wait(25_000).handOver();
      remove(world).converge().apply({ token: world.token, remove: 'group' }).go(32);
      world.add({ kind: 'process.woken', process: 'n1#1' }).wait(20);
      return world.tell({ ...order, sentAt: world.t - 5 }).end();
    },
  },
  {
    name: 'a pass waits for a provider that is down',
    trace: () =>
      new TraceBuilder()
        .fault('provider-down', [19, 25])
        .go(20)
        .create()
        .go(25)
        .wait(5_000)
        .converge()
        .end(),
  },
  {
    name: 'the last node of a region is gone for less than the grace',
    trace: (): Trace => {
      const world = aWorld().go(30);
      for (const process of world.running) world.add({ kind: 'process.killed', process });
      world.wait(15_000);
      Object.assign(world, { running: ['n1#2'] });
      world.add({ kind: 'process.started', process: 'n1#2' }).wait(500).handOver('n1#2');
      return world.fire(60).converge().end();
    },
  },
  {
    name: 'an execution whose outcome its user never learned is there later',
    trace: (): Trace => {
      const world = aWorld().go(30);
      world.asUser('execute', 'rejected: store-unavailable', undefined).wait(5_000);
      return world
        .apply(execution(world, 'x', 2))
        .converge()
        .end();
    },
  },
];
