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
} from '../../ports/coordination.ts';
import { translated } from './errors.ts';
import type { StoreFile } from './file.ts';
import type { Database } from './open.ts';
import { transactionsOn } from './transaction.ts';
import type { Transactions } from './transaction.ts';

/**
 * Coordination of one machine, in the store's file: there is one seat, and the newest process takes it.
 * One that was superseded keeps nothing: its owner keys went with the seat, and the store refuses its
 * tokens as soon as the newer process acquires. Watching tells of changes made by this process only.
 */
export class SqliteCoordination implements Coordination {
  readonly #transactions: Transactions;
  readonly #seat: Seat;
  readonly #owners: Owners;
  readonly #changes = new Listeners<'change', undefined>();
  /** The revision at which this process took the seat. */
  #session: number | undefined;

  constructor({ db }: Pick<StoreFile, 'db'>) {
    this.#transactions = transactionsOn(db);
    this.#seat = seatIn(db);
    this.#owners = ownersIn(db);
  }

  async join(member: Member): Promise<void> {
    this.#session = await this.#write('joining', () => {
      this.#owners.clear();
      const revision = this.#seat.nextRevision();
      this.#seat.take(revision, member);
      return revision;
    });
    this.#tell();
  }

  read(): Promise<CoordinationView> {
    return settled('reading the owners', () =>
      this.#transactions.read(() => {
        const member = this.#seat.taken()?.member;
        if (member === undefined) return { members: [], owners: [] };
        const owners = this.#owners.all().map((row) => ownerKey(row, member.node));
        return { members: [member], owners };
      }),
    );
  }

  async campaign(partition: PartitionId, claimId: string): Promise<CampaignResult> {
    const result = await this.#write(`campaigning for ${partition}`, (): CampaignResult => {
      const seat = this.#seat.taken();
      if (seat === undefined || seat.session !== this.#session) return { kind: 'not-a-member' };
      const owner = this.#owners.of(partition);
      if (owner === undefined) {
        const row = { partition, revision: this.#seat.nextRevision(), claimId };
        this.#owners.add(row);
        return { kind: 'won', token: tokenOf(row) };
      }
      // The same claim again is a repeat after a lost answer, and gets that answer.
      return owner.claimId === claimId
        ? { kind: 'won', token: tokenOf(owner) }
        : { kind: 'held', owner: ownerKey(owner, seat.member.node) };
    });
    if (result.kind === 'won') this.#tell();
    return result;
  }

  async resign(partition: PartitionId, token: FencingToken): Promise<void> {
    await this.#write(`resigning ${partition}`, () => {
      const owner = this.#owners.of(partition);
      if (owner !== undefined && isSameToken(tokenOf(owner), token)) this.#owners.remove(partition);
    });
    this.#tell();
  }

  async leave(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await this.#write('leaving', () => {
      // The owner keys go with the seat: without one there is no owner.
      if (this.#seat.taken()?.session === session) this.#seat.free();
    });
    this.#tell();
  }

  watch(onChange: () => void): () => void {
    return this.#changes.add('change', onChange);
  }

  #write<Result>(doing: string, work: () => Result): Promise<Result> {
    return settled(doing, () => this.#transactions.write(work));
  }

  #tell(): void {
    this.#changes.tell('change', undefined);
  }
}

/** The one seat, and the counter that all tokens of the file come from. */
interface Seat {
  /** Counts one further. */
  nextRevision(): number;
  take(session: number, member: Member): void;
  free(): void;
  taken(): { readonly session: number; readonly member: Member } | undefined;
}

function seatIn(db: Database): Seat {
  const next = db.prepare<{ revision: number }>(
    'update seat set revision = revision + 1 returning revision',
  );
  const put = db.prepare('update seat set session = ?, node = ?, address = ?, version = ?');
  const read = db.prepare<{ session: number; node: NodeId; address: string; version: string }>(
    'select session, node, address, version from seat where session is not null',
  );
  return {
    nextRevision() {
      const counted = next.get();
      if (counted !== undefined) return counted.revision;
      throw new LutraError('store-foreign', 'the file has lost its seat, and with it the revision');
    },
    take: (session, { node, address, version }) => void put.run(session, node, address, version),
    free: () => void put.run(null, null, null, null),
    taken() {
      const row = read.get();
      if (row === undefined) return undefined;
      const { session, ...member } = row;
      return { session, member };
    },
  };
}

interface OwnerRow {
  readonly partition: PartitionId;
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
  const columns = 'select partition, revision, claim_id as claimId from owner';
  const all = db.prepare<OwnerRow>(columns);
  const one = db.prepare<OwnerRow>(`${columns} where partition = ?`);
  const add = db.prepare('insert into owner (partition, revision, claim_id) values (?, ?, ?)');
  const remove = db.prepare('delete from owner where partition = ?');
  const clear = db.prepare('delete from owner');
  return {
    all: () => all.all(),
    of: (partition) => one.get(partition),
    add: ({ partition, revision, claimId }) => void add.run(partition, revision, claimId),
    remove: (partition) => void remove.run(partition),
    clear: () => void clear.run(),
  };
}

/** One file has one line of revisions, so its epoch never rises. */
function tokenOf({ revision, claimId }: OwnerRow): FencingToken {
  return { epoch: 0, revision, claimId };
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
