/**
 * Exactly once, whatever line the scheduler dies or freezes on.
 *
 * Between two calls of the store nothing that lasts happens, so a crash on any line is a crash before or
 * after one of those calls. For every call that an undisturbed run makes, one run is cut there; what was
 * owed is computed here, without the code that fires.
 */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { EpochMs } from '../../../src/base/clock.ts';
import type { HistoryEvent } from '../../../src/domain/history/event.ts';
import type { GroupId } from '../../../src/domain/ids.ts';
import { runScheduler } from '../../../src/scheduler/run.ts';
import {
  delayAfter,
  delayBefore,
  FaultyStore,
  hangAfter,
  hangBefore,
  loseReply,
  rejectWith,
} from '../../support/faulty-store.ts';
import type { Fault } from '../../support/faulty-store.ts';
import { after, SCHEDULER, World } from '../../support/world.ts';

const MINUTE_MS = 60_000;
const CRASH_BY_MS = 2.5 * MINUTE_MS;
const END_MS = 4.5 * MINUTE_MS;

/** Every occurrence that is owed until the end, as `policy@minute`. */
const OWED: readonly (readonly string[])[] = [
  ['set@1', 'set@2', 'set@3', 'set@4', 'up@1', 'up@2', 'up@3', 'up@4'],
  ['once@2'],
];

interface Trial {
  readonly world: World;
  readonly groups: readonly GroupId[];
}

async function aTrial(): Promise<Trial> {
  const world = new World();
  const groups = [
    await world.addGroup({
      policies: {
        set: { cron: '* * * * *', adjustment: { kind: 'desiredCapacity', amount: 5 } },
        up: { cron: '* * * * *' },
      },
    }),
    await world.addGroup({ policies: { once: { at: after(2 * MINUTE_MS) } } }),
  ];
  return { world, groups };
}

/** Two policies a batch, so that the group that has two may be cut in half. */
function startScheduler(world: World, store: FaultyStore) {
  return world.start((term) =>
    runScheduler(
      term,
      { ...world.schedulerDeps(), store },
      { ...SCHEDULER, batchMax: 2, pollMs: 30_000 },
    ),
  );
}

/** What the history accounts for, each once per record of it, as `policy@minute`. */
function accountedFor(history: readonly HistoryEvent[]): readonly string[] {
  return history
    .flatMap((event) => {
      if (event.event === 'policy.fired') return [named(event.policyId, event.plannedAt)];
      if (event.event !== 'policy.missed') return [];
      const count = (event.last - event.first) / MINUTE_MS + 1;
      return Array.from({ length: count }, (_, index) =>
        named(event.policyId, (event.first + index * MINUTE_MS) as EpochMs),
      );
    })
    .sort();
}

function named(policyId: string, plannedAt: EpochMs): string {
  return `${policyId}@${(plannedAt - after(0)) / MINUTE_MS}`;
}

async function expectExactlyOnce({ world, groups }: Trial, when: string): Promise<void> {
  for (const [index, groupId] of groups.entries()) {
    const history = await world.history(groupId);
    expect(accountedFor(history), when).to.deep.equal(OWED[index]);
    let desired = 0;
    for (const event of history) {
      if (event.event !== 'policy.fired') continue;
      expect(event.desiredBefore, when).to.equal(desired);
      desired = event.desiredAfter;
    }
    expect((await world.stateOf(groupId)).desired, when).to.equal(desired);
  }
}

/** How many calls the store gets until `ms` when nothing goes wrong. */
async function callsUntil(ms: number): Promise<number> {
  const trial = await aTrial();
  const loop = await startScheduler(trial.world, trial.world.store);
  await trial.world.clock.advance(ms);
  const count = trial.world.store.calls.length;
  await trial.world.clock.advance(END_MS - ms);
  await loop.stop();
  await expectExactlyOnce(trial, 'undisturbed');
  return count;
}

function planFor(fault: Fault, number: number): FaultyStore['plan'] {
  return (call) => (call.number === number ? fault : undefined);
}

describe('Scheduler, exactly once', () => {
  for (const { what, fault } of [
    { what: 'dies before', fault: hangBefore },
    { what: 'dies after', fault: hangAfter },
  ]) {
    it(`accounts for every occurrence once where it ${what} any call, and another takes over`, async () => {
      const callCount = await callsUntil(CRASH_BY_MS);
      expect(callCount).to.be.greaterThan(8);
      for (let number = 1; number <= callCount; number += 1) {
        const trial = await aTrial();
        trial.world.store.plan = planFor(fault, number);
        await startScheduler(trial.world, trial.world.store);
        await trial.world.clock.advance(CRASH_BY_MS);

        await startScheduler(trial.world, new FaultyStore(trial.world.truth));
        await trial.world.clock.advance(END_MS - CRASH_BY_MS);

        await expectExactlyOnce(trial, `${what} call ${number}`);
      }
    });
  }

  for (const { what, delay } of [
    { what: 'before', delay: delayBefore },
    { what: 'after', delay: delayAfter },
  ]) {
    it(`accounts for every occurrence once where it freezes ${what} any call and thaws under its successor`, async () => {
      const callCount = await callsUntil(CRASH_BY_MS);
      for (let number = 1; number <= callCount; number += 1) {
        const trial = await aTrial();
        const { world } = trial;
        const never = new AbortController().signal;
        const thaw = world.clock.sleep(1, never).then(() => sleepUntil(world, 3.5 * MINUTE_MS));
        world.store.plan = planFor(delay(thaw), number);
        const frozen = await startScheduler(world, world.store);
        await world.clock.advance(CRASH_BY_MS);

        await startScheduler(world, new FaultyStore(world.truth));
        await world.clock.advance(END_MS - CRASH_BY_MS);

        await expectExactlyOnce(trial, `froze ${what} call ${number}`);
        await frozen.stop();
      }
    });
  }

  for (const { what, fault } of [
    { what: 'does not get', fault: rejectWith('store-unavailable') },
    { what: 'does not answer', fault: loseReply },
  ]) {
    it(`accounts for every occurrence once where the store ${what} any call`, async () => {
      const callCount = await callsUntil(CRASH_BY_MS);
      for (let number = 1; number <= callCount; number += 1) {
        const trial = await aTrial();
        trial.world.store.plan = planFor(fault, number);
        await startScheduler(trial.world, trial.world.store);

        await trial.world.clock.advance(END_MS);

        await expectExactlyOnce(trial, `the store ${what} call ${number}`);
      }
    });
  }
});

async function sleepUntil(world: World, ms: number): Promise<void> {
  const never = new AbortController().signal;
  while (world.clock.monotonicMs() < ms) {
    await world.clock.sleep(ms - world.clock.monotonicMs(), never);
  }
}
