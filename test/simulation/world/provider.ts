/** What runs the servers of groups in a simulated world, and everything that may be wrong with it. */
import { LutraError } from '../../../src/base/errors.ts';
import type { Random } from '../../../src/base/random.ts';
import type { GroupId } from '../../../src/domain/ids.ts';
import type { CapacityOrder, CapacityProvider } from '../../../src/ports/provider.ts';
import type { FaultKind } from '../faults.ts';
import type { Ambushes } from './ambush.ts';
import type { OnStrike } from './network.ts';
import type { SimProcess } from './process.ts';
import type { VirtualTime } from './time.ts';
import type { TraceLog } from './trace-log.ts';

/** The launch type that it serves. */
export const FLEET = 'fleet';

type ProviderFault = Extract<FaultKind, `provider-${string}`>;

interface FleetParts {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly log: TraceLog;
  readonly onStrike: OnStrike;
  readonly ambushes: Ambushes;
  /** The longest that a call takes while nothing is wrong. */
  readonly maxMs: number;
  /** The longest from an accepted order until it is carried out. */
  readonly carryOutMaxMs: number;
  /** After which a caller gives up, at the latest. */
  readonly timeoutMs: number;
}

/** What a call comes to at the provider. */
type Verdict =
  | { readonly kind: 'does' }
  /** Says that it does, and does nothing. */
  | { readonly kind: 'forgets' }
  /** `isDone`: it does what it was told all the same. */
  | { readonly kind: 'fails'; readonly isDone: boolean; readonly isFatal: boolean };

/** The one fleet of a world, outside of all nodes. */
export class Fleet {
  readonly #parts: FleetParts;
  readonly #faults = new Set<ProviderFault>();
  readonly #actual = new Map<string, number>();
  /** The last order of each group: what was ordered before it is not carried out any more. */
  readonly #orders = new Map<string, number>();
  /** How many servers were ordered under each key, by group and key: another order under it is taken for a repeat. */
  readonly #desiredByKey = new Map<string, number>();
  #orderCount = 0;

  constructor(parts: FleetParts) {
    this.#parts = parts;
  }

  /** How many servers there are, by group. */
  get actual(): ReadonlyMap<string, number> {
    return this.#actual;
  }

  disturb(fault: ProviderFault): () => void {
    this.#faults.add(fault);
    return () => this.#faults.delete(fault);
  }

  /** Somebody else starts or stops servers. */
  drift(groupId: string, actual: number): void {
    this.#actual.set(groupId, actual);
    this.#parts.log.add({ kind: 'provider.drifted', groupId, actual });
  }

