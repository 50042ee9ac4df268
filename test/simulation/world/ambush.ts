/**
 * Faults that wait for somebody to make a certain call. Most of the time a node does nothing, so that a fault at any
 * instant seldom finds it between two steps; these always do.
 */
import type { SimProcess } from './process.ts';

/** How far a call has come: its request is about to leave; the other side has done it; its answer has arrived. */
export const PHASES = ['leaving', 'carried-out', 'answered'] as const;

export type Phase = (typeof PHASES)[number];

/** A call that is being made. */
export interface PassingCall {
  readonly operation: string;
  readonly process: SimProcess;
  readonly node: string;
  /** The server's name; undefined where it is a provider. */
  readonly server: string | undefined;
}

interface Ambush {
  readonly operation: string;
  readonly phase: Phase;
  readonly spring: (call: PassingCall) => void;
}

export class Ambushes {
  readonly #laid = new Set<Ambush>();

  /** Calls `spring` when the next call of this kind has come so far; once. Returns how to call it off. */
  lay(operation: string, phase: Phase, spring: (call: PassingCall) => void): () => void {
    const ambush: Ambush = {
      ...{ operation, phase },
      spring: (call) => {
        this.#laid.delete(ambush);
        spring(call);
      },
    };
    this.#laid.add(ambush);
    return () => this.#laid.delete(ambush);
  }

  /** A call has come so far. */
  pass(call: PassingCall, phase: Phase): void {
    for (const ambush of this.#laid) {
      if (ambush.operation === call.operation && ambush.phase === phase) ambush.spring(call);
    }
  }
}
