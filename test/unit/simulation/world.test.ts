/** The virtual world itself: time, processes that die and stand still, and what lies between them. */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { seededRandom } from '../../support/random.ts';
import { Ambushes } from '../../simulation/world/ambush.ts';
import { Network } from '../../simulation/world/network.ts';
import type { LinkFault } from '../../simulation/world/network.ts';
import { MachineClock, SimProcess } from '../../simulation/world/process.ts';
import { VirtualTime } from '../../simulation/world/time.ts';

const NEVER = new AbortController().signal;

interface World {
  readonly time: VirtualTime;
  readonly machine: MachineClock;
  readonly process: SimProcess;
  readonly network: Network;
  readonly ambushes: Ambushes;
  readonly struck: string[];
  readonly happened: string[];
  /** Calls the server, which notes that, and notes how the call ended. */
  readonly call: (name: string) => void;
}

function aWorld(): World {
  const time = new VirtualTime(0);
  const machine = new MachineClock(time, 0);
  const process = new SimProcess('n1#1', { time, machine, sleepMaxMs: 300_000 });
  const ambushes = new Ambushes();
  const struck: string[] = [];
  const happened: string[] = [];
  const network = new Network({
    ...{ time, ambushes, random: seededRandom(1), maxMs: 10 },
    onStrike: (what, call) => struck.push(`${what} ${call}`),
  });
  const call = (name: string): void => {
    network
      .call({
        ...{ process, node: 'n1', server: 's', operation: 'ask', timeoutMs: 1_000 },
        carryOut: () => {
          happened.push(`${name} done`);
          return Promise.resolve();
        },
        timedOut: () => new Error('timed out'),
      })
      .then(
        () => happened.push(`${name} answered`),
        () => happened.push(`${name} given up`),
      );
  };
  return { time, machine, process, network, ambushes, struck, happened, call };
}

function aFault(effect: LinkFault['effect']): LinkFault {
  return { what: 'link-cut', node: 'n1', server: 's', effect };
}

describe('VirtualTime', () => {
  it('lets things happen in order of time, and of planning at one instant', async () => {
    const time = new VirtualTime(0);
    const happened: string[] = [];
    time.after(20, () => happened.push('later'));
    time.after(10, () => happened.push('first'));
    time.after(10, () => happened.push('second'));
    time.after(5, () => happened.push('called off')).cancel();

    await time.runUntil(15);

    expect(happened).to.deep.equal(['first', 'second']);
    expect(time.nowMs).to.equal(15);
  });

  it('lets everything run that can, before the next thing happens', async () => {
    const time = new VirtualTime(0);
    const happened: string[] = [];
    const chain = async (): Promise<void> => {
      for (let step = 0; step < 50; step += 1) await Promise.resolve();
      happened.push('chain');
    };
    time.after(1, () => void chain());
    time.after(1, () => happened.push('next'));

    await time.runUntil(1);

    expect(happened).to.deep.equal(['chain', 'next']);
  });

  it('says so where a loop never waits', async () => {
    const time = new VirtualTime(0);
    const again = (): void => {
      time.after(0, again);
    };
    again();

    const error: unknown = await time.runUntil(1).catch((failure: unknown) => failure);

    expect(String(error)).to.contain('never waits');
  });
});

describe('SimProcess', () => {
  it('does nothing any more when it is dead', async () => {
    const { time, process, happened } = aWorld();
    process.timer(10, () => happened.push('timer'));

    process.kill();
    process.receive(() => happened.push('message'));
    await time.runUntil(100);

    expect(happened).to.deep.equal([]);
  });

  it('runs its timers before it reads what came in, when it wakes', async () => {
    const { time, process, happened } = aWorld();
    process.timer(10, () => happened.push('timer'));

    process.freeze();
    process.receive(() => happened.push('message'));
    await time.runUntil(100);
    process.wake();
    await time.runUntil(100);

    expect(happened).to.deep.equal(['timer', 'message']);
  });

  it('finds that no monotonic time passed while its machine was suspended', async () => {
    const { time, machine, process, happened } = aWorld();
    void process.sleep(10, NEVER).then(() => happened.push('slept'));

    process.freeze();
    machine.suspend();
    await time.runUntil(1_000);
    machine.resume();
    process.wake();
    await time.runUntil(1_005);
    const soon = [...happened];
    await time.runUntil(1_010);

    expect([process.monotonicMs(), process.now()]).to.deep.equal([10, 1_010]);
    expect([soon, happened]).to.deep.equal([[], ['slept']]);
  });
});

describe('MachineClock', () => {
  it('is right again when two drifts and a step that overlapped are over', async () => {
    const { time, machine } = aWorld();

    machine.drift(0.5);
    await time.runUntil(100);
    machine.step(7);
    machine.drift(0.25);
    await time.runUntil(200);
    machine.drift(-0.5);
    machine.step(-0.5 * 200);
    machine.step(-7);
    await time.runUntil(300);
    machine.drift(-0.25);
    machine.step(-0.25 * 200);
    await time.runUntil(400);

    expect(machine.wallMs()).to.equal(400);
  });
});

describe('Network', () => {
  it('brings requests there and answers back', async () => {
    const { time, happened, call } = aWorld();

    call('a');
    await time.runUntil(20);

    expect(happened).to.deep.equal(['a done', 'a answered']);
  });

  it('loses answers only, where that is the fault: what was asked for is done', async () => {
    const { time, network, happened, struck, call } = aWorld();
    network.disturb(aFault({ kind: 'lose', direction: 'replies' }));

    call('a');
    await time.runUntil(2_000);

    expect(happened).to.deep.equal(['a done', 'a given up']);
    expect(struck).to.deep.equal(['link-cut ask']);
  });

  it('is itself again when the fault has ended', async () => {
    const { time, network, happened, call } = aWorld();
    network.disturb(aFault({ kind: 'lose', direction: 'both' }))();

    call('a');
    await time.runUntil(20);

    expect(happened).to.deep.equal(['a done', 'a answered']);
  });

  it('carries out what a process had sent before it died', async () => {
    const { time, process, happened, call } = aWorld();

    call('a');
    process.kill();
    await time.runUntil(2_000);

    expect(happened).to.deep.equal(['a done']);
  });
});

describe('Ambushes', () => {
  for (const { phase, before } of [
    { phase: 'leaving', before: [] },
    { phase: 'carried-out', before: ['a done'] },
    { phase: 'answered', before: ['a done'] },
  ] as const) {
    it(`spring once, when a call is ${phase}`, async () => {
      const { time, ambushes, happened, call } = aWorld();
      const found: (readonly string[])[] = [];
      ambushes.lay('ask', phase, () => found.push([...happened]));

      call('a');
      await time.runUntil(20);
      call('b');
      await time.runUntil(40);

      expect(found).to.deep.equal([before]);
    });
  }

  it('wait for their own kind of call, and not when they were called off', async () => {
    const { time, ambushes, happened, call } = aWorld();
    ambushes.lay('other', 'leaving', () => happened.push('sprung'));
    ambushes.lay('ask', 'leaving', () => happened.push('sprung'))();

    call('a');
    await time.runUntil(20);

    expect(happened).to.deep.equal(['a done', 'a answered']);
  });
});
