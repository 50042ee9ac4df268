/** From the bodies of Otter's v1.0 API, already of the right shape, to what the use cases take. */
import { assert } from '../base/assert.ts';
import type { EpochMs } from '../base/clock.ts';
import { isJsonObject } from '../base/json.ts';
import type { JsonObject } from '../base/json.ts';
import type { GroupLabels, GroupLimits, LaunchConfiguration } from '../domain/group/group.ts';
import type {
  Adjustment,
  AtSchedule,
  CapacityWindow,
  CronSchedule,
  MisfireChoice,
  PolicyDefinition,
  Schedule,
} from '../domain/group/policy.ts';
import { parseAt } from '../domain/schedule/at.ts';
import { isoOf } from '../domain/schedule/iso.ts';
import { instantOfAt } from '../domain/schedule/local-at.ts';
import { zoneOf } from '../domain/schedule/zone.ts';
import type { PoliciesProblem } from '../scaling/new-policies.ts';
import { ApiError, invalid, keyInUse } from './errors.ts';
import type { LaunchInput } from './launch-schemas.ts';
import type { CronInput, MisfireInput, PolicyArgsInput } from './policy-args-schema.ts';
import type { PolicyInput } from './policy-schema.ts';
import type { ConfigInput } from './schemas.ts';
import { shown } from './validation.ts';
import { readWindow, windowTooLong } from './window-format.ts';

const DEFAULT_MAX_ENTITIES = 1_000;
/** Load balancers of the cloud reach servers over this network and no other. */
const SERVICE_NET = '11111111-1111-1111-1111-111111111111';

/** A group's configuration, apart: what people call it, its bounds, and where it is, if that is said. */
export function readConfig(input: ConfigInput): {
  readonly labels: GroupLabels;
  readonly limits: GroupLimits;
  readonly region?: string;
} {
  const { name, metadata = {}, key, region, cooldown, minEntities, reachedBy } = input;
  const { maxEntities = DEFAULT_MAX_ENTITIES } = input;
  // No maximum, as `null` reads, was always refused, and in these words.
  if (maxEntities === null || minEntities > maxEntities) {
    throw new ApiError(
      'InvalidMinEntities',
      'minEntities must be less than or equal to maxEntities',
    );
  }
  return {
    labels: { name, metadata, ...(key === undefined ? {} : { key }) },
    limits: {
      ...{ minEntities, maxEntities, cooldownSeconds: cooldown },
      ...(reachedBy === undefined ? {} : { reachedBySeconds: reachedBy }),
    },
    ...(region === undefined ? {} : { region }),
  };
}

/** A launch configuration, kept as it was sent but for a `server.metadata` of `null`, which is dropped. */
export function readLaunch(input: LaunchInput): LaunchConfiguration {
  const { type } = input;
  const args = input.args as JsonObject; // an object that was parsed from JSON
  if (type !== 'launch_server') return { type, args };
  requireServiceNet(args);
  const { server } = args;
  if (!isJsonObject(server) || server['metadata'] !== null) return { type, args };
  const kept = Object.entries(server).filter(([key]) => key !== 'metadata');
  return { type, args: { ...args, server: Object.fromEntries(kept) } };
}

function requireServiceNet(args: JsonObject): void {
  const { server, loadBalancers } = args;
  const networks = isJsonObject(server) ? server['networks'] : undefined;
  const isBalanced =
    Array.isArray(loadBalancers) &&
    loadBalancers.some((item) => isJsonObject(item) && item['type'] !== 'RackConnectV3');
  if (!isBalanced || networks === undefined || networks === null) return;
  if (Array.isArray(networks) && networks.some(isServiceNet)) return;
  throw invalid(
    'ServiceNet network must be present if one or more Cloud Load Balancers are configured.',
  );
}

function isServiceNet(network: unknown): boolean {
  return (
    isJsonObject(network) && network['uuid'] === SERVICE_NET && Object.keys(network).length === 1
  );
}

/**
 * New policies of one request, in order: the list at `path` of the body. Throws where the time of a schedule has
 * passed by `now`.
 */
export function readPolicies(
  inputs: readonly PolicyInput[],
  now: EpochMs,
  path: string,
): readonly PolicyDefinition[] {
  return inputs.map((input, index) => {
    const definition = readPolicy(input);
    const passed = passedRefusal(definition, now, `${path}[${String(index)}].args`);
    if (passed !== undefined) throw passed;
    return definition;
  });
}

/** One policy, whether the time of its schedule has passed or not. */
export function readPolicy(input: PolicyInput): PolicyDefinition {
  const { name, cooldown, type, args, key } = input;
  if (type === 'cloud_monitoring') throw invalid('cloud_monitoring policy disabled');
  const schedule = args === undefined ? undefined : readSchedule(args);
  return {
    name,
    cooldownSeconds: cooldown,
    adjustment: readAdjustment(input),
    ...(schedule === undefined ? {} : { schedule }),
    ...(args === undefined ? {} : readMisfire(args)),
    ...(key === undefined ? {} : { key }),
  };
}

