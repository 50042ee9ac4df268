import { expect } from 'chai';
import type { RedisConnection } from '../../../src/adapters/redis/connection.ts';
import { initStore } from '../../../src/adapters/redis/init.ts';
import type { RedisSettings } from '../../../src/adapters/redis/options.ts';
import { RedisStore } from '../../../src/adapters/redis/store.ts';
import { systemRandom } from '../../../src/adapters/system/random.ts';
import type { CommitId, FencingToken, GroupId } from '../../../src/domain/ids.ts';
import { ABSENT, NOT_AN_OWNER } from '../../../src/ports/store.ts';
import type { Store, Unit, UnitResult } from '../../../src/ports/store.ts';
import { aGroupId, aUnit, LAYOUT, PARTITION } from '../../support/builders.ts';
import { connectRedis } from '../../support/redis-fixture.ts';

export const IDENTITY = 'the store';

/** One node's view of the store. */
export interface TestNode {
  readonly store: RedisStore;
  readonly connection: RedisConnection;
}

/** Connects a node; the first makes the store. */
export async function aNode(
  settings: Partial<RedisSettings> & Pick<RedisSettings, 'place'>,
): Promise<TestNode> {
  const connection = await connectRedis(settings);
  const made = { identity: IDENTITY, layout: LAYOUT };
  await initStore(connection, made);
  return { connection, store: new RedisStore(connection, made) };
}

/** The unit that makes the group, or changes it where it is there, decided now. */
export async function nextUnit(store: Store, fields: Partial<Unit> = {}): Promise<Unit> {
  const { now, group } = await store.group(fields.groupId ?? aGroupId());
  return aUnit({
    commitId: systemRandom.uuid() as CommitId,
    decidedAt: now,
    expectVersion: group?.version ?? ABSENT,
    ...fields,
  });
}

/** What becomes of a unit that is decided and committed now. */
export async function commitNow(
  store: Store,
  fields: Partial<Unit> = {},
  token: FencingToken | typeof NOT_AN_OWNER = NOT_AN_OWNER,
): Promise<UnitResult | 'fenced' | undefined> {
  const commit = await store.commit(PARTITION, token, [await nextUnit(store, fields)]);
  return commit.kind === 'fenced' ? 'fenced' : commit.results[0];
}

/** The value of the field `state` of the group. */
export async function stateOf(store: Store, groupId: GroupId = aGroupId()): Promise<unknown> {
  return (await store.group(groupId)).group?.fields['state'];
}

/** Makes the token the fence of the partition. */
export async function own(store: Store, token: FencingToken): Promise<FencingToken> {
  expect(await store.acquire(PARTITION, token)).to.deep.equal({ kind: 'acquired' });
  return token;
}
