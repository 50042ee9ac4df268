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

  open(...args: Parameters<Coordination['open']>): ReturnType<Coordination['open']> {
    return this.#call('open', () => this.#inner.open(...args));
  }

  renew(...args: Parameters<Coordination['renew']>): ReturnType<Coordination['renew']> {
    return this.#call('renew', () => this.#inner.renew(...args));
  }

  publish(...args: Parameters<Coordination['publish']>): ReturnType<Coordination['publish']> {
    return this.#call('publish', () => this.#inner.publish(...args));
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

  raiseEpoch(
    ...args: Parameters<Coordination['raiseEpoch']>
  ): ReturnType<Coordination['raiseEpoch']> {
    return this.#call('raiseEpoch', () => this.#inner.raiseEpoch(...args));
  }

  requestDrain(
    ...args: Parameters<Coordination['requestDrain']>
  ): ReturnType<Coordination['requestDrain']> {
    return this.#call('requestDrain', () => this.#inner.requestDrain(...args));
  }

  close(...args: Parameters<Coordination['close']>): ReturnType<Coordination['close']> {
    return this.#call('close', () => this.#inner.close(...args));
  }

  watch(onChange: () => void): () => void {
    return this.#inner.watch(onChange);
  }

  #call<Answer>(method: CoordinationMethod, carryOut: () => Promise<Answer>): Promise<Answer> {
    this.calls.push(method);
    return this.plan(method)?.(carryOut) ?? carryOut();
  }
}
