import type { z } from 'zod';
import { Gate } from '../../base/gate.ts';
import type { GroupLimits } from '../../domain/group/group.ts';
import type { PolicyDefinition } from '../../domain/group/policy.ts';
import type { PolicyId } from '../../domain/ids.ts';
import { parseAt } from '../../domain/schedule/at.ts';
import { isoOf } from '../../domain/schedule/iso.ts';
import { explainGroup } from '../../scaling/explain-group.ts';
import { forecastGroup } from '../../scaling/forecast-group.ts';
import type { ForecastGroupResult } from '../../scaling/forecast-group.ts';
import { calendarsRefusal } from '../calendar-errors.ts';
import { ApiError, invalid, invalidQuery, noSuchGroup, overPolicyLimit } from '../errors.ts';
import { explanationBody, forecastBody } from '../forecast-format.ts';
import { forecastSchema, STEPS } from '../forecast-schema.ts';
import { neverFires, readPolicies } from '../otter-input.ts';
import { instantOf, mistaken } from '../query.ts';
import { parseBody, shown } from '../validation.ts';
import { windowTooLong } from '../window-format.ts';
import { inTurn } from './in-turn.ts';
import { needs } from './route.ts';
import type { Call, Reply, Route, RouteDeps } from './route.ts';
import { groupTargetOf } from './targets.ts';

/** Forecasts that are made at once; each holds the thread for a few ms at a time, and the others wait. */
const FORECASTS_MAX = 2;

/** What the schedules of a group will do to its size, and why it has the size that it has. */
export function forecastRoutes(deps: RouteDeps): readonly Route[] {
  const group = '/v1.0/:tenantId/groups/:groupId';
  const waiting = { gate: new Gate(FORECASTS_MAX), turns: deps.scaling.turns };
  return [
    {
      path: `${group}/forecast`,
      methods: {
        GET: needs('read', (call) => inTurn(waiting, call, () => forecastAsItIs(deps, call))),
        // It changes nothing, so that a repeat is harmless, and a key is passed over.
        POST: needs('read', async (call) => {
          // Before its turn: a client that sends its body slowly must not keep others waiting.
          const body = await call.body();
          return inTurn(waiting, call, () => forecastWhatIf(deps, call, body));
        }),
      },
    },
    {
      path: `${group}/explain`,
      methods: {
        GET: needs('read', (call) => inTurn(waiting, call, () => explanation(deps, call))),
      },
    },
  ];
}

type ForecastInput = z.output<typeof forecastSchema>;

/** What was asked for, as far as refusals name it. */
interface Asked {
  readonly added: readonly PolicyDefinition[];
  readonly without: readonly string[];
  /** The refusal of `to`, which says what would be right. */
  readonly refusedTo: (what: string) => ApiError;
}

async function forecastAsItIs(deps: RouteDeps, call: Call): Promise<Reply> {
  const { query } = call;
  const result = await forecastGroup(deps.scaling, groupTargetOf(call), {
    from: instantOf(query, 'from'),
    to: instantOf(query, 'to'),
    listed: listedOf(query),
  });
  const refusedTo = (what: string): ApiError =>
    invalidQuery(`Invalid query argument for "to": it must be ${what}`);
  return replyTo(deps, call, result, { added: [], without: [], refusedTo });
}

function listedOf(query: URLSearchParams): (typeof STEPS)[number] {
  const text = query.get('steps') ?? 'changes';
  const known = STEPS.find((word) => word === text);
  if (known === undefined) throw mistaken('steps', text, `is none of ${STEPS.join(', ')}`);
  return known;
}

async function forecastWhatIf(deps: RouteDeps, call: Call, body: unknown): Promise<Reply> {
  const input = parseBody(forecastSchema, body);
  const { without = [], policies = [], groupConfiguration = {}, steps } = input;
  const added = readPolicies(policies, deps.scaling.clock.now(), 'policies');
  const result = await forecastGroup(deps.scaling, groupTargetOf(call), {
    from: input.from === undefined ? undefined : parseAt(input.from),
    to: input.to === undefined ? undefined : parseAt(input.to),
    listed: steps ?? 'changes',
    changes: {
      added,
      without: without.map((id) => id as PolicyId), // compared with those that there are
      limits: limitsOf(groupConfiguration),
    },
  });
  const refusedTo = (what: string): ApiError => invalid(`to must be ${what}`);
  return replyTo(deps, call, result, { added, without, refusedTo });
}

function limitsOf({
  minEntities,
  maxEntities,
  cooldown,
}: NonNullable<ForecastInput['groupConfiguration']>): Partial<GroupLimits> {
  return {
    ...(minEntities === undefined ? {} : { minEntities }),
    ...(maxEntities === undefined ? {} : { maxEntities }),
    ...(cooldown === undefined ? {} : { cooldownSeconds: cooldown }),
  };
}

function replyTo(deps: RouteDeps, call: Call, result: ForecastGroupResult, asked: Asked): Reply {
  if (result.kind === 'forecast') {
    return { status: 200, body: forecastBody(result.forecast, result.now) };
  }
  throw refusalOf(deps, call, result, asked);
}

function refusalOf(
  { scaling }: RouteDeps,
  call: Call,
  result: Exclude<ForecastGroupResult, { kind: 'forecast' }>,
  { added, without, refusedTo }: Asked,
): ApiError {
  switch (result.kind) {
    case 'no-such-group':
      return noSuchGroup(groupTargetOf(call));
    case 'no-such-span': {
      const [from, latest] = [isoOf(result.from), isoOf(result.latest)];
      return refusedTo(`later than "from", which is ${from}, and not later than ${latest}`);
    }
    case 'no-such-policy': {
      const place = `without[${String(result.index)}]`;
      const id = shown(without[result.index]);
      return invalid(`${place} must be the id of a policy of the group, not ${id}`);
    }
    case 'calendar-refused':
      return calendarsRefusal(result, (index) => `policies[${String(index)}].args`);
    case 'never-fires':
      return neverFires(added[result.index]);
    case 'window-too-long': {
      const path = `policies[${String(result.index)}]`;
      return windowTooLong(added[result.index], { periodSeconds: result.periodSeconds, path });
    }
    case 'over-policy-limit': {
      const { maxPoliciesPerGroup: max } = scaling.limits;
      const { count } = result;
      return overPolicyLimit(groupTargetOf(call), { count, added: added.length, max });
    }
    case 'min-above-max':
      return new ApiError(
        'InvalidMinEntities',
        'minEntities must be less than or equal to maxEntities',
      );
  }
}

async function explanation(deps: RouteDeps, call: Call): Promise<Reply> {
  const target = groupTargetOf(call);
  const explained = await explainGroup(deps.scaling, target);
  if (explained === undefined) throw noSuchGroup(target);
  return { status: 200, body: explanationBody(explained, deps.scaling.occurrencesOf) };
}
