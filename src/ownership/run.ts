/**
 * Keeps this node a member and turns the partitions that it may own into terms.
 *
 * Trigger: a change of members or owners, the end of a term, or the periodic read behind both.
 * Bound: the partitions of the layout. Concurrency: one round at a time.
 * Back-off: doubling with jitter while the coordination or the store does not answer; terms that run go on.
 * Stop: the signal; every term finishes its pass, its key is given back, and the membership ends.
 */
import { InvariantError } from '../base/assert.ts';
import { backoffMs } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import { Latch } from '../base/latch.ts';
import { isSameToken } from '../domain/ids.ts';
import type { FencingToken, PartitionId } from '../domain/ids.ts';
import { allPartitions } from '../domain/partition/partition-of.ts';
import type { CoordinationView, Member, OwnerKey } from '../ports/coordination.ts';
import type { Observe } from '../ports/observe.ts';
import type { OwnerTerm, TermEnd } from '../ports/owner-term.ts';
import { campaign, raiseFence } from './campaign.ts';
import type { CampaignDeps, CampaignOutcome } from './campaign.ts';

export interface OwnershipDeps extends CampaignDeps {
  readonly clock: Clock;
  readonly observe: Observe;
}

export interface OwnershipSettings {
  readonly member: Member;
  readonly readIntervalMs: number;
}

/** Does all the work of a term. Resolves when none of it runs any more. */
export type ServeTerm = (term: OwnerTerm) => Promise<TermEnd>;

export type OwnershipEnd =
  | { readonly kind: 'stopped' }
  /** Another process took this node's place. */
  | { readonly kind: 'superseded'; readonly by: string };

const BACKOFF = { firstMs: 100, maxMs: 5_000 };

interface RunningTerm {
  readonly token: FencingToken;
  /** Ends the term. */
  readonly controller: AbortController;
  readonly ended: Promise<void>;
}

/** Owns what it may until `signal` aborts or another process takes its place. Rejects where an invariant broke. */
export async function runOwnership(
  deps: OwnershipDeps,
  settings: OwnershipSettings,
  work: { readonly serve: ServeTerm; readonly signal: AbortSignal },
): Promise<OwnershipEnd> {
  const ownership = new Ownership(deps, settings, work);
  let end: OwnershipEnd;
  try {
    end = await ownership.run();
  } finally {
    await ownership.endAll();
  }
  ownership.throwIfBroken();
  return end;
}

class Ownership {
  readonly #deps: OwnershipDeps;
  readonly #settings: OwnershipSettings;
  readonly #serve: ServeTerm;
  readonly #signal: AbortSignal;
  readonly #latch: Latch;
  readonly #terms = new Map<PartitionId, RunningTerm>();
  #broken: InvariantError | undefined;
  /** Whether the store has refused a key that the last round won. */
  #isRefused = false;

  constructor(
    deps: OwnershipDeps,
    settings: OwnershipSettings,
    work: { readonly serve: ServeTerm; readonly signal: AbortSignal },
  ) {
    this.#deps = deps;
    this.#settings = settings;
    this.#serve = work.serve;
    this.#signal = work.signal;
    this.#latch = new Latch(deps.clock, work.signal);
  }

