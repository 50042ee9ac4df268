import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../src/base/random.ts';
import type { ExecutionCall } from '../support/execution-checker.ts';
import { TENANT } from '../support/seeded-store.ts';

/** Between two calls; few enough that the history keeps them all. */
const PAUSE_MIN_MS = 50;
const PAUSE_RANGE_MS = 150;

/**
 * A client that executes one policy again and again, one call at a time, at whichever node there is, and
 * writes down what it was told.
 */
export class ExecutingClient {
  readonly #policy: { readonly groupId: string; readonly policyId: string };
  readonly #random: Pick<Random, 'fraction'>;
  readonly #calls: ExecutionCall[] = [];
  readonly #ended: Promise<void>;
  #isStopping = false;
  #url: string | undefined;

  constructor(
    policy: { readonly groupId: string; readonly policyId: string },
    random: Pick<Random, 'fraction'>,
  ) {
    this.#policy = policy;
    this.#random = random;
    this.#ended = this.#run();
    this.#ended.catch(() => undefined); // told by `stop`
  }

  /** Turns to another node. */
  use(url: string): void {
    this.#url = url;
  }

  /** Finishes the call under way and gives all of them. Rejects where a node answered something else. */
  async stop(): Promise<readonly ExecutionCall[]> {
    this.#isStopping = true;
    await this.#ended;
    return this.#calls;
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      await sleep(PAUSE_MIN_MS + this.#random.fraction() * PAUSE_RANGE_MS);
      const url = this.#url;
      if (url === undefined) continue;
      const sentAt = Date.now();
      const answer = await this.#execute(url);
      const endedAt = Date.now();
      this.#calls.push({ policyId: this.#policy.policyId, sentAt, endedAt, answer });
      if (answer === 'none' && this.#url === url) this.#url = undefined;
    }
  }

  async #execute(url: string): Promise<ExecutionCall['answer']> {
    const { groupId, policyId } = this.#policy;
    const target = `${url}/v1.0/${TENANT}/groups/${groupId}/policies/${policyId}/execute`;
    let response: Response;
    try {
      response = await fetch(target, { method: 'POST' });
    } catch {
      return 'none'; // the node was killed before, during or after the execution
    }
    if (response.status === 202) return 'scaled';
    if (response.status === 403) return 'refused';
    if (response.status === 503) return 'none';
    throw new Error(`POST ${target} was answered with ${String(response.status)}`);
  }
}
