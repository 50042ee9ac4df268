import { Listeners } from '../../base/listeners.ts';
import { decodeTokens, encodeToken } from '../../domain/access/access-token.ts';
import type { AccessToken } from '../../domain/access/access-token.ts';
import type { TokenList, TokenRegistry } from '../../ports/token-registry.ts';
import { translated } from './errors.ts';
import type { StoreFile } from './file.ts';
import type { Statement } from './open.ts';
import { transactionsOn } from './transaction.ts';
import type { Transactions } from './transaction.ts';

interface TokenRow {
  readonly id: string;
  readonly record: string;
}

/** Access tokens in the store's file. Watching tells of changes made by this process only. */
export class SqliteTokenRegistry implements TokenRegistry {
  readonly #transactions: Transactions;
  readonly #all: Statement<TokenRow>;
  readonly #others: Statement<{ readonly count: number }>;
  readonly #add: Statement<never>;
  readonly #remove: Statement<never>;
  readonly #changes = new Listeners<'change', undefined>();

  constructor({ db }: Pick<StoreFile, 'db'>) {
    this.#transactions = transactionsOn(db);
    this.#all = db.prepare('select id, record from token');
    this.#others = db.prepare('select count(*) as count from token where id <> ?');
    this.#add = db.prepare('insert into token (id, record) values (?, ?) on conflict do nothing');
    this.#remove = db.prepare('delete from token where id = ?');
  }

  list(): Promise<TokenList> {
    return settled('reading the access tokens', () =>
      decodeTokens(
        this.#all
          .all()
          .map(({ id, record }) => ({ text: record, where: `the row ${id} of the table token` })),
      ),
    );
  }

  async put(token: AccessToken, max: number): Promise<'stored' | 'full'> {
    const result = await settled('adding an access token', () =>
      this.#transactions.write(() => {
        const otherCount = this.#others.get(token.id)?.count ?? 0;
        if (otherCount >= max) return 'full';
        this.#add.run(token.id, encodeToken(token));
        return 'stored';
      }),
    );
    if (result === 'stored') this.#changes.tell('change', undefined);
    return result;
  }

  async remove(id: string): Promise<boolean> {
    const wasThere = await settled('removing an access token', () =>
      this.#transactions.write(() => Number(this.#remove.run(id).changes) > 0),
    );
    if (wasThere) this.#changes.tell('change', undefined);
    return wasThere;
  }

  watch(onChange: () => void): () => void {
    return this.#changes.add('change', onChange);
  }
}

/** Does `work` at once and answers as a promise. */
function settled<Result>(doing: string, work: () => Result): Promise<Result> {
  return new Promise((resolve) => {
    try {
      resolve(work());
    } catch (error) {
      throw translated(doing, error);
    }
  });
}