  async run(): Promise<OwnershipEnd> {
    const unwatch = this.#deps.coordination.watch(() => {
      this.#latch.set();
    });
    try {
      let hasJoined = false;
      let failureCount = 0;
      while (!this.#signal.aborted) {
        try {
          if (!hasJoined) await this.#deps.coordination.join(this.#settings.member);
          hasJoined = true;
          const end = await this.#round();
          if (end !== undefined) return end;
          failureCount = 0;
          await this.#wait();
        } catch (error) {
          if (error instanceof InvariantError) throw error;
          failureCount += 1;
          await this.#pause(error, failureCount);
        }
      }
      return { kind: 'stopped' };
    } finally {
      unwatch();
    }
  }

  /** Ends every term, gives its key back, and leaves. What the other side does not answer to ends with the session. */
  async endAll(): Promise<void> {
    for (const { controller } of this.#terms.values()) controller.abort();
    await Promise.all([...this.#terms.values()].map(({ ended }) => ended));
    try {
      await this.#deps.coordination.leave();
    } catch (error) {
      this.#deps.observe({ event: 'loop.failed', loop: 'leave', err: error, retryInMs: 0 });
    }
  }

  throwIfBroken(): void {
    if (this.#broken !== undefined) throw this.#broken;
  }

  async #round(): Promise<OwnershipEnd | undefined> {
    this.throwIfBroken();
    this.#isRefused = false;
    const view = await this.#deps.coordination.read();
    const superseded = this.#supersededBy(view);
    if (superseded !== undefined) return superseded;
    const owners = new Map(view.owners.map((owner) => [owner.partition, owner]));
    for (const partition of allPartitions(this.#deps.store.layout)) {
      if (this.#signal.aborted) break;
      await this.#reconcile(partition, owners.get(partition));
    }
    return undefined;
  }

  #supersededBy(view: CoordinationView): OwnershipEnd | undefined {
    if (view.members.some(({ node }) => node === this.#settings.member.node)) return undefined;
    const by = view.members.map((member) => `${member.node} at ${member.address}`).join(', ');
    this.#deps.observe({ event: 'node.superseded', by });
    return { kind: 'superseded', by };
  }

  /** Makes what runs here agree with who holds the key. */
  async #reconcile(partition: PartitionId, owner: OwnerKey | undefined): Promise<void> {
    const running = this.#terms.get(partition);
    if (running !== undefined) {
      const isStillHeld = owner !== undefined && isSameToken(owner.token, running.token);
      if (!isStillHeld) running.controller.abort();
      return;
    }
    if (owner === undefined) this.#begin(partition, await campaign(this.#deps, partition));
    else if (owner.node === this.#settings.member.node) {
      // A campaign whose answer was lost, or a key that was not given back, left it without a term.
      this.#begin(partition, await raiseFence(this.#deps, partition, owner.token));
    }
  }

  #begin(partition: PartitionId, outcome: CampaignOutcome): void {
    if (outcome.kind === 'not-owned') return;
    const { observe } = this.#deps;
    const { token } = outcome;
    if (outcome.kind === 'fenced') {
      this.#isRefused = true;
      observe({ event: 'partition.fenced', partition, token, newest: outcome.newest });
      return;
    }
    const controller = new AbortController();
    const term: OwnerTerm = { partition, token, signal: controller.signal };
    observe({ event: 'partition.acquired', partition, token });
    const ended = this.#serveAndRelease(term, controller);
    this.#terms.set(partition, { token, controller, ended });
  }

  async #serveAndRelease(term: OwnerTerm, controller: AbortController): Promise<void> {
    const { partition, token } = term;
    const { observe, coordination } = this.#deps;
    try {
      const end = await this.#serve(term);
      if (end.kind === 'fenced') {
        observe({ event: 'partition.fenced', partition, token, newest: end.newest });
      }
      await coordination.resign(partition, token);
      this.#latch.set();
    } catch (error) {
      this.#termFailed(partition, error);
    } finally {
      controller.abort();
      observe({ event: 'partition.released', partition, token });
      this.#terms.delete(partition);
    }
  }

  /** The next read takes the partition up again, and not at once: what failed may fail at once again. */
  #termFailed(partition: PartitionId, error: unknown): void {
    if (error instanceof InvariantError) {
      this.#broken = error;
      this.#latch.set();
    } else {
      const retryInMs = this.#settings.readIntervalMs;
      this.#deps.observe({ event: 'loop.failed', loop: 'term', partition, err: error, retryInMs });
    }
  }

  async #wait(): Promise<void> {
    const { readIntervalMs } = this.#settings;
    // Not by the latch, which the key that was given back has set: this would go round and round.
    if (this.#isRefused) await this.#deps.clock.sleep(readIntervalMs, this.#signal);
    else await this.#latch.wait(readIntervalMs);
  }

  async #pause(error: unknown, failureCount: number): Promise<void> {
    const retryInMs = backoffMs(BACKOFF, failureCount, this.#deps.random.fraction());
    this.#deps.observe({ event: 'loop.failed', loop: 'ownership', err: error, retryInMs });
    await this.#deps.clock.sleep(retryInMs, this.#signal);
  }
}