/** Why policies were not created, in words. `definitions` are those of the request, the list at `path` of the body. */
export function policiesRefusal(
  definitions: readonly PolicyDefinition[],
  problem: PoliciesProblem,
  path: string,
): ApiError {
  switch (problem.kind) {
    case 'key-in-use':
      return keyInUse('scaling policy', problem.key);
    case 'never-fires':
      return neverFires(definitions[problem.index]);
    case 'window-too-long':
      return windowTooLong(definitions[problem.index], {
        periodSeconds: problem.periodSeconds,
        path: `${path}[${String(problem.index)}]`,
      });
  }
}

/** The error for a policy whose schedule has no occurrence from now on. */
export function neverFires(definition: Pick<PolicyDefinition, 'schedule'> | undefined): ApiError {
  const schedule = definition?.schedule;
  assert(schedule !== undefined, 'only a schedule can have no occurrence');
  switch (schedule.kind) {
    case 'at':
      return invalid(
        `Invalid "${schedule.at}" datetime: It must be in the future${restrictions(schedule)}`,
      );
    case 'cron':
      return invalid(
        `Invalid "${schedule.cron}" cron entry: It must fire at least once from now${restrictions(schedule)}`,
      );
  }
}

/** What may be the reason that a schedule does not fire, besides its expression or its time. */
function restrictions({
  timezone,
  dst,
  start,
  end,
  exclude,
  only,
}: Pick<CronSchedule, 'timezone' | 'dst' | 'start' | 'end' | 'exclude' | 'only'>): string {
  const members = {
    timezone,
    'dst.gap': dst?.gap,
    'dst.overlap': dst?.overlap,
    start,
    end,
    exclude,
    only,
  };
  const said = Object.entries(members).filter(([, value]) => value !== undefined);
  if (said.length === 0) return '';
  return `, with ${said.map(([name, value]) => `${name} ${JSON.stringify(value)}`).join(', ')}`;
}

/**
 * The error for a schedule whose only time, or whose end, has passed by `now`; undefined where there is nothing wrong
 * with that. `path` leads to the arguments.
 */
export function passedRefusal(
  { schedule }: Pick<PolicyDefinition, 'schedule'>,
  now: EpochMs,
  path: string,
): ApiError | undefined {
  if (schedule === undefined) return undefined;
  if (schedule.kind === 'at') return passedAt(schedule, now, path);
  const { end } = schedule;
  const endAt = end === undefined ? undefined : parseAt(end);
  if (endAt === undefined || endAt > now) return undefined;
  return invalid(`${path}.end must be in the future, not ${shown(end)}`);
}

function passedAt(schedule: AtSchedule, now: EpochMs, path: string): ApiError | undefined {
  const read = instantOfAt(schedule, zoneOf);
  if (read.kind === 'instant' && read.at > now) return undefined;
  const { at, timezone } = schedule;
  // The sentence of v1.0, to the letter: clients match it.
  if (timezone === undefined) return neverFires({ schedule });
  const instant = read.kind === 'instant' ? `, which is ${isoOf(read.at)}` : '';
  return invalid(`${path}.at must be in the future, not ${shown(at)} in ${timezone}${instant}`);
}

function readSchedule(args: PolicyArgsInput): Schedule {
  if ('cron' in args) return readCron(args);
  if (!('at' in args)) throw invalid('Incorrect args for schedule policy');
  const { at, timezone, dst } = args;
  return {
    ...{ kind: 'at', at },
    ...(timezone === undefined ? {} : { timezone }),
    ...(dst === undefined ? {} : { dst }),
  };
}

function readCron(args: CronInput): Schedule {
  const { jitter } = args;
  const members = Object.entries(args).filter(([key]) => key !== 'misfire' && key !== 'jitter');
  return {
    kind: 'cron',
    // The same members, less two; entries lose their types.
    ...(Object.fromEntries(members) as Omit<CronInput, 'misfire' | 'jitter'>),
    ...(jitter === undefined ? {} : { jitterSeconds: jitter }),
  };
}

function readMisfire(args: PolicyArgsInput): { readonly misfire?: MisfireChoice } {
  const misfire: MisfireInput | undefined = 'misfire' in args ? args.misfire : undefined;
  if (misfire === undefined) return {};
  const { policy, within } = misfire;
  return { misfire: { policy, ...(within === undefined ? {} : { withinSeconds: within }) } };
}

function readAdjustment(input: PolicyInput): Adjustment | CapacityWindow {
  const { change, changePercent, desiredCapacity, window } = input;
  if (window !== undefined) return readWindow(window);
  if (change !== undefined) return { kind: 'change', amount: change };
  if (changePercent !== undefined) return { kind: 'changePercent', percent: changePercent };
  // The schema lets exactly one of the four through.
  return { kind: 'desiredCapacity', amount: desiredCapacity ?? 0 };
}
