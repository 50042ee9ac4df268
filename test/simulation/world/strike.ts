import type { Random } from '../../../src/base/random.ts';
import type { FaultKind } from '../faults.ts';
import type { PassingCall } from './ambush.ts';
import type { EtcdCopy } from './etcd-server.ts';

/** What a fault has become about, and what ends it. */
export interface Begun {
  readonly node?: string;
  readonly store?: string;
  readonly groupId?: string;
  readonly policyId?: string;
  readonly detail?: string;
  readonly end: () => void;
}

/** One fault that strikes now. */
export interface Strike {
  readonly what: FaultKind;
  readonly random: Random;
  readonly lastsMs: number;
  /** The call that it waited for, where it did. */
  readonly call: PassingCall | undefined;
  /** The copy from which etcd is restored. */
  readonly copy: EtcdCopy | undefined;
}

/** Small ones, which nobody may notice, as often as large ones. */
export function stepMs(random: Random): number {
  const sign = random.fraction() < 0.5 ? -1 : 1;
  const size =
    random.fraction() < 0.5 ? 200 + random.fraction() * 1_000 : 3_000 * 40 ** random.fraction();
  return sign * Math.round(size);
}
