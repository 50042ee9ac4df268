import { seededRandom } from '../support/random.ts';

/** Chance that numbers decide: the same numbers, the same throws. */
export class Dice {
  readonly #fraction: () => number;

  /** Numbers that are alike give throws that are not. */
  constructor(seed: number, index = 0) {
    const mixed = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35);
    const random = seededRandom(mixed);
    this.#fraction = () => random.fraction();
    this.#fraction(); // the first throw of neighbours is alike
  }

  /** From 0 to below 1. */
  fraction(): number {
    return this.#fraction();
  }

  /** A whole number from 0 to below the limit. */
  below(limit: number): number {
    return Math.floor(this.#fraction() * limit);
  }

  /** Whether something happens that does in this share of cases. */
  chance(share: number): boolean {
    return this.#fraction() < share;
  }

  /** One of them. Throws where there is none. */
  pick<Item>(items: readonly Item[]): Item {
    const [item] = items.slice(this.below(items.length));
    if (items.length === 0) throw new Error('there is nothing to choose from');
    return item as Item; // below the length
  }
}
