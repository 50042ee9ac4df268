import { hasCode } from '../../base/errors.ts';
import type { LutraError } from '../../base/errors.ts';
import type { FencingToken, NodeId, PartitionId } from '../../domain/ids.ts';
import type {
  CampaignResult,
  Coordination,
  CoordinationView,
  Member,
  Session,
} from '../../ports/coordination.ts';
import type { EtcdConnection } from './connection.ts';
import { requestDrain } from './drains.ts';
import { memberOf, ownerOf } from './keys.ts';
import type { KeyValue } from './keys.ts';
import { OwnCluster } from './own-cluster.ts';
import type { OwnClusterOptions } from './own-cluster.ts';
import { Owners } from './owners.ts';
import { closeSession, openSession, publishMember, renewSession } from './sessions.ts';
import type { EtcdSession } from './sessions.ts';
import { watchKeys } from './watch.ts';

export interface EtcdCoordinationOptions extends OwnClusterOptions {
  /** Told once of each key of a member or owner that is not of Lutra's making; the others go on without it. */
  readonly onMalformed: (error: LutraError) => void;
}

/**
 * Coordination of many nodes through etcd. It does each thing once and says how that went: when to renew,
 * read and campaign is its user's business. etcd3 carries the calls, and none of its elections, locks and
 * self-renewing leases is used: after a lost answer they lead nobody, or two.
 */
export class EtcdCoordination implements Coordination {
  readonly #connection: EtcdConnection;
  readonly #cluster: OwnCluster;
  readonly #onMalformed: EtcdCoordinationOptions['onMalformed'];
  readonly #owners: Owners;
  /** The keys that could not be read the last time, each as it was changed last. */
  #malformed: ReadonlySet<string> = new Set();
  /** Those that this process opened, by the id that it was given. */
  readonly #sessions = new Map<string, EtcdSession>();

  constructor(connection: EtcdConnection, options: EtcdCoordinationOptions) {
    this.#connection = connection;
    this.#cluster = new OwnCluster(connection, options);
    this.#onMalformed = options.onMalformed;
    this.#owners = new Owners(connection);
  }

  async open(member: Member): Promise<Session> {
    await this.#cluster.assertThere();
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
    const { found, epoch } = await this.#cluster.read();
    const under = (prefix: string) => found.filter(({ key }) => key.startsWith(prefix));
    const members = readable(under(keys.members), (kv) => memberOf(keys, kv));
    const owners = readable(under(keys.owners), (kv) => ownerOf(keys, kv));
    this.#tellMalformed([...members.malformed, ...owners.malformed]);
    return {
      members: members.values,
      owners: owners.values,
      homes: new Set(under(keys.homes).map(({ value }) => value)),
      drains: new Set(under(keys.drains).map(({ key }) => key.slice(keys.drains.length) as NodeId)),
      epoch,
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

  requestDrain(node: NodeId): Promise<boolean> {
    return requestDrain(this.#connection, node);
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

  /** One key of whatever making does not stop the others from being read. It is told once, and again after a change. */
  #tellMalformed(malformed: readonly Malformed[]): void {
    for (const { name, error } of malformed) {
      if (!this.#malformed.has(name)) this.#onMalformed(error);
    }
    this.#malformed = new Set(malformed.map(({ name }) => name));
  }
}

/** A key that could not be read. */
interface Malformed {
  /** The key, and when it was changed last. */
  readonly name: string;
  readonly error: LutraError;
}

function readable<Value>(
  kvs: readonly KeyValue[],
  read: (kv: KeyValue) => Value,
): { readonly values: readonly Value[]; readonly malformed: readonly Malformed[] } {
  const values: Value[] = [];
  const malformed: Malformed[] = [];
  for (const kv of kvs) {
    try {
      values.push(read(kv));
    } catch (error) {
      if (!hasCode(error, 'record-malformed')) throw error;
      malformed.push({ name: `${kv.key}@${kv.modRevision}`, error });
    }
  }
  return { values, malformed };
}
