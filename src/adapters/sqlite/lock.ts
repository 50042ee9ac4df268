import { plusMs } from '../../base/clock.ts';
import type { EpochMs } from '../../base/clock.ts';
import { CONVERGENCE_FIELDS, RENEWAL_FIELDS } from '../../domain/group/fields.ts';
import type { CommitId, TenantId } from '../../domain/ids.ts';
import type {
  Fenced,
  LockRequest,
  LockResult,
  RenewResult,
  SettleRequest,
  SettleResult,
} from '../../ports/store.ts';
import type { Fields } from './fields.ts';
import type { Histories } from './history.ts';
import type { Database } from './open.ts';

/** The locks of all groups. Every call belongs inside a write transaction, after the check of the fence. */
export interface Locks {
  lock(request: LockRequest, now: EpochMs): Exclude<LockResult, Fenced>;
  renew(request: LockRequest, now: EpochMs): Exclude<RenewResult, Fenced>;
  settle(request: SettleRequest, now: EpochMs): Exclude<SettleResult, Fenced>;
}

/** The parts of a store file that a pass may read or change. */
export interface LockParts {
  readonly db: Database;
  readonly fields: Fields;
  readonly histories: Histories;
}

/** The locks that a store file keeps. */
export function locksOf(parts: LockParts): Locks {
  return { lock: locking(parts), renew: renewing(parts), settle: settling(parts) };
}

function locking({ db, fields }: LockParts): Locks['lock'] {
  // Should the pass die, the group is looked at again when its lock ends; until then nobody need look.
  const take = db.prepare<{ tenantId: TenantId; version: CommitId; generation: number }>(
    `update scaling_group set lock_holder = ?1, lock_until = ?2, divergent_at = ?2
     where id = ?3 and (lock_until is null or lock_until <= ?4 or lock_holder = ?1)
     returning tenant_id as tenantId, version, generation`,
  );
  const until = db.prepare<{ until: EpochMs }>(
    'select lock_until as until from scaling_group where id = ?',
  );
  const postpone = db.prepare('update scaling_group set divergent_at = lock_until where id = ?');
  return ({ groupId, holder, ttlMs }, now) => {
    const taken = take.get(holder, plusMs(now, ttlMs), groupId, now);
    if (taken !== undefined) {
      return { kind: 'locked', now, ...taken, fields: fields.pick(groupId, CONVERGENCE_FIELDS) };
    }
    const held = until.get(groupId);
    if (held === undefined) return { kind: 'absent' };
    postpone.run(groupId);
    return { kind: 'held', until: held.until };
  };
}

function renewing({ db, fields }: LockParts): Locks['renew'] {
  const extend = db.prepare<{ generation: number }>(
    `update scaling_group set lock_until = ?1,
       divergent_at = iif(divergent_at = lock_until, ?1, divergent_at)
     where id = ?2 and lock_holder = ?3 and lock_until > ?4 returning generation`,
  );
  return ({ groupId, holder, ttlMs }, now) => {
    const extended = extend.get(plusMs(now, ttlMs), groupId, holder, now);
    if (extended === undefined) return { kind: 'lost' };
    const { generation } = extended;
    return { kind: 'renewed', generation, fields: fields.pick(groupId, RENEWAL_FIELDS) };
  };
}

function settling({ db, fields, histories }: LockParts): Locks['settle'] {
  // An expired lock that nobody else took is still its holder's to settle. A mark that came during the
  // pass waits for nothing, though a lock may have postponed it.
  const end = db.prepare<{ sequence: number; divergentAt: EpochMs | null }>(
    `update scaling_group set lock_holder = null, lock_until = null, sequence = sequence + ?1,
       divergent_at = iif(generation = ?2, ?3, min(coalesce(divergent_at, ?4), ?4))
     where id = ?5 and lock_holder = ?6 returning sequence, divergent_at as divergentAt`,
  );
  return ({ groupId, holder, generation, set, next, events }, now) => {
    const nextAt = next === 'clear' ? null : plusMs(now, next.retryInMs);
    const ended = end.get(events.length, generation, nextAt, now, groupId, holder);
    if (ended === undefined) return { kind: 'lost' };
    fields.set(groupId, set);
    if (events.length > 0) histories.append({ groupId, last: ended.sequence, events, now });
    return { kind: 'settled', isCleared: ended.divergentAt === null };
  };
}
