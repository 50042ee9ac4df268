/**
 * People who plan: windows of capacity, schedules that say more, overrides, pauses with an end, and occurrences that are
 * left out. All of it is drawn apart from everything else.
 */
import { epochMs } from '../../../src/base/clock.ts';
import type { Random } from '../../../src/base/random.ts';
import type { GroupId, PolicyId } from '../../../src/domain/ids.ts';
import { pauseGroup } from '../../../src/scaling/change-group.ts';
import {
  changePolicy,
  createPolicies,
  deletePolicy,
} from '../../../src/scaling/change-policies.ts';
import { executePolicy } from '../../../src/scaling/execute-policy.ts';
import { removeOverride, setOverride } from '../../../src/scaling/override-group.ts';
import { skipOccurrence } from '../../../src/scaling/skip-occurrence.ts';
import type { NodeSurroundings, SimNode } from './node.ts';
import { nightOf } from './nights.ts';
import type { Night } from './nights.ts';
import { drawCapacity, drawFiring, drawWindow } from './planned-policies.ts';
import type { Drawing } from './planned-policies.ts';
import type { Requests } from './requests.ts';
import { oneOf, wholeBetween } from './settings.ts';
import { nextWishMs } from './wish-times.ts';
import type { WishTimes } from './wish-times.ts';
import { knownGroups, wish } from './wishes.ts';
import type { KnownGroup, KnownPolicy, Wish } from './wishes.ts';

const MINUTE_MS = 60_000;
/** The first plans are made when most groups are there. */
const FROM_MS = 3 * MINUTE_MS;
const FIRST_WITHIN_MS = 4 * MINUTE_MS;
/** Most windows turn at a full minute. */
const TIMES: WishTimes = {
  ...{ everyMs: 10 * MINUTE_MS, busyShare: 0.5, busyFromMs: -300, busyForMs: 1_800 },
};
const ENDS_WITHIN_MS = 60 * MINUTE_MS;
/** How many of those who leave an occurrence out do that to any policy. */
const ANY_SHARE = 0.3;
const BY = { by: 'somebody' };

/** How often each is wished for, in proportion. */
const PLANS = [
  ...(['set-override', 'set-override', 'set-override', 'remove-override'] as const),
  ...(['pause', 'pause', 'skip', 'skip', 'skip', 'change-policy', 'change-policy'] as const),
  ...(['change-policy', 'delete-policy', 'create-policies', 'create-policies', 'execute'] as const),
] as const;

type Plan = (typeof PLANS)[number];
type At = Pick<KnownGroup, 'tenantId' | 'groupId'>;

export class Planners {
  readonly #around: NodeSurroundings;
  readonly #nodes: readonly SimNode[];
  readonly #requests: Requests;
  readonly #random: Random;
  readonly #night: Night;

  /** `random` is that of planners, as it is before the night is drawn. */
  constructor(
    around: NodeSurroundings,
    people: { readonly nodes: readonly SimNode[]; readonly requests: Requests },
    random: Random,
  ) {
    this.#around = around;
    this.#nodes = people.nodes;
    this.#requests = people.requests;
    this.#night = nightOf(random);
    this.#random = random;
  }

  /** Makes the first plans, and wishes for others now and then until `untilMs` have passed. */
  begin(untilMs: number): void {
    const { time } = this.#around;
    for (let count = wholeBetween(this.#random, 4, 6); count > 0; count -= 1) {
      time.after(FROM_MS + this.#random.fraction() * FIRST_WITHIN_MS, () => {
        this.#ask('create-policies');
      });
    }
    this.#wishAgain(FROM_MS + FIRST_WITHIN_MS, untilMs);
  }

  #wishAgain(fromMs: number, untilMs: number): void {
    const { time } = this.#around;
    const begunMs = time.nowMs - this.#night.startsAt;
    const atMs = nextWishMs(this.#random, fromMs, TIMES);
    if (atMs + TIMES.busyForMs > untilMs) return;
    time.after(atMs - begunMs, () => {
      this.#ask(oneOf(this.#random, PLANS));
      this.#wishAgain(atMs, untilMs);
    });
  }

