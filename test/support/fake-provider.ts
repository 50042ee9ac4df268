import { hasCode, LutraError } from '../../src/base/errors.ts';
import type { ErrorCode } from '../../src/base/errors.ts';
import type { GroupId } from '../../src/domain/ids.ts';
import type {
  ArgsProblem,
  CapacityOrder,
  CapacityProvider,
  ProviderObservation,
  ProviderTarget,
} from '../../src/ports/provider.ts';

/** One call that a provider got, in the order in which they came. */
export type ProviderCall =
  | { readonly call: 'observe'; readonly target: ProviderTarget }
  | {
      readonly call: 'setCapacity';
      readonly target: ProviderTarget;
      readonly order: CapacityOrder;
    };

/** How a call is answered: at once, with an error, or when the promise resolves. */
export type Behaviour = 'prompt' | ErrorCode | Promise<unknown>;

/** Runs imaginary servers, and misbehaves as a test says. */
export class FakeProvider implements CapacityProvider {
  readonly type: string;
  /** Whether its servers may end with the machine. */
  isLocal = false;
  /** Every call so far, in order. */
  readonly calls: ProviderCall[] = [];
  /** How many servers each group has. Set it by hand to make a group drift. */
  readonly actual = new Map<GroupId, number>();
  /** Ids of servers that have left each group and are not given again. */
  readonly #gone = new Map<GroupId, Set<string>>();
  /** Decides about each call. */
  behave: (call: ProviderCall) => Behaviour = () => 'prompt';
  /** Called when a call comes in, and waited for before anything else happens. */
  onCall: (call: ProviderCall) => unknown = () => undefined;
  /** Whether orders are accepted and carried out later, by `catchUp`. */
  lags = false;
  /** Calls under way now, and at the most so far. */
  readonly underWay = { now: 0, most: 0 };
  /** Calls whose signal aborted before they were answered. */
  abortedCount = 0;
  readonly #accepted = new Map<GroupId, CapacityOrder>();
  #onDrift: (groupId: GroupId) => void = () => undefined;

  constructor(type = 'fake') {
    this.type = type;
  }

  check(): readonly ArgsProblem[] {
    return [];
  }

  observe(target: ProviderTarget, signal: AbortSignal): Promise<ProviderObservation> {
    return this.#answer({ call: 'observe', target }, signal, () => {
      const actual = this.actual.get(target.groupId) ?? 0;
      return { actual, servers: this.#names(target.groupId, actual) };
    });
  }

  setCapacity(target: ProviderTarget, order: CapacityOrder, signal: AbortSignal): Promise<void> {
    return this.#answer({ call: 'setCapacity', target, order }, signal, () => {
      this.#accepted.set(target.groupId, order);
      if (!this.lags) this.catchUp();
    });
  }

  watchDrift(onDrift: (groupId: GroupId) => void): void {
    this.#onDrift = onDrift;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Carries out what was accepted. */
  catchUp(): void {
    for (const [groupId, { desired, evicting }] of this.#accepted) {
      const gone = this.#gone.get(groupId) ?? new Set();
      for (const { id } of evicting) gone.add(id);
      this.#gone.set(groupId, gone);
      this.actual.set(groupId, desired);
    }
    this.#accepted.clear();
  }

  /** `server-0` and so on, without those that have gone. */
  #names(groupId: GroupId, count: number): readonly { readonly id: string }[] {
    const gone = this.#gone.get(groupId) ?? new Set();
    return Array.from({ length: count + gone.size }, (_, index) => ({ id: `server-${index}` }))
      .filter(({ id }) => !gone.has(id))
      .slice(0, count);
  }

  /** Servers come or go by themselves, and the provider notices. */
  drift(groupId: GroupId, actual: number): void {
    this.actual.set(groupId, actual);
    this.#onDrift(groupId);
  }

  /** Does something while it works on call number `number` of this name, from now on. */
  during(name: ProviderCall['call'], number: number, work: () => unknown): void {
    let count = 0;
    this.onCall = ({ call }) => {
      if (call === name) count += 1;
      return call === name && count === number ? work() : undefined;
    };
  }

  /** The orders so far. */
  orders(): readonly CapacityOrder[] {
    return this.calls.flatMap((call) => (call.call === 'setCapacity' ? [call.order] : []));
  }

  /** The calls so far, by name. */
  names(): readonly ProviderCall['call'][] {
    return this.calls.map(({ call }) => call);
  }

  async #answer<Answer>(
    call: ProviderCall,
    signal: AbortSignal,
    carryOut: () => Answer,
  ): Promise<Answer> {
    this.calls.push(call);
    this.underWay.now += 1;
    this.underWay.most = Math.max(this.underWay.most, this.underWay.now);
    try {
      await this.onCall(call);
      await obey(this.behave(call), signal);
      return carryOut();
    } catch (error) {
      if (signal.aborted && hasCode(error, 'provider-transient')) this.abortedCount += 1;
      throw error;
    } finally {
      this.underWay.now -= 1;
    }
  }
}

async function obey(behaviour: Behaviour, signal: AbortSignal): Promise<void> {
  if (behaviour === 'prompt') return;
  if (typeof behaviour === 'string') {
    throw new LutraError(behaviour, `the provider was made to say ${behaviour}`);
  }
  await Promise.race([behaviour, rejectionOn(signal)]);
}

function rejectionOn(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const onAbort = (): void => {
      reject(
        new LutraError('provider-transient', 'the call was aborted', { cause: signal.reason }),
      );
    };
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort);
  });
}
