/** Owner keys and the epoch: where tokens come from. */
import { LutraError } from '../../base/errors.ts';
import { isSameToken } from '../../domain/ids.ts';
import type { FencingToken, NodeId, PartitionId } from '../../domain/ids.ts';
import type { CampaignResult } from '../../ports/coordination.ts';
import type { EtcdConnection } from './connection.ts';
import { epochOf, ownerOf, ownerText } from './keys.ts';
import type { KeyValue } from './keys.ts';
import {
  holds,
  isAbsent,
  isChangedAt,
  isCreatedAt,
  isUnder,
  NO_LEASE,
  put,
  remove,
} from './requests.ts';
import { emptied } from './sessions.ts';
import type { EtcdSession } from './sessions.ts';

/** The epoch is raised once in a cluster's life, if ever: whoever keeps meeting another one is told nonsense. */
const TRIES_MAX = 3;

/** Takes and gives back owner keys. */
export class Owners {
  readonly #connection: EtcdConnection;
  /** The epoch that was met last: a guess, which every transaction compares. */
  #epoch = 0;
  /** For which node this process campaigned last. */
  #node = '' as NodeId;

  constructor(connection: EtcdConnection) {
    this.#connection = connection;
  }

  /**
   * Takes the owner key where nobody has it, the member key is still under the session's lease, and the
   * epoch is the one that goes into the token: all at the revision that becomes the rest of the token.
   */
  async campaign(
    session: EtcdSession,
    partition: PartitionId,
    claimId: string,
  ): Promise<CampaignResult> {
    const { keys } = this.#connection;
    this.#node = session.node;
    const [key, memberKey] = [keys.owner(partition), keys.member(session.node)];
    for (let triedCount = 0; triedCount < TRIES_MAX; triedCount += 1) {
      const epoch = this.#epoch;
      const text = ownerText(session.node, { epoch, claimId });
      const answer = await this.#connection.transact(`campaigning for ${partition}`, {
        when: [isAbsent(key), isUnder(memberKey, session.lease), holds(keys.epoch, String(epoch))],
        then: [put(key, text, session.lease)],
        otherwise: [memberKey, key, keys.epoch],
      });
      if (answer.isDone) {
        return { kind: 'won', token: { epoch, revision: answer.revision, claimId } };
      }
      const [member, owner, stored] = answer.found;
      if (member?.lease !== session.lease) return { kind: 'session-ended' };
      if (owner !== undefined) return this.#heldBy(owner, claimId);
      this.#epoch = this.#presentEpoch(stored);
    }
    throw this.#moving(`campaigning for ${partition}`);
  }

  /**
   * Deletes the owner key if it has this token. Its successor waits meanwhile, so that is compared at once, with
   * the words in which this process would have written it; only where they differ, with what is read there.
   */
  async resign(partition: PartitionId, token: FencingToken): Promise<void> {
    const { keys } = this.#connection;
    const key = keys.owner(partition);
    const answer = await this.#connection.transact(`resigning ${partition}`, {
      when: [isCreatedAt(key, token.revision), holds(key, ownerText(this.#node, token))],
      then: [remove(key)],
      otherwise: [key],
    });
    const [held] = answer.isDone ? [] : answer.found;
    if (held === undefined || !isSameToken(ownerOf(keys, held).token, token)) return;
    await this.#connection.transact(`resigning ${partition}`, {
      when: [isChangedAt(key, held.modRevision)],
      then: [remove(key)],
      otherwise: [],
    });
  }

  /** Raises the epoch above `beyond`, if it is not, and if the owner key has this token: compared at one revision. */
  async raiseEpoch(partition: PartitionId, token: FencingToken, beyond: number): Promise<void> {
    const { keys } = this.#connection;
    for (let triedCount = 0; triedCount < TRIES_MAX; triedCount += 1) {
      const held = await this.#heldKey('raising the epoch', partition, token);
      if (held === undefined) return;
      const epoch = this.#presentEpoch(await this.#connection.get('reading the epoch', keys.epoch));
      if (epoch > beyond) return;
      const answer = await this.#connection.transact('raising the epoch', {
        when: [isChangedAt(held.key, held.modRevision), holds(keys.epoch, String(epoch))],
        then: [put(keys.epoch, String(beyond + 1), NO_LEASE)],
        otherwise: [],
      });
      if (answer.isDone) return;
    }
    throw this.#moving('raising the epoch');
  }

  /** A claim that is there already is a repeat after a lost answer, and gets that answer. */
  #heldBy(found: KeyValue, claimId: string): CampaignResult {
    const owner = ownerOf(this.#connection.keys, found);
    return owner.token.claimId === claimId
      ? { kind: 'won', token: owner.token }
      : { kind: 'held', owner };
  }

  async #heldKey(
    doing: string,
    partition: PartitionId,
    token: FencingToken,
  ): Promise<KeyValue | undefined> {
    const { keys } = this.#connection;
    const found = await this.#connection.get(doing, keys.owner(partition));
    const isHeld = found !== undefined && isSameToken(ownerOf(keys, found).token, token);
    return isHeld ? found : undefined;
  }

  #presentEpoch(stored: KeyValue | undefined): number {
    if (stored === undefined) throw emptied(this.#connection);
    return epochOf(stored);
  }

  #moving(doing: string): LutraError {
    return new LutraError('coordination-unavailable', `${doing}: the epoch of etcd keeps moving`);
  }
}
