import { LutraError } from '../../base/errors.ts';
import { isSameToken, mayAcquire } from '../../domain/ids.ts';
import type { FencingToken, PartitionId } from '../../domain/ids.ts';
import type { Fenced } from '../../ports/store.ts';
import type { Database } from './open.ts';

/** The fence records of a store. Every call belongs inside a write transaction. */
export interface Fences {
  /** Throws `store-foreign` where the partition's record is missing or another store's. */
  assertPresent(partition: PartitionId): void;
  /** The refusal that a writer with this token gets; undefined where the token is the partition's fence. */
  refusal(partition: PartitionId, token: FencingToken): Fenced | undefined;
  acquire(partition: PartitionId, token: FencingToken): { readonly kind: 'acquired' } | Fenced;
}

/** The fences of the store with this identity. */
export function fencesOf(db: Database, identity: string): Fences {
  const read = db.prepare<FencingToken>(
    `select epoch, revision, claim_id as claimId from fence where partition = ? and identity = ?`,
  );
  const raise = db.prepare(
    'update fence set epoch = ?, revision = ?, claim_id = ? where partition = ?',
  );

  function fence(partition: PartitionId): FencingToken {
    const found = read.get(partition, identity);
    if (found !== undefined) return { ...found }; // rows have no prototype
    throw new LutraError(
      'store-foreign',
      `partition ${partition} has no fence record of store ${identity}`,
    );
  }

  return {
    assertPresent: fence,
    refusal(partition, token) {
      const newest = fence(partition);
      return isSameToken(token, newest) ? undefined : { kind: 'fenced', newest };
    },
    acquire(partition, token) {
      const newest = fence(partition);
      if (!mayAcquire(token, newest)) return { kind: 'fenced', newest };
      raise.run(token.epoch, token.revision, token.claimId, partition);
      return { kind: 'acquired' };
    },
  };
}
