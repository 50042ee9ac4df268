import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { keysOf } from '../../../src/adapters/redis/keys.ts';
import { epochMs } from '../../../src/base/clock.ts';
import { LutraError } from '../../../src/base/errors.ts';
import type { FencingToken } from '../../../src/domain/ids.ts';
import type { Store } from '../../../src/ports/store.ts';
import { rejection } from '../../contract/store-fixture.ts';
import { aGroupId, anEvent, aPolicyId, aToken, PARTITION, TENANT } from '../../support/builders.ts';
import { startRedis } from '../../support/redis-server.ts';
import type { TestRedis } from '../../support/redis-server.ts';
import { aNode, commitNow, own } from './redis-world.ts';

const [SPOILED, SOUND] = [aGroupId(1), aGroupId(2)];
const KEYS = keysOf(PARTITION);
const LOCK = { holder: 'pass-1', ttlMs: 60_000 };
const PAGE = { after: undefined, limit: 10 };
const HISTORY = { from: undefined, order: 'oldest-first', limit: 10 } as const;

/** What is done to the record of a group while another pass of the same name holds its lock. */
interface Spoiling {
  readonly field: string;
  readonly value: string | undefined;
  /** The calls that are refused for it; all others go on. */
  readonly refused: readonly string[];
}

const NO_GENERATIONS: readonly Spoiling[] = ['abc', '1.5', '-1', '', 'inf', '9007199254740992'].map(
  (value) => ({ field: '~generation', value, refused: ['commit', 'lock', 'renew', 'settle'] }),
);
const SPOILINGS: readonly Spoiling[] = [
  ...NO_GENERATIONS,
  { field: '~generation', value: undefined, refused: [] },
  { field: '~sequence', value: 'abc', refused: ['commit', 'history', 'settle'] },
  { field: '~sequence', value: '1.5', refused: ['commit', 'history', 'settle'] },
  { field: '~sequence', value: undefined, refused: [] },
  { field: '~tenant', value: undefined, refused: ['lock'] },
  { field: '~version', value: undefined, refused: [] },
  { field: '~version', value: '', refused: [] },
  { field: '~lock', value: 'abc', refused: [] },
  { field: '~lock', value: '99999999999999999999 another', refused: [] },
  { field: '~created', value: 'abc', refused: [] },
  { field: '~armed', value: ' / //', refused: [] },
  { field: '~remembered', value: 'abc@', refused: [] },
];

