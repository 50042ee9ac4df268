import type { Coordination } from '../../src/ports/coordination.ts';
import type { Fault } from './faulty-store.ts';

type CoordinationMethod = Exclude<keyof Coordination, 'watch'>;

/** A coordination between which and its user things go wrong as a test says. */
export class FaultyCoordination implements Coordination {
  /** The methods called so far, in order. */
  readonly calls: CoordinationMethod[] = [];
  /** Decides about each call; undefined lets it through. */
  plan: (method: CoordinationMethod) => Fault | undefined = () => undefined;
  readonly #inner: Coordination;

  constructor(inner: Coordination) {
    this.#inner = inner;
  }

  join(...args: Parameters<Coordination['join']>): ReturnType<Coordination['join']> {
    return this.#call('join', () => this.#inner.join(...args));
  }

  read(): ReturnType<Coordination['read']> {
    return this.#call('read', () => this.#inner.read());
  }

  campaign(...args: Parameters<Coordination['campaign']>): ReturnType<Coordination['campaign']> {
    return this.#call('campaign', () => this.#inner.campaign(...args));
  }

  resign(...args: Parameters<Coordination['resign']>): ReturnType<Coordination['resign']> {
    return this.#call('resign', () => this.#inner.resign(...args));
  }

  leave(): ReturnType<Coordination['leave']> {
    return this.#call('leave', () => this.#inner.leave());
  }

  watch(onChange: () => void): () => void {
    return this.#inner.watch(onChange);
  }

  #call<Answer>(method: CoordinationMethod, carryOut: () => Promise<Answer>): Promise<Answer> {
    this.calls.push(method);
    return this.plan(method)?.(carryOut) ?? carryOut();
  }
}
