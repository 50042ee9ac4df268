/**
 * Turns the partitions that this node should own into terms.
 *
 * Trigger: a change of members or owners, a change of this node's own standing, the end of a term, or the
 * periodic read behind them all. Bound: the partitions of the layout, and a few hand-overs a round.
 * Concurrency: one round at a time; moves go on beside later rounds, one for each partition. Back-off: doubling
 * with jitter while the coordination or the store does not answer, or denies access; terms that run go on meanwhile.
 * Stop: the signal; the node says that it is leaving, every term finishes its pass and gives its key back,
 * and the session ends. Each of these waits for what the coordination takes to answer, or to be given up, at
 * most: one call under way, then one to say it, two for the keys, two for the session.
 */
import { InvariantError } from '../base/assert.ts';
import { backoffMs } from '../base/backoff.ts';
import { hasCode } from '../base/errors.ts';
import { Latch } from '../base/latch.ts';
import type { PartitionId } from '../domain/ids.ts';
import { allPartitions } from '../domain/partition/partition-of.ts';
import type { CoordinationView, Member, Session } from '../ports/coordination.ts';
import { campaign, raiseFence } from './campaign.ts';
import type { CampaignDeps, CampaignOutcome } from './campaign.ts';
import { Membership } from './membership.ts';
import type { MembershipDeps } from './membership.ts';
import { MovesUnderWay } from './moves-under-way.ts';
import { nextMoves } from './moves.ts';
import type { Move } from './moves.ts';
import { countOwnerless } from './ownerless.ts';
import { Terms } from './terms.ts';
import type { ServeTerm } from './terms.ts';

export type OwnershipDeps = CampaignDeps & MembershipDeps;

export interface OwnershipSettings {
  readonly member: Member;
  readonly readIntervalMs: number;
  /**
   * What to do when the session ends: a node of a cluster opens another; an embedded one, whose place
   * only another process can have taken, leaves the field to it.
   */
  readonly whenSessionEnds: 'rejoin' | 'leave';
  readonly handOverMax: number;
}

export type OwnershipEnd =
  | { readonly kind: 'stopped' }
  /** Another process took this node's place. */
  | { readonly kind: 'superseded'; readonly by: string };

const BACKOFF = { firstMs: 100, maxMs: 5_000 };

/**
 * Owns what it should until `signal` aborts or another process takes its place. Rejects, when all terms have
 * ended, where an invariant broke, and with `coordination-foreign` where another cluster is in the place of
 * this node's: nothing would bring its own back.
 */
export async function runOwnership(
  deps: OwnershipDeps,
  settings: OwnershipSettings,
  work: {
    readonly serve: ServeTerm;
    readonly signal: AbortSignal;
    readonly onMembership?: (membership: Membership) => void;
  },
): Promise<OwnershipEnd> {
  const ownership = new Ownership(deps, settings, work);
  work.onMembership?.(ownership.membership);
  return ownership.run();
}

/** A partition that could not be taken. */
interface Setback {
  /** How often in a row. */
  readonly count: number;
  /** On the monotonic clock. */
  readonly retryAtMs: number;
}

class Ownership {
  readonly membership: Membership;
  readonly #deps: OwnershipDeps;
  readonly #settings: OwnershipSettings;
  readonly #signal: AbortSignal;
  readonly #latch: Latch;
  readonly #terms: Terms;
  readonly #moves: MovesUnderWay;
  /** Since when partitions have been found without a key, on the monotonic clock. */
  readonly #keylessSinceMs = new Map<PartitionId, number>();
  /** Whose terms have ended since the last read was sent: their keys in it may have been given back since. */
  readonly #endedSinceRead = new Set<PartitionId>();
  /** Those that the store refused us, or did not answer for; no other waits for them. */
  readonly #setbacks = new Map<PartitionId, Setback>();
  /** Those whose owner key cannot be read: told once, and left to whoever mends it. */
  readonly #unreadable = new Set<PartitionId>();
  #hasJoined = false;
  #members = '';
  #membersSinceMs = 0;

  constructor(
    deps: OwnershipDeps,
    settings: OwnershipSettings,
    work: { readonly serve: ServeTerm; readonly signal: AbortSignal },
  ) {
    this.#deps = deps;
    this.#settings = settings;
    this.#signal = work.signal;
    this.#latch = new Latch(deps.clock, work.signal);
    const wake = (): void => {
      this.#latch.set();
    };
    this.membership = new Membership(deps, settings.member, wake);
    this.#moves = new MovesUnderWay(wake);
    const { coordination, observe } = deps;
    const retryInMs = settings.readIntervalMs;
    const onEnd = (partition: PartitionId, isRetriedLater: boolean): void => {
      this.#endedSinceRead.add(partition);
      if (!isRetriedLater) wake();
    };
    this.#terms = new Terms({ coordination, observe, serve: work.serve, onEnd, retryInMs });
  }