describe('A record of the store on Redis that was spoiled by hand', function records() {
  this.timeout(20_000);
  let redis: TestRedis;
  let store: Store;
  let token: FencingToken;
  beforeEach(async () => {
    redis = await startRedis();
    ({ store } = await aNode({ place: { kind: 'single', url: redis.url } }));
    token = await own(store, aToken());
    for (const groupId of [SPOILED, SOUND]) {
      const due = [{ policyId: aPolicyId(), dueAt: epochMs(1) }];
      await commitNow(store, { groupId, due, divergence: 'mark', events: [anEvent()] });
    }
  });
  afterEach(async () => {
    await store.close();
    await redis.remove();
  });

  /** Every call that meets the record, by name. */
  const CALLS: readonly { readonly name: string; readonly call: () => Promise<unknown> }[] = [
    { name: 'due', call: () => store.due(PARTITION, 10) },
    { name: 'divergent', call: () => store.divergent(PARTITION, 10) },
    { name: 'group', call: () => store.group(SPOILED) },
    { name: 'groups', call: () => store.groups(TENANT, PAGE) },
    { name: 'walk', call: () => store.walk(PARTITION, PAGE) },
    { name: 'history', call: () => store.history(SPOILED, HISTORY) },
    {
      name: 'renew',
      call: () => store.renew(PARTITION, token, { groupId: SPOILED, ...LOCK }),
    },
    { name: 'lock', call: () => store.lock(PARTITION, token, { groupId: SPOILED, ...LOCK }) },
    {
      name: 'settle',
      call: () =>
        store.settle(PARTITION, token, {
          ...{ groupId: SPOILED, holder: LOCK.holder, generation: 1, set: {} },
          ...{ next: { retryInMs: 0 }, events: [anEvent()] },
        }),
    },
    {
      name: 'commit',
      call: () =>
        commitNow(store, { groupId: SPOILED, divergence: 'mark', events: [anEvent()] }, token),
    },
  ];

  /** The codes of the calls that were refused, by name. */
  async function refusals(): Promise<ReadonlyMap<string, unknown>> {
    const refused = new Map<string, unknown>();
    for (const { name, call } of CALLS) {
      await call().catch((error: unknown) => {
        refused.set(name, error instanceof LutraError ? error.code : error);
      });
    }
    return refused;
  }

  for (const { field, value, refused } of SPOILINGS) {
    const what = value === undefined ? `no ${field}` : `"${value}" for its ${field}`;
    it(`is refused by itself where it has ${what}, and keeps nobody from others`, async () => {
      await store.lock(PARTITION, token, { groupId: SPOILED, ...LOCK });
      await redis.send('ZADD', KEYS.divergent, '1', SPOILED);
      if (value === undefined) await redis.send('HDEL', KEYS.group(SPOILED), field);
      else await redis.send('HSET', KEYS.group(SPOILED), field, value);

      const found = await refusals();

      const expected = refused.map((name) => [name, 'unit-refused'] as const);
      expect([...found].sort()).to.deep.equal(expected);
      const [due, divergent] = [
        await store.due(PARTITION, 10),
        await store.divergent(PARTITION, 10),
      ];
      expect(due.groups.map(({ groupId }) => groupId)).to.include(SOUND);
      expect(divergent.groups.map(({ groupId }) => groupId)).to.include(SOUND);
      const request = { groupId: SOUND, ...LOCK };
      expect(await store.lock(PARTITION, token, request)).to.include({ kind: 'locked' });
    });
  }

  it('is listed all the same where its generation is none, for whoever locks it to be told', async () => {
    await redis.send('HSET', KEYS.group(SPOILED), '~generation', 'abc');

    const { groups } = await store.divergent(PARTITION, 10);

    expect(groups.map(({ groupId, generation }) => [groupId, generation])).to.deep.equal([
      [SPOILED, 0],
      [SOUND, 1],
    ]);
  });

  for (const { score, at } of [
    { score: '1.5', at: 1 },
    { score: '-inf', at: Number.MIN_SAFE_INTEGER },
  ]) {
    it(`is read as of the nearest instant where it is to be looked at, or due, at ${score}`, async () => {
      const policyId = aPolicyId();
      await redis.send('ZADD', KEYS.divergent, score, SPOILED);
      await redis.send('ZADD', KEYS.due, score, `${SPOILED}/${policyId}`);

      const [due, divergent] = [
        await store.due(PARTITION, 10),
        await store.divergent(PARTITION, 10),
      ];
      const { group } = await store.group(SPOILED);

      expect(divergent.groups[0]?.checkAt).to.equal(at);
      expect(due.groups[0]?.policies[0]?.dueAt).to.equal(at);
      expect(group?.due.get(policyId)).to.equal(at);
    });
  }

  it('says nothing of the next one where that is never', async () => {
    await redis.send('ZADD', KEYS.divergent, '+inf', SPOILED);
    await redis.send('ZADD', KEYS.due, '+inf', `${SPOILED}/${aPolicyId()}`);

    const never = { nextAt: Number.MAX_SAFE_INTEGER };
    expect(await store.due(PARTITION, 10)).to.include(never);
    expect(await store.divergent(PARTITION, 10)).to.include(never);
  });

  for (const { field, value } of [
    { field: 'epoch', value: 'abc' },
    { field: 'revision', value: '1.5' },
    { field: 'claim', value: undefined },
    { field: 'server', value: undefined },
  ]) {
    it(`stops its partition and no process where it is the fence, and its ${field} is none`, async () => {
      if (value === undefined) await redis.send('HDEL', KEYS.fence, field);
      else await redis.send('HSET', KEYS.fence, field, value);

      for (const call of [
        () => store.acquire(PARTITION, token),
        () => store.commit(PARTITION, token, []),
        () => store.due(PARTITION, 10),
      ]) {
        const error = await rejection(call());
        expect(error).to.be.instanceOf(LutraError).and.to.include({ code: 'store-foreign' });
      }
    });
  }
});
