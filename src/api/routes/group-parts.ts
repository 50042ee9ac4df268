import {
  changeConfig,
  changeLaunch,
  convergeGroup,
  pauseGroup,
  resumeGroup,
} from '../../scaling/change-group.ts';
import {
  groupPaused,
  keyIsFixed,
  launchTypeInUse,
  noSuchGroup,
  regionIsFixed,
  tenantSuspended,
} from '../errors.ts';
import { requireLaunchable } from '../launch-catalogue.ts';
import { launchSchema } from '../launch-schemas.ts';
import { configBody, launchBody } from '../otter-format.ts';
import { readConfig, readLaunch } from '../otter-input.ts';
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
        GET: needs('read', async (call) => {
          const group = await groupOf(deps, call);
          const { layout } = deps.scaling.store;
          return { status: 200, body: { groupConfiguration: configBody(group, layout) } };
        }),
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
        POST: needs('execute', async (call) => {
          const target = groupTargetOf(call);
          const result = await pauseGroup(deps.scaling, target, { by: call.by });
          if (result.kind === 'no-such-group') throw noSuchGroup(target);
          return { status: 204 };
        }),
      },
    },
    {
      path: `${path}/resume`,
      methods: {
        POST: needs('execute', async (call) => {
          const target = groupTargetOf(call);
          const result = await resumeGroup(deps.scaling, target, { by: call.by });
          if (result.kind === 'no-such-group') throw noSuchGroup(target);
          return { status: 204 };
        }),
      },
    },
  ];
}

function launchMethods(deps: RouteDeps): Route['methods'] {
  const schema = launchSchema(deps.launchTypes);
  return {
    GET: needs('read', async (call) => {
      const { launch } = await groupOf(deps, call);
      return { status: 200, body: { launchConfiguration: launchBody(launch) } };
    }),
    PUT: needs('change', async (call) => {
      const launch = readLaunch(parseBody(schema, await call.body()));
      requireLaunchable(launch, deps.catalogue);
      const target = groupTargetOf(call);
      const result = await changeLaunch(deps.scaling, target, { launch, by: call.by });
      if (result.kind === 'no-such-group') throw noSuchGroup(target);
      if (result.kind === 'type-in-use') throw launchTypeInUse(result.type);
      return { status: 204 };
    }),
  };
}

async function putConfig(deps: RouteDeps, call: Call): Promise<Reply> {
  const config = readConfig(parseBody(configSchema, await call.body()));
  const target = groupTargetOf(call);
  const result = await changeConfig(deps.scaling, target, { ...config, by: call.by });
  switch (result.kind) {
    case 'changed':
      return { status: 204 };
    case 'suspended':
      throw tenantSuspended(target);
    case 'key-differs':
      throw keyIsFixed(result.key);
    case 'region-differs':
      throw regionIsFixed(result.region);
    case 'no-such-group':
      throw noSuchGroup(target);
  }
}

async function converge(deps: RouteDeps, call: Call): Promise<Reply> {
  const target = groupTargetOf(call);
  const result = await convergeGroup(deps.scaling, target);
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
