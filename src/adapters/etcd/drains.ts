/** Wishes that a node should give away what it owns. */
import type { NodeId } from '../../domain/ids.ts';
import type { EtcdConnection } from './connection.ts';
import { isUnder, put } from './requests.ts';

/**
 * Asks a member to drain. The wish is put under the lease of the member's own session, compared at the same
 * revision, so that it is gone when the session is. False where there is no such member, or not any more.
 */
export async function requestDrain(connection: EtcdConnection, node: NodeId): Promise<boolean> {
  const { keys } = connection;
  const doing = `asking ${node} to drain`;
  const member = await connection.get(doing, keys.member(node));
  if (member === undefined) return false;
  const { isDone } = await connection.transact(doing, {
    when: [isUnder(member.key, member.lease)],
    then: [put(keys.drain(node), '', member.lease)],
    otherwise: [],
  });
  return isDone;
}
