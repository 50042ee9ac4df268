/** Sessions: what a node has in etcd while it is a member. */
import { LutraError } from '../../base/errors.ts';
import type { NodeId } from '../../domain/ids.ts';
import type { Member } from '../../ports/coordination.ts';
import type { EtcdConnection } from './connection.ts';
import { memberText } from './keys.ts';
import { grantLease, renewLeases, revokeLease } from './leases.ts';
import { isPresent, isUnder, put, remove } from './requests.ts';

/** One session: the member key, and what the node owns, are under its lease, the home key under a longer one. */
export interface EtcdSession {
  readonly node: NodeId;
  readonly region: string;
  readonly lease: string;
  readonly homeLease: string;
  /** As etcd granted it. */
  readonly ttlMs: number;
}

/**
 * Makes the node a member; a process of the same name that is one loses its key, and so its session. Rejects
 * with `coordination-empty` where etcd has lost the cluster.
 */
export async function openSession(
  connection: EtcdConnection,
  member: Member,
): Promise<EtcdSession> {
  const { settings, keys } = connection;
  const [lease, homeLease] = await Promise.all([
    grantLease(connection, settings.ttlMs),
    grantLease(connection, settings.ttlMs + settings.graceMs),
  ]);
  const { isDone } = await connection.transact('opening a session', {
    when: [isPresent(keys.settings)],
    then: [
      put(keys.member(member.node), memberText(member), lease.id),
      ...(member.isDraining ? [] : [put(keys.home(member), member.region, homeLease.id)]),
    ],
    otherwise: [],
  });
  if (!isDone) throw emptied(connection);
  const { node, region } = member;
  return { node, region, lease: lease.id, homeLease: homeLease.id, ttlMs: lease.ttlMs };
}

/**
 * Renews both leases, and looks whether the member key is still ours: an operator or a process of the same
 * name may have taken it, and some versions of etcd acknowledge renewals of a lease that was revoked.
 */
export async function renewSession(
  connection: EtcdConnection,
  session: EtcdSession,
): Promise<'renewed' | 'ended'> {
  const [isAlive, member] = await Promise.all([
    renewLeases(connection, [session.lease, session.homeLease]),
    connection.get('looking for the member', connection.keys.member(session.node)),
  ]);
  return isAlive && member?.lease === session.lease ? 'renewed' : 'ended';
}

/** Changes what the others are told, at one revision with whether the region is inhabited. */
export async function publishMember(
  connection: EtcdConnection,
  session: EtcdSession,
  member: Member,
): Promise<void> {
  const key = connection.keys.member(session.node);
  const home = connection.keys.home(session);
  await connection.transact('publishing the member', {
    when: [isUnder(key, session.lease)],
    then: [
      put(key, memberText(member), session.lease),
      member.isDraining ? remove(home) : put(home, session.region, session.homeLease),
    ],
    otherwise: [],
  });
}

/** Ends the session: first that it is a member, and makes its region inhabited, at one revision; then the rest. */
export async function closeSession(
  connection: EtcdConnection,
  session: EtcdSession,
): Promise<void> {
  const key = connection.keys.member(session.node);
  await connection.transact('closing the session', {
    when: [isUnder(key, session.lease)],
    then: [remove(key), remove(connection.keys.home(session))],
    otherwise: [],
  });
  await Promise.all([
    revokeLease(connection, session.lease),
    revokeLease(connection, session.homeLease),
  ]);
}

/** What to say where etcd has nothing of the cluster. */
export function emptied({ settings }: EtcdConnection): LutraError {
  return new LutraError(
    'coordination-empty',
    `etcd holds nothing of the cluster "${settings.cluster}": it was never made there, or etcd has lost it`,
  );
}
