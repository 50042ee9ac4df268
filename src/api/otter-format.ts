/** From groups and policies to the bodies of Otter's v1.0 API. */
import type { Group, LaunchConfiguration, Observation } from '../domain/group/group.ts';
import type {
  Adjustment,
  AtSchedule,
  CapacityWindow,
  CronSchedule,
  MisfireChoice,
  Policy,
  PolicyDefinition,
  Schedule,
} from '../domain/group/policy.ts';
import { regionOfGroup } from '../domain/partition/partition-of.ts';
import type { PartitionLayout } from '../domain/partition/partition-of.ts';
import { isoOf } from '../domain/schedule/iso.ts';
import type { GroupSummary } from '../scaling/read-groups.ts';
import { nextLink, selfLink } from './links.ts';
import type { Link, Links } from './links.ts';
import { planBody } from './plan-format.ts';
import { windowBody } from './window-format.ts';

/** What a reply is made with: where things are, and whose they are. */
export interface Wording {
  readonly links: Links;
  readonly tenantId: string;
  /** Items of a full page. */
  readonly pageMax: number;
  /** The regions that groups can be in. */
  readonly layout: PartitionLayout;
}

/**
 * `groupConfiguration`: its five keys, `key` and `reachedBy` where the group has them, and `region` where there is
 * more than one that it could be in.
 */
export function configBody(
  group: Pick<Group, 'id' | 'labels' | 'limits'>,
  layout: PartitionLayout,
): object {
  const { name, metadata, key } = group.labels;
  const { cooldownSeconds, minEntities, maxEntities, reachedBySeconds } = group.limits;
  const region = layout.regions.length > 1 ? regionOfGroup(group.id, layout) : undefined;
  return {
    name,
    cooldown: cooldownSeconds,
    minEntities,
    maxEntities,
    metadata,
    ...(key === undefined ? {} : { key }),
    ...(region === undefined ? {} : { region }),
    ...(reachedBySeconds === undefined ? {} : { reachedBy: reachedBySeconds }),
  };
}

/** `launchConfiguration`, as it was sent. */
export function launchBody({ type, args }: LaunchConfiguration): object {
  return { type, args };
}

/** `state`. What is pending may be negative: more is there than is wanted. */
export function stateBody(group: Pick<Group, 'labels' | 'state' | 'observation'>): object {
  const { labels, state, observation } = group;
  const activeCapacity = observation.actual ?? 0;
  return {
    name: labels.name,
    status: observation.status,
    paused: state.isPaused,
    active: observation.servers.map(({ id }) => ({ id, links: [] })),
    activeCapacity,
    pendingCapacity: state.desired - activeCapacity,
    desiredCapacity: state.desired,
    ...errorsBody(observation),
    ...overdueBody(observation),
    ...planBody(state),
  };
}

function errorsBody({ status, reasons }: Observation): object {
  return status === 'ERROR' ? { errors: reasons.map((message) => ({ message })) } : {};
}

function overdueBody({ unreached }: Observation): object {
  const overdueAt = unreached?.overdueAt;
  return overdueAt === undefined ? {} : { overdueSince: isoOf(overdueAt) };
}

/** One group in a list. */
export function summaryBody(wording: Wording, group: GroupSummary): object {
  return {
    id: group.id,
    links: selfLink(wording.links.group(wording.tenantId, group.id)),
    state: stateBody(group),
  };
}

/** A group with all that belongs to it, its policies in ascending order of id. */
export function manifestBody(wording: Wording, group: Group): object {
  return wholeGroupBody(wording, group, [...group.policies.values()]);
}

/**
 * The same in reply to its creation: policies in the order of the request, and a state of zeros, although
 * the desired capacity is the minimum already. Clients were always told so.
 */
export function createdGroupBody(
  wording: Wording,
  group: Group,
  policies: readonly Policy[],
): object {
  const zero = { ...group, state: { ...group.state, desired: 0 } };
  return wholeGroupBody(wording, zero, policies);
}

function wholeGroupBody(wording: Wording, group: Group, policies: readonly Policy[]): object {
  const { links, tenantId } = wording;
  return {
    id: group.id,
    links: selfLink(links.group(tenantId, group.id)),
    groupConfiguration: configBody(group, wording.layout),
    launchConfiguration: launchBody(group.launch),
    scalingPolicies: policies.map((policy) => policyBody(wording, group.id, policy)),
    scalingPolicies_links: manifestPolicyLinks(wording, group),
    state: stateBody(group),
  };
}

/** Where the policies are listed, and, where they would fill a page, where its second page begins. */
function manifestPolicyLinks(wording: Wording, group: Group): readonly Link[] {
  const { links, tenantId, pageMax } = wording;
  const href = links.policies(tenantId, group.id);
  const last = [...group.policies.keys()].sort()[pageMax - 1];
  const next = last === undefined ? undefined : { limit: String(pageMax), marker: last };
  return [{ href, rel: 'policies' }, ...nextLink(href, next)];
}

/** One policy: what its user wrote, and where it is. */
export function policyBody(wording: Wording, groupId: string, policy: Policy): object {
  const { id, definition } = policy;
  const { name, cooldownSeconds, adjustment, schedule, misfire, key } = definition;
  return {
    id,
    links: selfLink(wording.links.policy(wording.tenantId, groupId, id)),
    name,
    type: typeOf(definition),
    cooldown: cooldownSeconds,
    ...adjustmentBody(adjustment),
    ...(schedule === undefined ? {} : { args: argsBody(schedule, misfire) }),
    ...(key === undefined ? {} : { key }),
  };
}

function typeOf({ adjustment, schedule }: PolicyDefinition): string {
  if (adjustment.kind === 'window') return 'window';
  return schedule === undefined ? 'webhook' : 'schedule';
}

/** What its user wrote, and no more: no member that was left out is filled in. */
function argsBody(schedule: Schedule, misfire: MisfireChoice | undefined): object {
  return {
    ...(schedule.kind === 'at' ? atBody(schedule) : cronBody(schedule)),
    ...(misfire === undefined ? {} : { misfire: misfireBody(misfire) }),
  };
}

function atBody(schedule: AtSchedule): object {
  return Object.fromEntries(Object.entries(schedule).filter(([key]) => key !== 'kind'));
}

function cronBody(schedule: CronSchedule): object {
  const { jitterSeconds } = schedule;
  const members = Object.entries(schedule).filter(
    ([key]) => key !== 'kind' && key !== 'jitterSeconds' && key !== 'calendars',
  );
  return {
    ...Object.fromEntries(members),
    ...(jitterSeconds === undefined ? {} : { jitter: jitterSeconds }),
  };
}

function misfireBody({ policy, withinSeconds }: MisfireChoice): object {
  return { policy, ...(withinSeconds === undefined ? {} : { within: withinSeconds }) };
}

function adjustmentBody(adjustment: Adjustment | CapacityWindow): object {
  switch (adjustment.kind) {
    case 'change':
      return { change: adjustment.amount };
    case 'changePercent':
      return { changePercent: adjustment.percent };
    case 'desiredCapacity':
      return { desiredCapacity: adjustment.amount };
    case 'window':
      return { window: windowBody(adjustment) };
  }
}
