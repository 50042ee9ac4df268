/** The faces of `lock.lua`, `renew.lua` and `settle.lua`. */
import type { CommitId, PartitionId, TenantId } from '../../domain/ids.ts';
import type {
  LockRequest,
  LockResult,
  RenewResult,
  SettleRequest,
  SettleResult,
  StoredFields,
} from '../../ports/store.ts';
import type { RunScript } from './connection.ts';
import { proofArgs, refusalOf } from './fence.ts';
import type { OwnerProof, ServerChanged } from './fence.ts';
import { eventArg, HISTORY_BOUNDS } from './history.ts';
import { keysOf } from './keys.ts';
import { ReplyReader } from './replies.ts';
import { SCRIPTS } from './scripts.ts';
import type { Script } from './scripts.ts';

/** What an owner does to one group of its partition. */
export interface PassCall<Request> {
  readonly partition: PartitionId;
  readonly proof: OwnerProof;
  readonly request: Request;
}

export async function lockGroup(
  run: RunScript,
  identity: string,
  call: PassCall<LockRequest>,
): Promise<LockResult | ServerChanged> {
  const reply = await runLock(run, SCRIPTS.lock, { identity, ...call });
  const kind = reply.text();
  switch (kind) {
    case 'locked':
      return {
        kind,
        now: reply.instant(),
        tenantId: reply.text() as TenantId, // as a commit gave it, as is the version
        version: reply.text() as CommitId,
        generation: reply.number(),
        fields: fieldsOf(reply, ['launch', 'limits', 'observed', 'state']),
      };
    case 'held':
      return { kind, until: reply.instant() };
    case 'absent':
      return { kind };
    default:
      return refusalOf(kind, reply);
  }
}

export async function renewLock(
  run: RunScript,
  identity: string,
  call: PassCall<LockRequest>,
): Promise<RenewResult | ServerChanged> {
  const reply = await runLock(run, SCRIPTS.renew, { identity, ...call });
  const kind = reply.text();
  switch (kind) {
    case 'renewed':
      return { kind, generation: reply.number(), fields: fieldsOf(reply, ['state']) };
    case 'lost':
      return { kind };
    default:
      return refusalOf(kind, reply);
  }
}

export async function settleGroup(
  run: RunScript,
  identity: string,
  { partition, proof, request }: PassCall<SettleRequest>,
): Promise<SettleResult | ServerChanged> {
  const { groupId, holder, generation, set, next, events } = request;
  const keys = keysOf(partition);
  const names = [keys.fence, keys.group(groupId), keys.divergent, keys.history(groupId)];
  const texts = Object.entries(set).flat();
  const args = [
    ...[identity, ...proofArgs(proof), groupId, holder, String(generation)],
    ...[next === 'clear' ? '' : String(next.retryInMs), ...HISTORY_BOUNDS],
    ...[String(texts.length), ...texts, ...events.map(eventArg)],
  ];
  const reply = new ReplyReader(await run(SCRIPTS.settle, names, args));
  const kind = reply.text();
  switch (kind) {
    case 'settled':
      return { kind, isCleared: reply.text() === '1' };
    case 'lost':
      return { kind };
    default:
      return refusalOf(kind, reply);
  }
}

async function runLock(
  run: RunScript,
  script: Script,
  call: PassCall<LockRequest> & { readonly identity: string },
): Promise<ReplyReader> {
  const { groupId, holder, ttlMs } = call.request;
  const keys = keysOf(call.partition);
  const names = [keys.fence, keys.group(groupId), keys.divergent];
  const args = [call.identity, ...proofArgs(call.proof), groupId, holder, String(ttlMs)];
  return new ReplyReader(await run(script, names, args));
}

/** Those of the named fields that come; they come in this order. */
function fieldsOf(reply: ReplyReader, names: readonly string[]): StoredFields {
  const found = names.map((name) => [name, reply.optionalText()] as const);
  return Object.fromEntries(
    found.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
}
