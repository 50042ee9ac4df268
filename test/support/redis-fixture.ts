import { connect } from '../../src/adapters/redis/connection.ts';
import type { RedisConnection, RunScript } from '../../src/adapters/redis/connection.ts';
import { initStore } from '../../src/adapters/redis/init.ts';
import { keysOf } from '../../src/adapters/redis/keys.ts';
import type { RedisSettings } from '../../src/adapters/redis/options.ts';
import { scriptOf } from '../../src/adapters/redis/scripts.ts';
import type { Script } from '../../src/adapters/redis/scripts.ts';
import type { ConnectionTrouble } from '../../src/adapters/redis/troubles.ts';
import { RedisStore } from '../../src/adapters/redis/store.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { partitionId } from '../../src/domain/partition/partition-of.ts';
import type { PartitionLayout } from '../../src/domain/partition/partition-of.ts';
import type { StoreFixture } from '../contract/store-fixture.ts';
import { FakeClock } from './fake-clock.ts';
import { seededRandom } from './random.ts';

const opened = new Set<RedisConnection>();

/** Connects as a node does, with what a test says. */
export async function connectRedis(
  settings: Partial<RedisSettings> & Pick<RedisSettings, 'place'>,
  onTrouble: (trouble: ConnectionTrouble) => void = () => undefined,
): Promise<RedisConnection> {
  const deps = { clock: systemClock, random: seededRandom(1), onTrouble };
  const full = { waitReplicas: 0, waitTimeoutMs: 1_000, ...settings };
  const connection = await connect(full, deps);
  opened.add(connection);
  return connection;
}

/** Closes whatever a test that failed has left open, so that the process can end. */
export async function closeRedis(): Promise<void> {
  await Promise.all([...opened].map((connection) => connection.close()));
  opened.clear();
}

/** A store for the contract, and the connection that it is on. */
export interface RedisFixture extends StoreFixture {
  readonly connection: RedisConnection;
}

/**
 * A store for the contract: in servers that are emptied for it, and with the test's clock in the place of
 * theirs. The instant is written into every script where it asks the server for the time.
 */
export async function openRedisFixture(
  settings: Partial<RedisSettings> & Pick<RedisSettings, 'place'>,
  made: { readonly layout: PartitionLayout; readonly clock: FakeClock },
): Promise<RedisFixture> {
  const connection = await connectRedis(settings);
  const { send, wakes } = connection;
  await Promise.all(connection.primaries().map((primary) => primary('FLUSHALL')));
  const identity = 'a store of Redis';
  await initStore(connection, { identity, layout: made.layout });

  let advanceCount = 0;
  const clock = new HeardClock(made.clock.now(), async () => {
    advanceCount += 1;
    const unheard = partitionId('nowhere', advanceCount);
    // That a subscription has taken effect is heard after all that was published before.
    await new Promise<void>((resolve) => {
      const forget = wakes.add(unheard, () => {
        forget();
        resolve();
      });
    });
  });
  function at(run: RunScript): RunScript {
    return (script, keys, args) => run(atInstant(script, clock.now()), keys, args);
  }
  const timed = {
    ...connection,
    run: at(connection.run),
    runReplicated: at(connection.runReplicated),
  };
  return {
    store: new RedisStore(timed, { identity, layout: made.layout }),
    connection: timed,
    clock,
    loseFence: async (partition) => {
      await send('UNLINK', keysOf(partition).fence);
    },
    forgeFence: async (partition) => {
      await send('HSET', keysOf(partition).fence, 'identity', 'another');
    },
    close: () => connection.close(),
  };
}

/** A clock that lets what was published on the way be heard as well. */
class HeardClock extends FakeClock {
  readonly #hear: () => Promise<void>;

  constructor(startMs: number, hear: () => Promise<void>) {
    super(startMs);
    this.#hear = hear;
  }

  override async advance(ms: number): Promise<void> {
    await super.advance(ms);
    await this.#hear();
    await super.advance(0);
  }
}

function atInstant({ name, text }: Script, now: number): Script {
  const seconds = Math.floor(now / 1_000);
  const micros = (now - 1_000 * seconds) * 1_000;
  const asked = "redis.call('TIME')";
  if (text.split(asked).length !== 2) throw new Error(`${name} asks for the time in one place`);
  return scriptOf(name, text.replace(asked, `{ ${String(seconds)}, ${String(micros)} }`));
}