  #ask(what: Plan): void {
    const node = oneOf(this.#random, this.#nodes);
    const groups = knownGroups(this.#around.stores.values()).filter(
      ({ hasOverride }) => hasOverride || what !== 'remove-override',
    );
    if (groups.length === 0) return;
    const group = oneOf(this.#random, groups);
    const { groupId, tenantId } = group;
    const wanted = this.#wish(what, { groupId, tenantId }, group.policies);
    if (wanted !== undefined) this.#requests.send(node, groupId, wanted);
  }

  #wish(what: Plan, at: At, policies: readonly KnownPolicy[]): Wish | undefined {
    switch (what) {
      case 'create-policies': {
        const definitions = Array.from({ length: wholeBetween(this.#random, 1, 2) }, () =>
          this.#random.fraction() < 0.6 ? drawWindow(this.#drawing()) : drawFiring(this.#drawing()),
        );
        return wish({ what, policies: definitions }, (scaling, signal) =>
          createPolicies(scaling, { ...at, signal }, { definitions, ...BY }),
        );
      }
      case 'pause': {
        const until = this.#until();
        return wish({ what, until }, (scaling, signal) =>
          pauseGroup(scaling, { ...at, signal }, { until: epochMs(until), ...BY }),
        );
      }
      case 'set-override': {
        const capacity = drawCapacity(this.#random);
        const until = epochMs(this.#until());
        return wish({ what, override: { ...capacity, until } }, (scaling, signal) =>
          setOverride(scaling, { ...at, signal }, { ...capacity, until, reason: 'because', ...BY }),
        );
      }
      case 'remove-override':
        return wish({ what }, (scaling, signal) => removeOverride(scaling, { ...at, signal }, BY));
      case 'skip':
      case 'change-policy':
      case 'delete-policy':
      case 'execute':
        return this.#ofPolicy(what, at, policies);
    }
  }

  #ofPolicy(
    what: 'skip' | 'change-policy' | 'delete-policy' | 'execute',
    at: At & { readonly groupId: GroupId },
    policies: readonly KnownPolicy[],
  ): Wish | undefined {
    // Any policy has occurrences to leave out; all else is about plans.
    const isAny = what === 'skip' && this.#random.fraction() < ANY_SHARE;
    const own = policies.filter(({ isPlanned }) => isPlanned || isAny);
    if (own.length === 0) return undefined;
    const { policyId, isWindow } = oneOf(this.#random, own);
    const target = { ...at, policyId };
    switch (what) {
      case 'skip':
        return wish({ what, policyId }, (scaling, signal) =>
          skipOccurrence(scaling, { ...target, signal }, BY),
        );
      case 'execute':
        return wish({ what, policyId }, (scaling, signal) =>
          executePolicy(scaling, { ...target, signal }, BY),
        );
      case 'delete-policy':
        return wish({ what, policyId }, (scaling, signal) =>
          deletePolicy(scaling, { ...target, signal }, BY),
        );
      case 'change-policy':
        return this.#change(target, isWindow);
    }
  }

  #change(target: At & { readonly policyId: PolicyId }, isWindow: boolean): Wish {
    const { policyId } = target;
    const definition = isWindow ? drawWindow(this.#drawing()) : drawFiring(this.#drawing());
    return wish({ what: 'change-policy', policyId, policies: [definition] }, (scaling, signal) =>
      changePolicy(scaling, { ...target, signal }, { definition, ...BY }),
    );
  }

  #drawing(): Drawing {
    return { random: this.#random, night: this.#night, nowMs: this.#around.time.nowMs };
  }

  /** Short ones as often as long ones. */
  #until(): number {
    const lastsMs = MINUTE_MS + ENDS_WITHIN_MS * this.#random.fraction() ** 2;
    return Math.floor(this.#around.time.nowMs + lastsMs);
  }
}
