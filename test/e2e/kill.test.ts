/**
 * Goal: whatever moment a node is killed at, no occurrence is lost or doubled, no acknowledged write is
 * lost, and no process is orphaned. Method: `kill -9` at random moments of a life in which policies fire
 * every second, many of them in the milliseconds in which claims and passes are under way; each time
 * another node is started at once. A checker with a calendar of its own judges the history.
 *
 * SEED=<n> takes the moments of an earlier run; the rest is up to the machine.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import type { Random } from '../../src/base/random.ts';
import { systemRandom } from '../../src/adapters/system/random.ts';
import { urlOf } from '../support/built-program.ts';
import type { Program } from '../support/built-program.ts';
import { checkExecutions } from '../support/execution-checker.ts';
import { seededRandom } from '../support/random.ts';
import { ExecutingClient } from './executing-client.ts';
import { BY_HAND, firingGroups, processGroups } from './firing-groups.ts';
import { Lab, LOCK_TTL_MS } from './lab.ts';

const IS_LONG = process.env['LUTRA_TEST_LONG'] === '1';
const ROUNDS = IS_LONG ? 8 : 1;
const KILLS = IS_LONG ? 25 : 10;
/** What one life takes, roughly: it only spreads the work of the process groups. */
const LIFE_MS = 1_800;

/** One life of a node. Its end was a SIGKILL. */
interface Life {
  readonly startedAt: number;
  readonly killedAt: number;
}

describe('a node that is killed', () => {
  let lab: Lab | undefined;
  const clients: ExecutingClient[] = [];

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.stop()));
    await lab?.close();
    lab = undefined;
  });

  for (let round = 0; round < ROUNDS; round += 1) {
    const seed = Number(process.env['SEED'] ?? Math.floor(systemRandom.fraction() * 1e9)) + round;

    it(`loses and doubles nothing, ${String(KILLS)} times (SEED=${String(seed)})`, async function () {
      this.timeout(KILLS * 6_000 + LOCK_TTL_MS + 60_000);
      const random = seededRandom(seed);
      const spanMs = KILLS * LIFE_MS;
      lab = await Lab.open((now) => [...firingGroups(), ...processGroups(now, { random, spanMs })]);
      const { groupId, onDemand } = lab.group(BY_HAND);
      for (const policyId of onDemand) clients.push(new ExecutingClient({ groupId, policyId }));

      const lives: Life[] = [];
      while (lives.length < KILLS) {
        lives.push(await liveUntilKilled(lab.node(), clients, random));
      }
      const survivor = lab.node();
      announce(clients, survivor);
      await urlOf(survivor);
      await untilLastAt(lab);
      const calls = (await Promise.all(clients.map((client) => client.stop()))).flat();
      const until = await lab.claimedUntilNow(survivor);
      await lab.converged(survivor);
      expect(await survivor.end('SIGTERM')).to.deep.equal({ code: 0, signal: null });

      const { end, firedCount, missedCount } = await lab.check(until);
      const byHand = end.groups.find((group) => group.groupId === groupId);
      expect(checkExecutions(byHand?.events ?? [], calls)).to.deep.equal([]);

      expectSomethingHappened({ lives, firedCount });
      const firings = end.groups.flatMap(({ events }) =>
        events.filter(({ event }) => event.event === 'policy.fired').map(({ at }) => at),
      );
      const deadly = lives.filter(({ startedAt, killedAt }) =>
        firings.some((at) => at >= startedAt && at <= killedAt),
      );
      expect(deadly.length, 'lives in which something fired').to.be.at.least(KILLS / 2);
      expect(firedCount + missedCount).to.be.at.least(KILLS * 5);
      expect(calls.filter(({ answer }) => answer === 'scaled').length).to.be.at.least(KILLS);

      const successor = lab.node();
      await urlOf(successor);
      await lab.deleteGroups(successor);
      expect(await successor.end('SIGTERM')).to.deep.equal({ code: 0, signal: null });
    });
  }
});
