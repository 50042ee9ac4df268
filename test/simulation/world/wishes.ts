/** What people may wish for: drawn, told of, and asked of the use cases. */
import type { Random } from '../../../src/base/random.ts';
import type { GroupLimits, LaunchConfiguration } from '../../../src/domain/group/group.ts';
import type { Adjustment, PolicyDefinition, Schedule } from '../../../src/domain/group/policy.ts';
import type { GroupId, PolicyId, TenantId } from '../../../src/domain/ids.ts';
import {
  changeConfig,
  changeLaunch,
  convergeGroup,
  deleteGroup,
  pauseGroup,
  resumeGroup,
} from '../../../src/scaling/change-group.ts';
import {
  changePolicy,
  createPolicies,
  deletePolicy,
} from '../../../src/scaling/change-policies.ts';
import { createGroup } from '../../../src/scaling/create-group.ts';
import { executePolicy } from '../../../src/scaling/execute-policy.ts';
import type { ScalingDeps } from '../../../src/scaling/scaling-deps.ts';
import type { UserWish } from '../trace.ts';
import type { NodeSurroundings } from './node.ts';
import { PLANNED_NAME } from './planned-policies.ts';
import { FLEET } from './provider.ts';
import { oneOf, wholeBetween } from './settings.ts';
import type { StoreServer } from './store-server.ts';

/** What those wish for who plan nothing. */
export type What = Exclude<
  UserWish['what'],
  'set-override' | 'remove-override' | 'skip' | 'put-calendar' | 'delete-calendar'
>;

/** A group that is there, as somebody who looks into the stores sees it. */
export interface KnownGroup {
  readonly tenantId: TenantId;
  readonly groupId: GroupId;
  readonly policies: readonly KnownPolicy[];
  readonly hasOverride: boolean;
  /** Whether it is to have no server. */
  readonly wantsNone: boolean;
}

export interface KnownPolicy {
  readonly policyId: PolicyId;
  readonly isScheduled: boolean;
  /** Whether it is one of those that planners make. */
  readonly isPlanned: boolean;
  readonly isWindow: boolean;
}

/** All groups that are there and not being deleted. */
export function knownGroups(stores: Iterable<Pick<StoreServer, 'groups'>>): readonly KnownGroup[] {
  return [...stores].flatMap(({ groups }) =>
    [...groups.values()]
      .filter(({ isListed }) => isListed)
      .map(({ tenantId, groupId, fields }) => ({
        ...{ tenantId, groupId },
        // Looked for when asked: of all groups, a wish is about one.
        get hasOverride() {
          return fields.get('state')?.includes('"override"') === true;
        },
        get wantsNone() {
          return fields.get('state')?.includes('"desired":0,') === true;
        },
        get policies() {
          return policiesIn(fields);
        },
      })),
  );
}

function policiesIn(fields: ReadonlyMap<string, string>): readonly KnownPolicy[] {
  return [...fields]
    .filter(([name]) => name.startsWith('policy:'))
    .map(([name, text]) => ({
      policyId: name.slice('policy:'.length) as PolicyId,
      isScheduled: !text.startsWith('{') || text.includes('"schedule"'),
      isPlanned: text.includes(JSON.stringify(PLANNED_NAME)),
      isWindow: text.includes('"kind":"window"'),
    }));
}

/** What a use case answered, and the group that it made, if it did. */
interface Answer {
  readonly kind: string;
  readonly groupId?: string;
}

/** Something that somebody wants. */
export interface Wish {
  readonly told: UserWish;
  /** Asks a node for it. */
  readonly ask: (scaling: ScalingDeps, signal: AbortSignal) => Promise<Answer>;
}

export const TENANTS = ['ann', 'ben', 'cyd'] as const;
const MINUTE_MS = 60_000;
/** How many schedules have an occurrence every minute or two, and that for one hour: an outage takes in many of them. */
const CROWDED_SHARE = 0.012;
const LABELS = { name: 'a group', metadata: {} };
const BY = { by: 'somebody' };
/** How many of those who delete a group say that it may still have servers. */
const FORCED_SHARE = 0.5;

export class Wishes {
  readonly #around: Pick<NodeSurroundings, 'settings' | 'time'>;
  readonly #random: Random;

  constructor(around: Pick<NodeSurroundings, 'settings' | 'time'>, random: Random) {
    this.#around = around;
    this.#random = random;
  }

