import { expect } from 'chai';
import { it } from 'mocha';
import {
  createMemoryClusterState,
  MemoryCoordination,
} from '../../../src/adapters/memory/coordination.ts';
import { Membership } from '../../../src/ownership/membership.ts';
import type { LutraEvent } from '../../../src/ports/observe.ts';
import { FIRST } from '../../contract/coordination/world.ts';
import { START } from '../../support/builders.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FaultyCoordination } from '../../support/faulty-coordination.ts';
import { hangBefore } from '../../support/faulty-store.ts';

const TTL_MS = 5_000;
/** The answer to each renewal takes nearly as long as the session surely lasts. */
const ANSWER_MS = 3_900;

it('A renewal that is answered late counts from when it was sent', async () => {
  const clock = new FakeClock(START);
  const state = createMemoryClusterState({ clock, ttlMs: TTL_MS, graceMs: 0 });
  const coordination = new FaultyCoordination(new MemoryCoordination(state));
  const deps = { coordination, clock, observe: () => undefined };
  const membership = new Membership(deps, FIRST, () => undefined);
  await membership.open();
  const over = new AbortController();
  coordination.plan = (method) =>
    method === 'renew'
      ? async (carryOut) => {
          const answer = await carryOut();
          await clock.sleep(ANSWER_MS, new AbortController().signal);
          return answer;
        }
      : undefined;
  const kept = membership.keepAlive(over.signal);

  await clock.advance(ANSWER_MS);
  const before = membership.standing().mode;
  await clock.advance(TTL_MS - 1_000 - ANSWER_MS);
  const after = membership.standing().mode;

  over.abort();
  await clock.advance(ANSWER_MS);
  await kept;
  expect([before, after]).to.deep.equal(['leased', 'doubtful']);
});

/** Gives what it is told to be read next, and then the time that it is. */
class ReadClock extends FakeClock {
  readonly next: number[] = [];

  override monotonicMs(): number {
    return this.next.shift() ?? super.monotonicMs();
  }
}

it('Doubt is told at once, also where it begins while the node looks whether it has', async () => {
  const clock = new ReadClock(START);
  const state = createMemoryClusterState({ clock, ttlMs: TTL_MS, graceMs: 0 });
  const coordination = new FaultyCoordination(new MemoryCoordination(state));
  const told: string[] = [];
  const deps = { coordination, clock, observe: ({ event }: LutraEvent) => void told.push(event) };
  const membership = new Membership(deps, FIRST, () => undefined);
  await membership.open();
  const over = new AbortController();
  coordination.plan = (method) => (method === 'renew' ? hangBefore : undefined);
  void membership.keepAlive(over.signal);
  await clock.advance(TTL_MS - 1_001);

  // A timer that rings early, as those of a machine do.
  clock.next.push(TTL_MS - 1_000.1, TTL_MS - 999.9);
  await clock.advance(2);

  over.abort();
  expect(told).to.deep.equal(['ownership.doubtful']);
});
