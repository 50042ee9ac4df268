import { expect } from 'chai';
import type { FencingToken, GroupId, PartitionId } from '../../src/domain/ids.ts';
import type { PartitionLayout } from '../../src/domain/partition/partition-of.ts';
import { NOT_AN_OWNER } from '../../src/ports/store.ts';
import type { Store, StoredGroup, Unit, UnitResult } from '../../src/ports/store.ts';
import { aToken, aUnit, PARTITION } from '../support/builders.ts';
import type { FakeClock } from '../support/fake-clock.ts';

/** One empty store, and what a test does to it from outside. */
export interface StoreFixture {
  readonly store: Store;
  /** The store's own clock. */
  readonly clock: FakeClock;
  /** Takes the partition's fence record away, as somebody would who empties the store. */
  loseFence(partition: PartitionId): Promise<void>;
  /** Puts the fence record of another store in its place. */
  forgeFence(partition: PartitionId): Promise<void>;
  close(): Promise<void>;
}

/** One implementation of the store. */
export interface StoreSubject {
  readonly name: string;
  open(made: {
    readonly layout: PartitionLayout;
    readonly clock: FakeClock;
  }): Promise<StoreFixture>;
  /** Promises that it cannot keep. */
  readonly skip?: readonly { readonly test: string; readonly reason: string }[];
}

/** A chapter of the contract. `at` answers the fixture of the running test. */
export type Chapter = (at: () => StoreFixture) => void;

/** Commits one unit. */
export async function commitOne(
  { store }: Pick<StoreFixture, 'store'>,
  unit: Unit,
  token: FencingToken | typeof NOT_AN_OWNER = NOT_AN_OWNER,
): Promise<UnitResult> {
  const commit = await store.commit(PARTITION, token, [unit]);
  expect(commit.kind).to.equal('answered');
  return commit.kind === 'answered' ? (commit.results[0] ?? 'unknown') : 'unknown';
}

/** Makes a group, or changes it where the unit expects a version; the unit must be committed. */
export async function put(
  fixture: Pick<StoreFixture, 'store' | 'clock'>,
  fields: Partial<Unit> = {},
): Promise<Unit> {
  const unit = aUnit({ decidedAt: fixture.clock.now(), ...fields });
  expect(await commitOne(fixture, unit)).to.equal('committed');
  return unit;
}

/** The unit that changes a group right after `unit`. */
export function following(
  fixture: Pick<StoreFixture, 'clock'>,
  unit: Unit,
  fields: Partial<Unit>,
): Unit {
  const { groupId, commitId } = unit;
  return aUnit({ groupId, expectVersion: commitId, decidedAt: fixture.clock.now(), ...fields });
}

/** The group as the store has it; fails where there is none. */
export async function stored({ store }: StoreFixture, groupId: GroupId): Promise<StoredGroup> {
  const { group } = await store.group(groupId);
  if (group === undefined) throw new Error(`there is no group ${groupId}`);
  return group;
}

/** Makes `token` the fence of the partition. */
export async function own(
  { store }: StoreFixture,
  token: FencingToken = aToken(),
): Promise<FencingToken> {
  expect(await store.acquire(PARTITION, token)).to.deep.equal({ kind: 'acquired' });
  return token;
}

/** What a promise rejects with; fails where it resolves. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it resolved');
}
