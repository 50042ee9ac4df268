/** What is asked of every run, whatever it was about. */
import { attribute } from './attribution.ts';
import type { KindFacts } from './attribution.ts';
import type { Struck } from './nemesis.ts';
import type { Check } from './verdict.ts';
import type { World } from './world.ts';

/** How many examples of a fault are shown. */
const SHOWN_MAX = 3;

/** What every run is judged by. */
export interface Judgement {
  readonly checks: readonly Check[];
  readonly kinds: readonly KindFacts[];
}

/** Judges what is in the histories, at the receiver and in the logs; to be asked when all has been read. */
export function judge(
  world: World,
  left: {
    readonly unconverged: readonly string[];
    readonly last: Pick<Struck, 'recoveryMs' | 'why'>;
  },
): Judgement {
  const { accounts, cluster, latenesses, nemesis } = world;
  const kinds = attribute(latenesses.sorted(), nemesis.struck);
  const late = kinds.flatMap(({ faults }) => faults);
  const { orders } = cluster;
  const decided = `${accounts.firedCount} fired, ${accounts.missedCount} missed with a reason`;
  const ordered = `${orders.count} orders, ${orders.overtakenCount} past a renewal`;
  return {
    kinds,
    checks: [
      checkOf('every owed occurrence has exactly one outcome, none is early', decided, [
        ...accounts.faults,
      ]),
      checkOf('lateness stays within the bound of each fault', 'all kinds', late),
      checkOf('tokens and numbers at the receiver never go back', ordered, orders.faults),
      checkOf('what was ordered last is what is desired', 'all groups', left.unconverged),
      recoveryCheck(nemesis.struck, left.last, cluster.plan.ttlMs),
      checkOf(
        'no process ends by itself, none reports an internal error',
        'none',
        cluster.breaches,
      ),
    ],
  };
}

/** A promise that is kept where there are no faults. */
export function checkOf(promise: string, kept: string, faults: readonly string[]): Check {
  if (faults.length === 0) return { promise, found: kept, isKept: true };
  const shown = faults.slice(0, SHOWN_MAX).join(' | ');
  const more = faults.length > SHOWN_MAX ? ` | … ${faults.length} in all` : '';
  return { promise, found: `${shown}${more}`, isKept: false };
}

/** After each fault, and once more at the end: one live owner for each partition, nothing overdue. */
function recoveryCheck(
  struck: readonly Struck[],
  last: Pick<Struck, 'recoveryMs' | 'why'>,
  ttlMs: number,
): Check {
  const times = struck.map(({ recoveryMs }) => recoveryMs ?? Number.POSITIVE_INFINITY);
  const longest = Math.max(0, ...times.filter(Number.isFinite));
  const faults = [
    ...struck.flatMap(({ number, label, why }) =>
      why === undefined ? [] : [`after fault ${number} (${label}): ${why}`],
    ),
    ...(last.why === undefined ? [] : [`at the end: ${last.why}`]),
  ];
  const promise = `within 3 × TTL (${(3 * ttlMs) / 1000} s) after a fault one live owner each, nothing overdue`;
  return checkOf(promise, `${longest} ms at most`, faults);
}
