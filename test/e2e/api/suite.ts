/**
 * What clients of Otter's v1.0 API count on, request by request: status, headers and whole bodies, over real
 * HTTP, on every way of running Lutra. A way of running is started once; tests share it and nothing else.
 */
import { after, before, describe } from 'mocha';
import { bodies } from './areas/bodies.ts';
import { capabilities } from './areas/capabilities.ts';
import { catalogue } from './areas/catalogue.ts';
import { config } from './areas/config.ts';
import { convergePause } from './areas/converge-pause.ts';
import { deletion } from './areas/deletion.ts';
import { entityTags } from './areas/entity-tags.ts';
import { errors } from './areas/errors.ts';
import { execute } from './areas/execute.ts';
import { groups } from './areas/groups.ts';
import { history } from './areas/history.ts';
import { launch } from './areas/launch.ts';
import { limits } from './areas/limits.ts';
import { links } from './areas/links.ts';
import { pagination } from './areas/pagination.ts';
import { plans } from './areas/plans.ts';
import { policies } from './areas/policies.ts';
import { repeats } from './areas/repeats.ts';
import { schedules } from './areas/schedules.ts';
import { servers } from './areas/servers.ts';
import { transport } from './areas/transport.ts';
import { webhooks } from './areas/webhooks.ts';
import { windows } from './areas/windows.ts';
import { World } from './support/world.ts';
import type { SetUp } from './support/world.ts';

const AREAS = [
  ...[transport, bodies, errors, links, pagination, groups, deletion, config, launch],
  ...[
    policies,
    schedules,
    execute,
    webhooks,
    capabilities,
    convergePause,
    servers,
    catalogue,
    limits,
  ],
  ...[repeats, entityTags, history, windows, plans],
];

/** All of it, on one way of running. */
export function apiSuite(setUp: SetUp): void {
  describe(`The API of ${setUp.name}`, () => {
    const world = new World(setUp);
    before(() => world.start());
    after(() => world.stop());
    for (const area of AREAS) area(world);
  });
}
