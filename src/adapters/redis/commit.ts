/** The face of `commit.lua`. Units go as one flat list of texts: no document is made, or parsed, per unit. */
import { assert } from '../../base/assert.ts';
import type { EpochMs } from '../../base/clock.ts';
import { LutraError } from '../../base/errors.ts';
import {
  DECISION_AGE_MAX_MS,
  REMEMBERED_MAX,
  TOMBSTONE_MS,
  TOMBSTONES_CLEARED_MAX,
} from '../../domain/group/commit-rules.ts';
import type { PartitionId } from '../../domain/ids.ts';
import { ABSENT } from '../../ports/store.ts';
import type { DueMove, Fenced, Unit } from '../../ports/store.ts';
import type { RunScript } from './connection.ts';
import { proofArgs, refusalOf } from './fence.ts';
import type { OwnerProof, ServerChanged } from './fence.ts';
import { eventArg, HISTORY_BOUNDS } from './history.ts';
import { isReserved, keysOf } from './keys.ts';
import { ReplyReader, unexpected } from './replies.ts';
import { SCRIPTS } from './scripts.ts';

/** A longer script would hold up every other client: 200 units are about 2 ms. */
const UNITS_MAX = 200;

/** The units of one call. */
export interface Batch {
  readonly partition: PartitionId;
  readonly units: readonly Unit[];
  /** Undefined where the write is not an owner's. */
  readonly proof: OwnerProof | undefined;
}

/** What became of a unit: as `UnitResult`, but the first of several times that it is sent is told from the others. */
export type Outcome = 'applied' | 'repeated' | 'stale' | 'unknown';

export interface BatchAnswer {
  readonly kind: 'answered';
  readonly at: EpochMs;
  readonly outcomes: readonly Outcome[];
}

const RULES: readonly string[] = [
  DECISION_AGE_MAX_MS,
  REMEMBERED_MAX,
  TOMBSTONE_MS,
  TOMBSTONES_CLEARED_MAX,
].map(String);

/** Commits a batch of units of different groups. Throws `unit-refused` where one of them cannot be kept; then none is applied. */
export async function commitBatch(
  run: RunScript,
  identity: string,
  { partition, units, proof }: Batch,
): Promise<BatchAnswer | Fenced | ServerChanged> {
  assert(units.length <= UNITS_MAX, `a commit has at most ${UNITS_MAX} units`);
  const keys = keysOf(partition);
  const { fence, due, divergent, groups, tombstones, buried } = keys;
  const names = [fence, due, divergent, groups, tombstones, buried];
  const args = [identity, ...proofArgs(proof), ...RULES, ...HISTORY_BOUNDS];
  args.push(keys.wakes, String(units.length));
  for (const unit of units) {
    names.push(keys.group(unit.groupId), keys.history(unit.groupId));
    pushUnit(args, unit);
  }
  const reply = new ReplyReader(await run(SCRIPTS.commit, names, args));
  const kind = reply.text();
  if (kind !== 'answered') return refusalOf(kind, reply);
  return { kind, at: reply.instant(), outcomes: Array.from(reply.text(), outcomeOf) };
}

/** Adds the unit to the arguments. They are pushed one by one: this is the hot path. */
function pushUnit(args: string[], unit: Unit): void {
  const { groupId, tenantId, commitId, decidedAt, expectVersion, set, due, events } = unit;
  const act = actOf(unit);
  const removed = typeof unit.remove === 'string' ? [] : unit.remove;
  const names = Object.keys(set);
  const counts = `${2 * names.length} ${removed.length} ${2 * due.length} ${events.length}`;
  args.push(groupId, tenantId, commitId, expectVersion === ABSENT ? '' : expectVersion);
  args.push(`${decidedAt} ${act} ${unit.divergence} ${unit.listing} ${counts}`);
  for (const name of names) args.push(ours(unit, name), storable(unit, name, set[name]));
  for (const name of removed) args.push(ours(unit, name));
  for (const move of due) args.push(move.policyId, instantOf(unit, move));
  for (const event of events) args.push(eventArg(event));
}

function actOf({ remove }: Unit): 'change' | 'empty' | 'remove' {
  if (remove === 'group') return 'remove';
  return remove === 'content' ? 'empty' : 'change';
}

function ours(unit: Unit, name: string): string {
  if (isReserved(name)) throw refused(unit, `a field may not be named "${name}"`);
  return name;
}

function storable(unit: Unit, name: string, value: unknown): string {
  if (typeof value !== 'string') throw refused(unit, `field "${name}" is not a text`);
  return value;
}

function instantOf(unit: Unit, { policyId, dueAt }: DueMove): string {
  if (dueAt === undefined) return '';
  if (!Number.isSafeInteger(dueAt)) throw refused(unit, `policy ${policyId} is due at ${dueAt}`);
  return String(dueAt);
}

function refused(unit: Unit, why: string): LutraError {
  return new LutraError('unit-refused', `cannot keep the unit of group ${unit.groupId}: ${why}`);
}

function outcomeOf(letter: string): Outcome {
  switch (letter) {
    case 'a':
      return 'applied';
    case 'r':
      return 'repeated';
    case 's':
      return 'stale';
    case 'u':
      return 'unknown';
    default:
      throw unexpected(letter, 'a, r, s or u');
  }
}
