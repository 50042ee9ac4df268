import { Listeners } from '../../base/listeners.ts';
import { isSameToken } from '../../domain/ids.ts';
import type { FencingToken, PartitionId } from '../../domain/ids.ts';
import type {
  CampaignResult,
  Coordination,
  CoordinationView,
  Member,
  OwnerKey,
} from '../../ports/coordination.ts';

/** What several processes would share: one seat, and the owner keys of whoever sits on it. */
export interface MemoryCoordinationState {
  /** Grows with every join and every campaign that is won. */
  revision: number;
  /** The member, and the revision at which it joined: that tells it from an earlier one of the same name. */
  seat: { readonly member: Member; readonly session: number } | undefined;
  readonly owners: Map<PartitionId, OwnerKey>;
  readonly changes: Listeners<'change', undefined>;
}

/** A place where nobody has been yet. */
export function createMemoryCoordinationState(): MemoryCoordinationState {
  return { revision: 0, seat: undefined, owners: new Map(), changes: new Listeners() };
}

/** Coordination of a place with room for one node, in memory. One instance is one process. */
export class MemoryCoordination implements Coordination {
  readonly #state: MemoryCoordinationState;
  #session: number | undefined;

  constructor(state: MemoryCoordinationState) {
    this.#state = state;
  }

  join(member: Member): Promise<void> {
    this.#state.revision += 1;
    this.#session = this.#state.revision;
    this.#state.seat = { member, session: this.#session };
    this.#state.owners.clear();
    this.#tell();
    return Promise.resolve();
  }

  read(): Promise<CoordinationView> {
    const { seat, owners } = this.#state;
    return Promise.resolve({
      members: seat === undefined ? [] : [seat.member],
      owners: [...owners.values()],
    });
  }

  campaign(partition: PartitionId, claimId: string): Promise<CampaignResult> {
    const { seat, owners } = this.#state;
    if (seat === undefined || seat.session !== this.#session) {
      return Promise.resolve({ kind: 'not-a-member' });
    }
    const owner = owners.get(partition);
    // The same claim again is a repeat after a lost answer, and gets that answer.
    if (owner?.token.claimId === claimId) {
      return Promise.resolve({ kind: 'won', token: owner.token });
    }
    if (owner !== undefined) return Promise.resolve({ kind: 'held', owner });
    this.#state.revision += 1;
    const token = { epoch: 0, revision: this.#state.revision, claimId };
    owners.set(partition, { partition, node: seat.member.node, token });
    this.#tell();
    return Promise.resolve({ kind: 'won', token });
  }

  resign(partition: PartitionId, token: FencingToken): Promise<void> {
    const owner = this.#state.owners.get(partition);
    if (owner !== undefined && isSameToken(owner.token, token)) {
      this.#state.owners.delete(partition);
      this.#tell();
    }
    return Promise.resolve();
  }

  leave(): Promise<void> {
    if (this.#session !== undefined && this.#state.seat?.session === this.#session) {
      this.#state.seat = undefined;
      this.#state.owners.clear();
      this.#tell();
    }
    this.#session = undefined;
    return Promise.resolve();
  }

  watch(onChange: () => void): () => void {
    return this.#state.changes.add('change', onChange);
  }

  #tell(): void {
    this.#state.changes.tell('change', undefined);
  }
}
