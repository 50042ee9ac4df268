import { hasCode, LutraError } from '../../base/errors.ts';
import { Listeners } from '../../base/listeners.ts';
import { isSameToken } from '../../domain/ids.ts';
import type { FencingToken, NodeId, PartitionId } from '../../domain/ids.ts';
import type {
  CampaignResult,
  Coordination,
  CoordinationView,
  Member,
  OwnerKey,
  Session,
} from '../../ports/coordination.ts';
import { translated } from './errors.ts';
import type { StoreFile } from './file.ts';
import type { Database } from './open.ts';
import { transactionsOn } from './transaction.ts';
import type { Transactions } from './transaction.ts';

/**
 * Coordination of one machine, in the store's file: there is one seat, and the newest process takes it.
 * One that was superseded keeps nothing: its owner keys went with the seat, and the store refuses its
 * tokens as soon as the newer process acquires. A session ends in no other way, so it is never in doubt.
 * Watching tells of changes made by this process only.
 */
export class SqliteCoordination implements Coordination {
  readonly #transactions: Transactions;
  readonly #seat: Seat;
  readonly #owners: Owners;
  readonly #changes = new Listeners<'change', undefined>();

  constructor({ db }: Pick<StoreFile, 'db'>) {
    this.#transactions = transactionsOn(db);
    this.#seat = seatIn(db);
    this.#owners = ownersIn(db);
  }

  async open(member: Member): Promise<Session> {
    const session = await this.#write('opening a session', () => {
      this.#owners.clear();
      const { revision } = this.#seat.count();
      this.#seat.take({ session: revision, member, isToDrain: false });
      return revision;
    });
    this.#tell();
    return { id: String(session), ttlMs: Number.POSITIVE_INFINITY };
  }

  renew(session: Session): Promise<'renewed' | 'ended'> {
    return settled('renewing the session', () =>
      this.#memberOf(session) === undefined ? 'ended' : 'renewed',
    );
  }

  async publish(session: Session, member: Member): Promise<void> {
    await this.#write('publishing the member', () => {
      const taken = this.#takenBy(session);
      if (taken !== undefined) this.#seat.take({ ...taken, member });
    });
    this.#tell();
  }

  read(): Promise<CoordinationView> {
    return settled('reading the owners', () =>
      this.#transactions.read(() => {
        const { epoch, taken } = this.#seat.read();
        if (taken === undefined) {
          return { members: [], owners: [], homes: new Set<string>(), drains: new Set(), epoch };
        }
        const { member, isToDrain } = taken;
        return {
          members: [member],
          owners: this.#owners.all().map((row) => ownerKey(row, member.node)),
          homes: new Set(member.isDraining ? [] : [member.region]),
          drains: new Set(isToDrain ? [member.node] : []),
          epoch,
        };
      }),
    );
  }

  async campaign(
    session: Session,
    partition: PartitionId,
    claimId: string,
  ): Promise<CampaignResult> {
    const result = await this.#write(`campaigning for ${partition}`, (): CampaignResult => {
      const member = this.#memberOf(session);
      if (member === undefined) return { kind: 'session-ended' };
      const owner = this.#owners.of(partition);
      if (owner === undefined) {
        const row = { partition, ...this.#seat.count(), claimId };
        this.#owners.add(row);
        return { kind: 'won', token: tokenOf(row) };
      }
      // The same claim again is a repeat after a lost answer, and gets that answer.
      return owner.claimId === claimId
        ? { kind: 'won', token: tokenOf(owner) }
        : { kind: 'held', owner: ownerKey(owner, member.node) };
    });
    if (result.kind === 'won') this.#tell();
    return result;
  }

  async resign(partition: PartitionId, token: FencingToken): Promise<void> {
    await this.#write(`resigning ${partition}`, () => {
      if (this.#holds(partition, token)) this.#owners.remove(partition);
    });
    this.#tell();
  }

  async raiseEpoch(partition: PartitionId, token: FencingToken, beyond: number): Promise<void> {
    await this.#write('raising the epoch', () => {
      if (this.#holds(partition, token)) this.#seat.raiseEpoch(beyond);
    });
    this.#tell();
  }

  async requestDrain(node: NodeId): Promise<boolean> {
    const isMember = await this.#write('asking the node to drain', () => {
      const { taken } = this.#seat.read();
      if (taken?.member.node !== node) return false;
      this.#seat.take({ ...taken, isToDrain: true });
      return true;
    });
    this.#tell();
    return isMember;
  }

  async close(session: Session): Promise<void> {
    await this.#write('closing the session', () => {
      // The owner keys go with the seat: without one there is no owner.
      if (this.#memberOf(session) !== undefined) this.#seat.free();
    });
    this.#tell();
  }

  watch(onChange: () => void): () => void {
    return this.#changes.add('change', onChange);
  }

  #memberOf(session: Session): Member | undefined {
    return this.#takenBy(session)?.member;
  }

  #takenBy({ id }: Session): TakenSeat | undefined {
    const { taken } = this.#seat.read();
    return String(taken?.session) === id ? taken : undefined;
  }

  #holds(partition: PartitionId, token: FencingToken): boolean {
    const owner = this.#owners.of(partition);
    return owner !== undefined && isSameToken(tokenOf(owner), token);
  }

  #write<Result>(doing: string, work: () => Result): Promise<Result> {
    return settled(doing, () => this.#transactions.write(work));
  }

  #tell(): void {
    this.#changes.tell('change', undefined);
  }
}

