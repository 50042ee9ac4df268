import { LutraError } from '../../base/errors.ts';
import { decodeTokens, encodeToken } from '../../domain/access/access-token.ts';
import type { AccessToken } from '../../domain/access/access-token.ts';
import type { TokenList, TokenRegistry } from '../../ports/token-registry.ts';
import type { EtcdConnection } from './connection.ts';
import { isAbsent, isChangedAt, isPresent, NO_LEASE, put, remove } from './requests.ts';
import { watchKeys } from './watch.ts';

/** People add tokens: more of them in the same instant than this are told to try again. */
const TRIES_MAX = 5;

/**
 * Access tokens in etcd, where they stay until they are removed. An etcd that was emptied has lost them, and no
 * node gives them back: one of them may have been revoked since it was last read.
 */
export class EtcdTokenRegistry implements TokenRegistry {
  readonly #connection: EtcdConnection;

  constructor(connection: EtcdConnection) {
    this.#connection = connection;
  }

  async list(): Promise<TokenList> {
    const { keys } = this.#connection;
    const found = await this.#connection.range('reading the access tokens', keys.tokens);
    return decodeTokens(
      found.map(({ key, value }) => ({ text: value, where: `the key ${key} of etcd` })),
    );
  }

  /**
   * Counts, and then adds if nobody else has added since before the count: of two that add the last one that
   * there is room for, one is in time and the other counts again.
   */
  async put(token: AccessToken, max: number): Promise<'stored' | 'full'> {
    const { keys } = this.#connection;
    const doing = 'adding an access token';
    const key = keys.token(token.id);
    for (let triedCount = 0; triedCount < TRIES_MAX; triedCount += 1) {
      const latest = await this.#connection.get(doing, keys.tokenChanges);
      const found = await this.#connection.range(doing, keys.tokens);
      if (found.some((existing) => existing.key === key)) return 'stored';
      if (found.length >= max) return 'full';
      const { isDone } = await this.#connection.transact(doing, {
        when: [
          latest === undefined
            ? isAbsent(keys.tokenChanges)
            : isChangedAt(keys.tokenChanges, latest.modRevision),
        ],
        then: [put(key, encodeToken(token), NO_LEASE), put(keys.tokenChanges, token.id, NO_LEASE)],
        otherwise: [],
      });
      if (isDone) return 'stored';
    }
    throw new LutraError(
      'coordination-unavailable',
      `${doing}: others added some at the same time, ${TRIES_MAX} times in a row`,
    );
  }

  async remove(id: string): Promise<boolean> {
    const key = this.#connection.keys.token(id);
    const { isDone } = await this.#connection.transact('removing an access token', {
      when: [isPresent(key)],
      then: [remove(key)],
      otherwise: [],
    });
    return isDone;
  }

  watch(onChange: () => void): () => void {
    return watchKeys(this.#connection, onChange, this.#connection.keys.tokens);
  }
}
