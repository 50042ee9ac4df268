import { isJsonObject } from '../../base/json.ts';
import { decodeGroup } from '../../domain/group/fields.ts';
import type { Group } from '../../domain/group/group.ts';
import type { EndProblem } from '../../domain/plan/ends.ts';
import { parseAt } from '../../domain/schedule/at.ts';
import {
  changeConfig,
  changeLaunch,
  convergeGroup,
  pauseGroup,
  resumeGroup,
} from '../../scaling/change-group.ts';
import type { ConvergeResult, PauseResult, ResumeResult } from '../../scaling/change-group.ts';
import type { GroupTarget } from '../../scaling/write-group.ts';
import { answerOnce } from '../answer-once.ts';
import { expectationOf, tagged } from '../entity-tag.ts';
import {
  ApiError,
  groupPaused,
  keyIsFixed,
  launchTypeInUse,
  noSuchGroup,
  notAsExpected,
  regionIsFixed,
  tenantSuspended,
} from '../errors.ts';
import { requireLaunchable } from '../launch-catalogue.ts';
import { launchSchema } from '../launch-schemas.ts';
import { configBody, launchBody } from '../otter-format.ts';
import { readConfig, readLaunch } from '../otter-input.ts';
import { endRefused } from '../plan-errors.ts';
import { pauseSchema } from '../plan-schemas.ts';
import { configSchema } from '../schemas.ts';
import { parseBody } from '../validation.ts';
import { needs } from './route.ts';
import type { Call, Reply, Route, RouteDeps } from './route.ts';
import { groupOf, groupTargetOf } from './targets.ts';

/** A group's two configurations, and what can be done to a group besides deleting it. */
export function groupPartRoutes(deps: RouteDeps): readonly Route[] {
  const path = '/v1.0/:tenantId/groups/:groupId';
  return [
    {
      path: `${path}/config`,
      methods: {
        GET: needs(
          'read',
          tagged(async (call) => ({
            status: 200,
            body: shownConfig(deps, await groupOf(deps, call)),
          })),
        ),
        PUT: needs('change', (call) => putConfig(deps, call)),
      },
    },
    {
      path: `${path}/launch`,
      methods: launchMethods(deps),
    },
    {
      path: `${path}/converge`,
      methods: { POST: needs('execute', (call) => converge(deps, call)) },
    },
    {
      path: `${path}/pause`,
      methods: {
        POST: needs('execute', (call) => pause(deps, call)),
      },
    },
    {
      path: `${path}/resume`,
      methods: {
        POST: needs('execute', async (call) => {
          const { by } = call;
          const target = groupTargetOf(call);
          return answerOnce<ResumeResult>(deps, call, {
            target,
            ask: (once) => resumeGroup(deps.scaling, target, { by, once }),
            reply: (result) => doneUnlessMissing(result, target),
          });
        }),
      },
    },
  ];
}

async function pause(deps: RouteDeps, call: Call): Promise<Reply> {
  const text = await pauseEndOf(call);
  const until = text === undefined ? undefined : parseAt(text);
  const target = groupTargetOf(call);
  return answerOnce<PauseResult>(deps, call, {
    ...{ target, body: text === undefined ? undefined : { until: text } },
    ask: (once) => pauseGroup(deps.scaling, target, { until, by: call.by, once }),
    reply: (result) => {
      if (result.kind === 'end-passed' || result.kind === 'end-too-far') {
        throw endRefused(text, result);
      }
      return doneUnlessMissing(result, target);
    },
  });
}

/** Clients of v1.0 may send any body, and none was ever read: one that is no JSON object is still of no interest. */
async function pauseEndOf(call: Call): Promise<string | undefined> {
  try {
    const body = await call.optionalBody();
    return isJsonObject(body) ? parseBody(pauseSchema, body).until : undefined;
  } catch (error) {
    if (error instanceof ApiError && error.type === 'InvalidJsonError') return undefined;
    throw error;
  }
}

function doneUnlessMissing(
  result: Exclude<PauseResult, EndProblem> | ResumeResult,
  target: GroupTarget,
): Reply {
  if (result.kind === 'no-such-group') throw noSuchGroup(target);
  return { status: 204 };
}

function launchMethods(deps: RouteDeps): Route['methods'] {
  const schema = launchSchema(deps.launchTypes);
  return {
    GET: needs(
      'read',
      tagged(async (call) => ({ status: 200, body: shownLaunch(await groupOf(deps, call)) })),
    ),
    PUT: needs('change', async (call) => {
      const launch = readLaunch(parseBody(schema, await call.body()));
      requireLaunchable(launch, deps.catalogue);
      const target = groupTargetOf(call);
      const expectation = expectationOf(call, (stored) => shownLaunch(decodeGroup(stored)));
      const request = { launch, by: call.by, expectation };
      const result = await changeLaunch(deps.scaling, target, request);
      if (result.kind === 'no-such-group') throw noSuchGroup(target);
      if (result.kind === 'not-as-expected') throw notAsExpected();
      if (result.kind === 'type-in-use') throw launchTypeInUse(result.type);
      return { status: 204 };
    }),
  };
}

function shownConfig({ scaling }: RouteDeps, group: Group): object {
  return { groupConfiguration: configBody(group, scaling.store.layout) };
}

function shownLaunch({ launch }: Group): object {
  return { launchConfiguration: launchBody(launch) };
}

async function putConfig(deps: RouteDeps, call: Call): Promise<Reply> {
  const config = readConfig(parseBody(configSchema, await call.body()));
  const target = groupTargetOf(call);
  const expectation = expectationOf(call, (stored) => shownConfig(deps, decodeGroup(stored)));
  const request = { ...config, by: call.by, expectation };
  const result = await changeConfig(deps.scaling, target, request);
  switch (result.kind) {
    case 'changed':
      return { status: 204 };
    case 'suspended':
      throw tenantSuspended(target);
    case 'key-differs':
      throw keyIsFixed(result.key);
    case 'region-differs':
      throw regionIsFixed(result.region);
    case 'not-as-expected':
      throw notAsExpected();
    case 'no-such-group':
      throw noSuchGroup(target);
  }
}

async function converge(deps: RouteDeps, call: Call): Promise<Reply> {
  const target = groupTargetOf(call);
  return answerOnce<ConvergeResult>(deps, call, {
    target,
    ask: (once) => convergeGroup(deps.scaling, target, { by: call.by, once }),
    reply: (result) => convergeReply(result, target),
  });
}

function convergeReply(result: ConvergeResult, target: GroupTarget): Reply {
  switch (result.kind) {
    case 'marked':
      return { status: 204 };
    case 'suspended':
      throw tenantSuspended(target);
    case 'paused':
      throw groupPaused('converge', target);
    case 'no-such-group':
      throw noSuchGroup(target);
  }
}
