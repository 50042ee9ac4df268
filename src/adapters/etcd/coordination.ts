import type { FencingToken, PartitionId } from '../../domain/ids.ts';
import type {
  CampaignResult,
  Coordination,
  CoordinationView,
  Member,
  Session,
} from '../../ports/coordination.ts';
import type { EtcdConnection } from './connection.ts';
import { epochOf, memberOf, ownerOf } from './keys.ts';
import { Owners } from './owners.ts';
import { closeSession, emptied, openSession, publishMember, renewSession } from './sessions.ts';
import type { EtcdSession } from './sessions.ts';
import { watchKeys } from './watch.ts';

/**
 * Coordination of many nodes through etcd. It does each thing once and says how that went: when to renew,
 * read and campaign is its user's business. etcd3 carries the calls, and none of its elections, locks and
 * self-renewing leases is used: after a lost answer they lead nobody, or two.
 */
export class EtcdCoordination implements Coordination {
  readonly #connection: EtcdConnection;
  readonly #owners: Owners;
  /** Those that this process opened, by the id that it was given. */
  readonly #sessions = new Map<string, EtcdSession>();

  constructor(connection: EtcdConnection) {
    this.#connection = connection;
    this.#owners = new Owners(connection);
  }

  async open(member: Member): Promise<Session> {
    const session = await openSession(this.#connection, member);
    this.#sessions.set(session.lease, session);
    return { id: session.lease, ttlMs: session.ttlMs };
  }

  async renew({ id }: Session): Promise<'renewed' | 'ended'> {
    const session = this.#sessions.get(id);
    if (session === undefined) return 'ended';
    const answer = await renewSession(this.#connection, session);
    // What is left of it ends with its leases, which nobody renews any more.
    if (answer === 'ended') this.#sessions.delete(id);
    return answer;
  }

  async publish({ id }: Session, member: Member): Promise<void> {
    const session = this.#sessions.get(id);
    if (session !== undefined) await publishMember(this.#connection, session, member);
  }

  async read(): Promise<CoordinationView> {
    const { keys } = this.#connection;
    const found = await this.#connection.range('reading members and owners', keys.all);
    const epochKey = found.find(({ key }) => key === keys.epoch);
    const isMade = found.some(({ key }) => key === keys.settings);
    if (epochKey === undefined || !isMade) throw emptied(this.#connection);
    const under = (prefix: string) => found.filter(({ key }) => key.startsWith(prefix));
    return {
      members: under(keys.members).map(memberOf),
      owners: under(keys.owners).map((kv) => ownerOf(keys, kv)),
      homes: new Set(under(keys.homes).map(({ value }) => value)),
      epoch: epochOf(epochKey),
    };
  }

  async campaign(
    { id }: Session,
    partition: PartitionId,
    claimId: string,
  ): Promise<CampaignResult> {
    const session = this.#sessions.get(id);
    if (session === undefined) return { kind: 'session-ended' };
    return this.#owners.campaign(session, partition, claimId);
  }

  resign(partition: PartitionId, token: FencingToken): Promise<void> {
    return this.#owners.resign(partition, token);
  }

  raiseEpoch(partition: PartitionId, token: FencingToken, beyond: number): Promise<void> {
    return this.#owners.raiseEpoch(partition, token, beyond);
  }

  async close({ id }: Session): Promise<void> {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    await closeSession(this.#connection, session);
    this.#sessions.delete(id);
  }

  watch(onChange: () => void): () => void {
    return watchKeys(this.#connection, onChange);
  }
}
