/** Traces in which owners, users or the world itself are let down. */
import { SECOND } from './trace-builder.ts';
import { aWorld, execution } from './trace-scenes.ts';
import type { BrokenTraces, Trace } from './trace-scenes.ts';

export const BROKEN_WORLDS: BrokenTraces = {
  ownerless: [
    {
      name: 'nobody took what had been given back for a minute',
      trace: (): Trace => {
        const world = aWorld().go(30).hold(undefined, undefined).wait(60_000);
        return world.hold('n2#1', SECOND).end({ owners: { 'eu/0': 'n2#1' } });
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
