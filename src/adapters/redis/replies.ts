/**
 * Reads the answers of scripts. They are lists of texts, numbers, lists and, where a text is missing, null;
 * anything else comes from a script that is not ours, and ends the process.
 */
import { InvariantError } from '../../base/assert.ts';
import { epochMs } from '../../base/clock.ts';
import type { EpochMs } from '../../base/clock.ts';

/** Takes an answer apart from front to back. */
export class ReplyReader {
  readonly #items: readonly unknown[];
  #index = 0;

  constructor(reply: unknown) {
    if (!Array.isArray(reply)) throw unexpected(reply, 'a list');
    this.#items = reply;
  }

  get isAtEnd(): boolean {
    return this.#index >= this.#items.length;
  }

  text(): string {
    const item = this.#next();
    if (typeof item !== 'string') throw unexpected(item, 'a text');
    return item;
  }

  optionalText(): string | undefined {
    const item = this.#next();
    if (item === null) return undefined;
    if (typeof item !== 'string') throw unexpected(item, 'a text or nil');
    return item;
  }

  number(): number {
    const item = this.#next();
    const number = typeof item === 'string' && item !== '' ? Number(item) : item;
    if (typeof number !== 'number' || !Number.isSafeInteger(number)) {
      throw unexpected(item, 'a whole number');
    }
    return number;
  }

  instant(): EpochMs {
    return epochMs(this.number());
  }

  /**
   * The instant of an entry in a sorted set. What somebody put there by hand, a fraction or an infinity, is
   * taken for the nearest instant, so that one entry ends nobody who reads them all.
   */
  score(): EpochMs {
    const item = this.text();
    const number = Math.floor(Number(item.replace('inf', 'Infinity')));
    if (Number.isNaN(number)) throw unexpected(item, 'the score of an entry');
    return epochMs(Math.min(Math.max(number, Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER));
  }

  /** The same, or the empty text for none. */
  optionalScore(): EpochMs | undefined {
    if (this.#items[this.#index] !== '') return this.score();
    this.#index += 1;
    return undefined;
  }

  list(): ReplyReader {
    return new ReplyReader(this.#next());
  }

  #next(): unknown {
    if (this.isAtEnd) throw unexpected(undefined, 'another item');
    const item = this.#items[this.#index];
    this.#index += 1;
    return item;
  }
}

/** An answer that none of our scripts gives. */
export function unexpected(item: unknown, wanted: string): InvariantError {
  return new InvariantError(
    `broken invariant: a script answers ${wanted}, not ${JSON.stringify(item) as string | undefined}`, // undefined has no JSON
  );
}
