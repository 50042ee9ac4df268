import { Listeners } from '../../base/listeners.ts';
import { decodeTokens, encodeToken } from '../../domain/access/access-token.ts';
import type { AccessToken } from '../../domain/access/access-token.ts';
import type { TokenList, TokenRegistry } from '../../ports/token-registry.ts';

/** What several processes would share. */
export interface MemoryTokenState {
  /** Records by id, as they would be stored. */
  readonly records: Map<string, string>;
  readonly changes: Listeners<'change', undefined>;
}

/** A place where there are no tokens yet. */
export function createMemoryTokenState(): MemoryTokenState {
  return { records: new Map(), changes: new Listeners() };
}

/** Access tokens in memory. One instance is one process. */
export class MemoryTokenRegistry implements TokenRegistry {
  readonly #state: MemoryTokenState;

  constructor(state: MemoryTokenState) {
    this.#state = state;
  }

  list(): Promise<TokenList> {
    const { records } = this.#state;
    return Promise.resolve(
      decodeTokens([...records].map(([id, text]) => ({ text, where: `the record ${id}` }))),
    );
  }

  put(token: AccessToken, max: number): Promise<'stored' | 'full'> {
    const { records, changes } = this.#state;
    const otherCount = records.size - (records.has(token.id) ? 1 : 0);
    if (otherCount >= max) return Promise.resolve('full');
    if (!records.has(token.id)) records.set(token.id, encodeToken(token));
    changes.tell('change', undefined);
    return Promise.resolve('stored');
  }

  remove(id: string): Promise<boolean> {
    const { records, changes } = this.#state;
    const wasThere = records.delete(id);
    if (wasThere) changes.tell('change', undefined);
    return Promise.resolve(wasThere);
  }

  watch(onChange: () => void): () => void {
    return this.#state.changes.add('change', onChange);
  }
}
