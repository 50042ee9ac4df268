/** What lies between processes and servers: delays, losses, and what faults do to them. */
import type { Random } from '../../../src/base/random.ts';
import type { FaultKind } from '../faults.ts';
import type { Ambushes } from './ambush.ts';
import type { SimProcess } from './process.ts';
import type { VirtualTime } from './time.ts';

/** What a link does to messages while a fault is in force. */
export interface LinkFault {
  readonly what: FaultKind;
  /** Undefined: to all of them. */
  readonly node: string | undefined;
  readonly server: string | undefined;
  readonly effect: LinkEffect;
}

type LinkEffect =
  /** None on the link: what it is about is elsewhere, and only how much of it there is, is counted. */
  | { readonly kind: 'counted' }
  | { readonly kind: 'lose'; readonly direction: 'requests' | 'replies' | 'both' }
  | { readonly kind: 'slow'; readonly byMs: number }
  /** Loses this share of messages, and delays as many by up to `byMs`. */
  | { readonly kind: 'unreliable'; readonly share: number; readonly byMs: number };

/** A call of a process to a server. */
export interface Call<Answer> {
  readonly process: SimProcess;
  /** The node that the process is of. */
  readonly node: string;
  readonly server: string;
  readonly operation: string;
  readonly timeoutMs: number;
  /** What the server does when the request arrives: at once, as one step. Rejects with what it answers as an error. */
  readonly carryOut: () => Promise<Answer>;
  /** What the caller is told where there is no answer in time. */
  readonly timedOut: () => Error;
}

type Direction = 'requests' | 'replies';

/** Tells that a fault in force did something to one call. */
export type OnStrike = (what: FaultKind, call: string) => void;

export class Network {
  readonly #time: VirtualTime;
  readonly #random: Random;
  readonly #maxMs: number;
  readonly #onStrike: OnStrike;
  readonly #ambushes: Ambushes;
  readonly #faults = new Set<LinkFault>();
  readonly #underWay = new Set<Pick<Call<unknown>, 'process' | 'operation'>>();
  readonly #silences = new Set<Omit<LinkFault, 'effect'>>();

  constructor(parts: {
    readonly time: VirtualTime;
    readonly random: Random;
    readonly maxMs: number;
    readonly onStrike: OnStrike;
    readonly ambushes: Ambushes;
  }) {
    this.#time = parts.time;
    this.#random = parts.random;
    this.#maxMs = parts.maxMs;
    this.#onStrike = parts.onStrike;
    this.#ambushes = parts.ambushes;
  }

  /** Puts a fault in force; returns what ends it. */
  disturb(fault: LinkFault): () => void {
    this.#faults.add(fault);
    return () => this.#faults.delete(fault);
  }

  /** From now on, what servers tell unasked gets lost; returns what ends that. */
  silence(where: Omit<LinkFault, 'effect'>): () => void {
    this.#silences.add(where);
    return () => this.#silences.delete(where);
  }

  /** A fault befalls a process: counts what that has under way, or the call that the fault waited for. */
  befall(what: FaultKind, process: SimProcess, waitedFor: string | undefined): void {
    const calls = [...this.#underWay].filter((call) => call.process === process);
    for (const { operation } of calls) this.#onStrike(what, operation);
    if (calls.length === 0) this.#onStrike(what, waitedFor ?? 'idle');
  }

  /** Sends a request, has the server carry it out, and brings the answer back; any of it may fail. */
  call<Answer>(call: Call<Answer>): Promise<Answer> {
    return new Promise<Answer>((resolve, reject) => {
      const { process } = call;
      let isOver = false;
      this.#underWay.add(call);
      this.#ambushes.pass(call, 'leaving');
      const cancel = process.timer(call.timeoutMs, () => {
        isOver = true;
        this.#underWay.delete(call);
        reject(call.timedOut());
      });
      const answer = (tell: () => void): void => {
        this.#ambushes.pass(call, 'carried-out');
        this.#carry(call, 'replies', () => {
          process.receive(() => {
            if (isOver) return;
            cancel();
            this.#underWay.delete(call);
            tell();
            this.#ambushes.pass(call, 'answered');
          });
        });
      };
      this.#carry(call, 'requests', () => {
        call.carryOut().then(
          (value) => {
            answer(() => {
              resolve(value);
            });
          },
          (error: unknown) => {
            const failed = error instanceof Error ? error : new Error(String(error));
            answer(() => {
              reject(failed);
            });
          },
        );
      });
    });
  }

  /** Brings a process news from a server that it did not ask for. */
  notify(
    to: Pick<Call<never>, 'process' | 'node' | 'server' | 'operation'>,
    run: () => void,
  ): void {
    for (const { what, server } of this.#silences) {
      if (server !== to.server) continue;
      this.#onStrike(what, to.operation);
      return;
    }
    this.#carry(to, 'replies', () => {
      to.process.receive(run);
    });
  }

  #carry(
    way: Pick<Call<never>, 'node' | 'server' | 'operation'>,
    direction: Direction,
    arrive: () => void,
  ): void {
    let delayMs = this.#maxMs * (0.05 + 0.95 * this.#random.fraction() ** 3);
    for (const { what, node, server, effect } of this.#faults) {
      if (node !== undefined && node !== way.node) continue;
      if (server !== undefined && server !== way.server) continue;
      const extraMs = this.#extraMs(effect, direction);
      if (extraMs === 0 && effect.kind !== 'counted') continue;
      this.#onStrike(what, way.operation);
      if (extraMs === undefined) return;
      delayMs += extraMs;
    }
    this.#time.after(delayMs, arrive);
  }

  /** By how much a message comes late; undefined where it never does. */
  #extraMs(effect: LinkEffect, direction: Direction): number | undefined {
    switch (effect.kind) {
      case 'counted':
        return 0;
      case 'lose':
        return effect.direction === 'both' || effect.direction === direction ? undefined : 0;
      case 'slow':
        return effect.byMs * this.#random.fraction();
      case 'unreliable': {
        const drawn = this.#random.fraction();
        if (drawn < effect.share) return undefined;
        return drawn < 2 * effect.share ? effect.byMs * this.#random.fraction() : 0;
      }
    }
  }
}
