/** A policy whose occurrences people leave out. */
import type { EpochMs } from '../../src/base/clock.ts';
import {
  decodeProgress,
  definitionField,
  encodeField,
  progressField,
} from '../../src/domain/group/fields.ts';
import type { ScalingState } from '../../src/domain/group/group.ts';
import type { PolicyDefinition, PolicyProgress } from '../../src/domain/group/policy.ts';
import type { HistoryEvent } from '../../src/domain/history/event.ts';
import type { PolicyId } from '../../src/domain/ids.ts';
import { skipOccurrence } from '../../src/scaling/skip-occurrence.ts';
import type { SkipOccurrenceResult } from '../../src/scaling/skip-occurrence.ts';
import { claimAllDue } from './claims.ts';
import {
  aGroup,
  aPolicy,
  aScaling,
  after,
  commitDirectly,
  finish,
  groupOf,
  historyOf,
  storedGroupOf,
} from './scaling.ts';
import type { CreatedGroup, ScalingFixture } from './scaling.ts';

export const HOUR_MS = 3_600_000;
export const HOURLY = aPolicy({ schedule: { kind: 'cron', cron: '0 * * * *' } });

/** An instant some hours after midnight, when every test begins. */
export function hour(hours: number): EpochMs {
  return after(hours * HOUR_MS);
}

/** A group of 0 to 10 with one policy, and what is asked of it. */
export interface SkipLab extends ScalingFixture, CreatedGroup {
  readonly policyId: PolicyId;
  readonly skip: (occurrence?: EpochMs) => Promise<unknown>;
  readonly progress: () => Promise<PolicyProgress>;
  readonly dueAt: () => Promise<EpochMs | undefined>;
  readonly state: () => Promise<ScalingState>;
  readonly events: () => Promise<readonly HistoryEvent[]>;
  /** Lets time pass up to an hour, and claims what is due then. */
  readonly claimAt: (hours: number) => Promise<void>;
  readonly write: (definition: PolicyDefinition, progress?: PolicyProgress) => Promise<void>;
}

/** A group of 0 to 10 with one policy. */
export async function aSkipLab(definition: PolicyDefinition = HOURLY): Promise<SkipLab> {
  const fixture = aScaling();
  const { store, deps, clock } = fixture;
  const group = await aGroup(deps, { policies: [definition] });
  const { groupId, target, policyIds } = group;
  const [policyId] = policyIds;
  if (policyId === undefined) throw new Error('the group has a policy');
  const field = progressField(policyId);
  return {
    ...{ ...fixture, ...group, policyId },
    skip: (occurrence) =>
      finish(clock, skipOccurrence(deps, { ...target, policyId }, { occurrence, by: 'tester' })),
    progress: async () => decodeProgress((await storedGroupOf(store, groupId)).fields[field]),
    dueAt: async () => (await storedGroupOf(store, groupId)).due.get(policyId),
    state: async () => (await groupOf(store, groupId)).state,
    events: () => historyOf(store, groupId),
    claimAt: async (hours) => {
      await clock.advance(hour(hours) - clock.now());
      await claimAllDue({ ...fixture }, groupId);
    },
    write: (written, progress) =>
      commitDirectly(store, groupId, {
        set: {
          [definitionField(policyId)]: encodeField(written),
          ...(progress === undefined ? {} : { [field]: encodeField(progress) }),
        },
      }),
  };
}

/** That an occurrence is left out, and what comes in its place. */
export function skipped(occurrence: EpochMs, next: EpochMs | undefined): SkipOccurrenceResult {
  return { kind: 'skipped', occurrence, next };
}
