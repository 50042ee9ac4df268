/** Judges the orders that the receiver gets as they come, and keeps no more of them than that takes. */
import { isLower } from '../support/capacity-receiver.ts';
import type { ReceivedOrder } from '../support/capacity-receiver.ts';

/** What is known of one group. */
interface Page {
  /** With the highest token so far. */
  newest: ReceivedOrder;
  /** What the last few keys were worth, the latest last. */
  readonly desiredOf: Map<string, number>;
  /** Whose calls came after a successor's: one each may. */
  readonly overtaken: Set<string>;
  highestGeneration: number;
}

/** How many keys of a group are remembered: a repeat follows soon. */
const KEYS_MAX = 50;

export class OrderBook {
  /**
   * What is wrong with the orders: two numbers under one key, or a token that is lower than one before it. Of
   * the latter, one call of each term is let pass: the one that was past its renewal when its node froze.
   */
  readonly faults: string[] = [];
  readonly #pages = new Map<string, Page>();
  readonly #latenesses: { readonly at: number; readonly ms: number }[] = [];
  #count = 0;
  #overtakenCount = 0;

  get count(): number {
    return this.#count;
  }

  /** How many calls came after one of a successor, and were let pass. */
  get overtakenCount(): number {
    return this.#overtakenCount;
  }

  /** The highest generation that was ordered for a group, 0 where none was. */
  generationOf(name: string): number {
    return this.#pages.get(name)?.highestGeneration ?? 0;
  }

  /** From the planned instant of what caused an order to its coming, of those that came in a span of time. */
  latenessesMs(from: number, until: number): readonly number[] {
    return this.#latenesses.filter(({ at }) => at >= from && at <= until).map(({ ms }) => ms);
  }

  /** Takes an order that came now. `occurrence`: what caused it, `policy@plannedAt`. */
  take(order: ReceivedOrder, occurrence: string, at: number): void {
    this.#count += 1;
    const plannedAt = Number(occurrence.split('@')[1]);
    if (plannedAt > 0) this.#latenesses.push({ at, ms: at - plannedAt });
    const page = this.#pageOf(order);
    this.#judgeToken(order, page);
    this.#judgeKey(order, page);
    page.highestGeneration = Math.max(page.highestGeneration, generationIn(order.key));
  }

  #pageOf(order: ReceivedOrder): Page {
    const known = this.#pages.get(order.name);
    if (known !== undefined) return known;
    const page = {
      newest: order,
      desiredOf: new Map<string, number>(),
      overtaken: new Set<string>(),
      highestGeneration: 0,
    };
    this.#pages.set(order.name, page);
    return page;
  }

  #judgeToken(order: ReceivedOrder, page: Page): void {
    if (!isLower(order, page.newest)) {
      page.newest = order;
      return;
    }
    this.#overtakenCount += 1;
    if (page.overtaken.has(order.claimId)) {
      const { epoch, revision } = order;
      const after = `${page.newest.epoch}.${page.newest.revision}`;
      this.faults.push(`${order.name}: ${epoch}.${revision} ordered ${order.key} after ${after}`);
    }
    page.overtaken.add(order.claimId);
  }

  #judgeKey({ name, key, desired }: ReceivedOrder, { desiredOf }: Page): void {
    const told = desiredOf.get(key) ?? desired;
    if (told !== desired) this.faults.push(`${name}: ${key} was ${told} once, then ${desired}`);
    desiredOf.set(key, desired);
    const [oldest] = desiredOf.keys();
    if (desiredOf.size > KEYS_MAX && oldest !== undefined) desiredOf.delete(oldest);
  }
}

/** Which generation an order is for: its key is `group:generation:desired`, and more where servers are to leave. */
function generationIn(key: string): number {
  const generation = /^[^:]+:(\d+):\d+(?::|$)/.exec(key)?.[1];
  if (generation === undefined) throw new Error(`the key "${key}" names no generation`);
  return Number(generation);
}
