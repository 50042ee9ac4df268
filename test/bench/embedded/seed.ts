/**
 * Fills a store with groups and their policies, through the Store port and in batches.
 *
 * Groups come in ascending order of id, as a bulk load does; ids are random, so what is due at one
 * instant lies scattered over the file. While it is filled, the file is not synced and its cache is
 * large; both end when it is closed: whoever opens it next gets a node's own settings.
 */
import { systemRandom } from '../../../src/adapters/system/random.ts';
import type { EpochMs } from '../../../src/base/clock.ts';
import { definitionField, encodeField, progressField } from '../../../src/domain/group/fields.ts';
import type { PolicyDefinition } from '../../../src/domain/group/policy.ts';
import type { CommitId, GroupId, PolicyId, TenantId } from '../../../src/domain/ids.ts';
import { groupIdInRegion } from '../../../src/domain/partition/partition-of.ts';
import { ABSENT } from '../../../src/ports/store.ts';
import type { DueMove, Unit } from '../../../src/ports/store.ts';
import { openStore, PARTITION, tokenOf } from './bench-store.ts';

/** When the policies of a group fire. */
export interface Timing {
  readonly cron: string;
  readonly plannedAt: EpochMs;
}

/** What to store. */
export interface SeedPlan {
  readonly groupCount: number;
  readonly policiesPerGroup: number;
  /** By the group's place in ascending order of id. All policies of a group share it. */
  readonly timingOf: (index: number) => Timing;
  /** The clock of the store while it is filled. */
  readonly at: EpochMs;
}

const TENANT = 'bench' as TenantId;
/** Policies in one commit. */
const BATCH_POLICIES = 2_000;

/** Makes a store file with these groups, and closes it. `progress` hears how many policies are stored. */
export async function seedStore(
  path: string,
  plan: SeedPlan,
  progress: (policyCount: number) => void = () => undefined,
): Promise<void> {
  const { file, store, clock } = await openStore(path);
  file.db.exec('pragma synchronous = off; pragma cache_size = -262144');
  clock.leapTo(plan.at);
  const token = tokenOf(1);
  await store.acquire(PARTITION, token);
  const groupIds = Array.from({ length: plan.groupCount }, () =>
    groupIdInRegion(systemRandom.uuid(), 0),
  ).sort();
  const batchGroups = Math.max(Math.floor(BATCH_POLICIES / plan.policiesPerGroup), 1);
  for (let start = 0; start < groupIds.length; start += batchGroups) {
    const units = groupIds.slice(start, start + batchGroups).map((groupId, offset) =>
      newGroup(groupId, {
        policyCount: plan.policiesPerGroup,
        timing: plan.timingOf(start + offset),
        at: clock.now(),
      }),
    );
    const commit = await store.commit(PARTITION, token, units);
    if (commit.kind === 'fenced' || commit.results.some((result) => result !== 'committed')) {
      throw new Error(`the store did not take a batch: ${JSON.stringify(commit)}`);
    }
    progress((start + units.length) * plan.policiesPerGroup);
  }
  await store.close();
}

function newGroup(
  groupId: GroupId,
  plan: { readonly policyCount: number; readonly timing: Timing; readonly at: EpochMs },
): Unit {
  const policies = newPolicies(plan.policyCount, plan.timing);
  return {
    groupId,
    tenantId: TENANT,
    commitId: systemRandom.uuid() as CommitId,
    decidedAt: plan.at,
    expectVersion: ABSENT,
    set: { ...groupFields(), ...policies.fields },
    remove: [],
    due: policies.due,
    divergence: 'keep',
    listing: 'keep',
    events: [{ event: 'group.created', by: 'bench', desiredAfter: 0 }],
  };
}

function groupFields(): Readonly<Record<string, string>> {
  return {
    labels: encodeField({ name: 'a group of workers', metadata: { team: 'platform' } }),
    // No limit is ever reached, so every claim changes its group: the one that writes the most.
    limits: encodeField({ minEntities: 0, maxEntities: 1_000_000, cooldownSeconds: 0 }),
    state: encodeField({ desired: 0, isPaused: false, isSuspended: false, isDeleting: false }),
    launch: encodeField({ type: 'bench', args: { command: ['node', 'worker.mjs'] } }),
  };
}

function newPolicies(
  count: number,
  { cron, plannedAt }: Timing,
): { readonly fields: Readonly<Record<string, string>>; readonly due: readonly DueMove[] } {
  const ids = Array.from({ length: count }, () => systemRandom.uuid() as PolicyId).sort();
  const definition: PolicyDefinition = {
    name: 'one more at the planned time',
    cooldownSeconds: 0,
    adjustment: { kind: 'change', amount: 1 },
    schedule: { kind: 'cron', cron },
  };
  const texts = { definition: encodeField(definition), progress: encodeField({ plannedAt }) };
  return {
    fields: Object.fromEntries([
      ...ids.map((id) => [definitionField(id), texts.definition] as const),
      ...ids.map((id) => [progressField(id), texts.progress] as const),
    ]),
    due: ids.map((policyId) => ({ policyId, dueAt: plannedAt })),
  };
}
