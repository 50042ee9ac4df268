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
import { showLaunchValue } from '../../domain/history/launch-values.ts';
import type { ValueChanges } from '../../domain/history/value-change.ts';
import type { WireGroup, WirePolicy } from '../wire.ts';
import type { DesiredCalendar, DesiredGroup, DesiredPolicy, DesiredWebhook } from './desired.ts';
import {
  changesOf,
  comparePolicy,
  isSameJson,
  keepsSchedule,
  newPolicy,
  pastProblems,
  showAll,
} from './plan-policy.ts';
import type { PolicyWrite } from './plan-policy.ts';
import { compareWebhooks } from './plan-webhooks.ts';

interface Target {
  readonly group: DesiredGroup;
  readonly groupId: string;
}

/** Where a policy is. */
export interface PolicyIds {
  readonly groupId: string;
  readonly policyId: string;
}

/** One request to the node. */
export type Action =
  | {
      readonly kind: 'create-group';
      readonly group: DesiredGroup;
      readonly policies: readonly PolicyWrite[];
    }
  | ({ readonly kind: 'put-config' | 'put-launch'; readonly changes: ValueChanges } & Target)
  | ({ readonly kind: 'create-policies'; readonly policies: readonly PolicyWrite[] } & Target)
  | ({
      readonly kind: 'put-policy';
      readonly policyId: string;
      readonly policy: PolicyWrite;
      readonly changes: ValueChanges;
    } & Target)
  | ({
      readonly kind: 'delete-policy';
      readonly policyId: string;
      readonly key: string;
    } & Target)
  | WebhookAction
  | CalendarAction;

/** One request about a calendar. */
export type CalendarAction =
  | { readonly kind: 'create-calendar'; readonly calendar: DesiredCalendar }
  | {
      readonly kind: 'put-calendar';
      readonly calendar: DesiredCalendar;
      readonly changes: ValueChanges;
    };

/** One request about webhooks of a policy. */
export type WebhookAction =
  | {
      readonly kind: 'create-webhooks';
      readonly group: DesiredGroup;
      readonly policyKey: string;
      /** Undefined for a policy that an earlier action creates. */
      readonly ids: PolicyIds | undefined;
      readonly webhooks: readonly DesiredWebhook[];
    }
  | ({
      readonly kind: 'put-webhook';
      readonly webhook: DesiredWebhook;
      readonly changes: ValueChanges;
    } & HeldWebhook)
  | ({ readonly kind: 'delete-webhook'; readonly name: string } & HeldWebhook);

interface HeldWebhook extends Target {
  readonly policyKey: string;
  readonly policyId: string;
  readonly webhookId: string;
}

/** Whether an action is about webhooks of a policy. */
export function isAboutWebhooks(action: Action): action is WebhookAction {
  return 'policyKey' in action;
}

/** Whether an action is about a calendar. */
export function isAboutCalendar(action: Action): action is CalendarAction {
  return 'calendar' in action;
}

/** What is to be done, in order, and how many calendars, groups and policies are as they should be. */
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
    actions: [
      { kind: 'create-group', group, policies: writes.map(({ write }) => write) },
      ...group.policies.flatMap((policy) => newWebhooks(group, policy)),
    ],
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
  const launch = { type, args };
  const config = configOf(present);
  const isLaunchSame = isSameJson(group.launch, launch);
  const isConfigSame = isSameJson(group.config, config);
  const launchChanges = changesOf(launch, group.launch, showLaunchValue);
  const configChanges = changesOf(config, group.config, showAll);
  return {
    actions: [
      ...leftPolicies(target, present),
      ...policies.deletions,
      ...(isLaunchSame ? [] : [{ kind: 'put-launch', ...target, changes: launchChanges } as const]),
      ...(isConfigSame ? [] : [{ kind: 'put-config', ...target, changes: configChanges } as const]),
      ...policies.changes,
      ...(created.length === 0
        ? []
        : [{ kind: 'create-policies', ...target, policies: created } as const]),
      ...policies.webhooks,
    ],
    unchangedCount: policies.unchangedCount + (isLaunchSame && isConfigSame ? 1 : 0),
    problems: [...regionProblems(group, present), ...policies.problems],
  };
}

