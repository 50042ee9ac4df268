/** What a planted defect is. */

/** Replaces one place of a source; `find` occurs there exactly once. */
export interface Edit {
  /** From the root of the repository. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** A server that a test starts for itself. */
export type Service = 'redis-server' | 'etcd';

/** The proof instrument that must notice the defect. */
export type Catcher =
  /** Some simulated world breaks one of these rules: what breaks others may do so by chance. */
  | { readonly kind: 'simulation'; readonly rules: readonly string[] }
  /** One test fails; `title` is its whole title, with those of the chapters that it is in. */
  | {
      readonly kind: 'test';
      readonly file: string;
      readonly title: string;
      readonly needs?: Service;
    };

/** A mistake that somebody might make, and who must notice. */
export interface Defect {
  readonly name: string;
  /** One sentence: what the code does with it. */
  readonly about: string;
  readonly edits: readonly Edit[];
  readonly catcher: Catcher;
}

/** A simulated world breaks one of these rules. */
export function inSimulation(...rules: readonly string[]): Catcher {
  return { kind: 'simulation', rules };
}

/** A promise of the store's contract, for the file store. */
export function onSqlite(title: string): Catcher {
  return {
    ...{ kind: 'test', file: 'test/contract/sqlite-store.test.ts' },
    title: `Store contract: SQLite ${title}`,
  };
}

/** The same, for the store in memory. */
export function onMemory(title: string): Catcher {
  return {
    ...{ kind: 'test', file: 'test/contract/memory-store.test.ts' },
    title: `Store contract: memory ${title}`,
  };
}

/** The same, for the store on Redis. */
export function onRedis(title: string): Catcher {
  return {
    ...{ kind: 'test', file: 'test/integration/redis/contract.test.ts', needs: 'redis-server' },
    title: `Redis, a single server Store contract: Redis ${title}`,
  };
}
