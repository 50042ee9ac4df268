/**
 * Goal: whatever moment a node is killed at, no occurrence is lost or doubled, no acknowledged write is
 * lost, and no process is orphaned. Method: `kill -9` at random moments of lives in which policies fire
 * every second, half of them in the milliseconds in which claims and passes are under way; each time
 * another node is started at once. A checker with a calendar of its own judges the history.
 *
 * SEED=<n> takes the moments of an earlier run; the rest is up to the machine.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { systemRandom } from '../../src/adapters/system/random.ts';
import type { Random } from '../../src/base/random.ts';
import { urlOf } from '../support/built-program.ts';
import { checkExecutions } from '../support/execution-checker.ts';
import type { ExecutionCall } from '../support/execution-checker.ts';
import { seededRandom } from '../support/random.ts';
import { ExecutingClient } from './executing-client.ts';
import { BY_HAND, firingGroups, processGroups } from './firing-groups.ts';
import { Lab, LOCK_TTL_MS } from './lab.ts';
import type { RunFacts } from './lab.ts';

const IS_LONG = process.env['LUTRA_TEST_LONG'] === '1';
const ROUNDS = IS_LONG ? 8 : 1;
const KILLS = IS_LONG ? 25 : 10;
/** Roughly what one life takes; the work of the process groups is spread over as many. */
const LIFE_MS = 2_000;
/** Before the last node: long enough that a policy of every second misses an occurrence. */
const OUTAGE_MS = 2_500;
const FIRST_SEED = Number(process.env['SEED'] ?? Math.floor(systemRandom.fraction() * 1e9));

/** One life of a node, which ended with SIGKILL. */
interface Life {
  readonly startedAt: number;
  readonly killedAt: number;
}

describe('a node that is killed', () => {
  let lab: Lab | undefined;
  let clients: readonly ExecutingClient[] = [];

  afterEach(async () => {
    await Promise.allSettled(clients.map((client) => client.stop()));
    await lab?.close();
    lab = undefined;
  });

  for (let seed = FIRST_SEED; seed < FIRST_SEED + ROUNDS; seed += 1) {
    const times = `${String(KILLS)} times (SEED=${String(seed)})`;

    it(`${times} loses nothing, doubles nothing and orphans no process`, async function () {
      this.timeout(KILLS * 10_000 + 2 * LOCK_TTL_MS + 60_000);
      const random = seededRandom(seed);
      const spanMs = KILLS * LIFE_MS;
      lab = await Lab.open((now) => [...firingGroups(), ...processGroups(now, { random, spanMs })]);
      const { groupId, onDemand } = lab.group(BY_HAND);
      clients = onDemand.map(
        (policyId, index) => new ExecutingClient({ groupId, policyId }, seededRandom(seed + index)),
      );

      const lives: Life[] = [];
      while (lives.length < KILLS) {
        lives.push(await liveUntilKilled(lab, clients, { random, turn: lives.length }));
      }
      await sleep(OUTAGE_MS);
      const survivor = lab.node();
      const url = await urlOf(survivor);
      for (const client of clients) client.use(url);
      await sleep(lastAtOf(lab) - Date.now());
      const calls = (await Promise.all(clients.map((client) => client.stop()))).flat();
      const until = await lab.claimedUntilNow(survivor);
      await lab.converged(survivor);
      expect(await survivor.end('SIGTERM')).to.deep.equal({ code: 0, signal: null });

      const facts = await lab.check(until);
      const events = facts.end.groups.find((group) => group.groupId === groupId)?.events ?? [];
      expect(checkExecutions(events, calls)).to.deep.equal([]);
      expectSomethingHappened(facts, { lives, calls });

      const successor = lab.node();
      await lab.deleteGroups(successor);
      expect(await successor.end('SIGTERM')).to.deep.equal({ code: 0, signal: null });
      expect(await lab.countGroups()).to.equal(0);
    });
  }
});

/** Starts a node, lets it live for a while and kills it. The first and every fifth dies before it is born. */
async function liveUntilKilled(
  lab: Lab,
  clients: readonly ExecutingClient[],
  { random, turn }: { readonly random: Random; readonly turn: number },
): Promise<Life> {
  const startedAt = Date.now();
  const node = lab.node();
  const answering = urlOf(node).then((url) => {
    for (const client of clients) client.use(url);
  });
  answering.catch(() => undefined); // it may be killed before it answers
  if (turn % 5 === 0) await sleep(random.fraction() * 600);
  else {
    await answering;
    await sleep(turn % 2 === 0 ? untilAnyTime(random) : untilClaims(random));
  }
  const killedAt = Date.now();
  await node.end('SIGKILL');
  return { startedAt, killedAt };
}

function untilAnyTime(random: Random): number {
  return random.fraction() * 1_500;
}

/** Until a few milliseconds after a whole second, when everything is due at once. */
function untilClaims(random: Random): number {
  const soon = Date.now() + 300;
  return Math.ceil(soon / 1000) * 1000 + random.fraction() * 60 - Date.now();
}

function lastAtOf(lab: Lab): number {
  const instants = lab.groups.flatMap(({ scheduled }) =>
    scheduled.map(({ schedule }) => (schedule.kind === 'at' ? Date.parse(schedule.at) : 0)),
  );
  return Math.max(...instants);
}

/** Without this a run in which nothing fires, or nothing is struck, would pass. */
function expectSomethingHappened(
  { end, firedCount, missedCount }: RunFacts,
  run: { readonly lives: readonly Life[]; readonly calls: readonly ExecutionCall[] },
): void {
  const firedAts = end.groups.flatMap(({ events }) =>
    events.filter(({ event }) => event.event === 'policy.fired').map(({ at }) => at),
  );
  const working = run.lives.filter(({ startedAt, killedAt }) =>
    firedAts.some((at) => at >= startedAt && at <= killedAt),
  );
  expect(working.length, 'nodes that were killed after they fired').to.be.at.least(KILLS / 2);
  expect(firedCount, 'occurrences that fired').to.be.at.least(KILLS * 10);
  expect(missedCount, 'occurrences that were missed').to.be.at.least(1);
  const answered = run.calls.filter(({ answer }) => answer !== 'none');
  expect(answered.length, 'executions that were answered').to.be.at.least(KILLS);
}
