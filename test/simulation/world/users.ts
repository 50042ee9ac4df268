/** People who create, change, execute, pause and delete while everything else goes on. */
import { messageOf, LutraError } from '../../../src/base/errors.ts';
import type { Random } from '../../../src/base/random.ts';
import type { GroupLimits } from '../../../src/domain/group/group.ts';
import type { Adjustment, PolicyDefinition, Schedule } from '../../../src/domain/group/policy.ts';
import type { GroupId, PolicyId, TenantId } from '../../../src/domain/ids.ts';
import {
  changeConfig,
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
import type { SimNode, NodeSurroundings } from './node.ts';
import { FLEET } from './provider.ts';
import { oneOf, wholeBetween } from './settings.ts';

const TENANTS = ['ann', 'ben', 'cyd'] as const;
const MINUTE_MS = 60_000;
/** How many wishes are the first of many, and for how long those keep coming. */
const BURST_SHARE = 0.15;
const BURST_LASTS_MS = 8_000;
/** How long a user waits for an answer. */
const PATIENCE_MS = 30_000;
/** Within which all groups are created at the start. */
const CREATED_WITHIN_MS = 4 * MINUTE_MS;

type What = UserWish['what'];

/** How often each is wished for, in proportion. */
const WISHES: readonly (readonly [What, number])[] = [
  ['execute', 8],
  ['change-policy', 3],
  ['create-policy', 2],
  ['delete-policy', 1],
  ['change-config', 2],
  ['pause', 1.5],
  ['resume', 3],
  ['converge', 1],
  ['delete-group', 0.4],
  ['create-group', 0.6],
];

/** A group that is there, as somebody who looks into the stores sees it. */
interface KnownGroup {
  readonly tenantId: TenantId;
  readonly groupId: GroupId;
  readonly policies: readonly {
    readonly policyId: PolicyId;
    readonly isScheduled: boolean;
  }[];
}

export class Users {
  readonly #around: NodeSurroundings;
  readonly #nodes: readonly SimNode[];
  readonly #random: Random;
  #requestCount = 0;

  constructor(around: NodeSurroundings, nodes: readonly SimNode[], random: Random) {
    this.#around = around;
    this.#nodes = nodes;
    this.#random = random;
  }

  /** Creates the world's groups, and then wishes for something now and then until `untilMs` have passed. */
  begin(untilMs: number): void {
    const { time, settings } = this.#around;
    const { groupCount, policyCount } = settings;
    for (let number = 0; number < groupCount; number += 1) {
      const share = Math.ceil((policyCount * (number + 1)) / groupCount);
      const before = Math.ceil((policyCount * number) / groupCount);
      time.after(2_000 + this.#random.fraction() * CREATED_WITHIN_MS, () => {
        this.#ask('create-group', share - before);
      });
    }
    this.#wishAgain(CREATED_WITHIN_MS, untilMs);
  }

  #wishAgain(fromMs: number, untilMs: number): void {
    const { time, settings } = this.#around;
    const gapMs = settings.wishEveryMs * 2 * this.#random.fraction();
    if (fromMs + gapMs > untilMs) return;
    time.after(fromMs === CREATED_WITHIN_MS ? fromMs + gapMs : gapMs, () => {
      if (this.#random.fraction() < BURST_SHARE) this.#burst();
      else this.#ask(this.#drawWish(), wholeBetween(this.#random, 1, 3));
      this.#wishAgain(fromMs + gapMs, untilMs);
    });
  }

  /** Several people want something of one group at about the same time, through different nodes. */
  #burst(): void {
    const { time } = this.#around;
    const known = this.#known();
    if (known.length === 0) return;
    const { groupId } = oneOf(this.#random, known);
    for (let count = wholeBetween(this.#random, 4, 12); count > 0; count -= 1) {
      time.after(BURST_LASTS_MS * this.#random.fraction() ** 2, () => {
        this.#ask(this.#drawWish(), 1, groupId);
      });
    }
  }

  #drawWish(): What {
    const total = WISHES.reduce((sum, [, weight]) => sum + weight, 0);
    let drawn = this.#random.fraction() * total;
    for (const [what, weight] of WISHES) {
      drawn -= weight;
      if (drawn < 0) return what;
    }
    return 'execute';
  }

  /** Sends one request to some node that answers, about some group unless one is named. */
  #ask(what: What, policyCount: number, about?: GroupId): void {
    const { log } = this.#around;
    const node = oneOf(this.#random, this.#nodes);
    const { scaling, process } = node;
    if (scaling === undefined || process === undefined) return;
    const known = this.#known().filter(({ groupId }) => about === undefined || groupId === about);
    const group = known.length === 0 ? undefined : oneOf(this.#random, known);
    if (group === undefined && what !== 'create-group') return;
    this.#requestCount += 1;
    const request = this.#requestCount;
    const groupId = what === 'create-group' ? undefined : group?.groupId;
    const patience = new AbortController();
    const forget = process.timer(PATIENCE_MS, () => {
      patience.abort(new LutraError('store-unavailable', 'nobody waits for the answer any more'));
    });
    log.add({ kind: 'user.asked', request, process: process.name, groupId, what });
    this.#carryOut(what, { scaling, group, policyCount, signal: patience.signal }).then(
      ({ kind, groupId: made }) => {
        forget();
        if (!process.isAlive) return;
        log.add({ kind: 'user.answered', request, answer: kind, groupId: made ?? groupId });
      },
      (error: unknown) => {
        forget();
        if (!process.isAlive) return;
        const answer = `rejected: ${error instanceof LutraError ? error.code : messageOf(error)}`;
        log.add({ kind: 'user.answered', request, answer, groupId });
      },
    );
  }

  async #carryOut(
    what: What,
    wish: {
      readonly scaling: ScalingDeps;
      readonly group: KnownGroup | undefined;
      readonly policyCount: number;
      readonly signal: AbortSignal;
    },
  ): Promise<{ readonly kind: string; readonly groupId?: string }> {
    const { scaling, group, signal } = wish;
    if (what === 'create-group' || group === undefined) return this.#createGroup(wish);
    const { tenantId, groupId } = group;
    const target = { tenantId, groupId, signal };
    const { policies } = group;
    const policy = policies.length === 0 ? undefined : oneOf(this.#random, policies);
    const by = 'somebody';
    switch (what) {
      case 'change-config':
        return changeConfig(scaling, target, { labels: LABELS, limits: this.#limits(), by });
      case 'pause':
        return pauseGroup(scaling, target, { by });
      case 'resume':
        return resumeGroup(scaling, target, { by });
      case 'converge':
        return convergeGroup(scaling, target);
      case 'delete-group':
        return deleteGroup(scaling, target, { isForced: true, by });
      case 'create-policy': {
        const definitions = this.#definitions(1);
        return { kind: (await createPolicies(scaling, target, { definitions, by })).kind };
      }
      case 'change-policy':
      case 'delete-policy':
      case 'execute':
        if (policy === undefined) return { kind: 'nothing to ask for' };
        return this.#askAboutPolicy(
          what,
          { ...target, policyId: policy.policyId },
          {
            scaling,
            isScheduled: policy.isScheduled,
          },
        );
    }
  }

  #askAboutPolicy(
    what: 'change-policy' | 'delete-policy' | 'execute',
    target: Parameters<typeof executePolicy>[1],
    { scaling, isScheduled }: { readonly scaling: ScalingDeps; readonly isScheduled: boolean },
  ): Promise<{ readonly kind: string }> {
    const by = 'somebody';
    switch (what) {
      case 'execute':
        return executePolicy(scaling, target, { by });
      case 'delete-policy':
        return deletePolicy(scaling, target, { by });
      case 'change-policy':
        return changePolicy(scaling, target, { definition: this.#definition(isScheduled), by });
    }
  }

  async #createGroup(wish: {
    readonly scaling: ScalingDeps;
    readonly policyCount: number;
    readonly signal: AbortSignal;
  }): Promise<{ readonly kind: string; readonly groupId?: string }> {
    const { regions } = this.#around.settings.layout;
    const result = await createGroup(wish.scaling, {
      tenantId: oneOf(this.#random, TENANTS) as string as TenantId,
      ...{ labels: LABELS, limits: this.#limits(), launch: { type: FLEET, args: {} } },
      ...{ policies: this.#definitions(wish.policyCount), region: oneOf(this.#random, regions) },
      ...{ by: 'somebody', signal: wish.signal },
    });
    if (result.kind !== 'created') return { kind: result.kind };
    return { kind: result.kind, groupId: result.group.id };
  }

  /** All groups that are there and not being deleted. */
  #known(): readonly KnownGroup[] {
    return [...this.#around.stores.values()].flatMap(({ groups }) =>
      [...groups.values()]
        .filter(({ isListed }) => isListed)
        .map(({ tenantId, groupId, fields }) => ({
          ...{ tenantId, groupId },
          policies: [...fields]
            .filter(([name]) => name.startsWith('policy:'))
            .map(([name, text]) => ({
              policyId: name.slice('policy:'.length) as PolicyId,
              isScheduled: !text.startsWith('{') || text.includes('"schedule"'),
            })),
        })),
    );
  }

  #limits(): GroupLimits {
    const minEntities = wholeBetween(this.#random, 0, 3);
    return {
      minEntities,
      maxEntities: minEntities + wholeBetween(this.#random, 2, 15),
      cooldownSeconds: oneOf(this.#random, [0, 0, 60, 600]),
    };
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
    const minute = String(wholeBetween(random, 0, 59));
    const cron = oneOf(random, [
      `*/${String(oneOf(random, [10, 15, 20, 30]))} * * * *`,
      `${String(wholeBetween(random, 0, 14))}-59/${String(oneOf(random, [12, 15, 20]))} * * * *`,
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

const LABELS = { name: 'a group', metadata: {} };
