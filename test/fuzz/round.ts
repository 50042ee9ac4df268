/** One round: a fresh node and so many requests, all of which a seed decides. */
import { createHash } from 'node:crypto';
import { Generator } from './generator.ts';
import { faultsOf } from './judge.ts';
import { keepingFaults } from './kept.ts';
import type { FuzzRequest } from './request.ts';
import { converse } from './wire.ts';
import type { Conversation } from './wire.ts';
import { FuzzWorld } from './world.ts';

/** Few, so that what piles up in a node stays small. */
export const ROUND_MAX = 500;

/** A request that led to what may not happen. */
export interface Fault {
  /** With these the round ends with this request: `npm run fuzz -- --seed … --requests …`. */
  readonly seed: number;
  readonly requestCount: number;
  readonly request: FuzzRequest;
  /** In sentences. */
  readonly what: readonly string[];
}

export interface RoundResult {
  readonly faults: readonly Fault[];
  /** How often each status came. */
  readonly statuses: ReadonlyMap<number, number>;
  /** Method and path of each operation that did what it is for. */
  readonly accepted: ReadonlySet<string>;
  /** The longest reply, in ms. */
  readonly slowestMs: number;
  /** Of all that was sent and answered: the same on every run. */
  readonly digest: string;
}

/** Sends so many requests, one after the other, and judges each. */
export async function playRound(
  seed: number,
  requestCount: number,
  onRequest: (index: number) => void = () => undefined,
): Promise<RoundResult> {
  const world = await FuzzWorld.start(seed);
  const tally = new Tally(seed);
  try {
    const generator = new Generator(world.document, seed);
    let before = await world.snapshot(new Map());
    for (let index = 0; index < requestCount; index += 1) {
      onRequest(index);
      const request = generator.request(index, world.target);
      const conversation = await converse(world.port, request);
      const after = await world.snapshot(before);
      const [reply] = conversation.replies;
      const kept =
        reply === undefined
          ? []
          : await keepingFaults({ request, reply }, (path) => world.get(path));
      const what = [...faultsOf({ request, conversation, before, after }), ...kept];
      tally.add({ index, request, conversation, what });
      if (reply !== undefined && reply.status < 300) world.learn(reply.text);
      before = after;
    }
    return tally.result();
  } finally {
    await world.close();
  }
}

/** Counts what a round led to. */
class Tally {
  readonly #seed: number;
  readonly #faults: Fault[] = [];
  readonly #statuses = new Map<number, number>();
  readonly #accepted = new Set<string>();
  readonly #digest = createHash('sha256');
  #slowestMs = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  add(played: {
    readonly index: number;
    readonly request: FuzzRequest;
    readonly conversation: Conversation;
    readonly what: readonly string[];
  }): void {
    const { index, request, conversation, what } = played;
    const { replies, durationMs } = conversation;
    this.#digest.update(request.bytes);
    for (const { status, text } of replies) {
      this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1);
      this.#digest.update(`${String(status)} ${text}`);
    }
    this.#slowestMs = Math.max(this.#slowestMs, durationMs);
    const status = replies[0]?.status ?? 0;
    const { operation, method } = request;
    if (status >= 200 && status < 300 && method === operation.method) {
      this.#accepted.add(`${method} ${operation.path}`);
    }
    if (what.length === 0) return;
    this.#faults.push({ seed: this.#seed, requestCount: index + 1, request, what });
  }

  result(): RoundResult {
    return {
      faults: this.#faults,
      statuses: this.#statuses,
      accepted: this.#accepted,
      slowestMs: this.#slowestMs,
      digest: this.#digest.digest('hex'),
    };
  }
}