  async run(): Promise<OwnershipEnd> {
    const over = new AbortController();
    const unwatch = this.#deps.coordination.watch(() => {
      this.#latch.set();
    });
    // Renewed until the terms have ended: what they still do is done as an owner.
    const keptAlive = this.membership.keepAlive(over.signal);
    try {
      const end = await this.#rounds();
      await this.#leave();
      this.#throwIfBroken();
      return end;
    } finally {
      unwatch();
      await this.#endWork();
      over.abort();
      await keptAlive;
      await this.#tryTo('close', () => this.membership.close());
    }
  }

  async #rounds(): Promise<OwnershipEnd> {
    let failureCount = 0;
    while (!this.#signal.aborted) {
      this.#throwIfBroken();
      try {
        const end = await this.#round();
        if (end !== undefined) return end;
        await this.#wait();
        this.#moves.throwIfFailed();
        failureCount = 0;
      } catch (error) {
        if (error instanceof InvariantError || hasCode(error, 'coordination-foreign')) throw error;
        failureCount += 1;
        const retryInMs = backoffMs(BACKOFF, failureCount, this.#deps.random.fraction());
        this.#deps.observe({ event: 'loop.failed', loop: 'ownership', err: error, retryInMs });
        await this.#deps.clock.sleep(retryInMs, this.#signal);
      }
    }
    return { kind: 'stopped' };
  }

  /** Tells the others first, so that they take at once what is given back; from then on it takes nothing itself. */
  async #leave(): Promise<void> {
    await this.#moves.end();
    await this.#tryTo('drain', () => this.membership.publish({ isDraining: true }));
    await this.#endWork();
  }

  /** Moves first: they may begin terms. */
  async #endWork(): Promise<void> {
    await this.#moves.end();
    await this.#terms.endAll();
  }

  /** What the other side does not answer to while the node leaves ends with its session. */
  async #tryTo(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (error instanceof InvariantError) throw error;
      this.#deps.observe({ event: 'loop.failed', loop: what, err: error, retryInMs: 0 });
    }
  }

  async #round(): Promise<OwnershipEnd | undefined> {
    const session = await this.#session();
    if (session === undefined) return this.#superseded(await this.#deps.coordination.read());
    this.#endedSinceRead.clear();
    this.#moves.readSent();
    const view = await this.#deps.coordination.read();
    const ownerlessCount = countOwnerless(view, this.#deps.store.layout);
    this.#deps.observe({ event: 'ownership.read', ownerlessCount });
    const { node } = this.#settings.member;
    const seen = view.members.find((member) => member.node === node);
    if (seen === undefined) {
      this.membership.drop();
      return this.#settings.whenSessionEnds === 'leave' ? this.#superseded(view) : undefined;
    }
    await this.#publishChange(view, seen);
    this.#moves.start(this.#ready(this.#movesFor(view)), (move) =>
      this.#carryOutAlone(move, session),
    );
    return undefined;
  }

  /** Begins to drain when asked to, and tells the others anew what they do not see of this node. */
  async #publishChange(view: CoordinationView, seen: Member): Promise<void> {
    const { membership } = this;
    const isAsked = view.drains.has(seen.node) && !membership.member.isDraining;
    if (isAsked) {
      await this.#moves.settled();
      this.#deps.observe({ event: 'node.drained' });
    }
    if (isAsked || !isSameStanding(seen, membership.member)) {
      await membership.publish(isAsked ? { isDraining: true } : {});
    }
  }

  /** Without those that had a setback a moment ago, or of which more is known by now than was read. */
  #ready(moves: readonly Move[]): readonly Move[] {
    const nowMs = this.#deps.clock.monotonicMs();
    const taken = moves.filter(({ kind }) => kind === 'campaign' || kind === 'take-up');
    const wanted = new Set(taken.map(({ partition }) => partition));
    for (const partition of this.#setbacks.keys()) {
      if (!wanted.has(partition)) this.#setbacks.delete(partition);
    }
    return moves.filter(
      ({ kind, partition }) =>
        (this.#setbacks.get(partition)?.retryAtMs ?? nowMs) <= nowMs &&
        !(kind === 'take-up' && this.#endedSinceRead.has(partition)),
    );
  }

  /**
   * What is wrong with one partition's key or store is in the way of that partition only: it is tried again
   * after a while. A key that is not of our making is told once, and left to whoever mends it.
   */
  async #carryOutAlone(move: Move, session: Session): Promise<void> {
    const { partition } = move;
    if (this.#signal.aborted) return;
    try {
      await this.#carryOut(move, session);
      this.#unreadable.delete(partition);
    } catch (err) {
      const isUnreadable = hasCode(err, 'record-malformed');
      if (!isUnreadable && !isStoresFault(err)) throw err;
      if (this.#unreadable.has(partition)) return;
      if (isUnreadable) this.#unreadable.add(partition);
      const retryInMs = isUnreadable ? this.#settings.readIntervalMs : this.#setBack(partition);
      this.#deps.observe({ event: 'loop.failed', loop: 'ownership', partition, err, retryInMs });
    }
  }

  /** The session, opened where there is none; undefined where an embedded node has lost its own. */
  async #session(): Promise<Session | undefined> {
    const standing = this.membership.standing();
    if (standing.mode !== 'out') return standing.session;
    if (this.#hasJoined && this.#settings.whenSessionEnds === 'leave') return undefined;
    const session = await this.membership.open();
    this.#hasJoined = true;
    return session;
  }

  #superseded(view: CoordinationView): OwnershipEnd {
    const by = view.members.map((member) => `${member.node} at ${member.address}`).join(', ');
    this.#deps.observe({ event: 'node.superseded', by });
    return { kind: 'superseded', by };
  }

  #movesFor(read: CoordinationView): readonly Move[] {
    const nowMs = this.#deps.clock.monotonicMs();
    const me = this.membership.member;
    // What has been published since the read counts, for the others see it by now.
    const view = {
      ...read,
      members: read.members.map((member) => (member.node === me.node ? me : member)),
    };
    const members = JSON.stringify(view.members);
    if (members !== this.#members) this.#membersSinceMs = nowMs;
    this.#members = members;
    const { handOverMax } = this.#settings;
    return nextMoves({
      layout: this.#deps.store.layout,
      view,
      me,
      running: this.#terms.tokens(),
      keylessMs: this.#keylessMs(view),
      strayAfterMs: this.#settings.readIntervalMs,
      quietMs: nowMs - this.#membersSinceMs,
      quietMinMs: this.#quietMinMs(),
      handOverMax,
    });
  }

  /** Members have settled when nobody has come or gone for the length of a session. */
  #quietMinMs(): number {
    const standing = this.membership.standing();
    return standing.mode === 'out' ? 0 : standing.session.ttlMs;
  }

  /** By time and not by reads, which follow each change at once: whoever is to have it may be on its way. */
  #keylessMs(view: CoordinationView): ReadonlyMap<PartitionId, number> {
    const nowMs = this.#deps.clock.monotonicMs();
    const held = new Set(view.owners.map(({ partition }) => partition));
    for (const partition of allPartitions(this.#deps.store.layout)) {
      if (held.has(partition)) this.#keylessSinceMs.delete(partition);
      else if (!this.#keylessSinceMs.has(partition)) this.#keylessSinceMs.set(partition, nowMs);
    }
    return new Map(
      [...this.#keylessSinceMs].map(([partition, sinceMs]) => [partition, nowMs - sinceMs]),
    );
  }

  async #carryOut(move: Move, session: Session): Promise<void> {
    const { partition } = move;
    switch (move.kind) {
      case 'end':
      case 'hand-over':
        this.#terms.end(partition);
        break;
      case 'give-back':
        await this.#deps.coordination.resign(partition, move.token);
        break;
      case 'campaign':
        this.#begin(partition, await campaign(this.#deps, session, partition));
        break;
      case 'take-up':
        this.#begin(partition, await raiseFence(this.#deps, partition, move.token));
    }
  }

  #begin(partition: PartitionId, outcome: CampaignOutcome): void {
    if (outcome.kind === 'owned') {
      this.#setbacks.delete(partition);
      this.#terms.begin(partition, outcome.token);
    }
    if (outcome.kind !== 'fenced') return;
    // At once, the key that was given back would have it go round and round.
    this.#setBack(partition);
    const { token, newest } = outcome;
    this.#deps.observe({ event: 'partition.fenced', partition, token, newest });
  }

  /** Answers when the partition is tried again, in ms. */
  #setBack(partition: PartitionId): number {
    const count = (this.#setbacks.get(partition)?.count ?? 0) + 1;
    const retryInMs = backoffMs(BACKOFF, count, this.#deps.random.fraction());
    this.#setbacks.set(partition, { count, retryAtMs: this.#deps.clock.monotonicMs() + retryInMs });
    this.#latch.set(); // the present wait knows nothing of this try
    return retryInMs;
  }

  /** Until a change, the next read, or the next try. */
  async #wait(): Promise<void> {
    const nowMs = this.#deps.clock.monotonicMs();
    const retries = [...this.#setbacks]
      // One that is being tried again would have us read all the while until the store answers.
      .filter(([partition]) => !this.#moves.isUnderWay(partition))
      .map(([, { retryAtMs }]) => retryAtMs - nowMs);
    await this.#latch.wait(Math.max(1, Math.min(this.#settings.readIntervalMs, ...retries)));
  }

  #throwIfBroken(): void {
    this.#terms.throwIfBroken();
    this.membership.throwIfBroken();
  }
}

/** Whether the store of one region is at fault, which others may not share. */
function isStoresFault(error: unknown): boolean {
  return hasCode(error, 'store-unavailable') || hasCode(error, 'store-foreign');
}

/** Whether the others know what this node is fit for, and whether it stays. */
function isSameStanding(a: Member, b: Member): boolean {
  return a.isDraining === b.isDraining && a.unfitFor.join() === b.unfitFor.join();
}
