/**
 * Goal: the commit in Lua, the one in memory and the one in SQLite are one contract, everywhere and not only
 * where the contract suite looks.
 *
 * Method: random operations are done to a store of each kind; every answer, and after every operation what the
 * loops read, must be the same, and at the end all that can be read or found out. The stores have one clock:
 * the scripts get its instant as one more key, and find it where they ask for the server's time; written into
 * their text, it would have every script compiled anew at every instant.
 *
 * A failure prints the seed and the shortest sequence of operations that still fails; SEED=<n> replays it.
 */
import { expect } from 'chai';
import fc from 'fast-check';
import { after, before, describe, it } from 'mocha';
import { createMemoryState } from '../../../src/adapters/memory/state.ts';
import { MemoryStore } from '../../../src/adapters/memory/store.ts';
import type { RedisConnection, RunScript } from '../../../src/adapters/redis/connection.ts';
import { initStore } from '../../../src/adapters/redis/init.ts';
import { scriptOf, SCRIPTS } from '../../../src/adapters/redis/scripts.ts';
import type { Script, ScriptName } from '../../../src/adapters/redis/scripts.ts';
import { RedisStore } from '../../../src/adapters/redis/store.ts';
import { createOrOpen } from '../../../src/adapters/sqlite/file.ts';
import { SqliteStore } from '../../../src/adapters/sqlite/store.ts';
import { systemRandom } from '../../../src/adapters/system/random.ts';
import { operations } from '../../contract/store-operations.ts';
import type { Operation } from '../../contract/store-operations.ts';
import { Twins } from '../../contract/store-twins.ts';
import { LAYOUT, START } from '../../support/builders.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { aFolder } from '../../support/folder.ts';
import { seededRandom } from '../../support/random.ts';
import { closeRedis, connectRedis } from '../../support/redis-fixture.ts';
import { redisForContract } from '../../support/redis-server.ts';
import type { TestRedis } from '../../support/redis-server.ts';

const SEED = Number(process.env['SEED'] ?? Math.floor(systemRandom.fraction() * 2 ** 31));
const IS_LONG = process.env['LUTRA_TEST_LONG'] === '1';
const RUNS = 135 * (IS_LONG ? 20 : 1);
/** The search ends here, so that what it has found is told before the test is cut off. */
const SEARCH_MAX_MS = IS_LONG ? 1_700_000 : 120_000;
const SENT_MIN = 10_000;
/** What has to come about, and how often at least, for an agreement to mean something. */
const ANSWERS = [
  ...['committed', 'stale', 'unknown', 'fenced', 'commit rejects with unit-refused'],
  ...['acquire: acquired', 'acquire: fenced'],
  ...['lock: locked', 'lock: held', 'lock: absent', 'lock: fenced'],
  ...['renew: renewed', 'renew: lost', 'renew: fenced'],
  ...['settle: settled', 'settle: lost', 'settle: fenced'],
];
const SEEN_MIN = 20;
const TIMED = Object.fromEntries(
  Object.values(SCRIPTS).map((script) => [script.name, timedScript(script)]),
) as Readonly<Record<ScriptName, Script>>; // every name is there, which `fromEntries` forgets

describe(`The stores on Redis, in memory and in SQLite (SEED=${String(SEED)})`, () => {
  let redis: Pick<TestRedis, 'url' | 'remove'> | undefined;
  before(async () => {
    redis = await redisForContract();
  });
  after(async () => {
    await closeRedis();
    await redis?.remove();
  });

  it('answer the same to the same operations, and end in the same state', async function agreement() {
    this.timeout(SEARCH_MAX_MS + 10_000);
    const connection = await connectRedis({ place: { kind: 'single', url: redis?.url ?? '' } });
    let sentCount = 0;
    const answers = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(operations(110), async (sequence) => {
        const twins = await carriedOut(sequence, connection);
        sentCount += twins.sentCount;
        for (const [answer, count] of twins.answers) {
          answers.set(answer, (answers.get(answer) ?? 0) + count);
        }
      }),
      {
        numRuns: RUNS,
        seed: SEED,
        interruptAfterTimeLimit: SEARCH_MAX_MS,
      },
    );
    for (const answer of ANSWERS) expect(answers.get(answer) ?? 0, answer).to.be.at.least(SEEN_MIN);
    expect(sentCount, 'units that were sent').to.be.at.least(SENT_MIN);
  });
});

/** A store in a server that is emptied for it, with the clock in the place of the server's. */
async function emptied(connection: RedisConnection, clock: FakeClock): Promise<RedisStore> {
  await connection.send('FLUSHALL');
  const made = { identity: 'a store of Redis', layout: LAYOUT };
  await initStore(connection, made);
  function timed(run: RunScript): RunScript {
    return (script, keys, args) => {
      const seconds = Math.floor(clock.now() / 1_000);
      const instant = `${String(seconds)} ${String((clock.now() - 1_000 * seconds) * 1_000)}`;
      return run(TIMED[script.name], [...keys, instant], args);
    };
  }
  const { run, runReplicated } = connection;
  return new RedisStore(
    { ...connection, run: timed(run), runReplicated: timed(runReplicated) },
    made,
  );
}

function timedScript({ name, text }: Script): Script {
  const parts = text.split("redis.call('TIME')");
  expect(parts, `${name} asks for the time in one place`).to.have.length(2);
  return scriptOf(name, parts.join("{ string.match(KEYS[#KEYS], '^(%d+) (%d+)$') }"));
}

/** Does the operations to a new store of each kind. */
async function carriedOut(
  sequence: readonly Operation[],
  connection: RedisConnection,
): Promise<Twins> {
  const folder = await aFolder();
  const clock = new FakeClock(START);
  const file = await createOrOpen({
    path: folder.path('lutra.db'),
    layout: LAYOUT,
    random: seededRandom(1),
  });
  file.db.exec('pragma synchronous = off'); // what is compared are answers, not durability
  const redis = await emptied(connection, clock);
  const memory = createMemoryState({ identity: 'in memory', layout: LAYOUT });
  const sqlite = new SqliteStore(file, clock);
  try {
    const twins = new Twins(clock, [new MemoryStore(memory, clock), sqlite, redis]);
    await twins.begin();
    for (const operation of sequence) {
      await twins.carryOut(operation);
      await twins.compareLists();
    }
    await twins.compareAll();
    const { sentCount } = twins;
    await twins.compareHidden();
    twins.sentCount = sentCount; // those of the operations only
    return twins;
  } finally {
    await sqlite.close();
    await folder.remove();
  }
}
