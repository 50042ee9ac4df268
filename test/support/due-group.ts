/** Groups with due policies, as a scheduler reads them. */
import type { EpochMs } from '../../src/base/clock.ts';
import { encodeField } from '../../src/domain/group/fields.ts';
import type { GroupLimits, ScalingState } from '../../src/domain/group/group.ts';
import type { PolicyDefinition, PolicyProgress } from '../../src/domain/group/policy.ts';
import type { CommitId, GroupId } from '../../src/domain/ids.ts';
import { compileSchedule } from '../../src/domain/schedule/occurrences.ts';
import type { DueGroup, DuePolicy, Unit } from '../../src/ports/store.ts';
import { claimDue } from '../../src/scheduler/claim.ts';
import { policyId, TENANT } from './world.ts';

/** A policy that is due at `dueAt`: a cron of every minute that adds one, unless the spec says otherwise. */
interface DuePolicySpec extends Partial<PolicyDefinition> {
  readonly dueAt: EpochMs;
  readonly progress?: PolicyProgress;
  readonly stored?: Partial<Pick<DuePolicy, 'definition' | 'progress'>>;
}

/** A group that has nothing and may have up to nine, unless the spec says otherwise. */
export interface DueGroupSpec {
  readonly state?: Partial<ScalingState>;
  readonly limits?: Partial<GroupLimits>;
  readonly fields?: Readonly<Record<string, string>>;
  readonly policies: Readonly<Record<string, DuePolicySpec>>;
}

/** The group that the spec describes. */
export function aDueGroup(spec: DueGroupSpec): DueGroup {
  return {
    groupId: '00000001-0000-4000-8000-000000000000' as GroupId,
    tenantId: TENANT,
    version: 'before' as CommitId,
    fields: {
      limits: encodeField({ minEntities: 0, maxEntities: 9, cooldownSeconds: 0, ...spec.limits }),
      state: encodeField({
        ...{ desired: 0, isPaused: false, isSuspended: false, isDeleting: false },
        ...spec.state,
      }),
      ...spec.fields,
    },
    policies: Object.entries(spec.policies).map(([name, policy]) => aDuePolicy(name, policy)),
  };
}

function aDuePolicy(name: string, spec: DuePolicySpec): DuePolicy {
  const { dueAt, progress, stored, ...definition } = spec;
  return {
    policyId: policyId(name),
    dueAt,
    definition: encodeField({
      ...{ name, cooldownSeconds: 0, adjustment: { kind: 'change', amount: 1 } },
      schedule: { kind: 'cron', cron: '* * * * *' },
      ...definition,
    }),
    progress: encodeField(progress ?? { plannedAt: dueAt }),
    ...stored,
  };
}

/** What a claim at `now` does to that group. */
export function claimAt(now: EpochMs, spec: DueGroupSpec): Unit {
  return claimDue(aDueGroup(spec), {
    now,
    commitId: 'claim' as CommitId,
    occurrencesOf: compileSchedule,
  });
}
