import { LutraError } from '../../src/base/errors.ts';
import type { ErrorCode } from '../../src/base/errors.ts';
import type { PartitionLayout } from '../../src/domain/partition/partition-of.ts';
import type { Store } from '../../src/ports/store.ts';

/** The calls of a store that can go wrong. */
type StoreMethod = Exclude<keyof Store, 'identity' | 'layout' | 'subscribe' | 'close'>;

/** One call, as it comes in. */
export interface StoreCall {
  readonly method: StoreMethod;
  /** 1 for the first call of all. */
  readonly number: number;
  /** 1 for the first call of this method. */
  readonly ofMethod: number;
  readonly args: readonly unknown[];
}

/** What happens around a call; `carryOut` is the store itself. */
export type Fault = <Answer>(carryOut: () => Promise<Answer>) => Promise<Answer>;

/** The store refuses or cannot answer, and nothing has happened. */
export function rejectWith(code: ErrorCode): Fault {
  return () => Promise.reject(new LutraError(code, `the store was made to say ${code}`));
}

/** The store carries the call out, and the answer is lost. */
export const loseReply: Fault = async (carryOut) => {
  await carryOut();
  throw new LutraError('store-unavailable', 'the answer of the store was lost');
};

/** The caller dies, or freezes, before the store gets the call: nobody ever answers it. */
export const hangBefore: Fault = () => new Promise(() => undefined);

/** The same after the store carried it out. */
export const hangAfter: Fault = async (carryOut) => {
  await carryOut();
  return hangBefore(carryOut);
};

/** The store gets the call only when `until` resolves. */
export function delayBefore(until: Promise<unknown>): Fault {
  return async (carryOut) => {
    await until;
    return carryOut();
  };
}

/** The answer comes only when `until` resolves. */
export function delayAfter(until: Promise<unknown>): Fault {
  return async (carryOut) => {
    const answer = await carryOut();
    await until;
    return answer;
  };
}

/** Something else happens first, such as a write that makes this one stale. */
export function precededBy(work: () => unknown): Fault {
  return async (carryOut) => {
    await work();
    return carryOut();
  };
}

/** A store between which and its user things go wrong as a test says. Without a plan it is the store itself. */
export class FaultyStore implements Store {
  readonly identity: string;
  readonly layout: PartitionLayout;
  /** Every call so far, in order. */
  readonly calls: StoreCall[] = [];
  /** Decides about each call; undefined lets it through. */
  plan: (call: StoreCall) => Fault | undefined = () => undefined;
  /** Whether wakes get through: they are hints, so everything must work without. */
  passesWakes = true;
  readonly #inner: Store;

  constructor(inner: Store) {
    this.#inner = inner;
    this.identity = inner.identity;
    this.layout = inner.layout;
  }

  /** How often a method was called. */
  count(method: StoreMethod): number {
    return this.calls.filter((call) => call.method === method).length;
  }

  acquire(...args: Parameters<Store['acquire']>): ReturnType<Store['acquire']> {
    return this.#call('acquire', args, () => this.#inner.acquire(...args));
  }

  due(...args: Parameters<Store['due']>): ReturnType<Store['due']> {
    return this.#call('due', args, () => this.#inner.due(...args));
  }

  commit(...args: Parameters<Store['commit']>): ReturnType<Store['commit']> {
    return this.#call('commit', args, () => this.#inner.commit(...args));
  }

  divergent(...args: Parameters<Store['divergent']>): ReturnType<Store['divergent']> {
    return this.#call('divergent', args, () => this.#inner.divergent(...args));
  }

  lock(...args: Parameters<Store['lock']>): ReturnType<Store['lock']> {
    return this.#call('lock', args, () => this.#inner.lock(...args));
  }

  renew(...args: Parameters<Store['renew']>): ReturnType<Store['renew']> {
    return this.#call('renew', args, () => this.#inner.renew(...args));
  }

  settle(...args: Parameters<Store['settle']>): ReturnType<Store['settle']> {
    return this.#call('settle', args, () => this.#inner.settle(...args));
  }

  group(...args: Parameters<Store['group']>): ReturnType<Store['group']> {
    return this.#call('group', args, () => this.#inner.group(...args));
  }

  groups(...args: Parameters<Store['groups']>): ReturnType<Store['groups']> {
    return this.#call('groups', args, () => this.#inner.groups(...args));
  }

  countGroups(...args: Parameters<Store['countGroups']>): ReturnType<Store['countGroups']> {
    return this.#call('countGroups', args, () => this.#inner.countGroups(...args));
  }

  walk(...args: Parameters<Store['walk']>): ReturnType<Store['walk']> {
    return this.#call('walk', args, () => this.#inner.walk(...args));
  }

  history(...args: Parameters<Store['history']>): ReturnType<Store['history']> {
    return this.#call('history', args, () => this.#inner.history(...args));
  }

  subscribe(...[partition, onWake]: Parameters<Store['subscribe']>): () => void {
    return this.#inner.subscribe(partition, (wake) => {
      if (this.passesWakes) onWake(wake);
    });
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  #call<Answer>(
    method: StoreMethod,
    args: readonly unknown[],
    carryOut: () => Promise<Answer>,
  ): Promise<Answer> {
    const call = {
      method,
      number: this.calls.length + 1,
      ofMethod: this.count(method) + 1,
      args,
    };
    this.calls.push(call);
    return this.plan(call)?.(carryOut) ?? carryOut();
  }
}
