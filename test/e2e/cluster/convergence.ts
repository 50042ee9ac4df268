/** Whether what was ordered is what is desired, although both go on changing. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { CapacityReceiver } from '../../support/capacity-receiver.ts';
import { orderFaults } from '../../support/capacity-receiver.ts';
import { storedOf } from './ledger.ts';
import type { Ledger, LedgerGroup } from './ledger.ts';

/** What a node that dies leaves behind of the groups that it was at work on. */
export const LOCK_TTL_MS = 30_500;
/** How many passes a node has under way for one tenant. */
export const PASSES_MAX = 8;
const TIMEOUT_MS = 10_000;
/** How long groups are given that a lost pass may have left locked. */
const PATIENCE_MS = 2_000;
/** A group whose lock has ended is looked at again within this time. */
const SLACK_MS = 1_500;

export class Convergence {
  readonly #ledger: Ledger;
  readonly #receiver: CapacityReceiver;
  /** When passes may have been lost with their locks held, and how many at most. */
  readonly #losses: { readonly at: number; readonly passCount: number }[] = [];

  constructor(ledger: Ledger, receiver: CapacityReceiver) {
    this.#ledger = ledger;
    this.#receiver = receiver;
  }

  /** Says that passes of so many nodes may have been lost at this moment, with the locks of their groups held. */
  passesLost(nodeCount: number): void {
    this.#losses.push({ at: Date.now(), passCount: nodeCount * PASSES_MAX });
  }

  /**
   * Asks that every group is seen at its desired capacity, and that all orders came in order. As many groups
   * as lost passes may have left locked may still wait for the end of that; whoever asks next asks for them
   * as well.
   */
  async check(): Promise<void> {
    const left = await this.#diverging(TIMEOUT_MS, () => this.#lockedMax());
    expect(left.length, `groups that do not converge: ${left.join(', ')}`).to.be.at.most(
      this.#lockedMax(),
    );
    expect(orderFaults(this.#receiver.orders)).to.deep.equal([]);
  }

  /** The same, of every group, after all locks of lost passes have ended. */
  async checkAll(): Promise<void> {
    const left = await this.#diverging(LOCK_TTL_MS + TIMEOUT_MS, () => 0);
    expect(left, 'groups that do not converge').to.deep.equal([]);
    expect(orderFaults(this.#receiver.orders)).to.deep.equal([]);
  }

  #lockedMax(): number {
    const since = Date.now() - LOCK_TTL_MS - SLACK_MS;
    return this.#losses
      .filter(({ at }) => at > since)
      .reduce((sum, { passCount }) => sum + passCount, 0);
  }

  /** The groups that were not seen converged in time. As many as may be left are not waited for that long. */
  async #diverging(timeoutMs: number, mayBeLeft: () => number): Promise<readonly string[]> {
    const [patientUntil, endsAt] = [Date.now() + PATIENCE_MS, Date.now() + timeoutMs];
    let left = this.#ledger.groups;
    for (;;) {
      const still: LedgerGroup[] = [];
      for (const group of left) if (!(await this.#isConverged(group))) still.push(group);
      left = still;
      const isEnough = Date.now() > patientUntil && left.length <= mayBeLeft();
      if (left.length === 0 || isEnough || Date.now() > endsAt) {
        return left.map(({ seeded }) => seeded.name);
      }
      await sleep(50);
    }
  }

  /** Whether what was ordered last was what was desired, at a moment between two reads that agree. */
  async #isConverged(group: LedgerGroup): Promise<boolean> {
    const before = await storedOf(group);
    const actual = this.#receiver.actualOf(group.seeded.name);
    const after = await storedOf(group);
    const { desired } = JSON.parse(after.fields['state'] ?? '{}') as { readonly desired: number };
    return before.version === after.version && actual === desired;
  }
}
