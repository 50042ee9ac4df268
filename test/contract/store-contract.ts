import { afterEach, beforeEach, describe } from 'mocha';
import { LAYOUT, START } from '../support/builders.ts';
import { FakeClock } from '../support/fake-clock.ts';
import type { StoreFixture, StoreSubject } from './store-fixture.ts';
import { commitPromises } from './store/commit.ts';
import { divergencePromises } from './store/divergence.ts';
import { duePromises } from './store/due.ts';
import { fencePromises } from './store/fence.ts';
import { historyPromises } from './store/history.ts';
import { lockPromises } from './store/lock.ts';
import { readPromises } from './store/reads.ts';
import { removalPromises } from './store/removal.ts';
import { repeatPromises } from './store/repeats.ts';
import { roomPromises } from './store/room.ts';
import { wakePromises } from './store/wakes.ts';

/** Every store passes this suite. A behaviour that is not here is not part of the port. */
export function storeContract(subject: StoreSubject): void {
  describe(`Store contract: ${subject.name}`, () => {
    let fixture: StoreFixture | undefined;
    beforeEach(async function openFixture() {
      const skipped = subject.skip?.find((entry) => entry.test === this.currentTest?.title);
      if (skipped !== undefined) this.skip();
      fixture = await subject.open({ layout: LAYOUT, clock: new FakeClock(START) });
    });
    afterEach(async () => {
      await fixture?.close();
      fixture = undefined;
    });

    function at(): StoreFixture {
      if (fixture === undefined) throw new Error('a fixture is there while a test runs');
      return fixture;
    }

    describe('fence', () => fencePromises(at));
    describe('commit', () => commitPromises(at));
    describe('repeats of a commit', () => repeatPromises(at));
    describe('removal of a group', () => removalPromises(at));
    describe("room on a tenant's list", () => roomPromises(at));
    describe('due', () => duePromises(at));
    describe('divergence', () => divergencePromises(at));
    describe('lock, renew and settle', () => lockPromises(at));
    describe('reads', () => readPromises(at));
    describe('history', () => historyPromises(at));
    describe('wakes', () => wakePromises(at));
  });
}
