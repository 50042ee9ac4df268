import { epochMs, plusMs } from '../../base/clock.ts';
import type { EpochMs } from '../../base/clock.ts';
import { CONVERGENCE_FIELDS, RENEWAL_FIELDS } from '../../domain/group/fields.ts';
import type {
  Fenced,
  FieldName,
  LockRequest,
  LockResult,
  RenewResult,
  SettleRequest,
  SettleResult,
  StoredFields,
} from '../../ports/store.ts';
import { appendEvents } from './state.ts';
import type { MemoryGroup } from './state.ts';

/** Takes the group's lock, unless another holder's has not ended. */
export function lockGroup(
  group: MemoryGroup | undefined,
  request: LockRequest,
  now: EpochMs,
): Exclude<LockResult, Fenced> {
  if (group === undefined) return { kind: 'absent' };
  const { lock } = group;
  if (lock !== undefined && lock.holder !== request.holder && lock.until > now) {
    group.divergentAt = lock.until;
    return { kind: 'held', until: lock.until };
  }
  const until = plusMs(now, request.ttlMs);
  group.lock = { holder: request.holder, until };
  // Should the pass die, the group is looked at again when its lock ends; until then nobody need look.
  group.divergentAt = until;
  const { tenantId, version, generation } = group;
  const fields = pickFields(group, CONVERGENCE_FIELDS);
  return { kind: 'locked', now, tenantId, version, generation, fields };
}

/** Extends the lock of its holder, and with it the next check where that is the lock's end. */
export function renewLock(
  group: MemoryGroup | undefined,
  request: LockRequest,
  now: EpochMs,
): Exclude<RenewResult, Fenced> {
  const lock = group?.lock;
  if (group === undefined || lock?.holder !== request.holder || lock.until <= now) {
    return { kind: 'lost' };
  }
  const until = plusMs(now, request.ttlMs);
  group.lock = { holder: request.holder, until };
  if (group.divergentAt === lock.until) group.divergentAt = until;
  const { generation } = group;
  return { kind: 'renewed', generation, fields: pickFields(group, RENEWAL_FIELDS) };
}

/** Ends the pass of a holder: its lock, and the divergence that it worked on. */
export function settleGroup(
  group: MemoryGroup | undefined,
  request: SettleRequest,
  now: EpochMs,
): Exclude<SettleResult, Fenced> {
  // An expired lock that nobody else took is still its holder's to settle.
  if (group?.lock?.holder !== request.holder) return { kind: 'lost' };
  group.lock = undefined;
  group.divergentAt = nextCheck(group, request, now);
  for (const [name, value] of Object.entries(request.set)) group.fields.set(name, value);
  appendEvents(group, request.events, now);
  return { kind: 'settled', isCleared: group.divergentAt === undefined };
}

/** When the group is looked at after the pass; a mark that came during the pass waits for nothing. */
function nextCheck(group: MemoryGroup, request: SettleRequest, now: EpochMs): EpochMs | undefined {
  if (group.generation !== request.generation) {
    return epochMs(Math.min(group.divergentAt ?? now, now));
  }
  return request.next === 'clear' ? undefined : plusMs(now, request.next.retryInMs);
}

/** Those of the named fields that the group has. */
export function pickFields(group: MemoryGroup, names: readonly FieldName[]): StoredFields {
  return Object.fromEntries([...group.fields].filter(([name]) => names.includes(name)));
}