/** What a file can say of it. */
function configOf({ groupConfiguration }: WireGroup): DesiredGroup['config'] {
  const { name, cooldown, minEntities, maxEntities, metadata, reachedBy } = groupConfiguration;
  return {
    ...{ name, cooldown, minEntities, maxEntities },
    metadata: metadata as DesiredGroup['config']['metadata'], // only compared, whatever it has
    ...(reachedBy === undefined ? {} : { reachedBy }),
  };
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
  /** Webhooks to create, after the policies. */
  readonly webhooks: readonly Action[];
  readonly unchangedCount: number;
  readonly problems: readonly Problem[];
}

const NOTHING: PolicyPlan = {
  deletions: [],
  changes: [],
  created: [],
  webhooks: [],
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
  if (stored === undefined) return planNewPolicy(target.group, policy, now);
  const policyId = stored.id;
  const comparison = comparePolicy(policy, stored, now);
  if (comparison.kind === 'retyped') {
    const deletion: Action = { kind: 'delete-policy', ...target, policyId, key };
    const anew = planNewPolicy(target.group, policy, now);
    return { ...anew, deletions: [deletion] };
  }
  const webhooks = planWebhooks(target, policy, stored);
  if (comparison.kind === 'same') {
    return joinedPolicies([{ ...NOTHING, unchangedCount: 1 }, webhooks]);
  }
  const { write, changes } = comparison;
  const change: Action = { kind: 'put-policy', ...target, policyId, policy: write, changes };
  const problems = keepsSchedule(write, stored) ? [] : pastProblems(policy, write, now);
  return joinedPolicies([{ ...NOTHING, changes: [change], problems }, webhooks]);
}

function planNewPolicy(group: DesiredGroup, policy: DesiredPolicy, now: EpochMs): PolicyPlan {
  const write = newPolicy(policy, now);
  return {
    ...NOTHING,
    created: [write],
    webhooks: newWebhooks(group, policy),
    problems: pastProblems(policy, write, now),
  };
}

/** The webhooks of a policy that is yet to be created. */
function newWebhooks(group: DesiredGroup, policy: DesiredPolicy): readonly Action[] {
  const { key: policyKey, webhooks = [] } = policy;
  if (webhooks.length === 0) return [];
  return [{ kind: 'create-webhooks', group, policyKey, ids: undefined, webhooks }];
}

/** Webhooks go before others come, so that a policy at its limit has room. */
function planWebhooks(target: Target, policy: DesiredPolicy, stored: WirePolicy): PolicyPlan {
  const { group, groupId } = target;
  const { key: policyKey } = policy;
  const place = { ...target, policyKey, policyId: stored.id };
  const compared = compareWebhooks(policy, stored);
  const { left, changed, created: webhooks, unchangedCount, problems } = compared;
  const ids = { groupId, policyId: stored.id };
  return {
    ...NOTHING,
    deletions: left.map((webhook) => ({ kind: 'delete-webhook', ...place, ...webhook })),
    changes: changed.map((write) => ({ kind: 'put-webhook', ...place, ...write })),
    webhooks:
      webhooks.length === 0 ? [] : [{ kind: 'create-webhooks', group, policyKey, ids, webhooks }],
    unchangedCount,
    problems,
  };
}

function joinedPolicies(plans: readonly PolicyPlan[]): PolicyPlan {
  return {
    deletions: plans.flatMap(({ deletions }) => deletions),
    changes: plans.flatMap(({ changes }) => changes),
    created: plans.flatMap(({ created }) => created),
    webhooks: plans.flatMap(({ webhooks }) => webhooks),
    unchangedCount: plans.reduce((sum, { unchangedCount }) => sum + unchangedCount, 0),
    problems: plans.flatMap(({ problems }) => problems),
  };
}

/** Plans one after the other. */
export function joined(plans: readonly Plan[]): Plan {
  return {
    actions: plans.flatMap(({ actions }) => actions),
    unchangedCount: plans.reduce((sum, { unchangedCount }) => sum + unchangedCount, 0),
    problems: plans.flatMap(({ problems }) => problems),
  };
}
