import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import {
  aGroupBody,
  at,
  createGroup,
  GROUPS,
  NOBODY,
  refusal,
  startApi,
} from '../../support/api-server.ts';
import type { ApiFixture } from '../../support/api-server.ts';
import { contentOf, LIMITS } from '../../support/scaling.ts';

const SERVER = { flavorRef: '2', imageRef: 'b1' };
const RIGHT = { type: 'launch_server', args: { server: SERVER } };
/** Asks for what is not there. */
const UNKNOWN = {
  type: 'launch_server',
  args: { server: { ...SERVER, imageRef: 'x', flavorRef: 'y' } },
};
/** The same, for load balancers that could not reach its network. */
const UNREACHABLE = {
  type: 'launch_server',
  args: {
    server: { ...UNKNOWN.args.server, networks: [] },
    loadBalancers: [{ loadBalancerId: 1, port: 80 }],
  },
};
const PROBLEMS = refusal(
  'InvalidLaunchConfiguration',
  400,
  'Following problems with launch configuration:\nInvalid imageRef "x" in launchConfiguration\nInvalid flavorRef "y" in launchConfiguration',
);
const NO_SERVICE_NET = refusal(
  'ValidationError',
  400,
  'ServiceNet network must be present if one or more Cloud Load Balancers are configured.',
);

describe('A launch configuration that asks for what there is not', () => {
  let api: ApiFixture;
  beforeEach(async () => {
    api = await startApi({
      limits: { ...LIMITS, maxGroups: 1 },
      catalogue: {
        images: [{ id: 'b1', status: 'ACTIVE' }],
        flavors: ['2'],
        personality: { maxFiles: 5, maxFileBytes: 1_000 },
      },
    });
  });
  afterEach(() => api.close(0));

  it('is refused for a new group, and nothing is stored', async () => {
    const before = await contentOf(api.store);

    const reply = await api.call('POST', GROUPS, { body: aGroupBody({ launch: UNKNOWN }) });

    expect(reply.status).to.equal(400);
    expect(reply.body).to.deep.equal(PROBLEMS);
    expect(await contentOf(api.store)).to.deep.equal(before);
  });

  it('is refused for a group that there is, which keeps what it has', async () => {
    const path = `${GROUPS}/${await createGroup(api, { launch: RIGHT })}/launch`;

    const reply = await api.call('PUT', path, { body: UNKNOWN });

    expect(reply.status).to.equal(400);
    expect(reply.body).to.deep.equal(PROBLEMS);
    expect((await api.call('GET', path)).body).to.deep.equal({ launchConfiguration: RIGHT });
  });

  it('is told after what is wrong with the body itself, and before that there are too many groups', async () => {
    await createGroup(api, { launch: RIGHT });
    const config = { minEntities: 2, maxEntities: 1 };
    const policies = [
      { name: 'p', cooldown: 0, change: 1, type: 'schedule', args: { at: '2000-01-01T00:00:00Z' } },
    ];
    const bodies = [
      { body: aGroupBody({ config, launch: UNREACHABLE, policies }), type: 'ValidationError' },
      { body: aGroupBody({ config, launch: UNREACHABLE }), type: 'InvalidMinEntities' },
      { body: aGroupBody({ launch: UNREACHABLE }), type: 'ValidationError' },
      { body: aGroupBody({ launch: UNKNOWN }), type: 'InvalidLaunchConfiguration' },
      { body: aGroupBody({ launch: RIGHT }), type: 'ScalingGroupOverLimitError' },
    ];
    const replies = [];
    for (const { body } of bodies) replies.push(await api.call('POST', GROUPS, { body }));

    expect(replies.map(({ body }) => at(body, 'error', 'type'))).to.deep.equal(
      bodies.map(({ type }) => type),
    );
    expect(at(replies[0]?.body, 'error', 'message')).to.match(/It must be in the future$/);
    expect(replies[2]?.body).to.deep.equal(NO_SERVICE_NET);
  });

  it('is told before that there is no such group', async () => {
    const path = `${GROUPS}/${NOBODY}/launch`;

    expect((await api.call('PUT', path, { body: UNREACHABLE })).body).to.deep.equal(NO_SERVICE_NET);
    expect((await api.call('PUT', path, { body: UNKNOWN })).body).to.deep.equal(PROBLEMS);
    expect((await api.call('PUT', path, { body: RIGHT })).status).to.equal(404);
  });
});
