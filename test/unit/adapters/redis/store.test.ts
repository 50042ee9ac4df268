import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { RedisConnection } from '../../../../src/adapters/redis/connection.ts';
import { RedisStore } from '../../../../src/adapters/redis/store.ts';
import { Wakes } from '../../../../src/adapters/redis/wakes.ts';
import { hasCode } from '../../../../src/base/errors.ts';
import { aToken, LAYOUT, PARTITION, START } from '../../../support/builders.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const NEVER = new Promise<never>(() => undefined);
const NOBODYS_REPLICA = '0'.repeat(40);

/** A server that answers as one that keeps everything, and that is restarted after each `acquire`. */
function aServer(fields: Partial<RedisConnection> & { readonly promotedFrom?: string }): {
  readonly store: RedisStore;
  readonly wakes: Wakes;
} {
  const { promotedFrom = NOBODYS_REPLICA, ...connection } = fields;
  let runCount = 0;
  const info = (): string =>
    [
      `run_id:run${String(runCount)}\r\nmaster_replid:data\r\nmaster_replid2:${promotedFrom}`,
      'connected_slaves:0\r\naof_enabled:1',
    ].join('\r\n');
  // Nobody ever answers a subscriber.
  const wakes = new Wakes(() => ({ on: () => 0, connect: () => NEVER }) as never, {
    sleep: (...args) => new FakeClock(START).sleep(...args),
  });
  const open = {
    ...{ kind: 'single', wakes },
    send: (command: string) =>
      Promise.resolve(command === 'INFO' ? info() : ['appendfsync', 'always']),
    runReplicated: () => Promise.resolve(['acquired', `run${String(runCount)}:data`]),
    run: (_: unknown, __: unknown, args: readonly string[]) => {
      if (args.includes('run1:data')) return Promise.resolve(['answered', START, '']);
      runCount = 1;
      return Promise.resolve(['changed', 'run0:data', 'run1:data']);
    },
    ...connection,
  };
  const made = { identity: 'one', layout: LAYOUT };
  return { store: new RedisStore(open as unknown as RedisConnection, made), wakes };
}

describe('RedisStore', () => {
  it('acquires a partition without waiting for anybody’s subscription', async () => {
    const { store } = aServer({});
    store.subscribe(PARTITION, () => undefined);

    expect(await store.acquire(PARTITION, aToken())).to.deep.equal({ kind: 'acquired' });
  });

  for (const { name, fields, isExcused } of [
    { name: 'of the one server that there is', fields: {}, isExcused: true },
    {
      name: 'of a server that was promoted, though it is alone now',
      fields: { promotedFrom: 'f'.repeat(40) },
      isExcused: false,
    },
    { name: 'of whom sentinels lead to', fields: { kind: 'sentinel' }, isExcused: false },
    { name: 'in a cluster', fields: { kind: 'cluster' }, isExcused: false },
  ] as const) {
    it(`takes a restart ${name} ${isExcused ? 'for harmless' : 'for a change of server'}`, async () => {
      const { store } = aServer(fields);
      await store.acquire(PARTITION, aToken());

      const result: unknown = await store
        .commit(PARTITION, aToken(), [])
        .catch((error: unknown) => error);

      expect(hasCode(result, 'store-changed'), JSON.stringify(result)).to.equal(!isExcused);
      if (isExcused) expect(result).to.deep.include({ kind: 'answered' });
    });
  }
});