  /** How a process gets at it. */
  connect(process: SimProcess): CapacityProvider {
    return {
      type: FLEET,
      isLocal: false,
      check: () => [],
      observe: ({ groupId }, signal) =>
        this.#call(process, { operation: 'provider.observe', signal }, (verdict) => {
          const isAnswered = verdict.kind !== 'fails';
          const actual = isAnswered ? (this.#actual.get(groupId) ?? 0) : undefined;
          const looked = { process: process.name, groupId, actual };
          this.#parts.log.add({ kind: 'provider.looked', ...looked });
          if (verdict.kind === 'fails') throw failure(verdict.isFatal);
          return { actual: actual ?? 0, servers: [] };
        }),
      setCapacity: ({ groupId }, order, signal) => {
        const sentAt = Math.floor(this.#parts.time.nowMs);
        return this.#call(process, { operation: 'provider.set', signal }, (verdict) => {
          const { desired, idempotencyKey: key, cause, token } = order;
          const isDone = isMeant(verdict) && this.#isNews(groupId, order);
          this.#parts.log.add({
            ...{ kind: 'provider.told', process: process.name, groupId, desired, key, cause },
            ...{ token, sentAt, isDone },
          });
          if (isDone) this.#carryOut(groupId, desired);
          if (verdict.kind === 'fails') throw failure(verdict.isFatal);
        });
      },
      watchDrift: () => undefined,
      close: () => Promise.resolve(),
    };
  }

  /** A receiver that honours keys answers a repeat as it did before; one of the same number does no harm. */
  #isNews(groupId: GroupId, { idempotencyKey, desired }: CapacityOrder): boolean {
    const name = `${groupId} ${idempotencyKey}`;
    const known = this.#desiredByKey.get(name) ?? desired;
    this.#desiredByKey.set(name, known);
    return known === desired;
  }

  #carryOut(groupId: GroupId, desired: number): void {
    const { time, random, carryOutMaxMs } = this.#parts;
    const order = (this.#orderCount += 1);
    this.#orders.set(groupId, order);
    time.after(carryOutMaxMs * random.fraction() ** 2, () => {
      if (this.#orders.get(groupId) === order) this.#actual.set(groupId, desired);
    });
  }

  /** There and back; the caller gives up when its signal aborts, and what arrives later is done all the same. */
  #call<Answer>(
    process: SimProcess,
    call: { readonly operation: string; readonly signal: AbortSignal },
    arrive: (verdict: Verdict) => Answer,
  ): Promise<Answer> {
    const { time, random, maxMs } = this.#parts;
    const { signal, operation } = call;
    const [node = ''] = process.name.split('#');
    const passing = { operation, process, node, server: undefined };
    this.#parts.ambushes.pass(passing, 'leaving');
    return new Promise<Answer>((resolve, reject) => {
      const giveUp = (): void => {
        reject(new LutraError('provider-transient', 'the fleet did not answer in time'));
      };
      signal.addEventListener('abort', giveUp);
      const answer = (tell: () => void): void => {
        this.#parts.ambushes.pass(passing, 'carried-out');
        time.after(maxMs * random.fraction(), () => {
          process.receive(() => {
            signal.removeEventListener('abort', giveUp);
            tell();
            this.#parts.ambushes.pass(passing, 'answered');
          });
        });
      };
      time.after(maxMs * random.fraction() + this.#slowness(operation), () => {
        try {
          const value = arrive(this.#verdict(operation));
          answer(() => {
            resolve(value);
          });
        } catch (error) {
          const failed = error instanceof Error ? error : new Error(String(error));
          answer(() => {
            reject(failed);
          });
        }
      });
    });
  }

  /** Long enough now and then that the caller has given up when it arrives. */
  #slowness(operation: string): number {
    if (!this.#isStruckBy('provider-slow', operation, 1)) return 0;
    return this.#parts.timeoutMs * 1.5 * this.#parts.random.fraction();
  }

  #verdict(operation: string): Verdict {
    if (this.#isStruckBy('provider-refusing', operation, 1)) {
      return { kind: 'fails', isDone: false, isFatal: true };
    }
    if (
      this.#isStruckBy('provider-down', operation, 1) ||
      this.#isStruckBy('provider-throttling', operation, 0.6)
    ) {
      return { kind: 'fails', isDone: false, isFatal: false };
    }
    if (this.#isStruckBy('provider-ambiguous', operation, 0.7)) {
      return { kind: 'fails', isDone: true, isFatal: false };
    }
    if (operation === 'provider.set' && this.#isStruckBy('provider-forgetful', operation, 0.8)) {
      return { kind: 'forgets' };
    }
    return { kind: 'does' };
  }

  #isStruckBy(fault: ProviderFault, operation: string, share: number): boolean {
    if (!this.#faults.has(fault) || this.#parts.random.fraction() >= share) return false;
    this.#parts.onStrike(fault, operation);
    return true;
  }
}

function isMeant(verdict: Verdict): boolean {
  return verdict.kind === 'does' || (verdict.kind === 'fails' && verdict.isDone);
}

function failure(isFatal: boolean): LutraError {
  return isFatal
    ? new LutraError('provider-fatal', 'the fleet refuses the order for good')
    : new LutraError('provider-transient', 'the fleet failed');
}
