import { assert } from '../../base/assert.ts';
import type { FencingToken, PartitionId } from '../../domain/ids.ts';
import type { Fenced } from '../../ports/store.ts';
import type { RunScript } from './connection.ts';
import { keysOf } from './keys.ts';
import { ReplyReader, unexpected } from './replies.ts';
import { SCRIPTS } from './scripts.ts';

/** Names a server as it runs, and the data set that it serves; another one after every restart and promotion. */
export type ServerId = string;

/** The server that the caller found to be merely restarted, and what it was before. */
export interface Restart {
  readonly from: ServerId;
  readonly to: ServerId;
}

/** Another server than the one on which the partition was acquired has been asked. Nothing was applied. */
export interface ServerChanged extends Restart {
  readonly kind: 'changed';
}

/** What an owner's write shows. */
export interface OwnerProof {
  readonly token: FencingToken;
  readonly restart: Restart | undefined;
}

/** The face of `acquire.lua`. */
export async function acquireFence(
  run: RunScript,
  identity: string,
  { partition, token }: { readonly partition: PartitionId; readonly token: FencingToken },
): Promise<{ readonly kind: 'acquired'; readonly server: ServerId } | Fenced> {
  const args = [identity, ...tokenArgs(token)];
  const reply = new ReplyReader(await run(SCRIPTS.acquire, [keysOf(partition).fence], args));
  const kind = reply.text();
  if (kind === 'acquired') return { kind, server: reply.text() };
  if (kind === 'fenced') return fencedOf(reply);
  throw unexpected(kind, '"acquired" or "fenced"');
}

/** The arguments of an owner's proof, or of none. */
export function proofArgs(proof: OwnerProof | undefined): readonly string[] {
  if (proof === undefined) return ['', '', '', '', ''];
  const { token, restart } = proof;
  return [...tokenArgs(token), restart?.from ?? '', restart?.to ?? ''];
}

/** The refusal that a script answered with `kind` and the rest of `reply`. */
export function refusalOf(kind: string, reply: ReplyReader): Fenced | ServerChanged {
  if (kind === 'fenced') return fencedOf(reply);
  if (kind === 'changed') return { kind, from: reply.text(), to: reply.text() };
  throw unexpected(kind, 'a word that its face knows');
}

function fencedOf(reply: ReplyReader): Fenced {
  const newest = { epoch: reply.number(), revision: reply.number(), claimId: reply.text() };
  return { kind: 'fenced', newest };
}

function tokenArgs({ epoch, revision, claimId }: FencingToken): readonly string[] {
  assert(
    Number.isSafeInteger(epoch) && Number.isSafeInteger(revision),
    'fencing tokens stay below 2^53, where doubles are exact',
  );
  return [String(epoch), String(revision), claimId];
}