/** The one seat, and the numbers that all tokens of the file come from. */
interface Seat {
  /** Counts one further. */
  count(): { readonly epoch: number; readonly revision: number };
  raiseEpoch(beyond: number): void;
  take(seat: TakenSeat): void;
  free(): void;
  read(): { readonly epoch: number; readonly taken: TakenSeat | undefined };
}

/** Who has the seat. */
interface TakenSeat {
  readonly session: number;
  readonly member: Member;
  /** Whether somebody asked the member to drain; kept beside it, in the same text. */
  readonly isToDrain: boolean;
}

/** What the text of the seat says. */
type SeatText = Member & { readonly isToDrain?: true };

interface SeatRow {
  readonly epoch: number;
  readonly session: number | null;
  readonly member: string | null;
}

function seatIn(db: Database): Seat {
  const next = db.prepare<{ epoch: number; revision: number }>(
    'update seat set revision = revision + 1 returning epoch, revision',
  );
  const raise = db.prepare('update seat set epoch = max(epoch, ?)');
  const put = db.prepare('update seat set session = ?, member = ?');
  const read = db.prepare<SeatRow>('select epoch, session, member from seat');
  return {
    count: () => ({ ...present(next.get()) }),
    raiseEpoch: (beyond) => void raise.run(beyond + 1),
    take({ session, member, isToDrain }) {
      const text: SeatText = isToDrain ? { ...member, isToDrain } : member;
      put.run(session, JSON.stringify(text));
    },
    free: () => void put.run(null, null),
    read() {
      const { epoch, session, member } = present(read.get());
      if (session === null || member === null) return { epoch, taken: undefined };
      // Only `take` writes it, in this format of the file.
      const { isToDrain = false, ...seated } = JSON.parse(member) as SeatText;
      return { epoch, taken: { session, member: seated, isToDrain } };
    },
  };
}

function present<Row>(row: Row | undefined): Row {
  if (row !== undefined) return row;
  throw new LutraError('store-foreign', 'the file has lost its seat, and with it the revision');
}

interface OwnerRow {
  readonly partition: PartitionId;
  readonly epoch: number;
  readonly revision: number;
  readonly claimId: string;
}

/** The owner keys: all of them belong to whoever has the seat. */
interface Owners {
  all(): readonly OwnerRow[];
  of(partition: PartitionId): OwnerRow | undefined;
  add(owner: OwnerRow): void;
  remove(partition: PartitionId): void;
  clear(): void;
}

function ownersIn(db: Database): Owners {
  const columns = 'select partition, epoch, revision, claim_id as claimId from owner';
  const all = db.prepare<OwnerRow>(columns);
  const one = db.prepare<OwnerRow>(`${columns} where partition = ?`);
  const add = db.prepare(
    'insert into owner (partition, epoch, revision, claim_id) values (?, ?, ?, ?)',
  );
  const remove = db.prepare('delete from owner where partition = ?');
  const clear = db.prepare('delete from owner');
  return {
    all: () => all.all(),
    of: (partition) => one.get(partition),
    add: ({ partition, epoch, revision, claimId }) =>
      void add.run(partition, epoch, revision, claimId),
    remove: (partition) => void remove.run(partition),
    clear: () => void clear.run(),
  };
}

function tokenOf({ epoch, revision, claimId }: OwnerRow): FencingToken {
  return { epoch, revision, claimId };
}

function ownerKey(row: OwnerRow, node: NodeId): OwnerKey {
  return { partition: row.partition, node, token: tokenOf(row) };
}

/** Does `work` at once and answers as a promise; SQLite's troubles reject as those of the coordination. */
function settled<Result>(doing: string, work: () => Result): Promise<Result> {
  return new Promise((resolve) => {
    try {
      resolve(work());
    } catch (error) {
      const trouble = translated(doing, error);
      if (!hasCode(trouble, 'store-unavailable')) throw trouble;
      throw new LutraError('coordination-unavailable', trouble.message, { cause: error });
    }
  });
}