  /** A new group. */
  newGroup(policyCount: number): Wish {
    const region = oneOf(this.#random, this.#around.settings.layout.regions);
    const tenantId = oneOf(this.#random, TENANTS) as string as TenantId;
    const limits = this.#limits();
    const launch = this.#launch();
    const policies = this.#definitions(policyCount);
    return {
      told: { what: 'create-group', region, limits, launch, policies },
      ask: async (scaling, signal) => {
        const group = { tenantId, labels: LABELS, limits, launch, policies, region };
        const result = await createGroup(scaling, { ...group, ...BY, signal });
        if (result.kind !== 'created') return { kind: result.kind };
        return { kind: result.kind, groupId: result.group.id };
      },
    };
  }

  /** Something of a group; undefined where it is about a policy and the group has none. */
  ofGroup(what: Exclude<What, 'create-group'>, group: KnownGroup): Wish | undefined {
    const { tenantId, groupId } = group;
    const at = { tenantId, groupId };
    switch (what) {
      case 'change-config': {
        const limits = this.#limits();
        return wish({ what, limits }, (scaling, signal) =>
          changeConfig(scaling, { ...at, signal }, { labels: LABELS, limits, ...BY }),
        );
      }
      case 'change-launch': {
        const launch = this.#launch();
        return wish({ what, launch }, (scaling, signal) =>
          changeLaunch(scaling, { ...at, signal }, { launch, ...BY }),
        );
      }
      case 'pause':
        return wish({ what }, (scaling, signal) => pauseGroup(scaling, { ...at, signal }, BY));
      case 'resume':
        return wish({ what }, (scaling, signal) => resumeGroup(scaling, { ...at, signal }, BY));
      case 'converge':
        return wish({ what }, (scaling, signal) => convergeGroup(scaling, { ...at, signal }, BY));
      case 'delete-group': {
        const isForced = this.#random.fraction() < FORCED_SHARE;
        return wish({ what, isForced }, (scaling, signal) =>
          deleteGroup(scaling, { ...at, signal }, { isForced, ...BY }),
        );
      }
      case 'create-policies': {
        const policies = this.#definitions(oneOf(this.#random, [1, 1, 2, 3]));
        return wish({ what, policies }, (scaling, signal) =>
          createPolicies(scaling, { ...at, signal }, { definitions: policies, ...BY }),
        );
      }
      case 'change-policy':
      case 'delete-policy':
      case 'execute':
        return group.policies.length === 0
          ? undefined
          : this.#ofPolicy(what, at, oneOf(this.#random, group.policies));
    }
  }

  #ofPolicy(
    what: 'change-policy' | 'delete-policy' | 'execute',
    at: Pick<KnownGroup, 'tenantId' | 'groupId'>,
    { policyId, isScheduled }: KnownPolicy,
  ): Wish {
    const told = { what, policyId };
    switch (what) {
      case 'execute':
        return wish(told, (scaling, signal) =>
          executePolicy(scaling, { ...at, policyId, signal }, BY),
        );
      case 'delete-policy':
        return wish(told, (scaling, signal) =>
          deletePolicy(scaling, { ...at, policyId, signal }, BY),
        );
      case 'change-policy': {
        const definition = this.#definition(isScheduled);
        return wish({ ...told, policies: [definition] }, (scaling, signal) =>
          changePolicy(scaling, { ...at, policyId, signal }, { definition, ...BY }),
        );
      }
    }
  }

  #limits(): GroupLimits {
    const minEntities = wholeBetween(this.#random, 0, 3);
    return {
      minEntities,
      maxEntities: minEntities + wholeBetween(this.#random, 2, 15),
      cooldownSeconds: oneOf(this.#random, [0, 0, 60, 600]),
    };
  }

  #launch(): LaunchConfiguration {
    return { type: FLEET, args: { image: wholeBetween(this.#random, 1, 9) } };
  }

  #definitions(count: number): readonly PolicyDefinition[] {
    return Array.from({ length: count }, () => this.#definition(this.#random.fraction() < 0.92));
  }

  #definition(isScheduled: boolean): PolicyDefinition {
    return {
      name: 'a policy',
      cooldownSeconds: oneOf(this.#random, [0, 0, 0, 0.5, 60, 300, 900]),
      adjustment: this.#adjustment(),
      ...(isScheduled ? { schedule: this.#schedule() } : {}),
    };
  }

  #adjustment(): Adjustment {
    const random = this.#random;
    switch (wholeBetween(random, 0, 2)) {
      case 0:
        return { kind: 'change', amount: oneOf(random, [-3, -2, -1, 1, 2, 3]) };
      case 1:
        return { kind: 'changePercent', percent: oneOf(random, [-60, -12.5, 0.1, 33.3, 50, 100]) };
      default:
        return { kind: 'desiredCapacity', amount: wholeBetween(random, 0, 12) };
    }
  }

  #schedule(): Schedule {
    const random = this.#random;
    if (random.fraction() < 0.1) {
      const at = this.#around.time.nowMs + (2 + random.fraction() * 240) * MINUTE_MS;
      return { kind: 'at', at: `${new Date(at).toISOString().slice(0, 19)}Z` };
    }
    if (random.fraction() < CROWDED_SHARE) {
      const hour = String(oneOf(random, [20, 21, 22, 23, 0]));
      return { kind: 'cron', cron: `20-39/${String(oneOf(random, [1, 2]))} ${hour} * * *` };
    }
    const minute = String(wholeBetween(random, 0, 59));
    const cron = oneOf(random, [
      `*/${String(oneOf(random, [15, 20, 30]))} * * * *`,
      `${String(wholeBetween(random, 0, 14))}-59/${String(oneOf(random, [15, 20, 30]))} * * * *`,
      `${minute} * * * *`,
      `${minute} */2 * * *`,
      `${String(wholeBetween(random, 0, 9))},${String(wholeBetween(random, 10, 59))} * * * *`,
      `${minute} ${String(wholeBetween(random, 0, 23))} * * *`,
      `${minute} * 28 2 *`,
      `${minute} * * * 0`,
      `${minute} * 1 * 6`,
    ]);
    return { kind: 'cron', cron };
  }
}

/** A wish that is told of like this, and asked for like that. */
export function wish(
  told: UserWish,
  ask: (scaling: ScalingDeps, signal: AbortSignal) => Promise<{ readonly kind: string }>,
): Wish {
  return { told, ask: async (scaling, signal) => ({ kind: (await ask(scaling, signal)).kind }) };
}
