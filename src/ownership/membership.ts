/**
 * Keeps this node's session alive, and says how sure of it the node can be.
 *
 * Trigger: a session that was opened, a fifth of its length, and the end of the time for which it is sure. Bound: one
 * renewal at a time. Back-off: none; a renewal that is late is worth no less for it. Stop: the signal.
 *
 * Modes: `out` (no session yet, or it ended: what was held may be another's), `leased` (surely alive),
 * `doubtful` (renewals went unanswered for longer than the session surely lasts: it may have ended, or not).
 */
import { InvariantError } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import { Latch } from '../base/latch.ts';
import type { Coordination, Member, Session } from '../ports/coordination.ts';
import type { Observe } from '../ports/observe.ts';
import { leasedUntilMs } from './lease-window.ts';

/** Renewals in the length of a session: several may fail before it is in doubt. */
const RENEWALS_PER_TTL = 5;
/** What a renewal's way and the clocks may take from a session: a second, or less of a very short one. */
const MARGIN_MS = 1_000;
const MARGIN_SHARE_MAX = 0.4;
/** Until something happens that there is something to do after. */
const UNTIL_WOKEN_MS = Number.POSITIVE_INFINITY;

export interface MembershipDeps {
  readonly coordination: Coordination;
  readonly clock: Clock;
  readonly observe: Observe;
}

/** Where a node stands with the others. */
export type Standing =
  { readonly mode: 'out' } | { readonly mode: 'leased' | 'doubtful'; readonly session: Session };

/** One node's membership. `onChange` is called when its standing may have changed. */
export class Membership {
  readonly #deps: MembershipDeps;
  readonly #onChange: () => void;
  #member: Member;
  #session: Session | undefined;
  #leasedUntilMs = 0;
  #isDoubtful = false;
  #broken: InvariantError | undefined;
  /** What the loops wait for while it is kept alive: a session that was opened, and one that is sure again. */
  #wakes: { readonly opened: Latch; readonly sure: Latch } | undefined;
  /** Ends when the last `publish` so far has. */
  #published: Promise<void> = Promise.resolve();

  constructor(deps: MembershipDeps, member: Member, onChange: () => void) {
    this.#deps = deps;
    this.#member = member;
    this.#onChange = onChange;
  }

  /** What the others are told about this node. */
  get member(): Member {
    return this.#member;
  }

  /** How sure of its session the node can be at this moment. */
  standing(): Standing {
    const session = this.#session;
    if (session === undefined) return { mode: 'out' };
    const isLeased = this.#deps.clock.monotonicMs() < this.#leasedUntilMs;
    return { mode: isLeased ? 'leased' : 'doubtful', session };
  }

  /** Opens a session, where there is none. */
  async open(): Promise<Session> {
    if (this.#session !== undefined) return this.#session;
    const sentAtMs = this.#deps.clock.monotonicMs();
    const session = await this.#deps.coordination.open(this.#member);
    this.#session = session;
    this.#renewed(session, sentAtMs);
    this.#wakes?.opened.set();
    return session;
  }

  /**
   * Renews until the signal aborts, and says at once when that went unanswered for too long. What the other side does
   * not answer is tried again; a session that ended is dropped.
   */
  async keepAlive(signal: AbortSignal): Promise<void> {
    const opened = new Latch(this.#deps.clock, signal);
    const sure = new Latch(this.#deps.clock, signal);
    this.#wakes = { opened, sure };
    await Promise.all([this.#keepRenewing(opened, signal), this.#keepDoubting(sure, signal)]);
  }

  async #keepRenewing(opened: Latch, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.#broken === undefined) {
      const session = this.#session;
      const pauseMs = session === undefined ? UNTIL_WOKEN_MS : session.ttlMs / RENEWALS_PER_TTL;
      if (session !== undefined) await this.#renew(session);
      this.#tellDoubt();
      await opened.wait(pauseMs);
    }
  }

  /** On a timer of its own: a renewal that nobody answers may take longer to be given up than the session lasts. */
  async #keepDoubting(sure: Latch, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.#broken === undefined) {
      // Read before doubt is told: should it begin between the two, a short wait follows and no endless one.
      const leftMs = this.#leasedUntilMs - this.#deps.clock.monotonicMs();
      this.#tellDoubt();
      await sure.wait(leftMs > 0 ? leftMs : UNTIL_WOKEN_MS);
    }
  }

  /**
   * Tells the others what has changed about this node. Without a session, the next one tells it. One after
   * another, each with all that has changed by then: of two that overtake each other, the older might stay.
   */
  publish(change: Partial<Pick<Member, 'isDraining' | 'unfitFor'>>): Promise<void> {
    this.#member = { ...this.#member, ...change };
    const published = this.#published.then(() => this.#tellMember());
    this.#published = published.catch(() => undefined); // whoever published hears of it
    return published;
  }

  /** Forgets a session that others do not know any more. */
  drop(): void {
    this.#session = undefined;
    this.#tellDoubt();
    this.#onChange();
  }

  /** Passes on what no part of the process is to survive. */
  throwIfBroken(): void {
    if (this.#broken !== undefined) throw this.#broken;
  }

  /** Ends the membership. */
  async close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    if (session !== undefined) await this.#deps.coordination.close(session);
  }

  async #tellMember(): Promise<void> {
    if (this.#session === undefined) return;
    await this.#deps.coordination.publish(this.#session, this.#member);
  }

  async #renew(session: Session): Promise<void> {
    const sentAtMs = this.#deps.clock.monotonicMs();
    try {
      const answer = await this.#deps.coordination.renew(session);
      if (this.#session !== session) return;
      if (answer === 'ended') this.drop();
      else this.#renewed(session, sentAtMs);
    } catch (error) {
      if (error instanceof InvariantError) {
        this.#broken = error;
        this.#onChange();
        return;
      }
      const retryInMs = session.ttlMs / RENEWALS_PER_TTL;
      this.#deps.observe({ event: 'loop.failed', loop: 'membership', err: error, retryInMs });
    }
  }

  #renewed(session: Session, sentAtMs: number): void {
    const marginMs = Math.min(MARGIN_MS, session.ttlMs * MARGIN_SHARE_MAX);
    const untilMs = leasedUntilMs({ ttlMs: session.ttlMs, marginMs }, sentAtMs);
    const isNews = this.#leasedUntilMs <= this.#deps.clock.monotonicMs();
    this.#leasedUntilMs = Math.max(this.#leasedUntilMs, untilMs);
    if (isNews) this.#wakes?.sure.set();
  }

  /** Says once when doubt begins, and once when it ends. */
  #tellDoubt(): void {
    const isDoubtful = this.standing().mode === 'doubtful';
    if (isDoubtful === this.#isDoubtful) return;
    this.#isDoubtful = isDoubtful;
    this.#deps.observe({ event: isDoubtful ? 'ownership.doubtful' : 'ownership.certain' });
    this.#onChange();
  }
}
