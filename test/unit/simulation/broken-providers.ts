/** Traces in which providers are told what they should not be, or nothing. */
import { FIRST, GROUP, minute, SECOND, TraceBuilder } from './trace-builder.ts';
import { aWorld, pause, remove, overtaken } from './trace-scenes.ts';
import type { BrokenTraces, Trace } from './trace-scenes.ts';

export const BROKEN_PROVIDERS: BrokenTraces = {
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
      trace: (): Trace => {
        const world = pause(aWorld().go(30).lock('a').wait(20));
        return world.renew('a').wait(20).tell().settle('a').end();
      },
    },
  ],
  'key-reused': [
    {
      name: 'an order bears the key of one for another number',
      trace: (): Trace => {
        const world = aWorld().fire(60);
        world.wait(20).lock('a').wait(20).renew('a').wait(20).tell({ key: 'for 1' });
        return world.wait(20).settle('a').end();
      },
    },
  ],
  'released-early': [
    {
      name: 'the renewal before an order was lost with its server',
      trace: (): Trace => {
        const world = aWorld().fault('store-failed-over', [61, 63]).fire(60).wait(20).lock('a');
        const { change } = world;
        world.wait(20).renew('a').wait(20).tell().wait(20).settle('a');
        return world.go(62).rollBack(change).converge('b').end();
      },
    },
  ],
  'told-wrong-cause': [
    {
      name: 'an order does not say what led to it',
      trace: (): Trace => {
        const world = aWorld().fire(60);
        world.wait(20).lock('a').wait(20).renew('a').wait(20).tell({ cause: undefined });
        return world.wait(20).settle('a').end();
      },
    },
    {
      name: 'an order says that an execution led to it which there never was',
      trace: (): Trace => {
        const world = aWorld().go(30).lock('a').wait(20).renew('a').wait(20);
        return world.tell({ cause: 'execution:other' }).wait(20).settle('a').end();
      },
    },
  ],
  'cleared-blind': [
    {
      name: 'a mark was cleared by a pass that looked only before its order',
      trace: (): Trace => {
        const world = aWorld().fire(60).wait(20).lock('a').wait(20).look().wait(20).renew('a');
        return world.wait(20).tell().wait(20).settleBlind('a').end();
      },
    },
    {
      name: 'a mark was cleared by a pass that saw too few servers',
      trace: (): Trace => {
        const world = aWorld().fire(60).wait(20).lock('a').wait(20).renew('a').wait(20).tell();
        return world.wait(20).look(1).wait(20).settleBlind('a').end();
      },
    },
    {
      name: 'a mark was cleared on the strength of what another pass had seen',
      trace: () => aWorld().go(30).look().wait(20).lock('a').wait(20).settleBlind('a').end(),
    },
  ],
  'too-many-calls': [
    {
      name: 'a provider that does not answer is asked every second',
      trace: (): Trace => {
        const world = aWorld().fault('provider-down', [30, 36]).go(31);
        for (let pass = 0; pass < 150; pass += 1) {
          const holder = `pass-${String(pass)}`;
          world.lock(holder).wait(500).lookInVain().settle(holder, false).wait(500);
        }
        return world.end();
      },
    },
    {
      name: 'a provider that accepts orders and does nothing gets one every second',
      trace: (): Trace => {
        const world = aWorld().fault('provider-forgetful', [24, 30]).go(25);
        for (let pass = 0; pass < 250; pass += 1) {
          const holder = `pass-${String(pass)}`;
          world.lock(holder).wait(300).look(0).renew(holder).wait(300).tell({ isDone: false });
          world.wait(300).look(0).settle(holder, false).wait(100);
        }
        return world.end();
      },
    },
  ],
  'token-back': [
    {
      name: 'an order came late though nothing had held it up',
      trace: (): Trace => {
        const world = overtaken(aWorld());
        return world
          .go(31)
          .tell({ process: 'n1#1', token: FIRST, sentAt: minute(30) + 40 })
          .end();
      },
    },
    {
      name: 'a lock of before was good for one more order',
      trace: (): Trace => {
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
      trace: (): Trace => {
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
      trace: (): Trace => {
        const world = aWorld().go(30).apply({ isMarked: true });
        return world.end({
          groups: world.finals().map((group) => ({ ...group, isDivergent: false })),
        });
      },
    },
  ],
  unhealed: [
    {
      name: 'nobody looked for twenty minutes at servers that somebody else had changed',
      trace: () =>
        aWorld().go(22).add({ kind: 'provider.drifted', groupId: GROUP, actual: 3 }).end(),
    },
  ],
  'told-unrenewed': [
    {
      name: 'a pass ordered without asking whether it still had its lock',
      trace: () => aWorld().go(30).lock('a').wait(20).tell().wait(20).settle('a').end(),
    },
  ],
};
