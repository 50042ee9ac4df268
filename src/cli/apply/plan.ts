/**
 * What has to be done so that the node has what the files want. Pure: the plan can be shown, compared
 * and carried out.
 *
 * An unchanged object is left alone, since writing a policy anew arms it anew. Groups that no file names
 * and policies without a key belong to somebody else and are never touched.
 */
import type { EpochMs } from '../../base/clock.ts';
import { shown } from '../../config/problem.ts';
import type { Problem } from '../../config/problem.ts';
import type { WireGroup } from '../wire.ts';
import type { DesiredGroup, DesiredPolicy } from './desired.ts';
import { comparePolicy, isSameJson, newPolicy, pastProblems } from './plan-policy.ts';
import type { PolicyWrite } from './plan-policy.ts';

interface Target {
  readonly group: DesiredGroup;
  readonly groupId: string;
}

/** One request to the node. */
export type Action =
  | {
      readonly kind: 'create-group';
      readonly group: DesiredGroup;
      readonly policies: readonly PolicyWrite[];
    }
  | ({ readonly kind: 'put-config' | 'put-launch' } & Target)
  | ({ readonly kind: 'create-policies'; readonly policies: readonly PolicyWrite[] } & Target)
  | ({
      readonly kind: 'put-policy';
      readonly policyId: string;
      readonly policy: PolicyWrite;
    } & Target)
  | ({
      readonly kind: 'delete-policy';
      readonly policyId: string;
      readonly key: string;
    } & Target);

/** What is to be done, in order, and how many groups and policies are as they should be. */
export interface Plan {
  readonly actions: readonly Action[];
  readonly unchangedCount: number;
  /** What cannot be done. With any of these, nothing should be. */
  readonly problems: readonly Problem[];
}

/** The group that the node has under a key; undefined where it has none. */
export type CurrentGroups = (tenant: string, key: string) => WireGroup | undefined;

/** Compares what is wanted with what is there. `now` is the node's clock: relative times count from it. */
export function planApply(
  desired: readonly DesiredGroup[],
  current: CurrentGroups,
  now: EpochMs,
): Plan {
  return joined(
    desired.map((group) => {
      const present = current(group.tenant, group.key);
      return present === undefined ? planNewGroup(group, now) : planGroup(group, present, now);
    }),
  );
}

/** The group comes with its policies in one request, so that no crash leaves it without some of them. */
function planNewGroup(group: DesiredGroup, now: EpochMs): Plan {
  const writes = group.policies.map((policy) => ({ policy, write: newPolicy(policy, now) }));
  return {
    actions: [{ kind: 'create-group', group, policies: writes.map(({ write }) => write) }],
    unchangedCount: 0,
    problems: writes.flatMap(({ policy, write }) => pastProblems(policy, write, now)),
  };
}

/**
 * Policies go before others come, so that a group at its limit has room; the launch configuration comes
 * before the bounds, so that servers that new bounds ask for are of the new kind.
 */
function planGroup(group: DesiredGroup, present: WireGroup, now: EpochMs): Plan {
  const target = { group, groupId: present.id };
  const policies = joinedPolicies(
    group.policies.map((policy) => planPolicy(target, policy, { present, now })),
  );
  const { created } = policies;
  const { type, args } = present.launchConfiguration;
  const isLaunchSame = isSameJson(group.launch, { type, args });
  const isConfigSame = isSameConfig(group, present);
  return {
    actions: [
      ...leftPolicies(target, present),
      ...policies.deletions,
      ...(isLaunchSame ? [] : [{ kind: 'put-launch', ...target } as const]),
      ...(isConfigSame ? [] : [{ kind: 'put-config', ...target } as const]),
      ...policies.changes,
      ...(created.length === 0
        ? []
        : [{ kind: 'create-policies', ...target, policies: created } as const]),
    ],
    unchangedCount: policies.unchangedCount + (isLaunchSame && isConfigSame ? 1 : 0),
    problems: [...regionProblems(group, present), ...policies.problems],
  };
}

function isSameConfig(group: DesiredGroup, present: WireGroup): boolean {
  const { name, cooldown, minEntities, maxEntities, metadata } = present.groupConfiguration;
  return isSameJson(group.config, { name, cooldown, minEntities, maxEntities, metadata });
}

/** A node that shows no region has only one, so the group cannot be elsewhere. */
function regionProblems(group: DesiredGroup, present: WireGroup): readonly Problem[] {
  const { region } = present.groupConfiguration;
  if (group.region === undefined || region === undefined || region === group.region) return [];
  const text =
    `region cannot be changed after the group was created, received ${shown(group.region)}; ` +
    `write ${shown(region)}, where the group is, or give the group another key`;
  return [{ at: group.place, key: `group ${shown(group.key)}`, text }];
}

/** Policies whose key has left the file. */
function leftPolicies(target: Target, present: WireGroup): readonly Action[] {
  const wanted = new Set(target.group.policies.map(({ key }) => key));
  return present.scalingPolicies.flatMap(({ id: policyId, key }): readonly Action[] =>
    key === undefined || wanted.has(key)
      ? []
      : [{ kind: 'delete-policy', ...target, policyId, key }],
  );
}

/** What has to be done about policies of a group that is there. */
interface PolicyPlan {
  readonly deletions: readonly Action[];
  readonly changes: readonly Action[];
  readonly created: readonly PolicyWrite[];
  readonly unchangedCount: number;
  readonly problems: readonly Problem[];
}

const NOTHING: PolicyPlan = {
  deletions: [],
  changes: [],
  created: [],
  unchangedCount: 0,
  problems: [],
};

function planPolicy(
  target: Target,
  policy: DesiredPolicy,
  from: { readonly present: WireGroup; readonly now: EpochMs },
): PolicyPlan {
  const { present, now } = from;
  const { key } = policy;
  const stored = present.scalingPolicies.find((candidate) => candidate.key === key);
  if (stored === undefined) {
    const write = newPolicy(policy, now);
    return { ...NOTHING, created: [write], problems: pastProblems(policy, write, now) };
  }
  const policyId = stored.id;
  const comparison = comparePolicy(policy, stored, now);
  if (comparison.kind === 'same') return { ...NOTHING, unchangedCount: 1 };
  const { kind, write } = comparison;
  const problems = pastProblems(policy, write, now);
  if (kind === 'changed') {
    const change: Action = { kind: 'put-policy', ...target, policyId, policy: write };
    return { ...NOTHING, changes: [change], problems };
  }
  const deletion: Action = { kind: 'delete-policy', ...target, policyId, key };
  return { ...NOTHING, deletions: [deletion], created: [write], problems };
}

function joinedPolicies(plans: readonly PolicyPlan[]): PolicyPlan {
  return {
    deletions: plans.flatMap(({ deletions }) => deletions),
    changes: plans.flatMap(({ changes }) => changes),
    created: plans.flatMap(({ created }) => created),
    unchangedCount: plans.reduce((sum, { unchangedCount }) => sum + unchangedCount, 0),
    problems: plans.flatMap(({ problems }) => problems),
  };
}

function joined(plans: readonly Plan[]): Plan {
  return {
    actions: plans.flatMap(({ actions }) => actions),
    unchangedCount: plans.reduce((sum, { unchangedCount }) => sum + unchangedCount, 0),
    problems: plans.flatMap(({ problems }) => problems),
  };
}
