/** From the bodies of Otter's v1.0 API, already of the right shape, to what the use cases take. */
import { assert } from '../base/assert.ts';
import type { EpochMs } from '../base/clock.ts';
import { isJsonObject } from '../base/json.ts';
import type { JsonObject } from '../base/json.ts';
import type { GroupLabels, GroupLimits, LaunchConfiguration } from '../domain/group/group.ts';
import type {
  Adjustment,
  CronSchedule,
  MisfireChoice,
  PolicyDefinition,
  Schedule,
} from '../domain/group/policy.ts';
import { parseAt } from '../domain/schedule/at.ts';
import type { PoliciesProblem } from '../scaling/new-policies.ts';
import { ApiError, invalid, keyInUse } from './errors.ts';
import type { LaunchInput } from './launch-schemas.ts';
import type { CronInput, MisfireInput, PolicyArgsInput } from './policy-args-schema.ts';
import type { ConfigInput, PolicyInput } from './schemas.ts';

const DEFAULT_MAX_ENTITIES = 1_000;
/** Load balancers of the cloud reach servers over this network and no other. */
const SERVICE_NET = '11111111-1111-1111-1111-111111111111';

/** A group's configuration, apart: what people call it, its bounds, and where it is, if that is said. */
export function readConfig(input: ConfigInput): {
  readonly labels: GroupLabels;
  readonly limits: GroupLimits;
  readonly region?: string;
} {
  const { name, metadata = {}, key, region, cooldown, minEntities } = input;
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
    limits: { minEntities, maxEntities, cooldownSeconds: cooldown },
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

/** Policies of one request, in order. `now` decides whether an `at` is still to come. */
export function readPolicies(
  inputs: readonly PolicyInput[],
  now: EpochMs,
): readonly PolicyDefinition[] {
  return inputs.map((input) => readPolicy(input, now));
}

/** One policy. `now` decides whether an `at` is still to come. */
export function readPolicy(input: PolicyInput, now: EpochMs): PolicyDefinition {
  const { name, cooldown, type, args, key } = input;
  if (type === 'cloud_monitoring') throw invalid('cloud_monitoring policy disabled');
  const schedule = args === undefined ? undefined : readSchedule(args, now);
  return {
    name,
    cooldownSeconds: cooldown,
    adjustment: readAdjustment(input),
    ...(schedule === undefined ? {} : { schedule }),
    ...(args === undefined ? {} : readMisfire(args)),
    ...(key === undefined ? {} : { key }),
  };
}

/** Why policies were not created, in words. `definitions` are those of the request. */
export function policiesRefusal(
  definitions: readonly PolicyDefinition[],
  problem: PoliciesProblem,
): ApiError {
  if (problem.kind === 'key-in-use') return keyInUse('scaling policy', problem.key);
  return neverFires(definitions[problem.index]);
}

/** The error for a policy whose schedule has no occurrence from now on. */
export function neverFires(definition: Pick<PolicyDefinition, 'schedule'> | undefined): ApiError {
  const schedule = definition?.schedule;
  assert(schedule !== undefined, 'only a schedule can have no occurrence');
  switch (schedule.kind) {
    case 'at':
      return invalid(`Invalid "${schedule.at}" datetime: It must be in the future`);
    case 'cron':
      return invalid(
        `Invalid "${schedule.cron}" cron entry: It must fire at least once from now${restrictions(schedule)}`,
      );
  }
}

/** What may be the reason that a cron expression does not fire, besides the expression. */
function restrictions({ timezone, dst, start, end }: CronSchedule): string {
  const members = { timezone, 'dst.gap': dst?.gap, 'dst.overlap': dst?.overlap, start, end };
  const said = Object.entries(members).filter(([, value]) => value !== undefined);
  if (said.length === 0) return '';
  return `, with ${said.map(([name, value]) => `${name} ${JSON.stringify(value)}`).join(', ')}`;
}

function readSchedule(args: PolicyArgsInput, now: EpochMs): Schedule {
  if ('cron' in args) return readCron(args, now);
  if (!('at' in args)) throw invalid('Incorrect args for schedule policy');
  const schedule: Schedule = { kind: 'at', at: args.at };
  const at = parseAt(args.at);
  if (at === undefined || at <= now) throw neverFires({ schedule });
  return schedule;
}

function readCron(args: CronInput, now: EpochMs): Schedule {
  const { jitter } = args;
  const end = args.end === undefined ? undefined : parseAt(args.end);
  if (end !== undefined && end <= now) {
    throw invalid(`Invalid "${String(args.end)}" end: It must be in the future`);
  }
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

function readAdjustment(input: PolicyInput): Adjustment {
  const { change, changePercent, desiredCapacity } = input;
  if (change !== undefined) return { kind: 'change', amount: change };
  if (changePercent !== undefined) return { kind: 'changePercent', percent: changePercent };
  // The schema lets exactly one of the three through.
  return { kind: 'desiredCapacity', amount: desiredCapacity ?? 0 };
}
