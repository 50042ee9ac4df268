import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import type { GroupId } from '../../../src/domain/ids.ts';
import {
  aGroupBody,
  aPolicyBody,
  at,
  createGroup,
  createPolicy,
  GROUPS,
  startApi,
} from '../../support/api-server.ts';
import type { ApiFixture } from '../../support/api-server.ts';
import { requestSchema } from '../../support/described-replies.ts';
import { matches } from '../../support/json-schema.ts';
import type { Json } from '../../support/json-schema.ts';

/** A body, and whether it is one. */
interface Example {
  readonly what: string;
  readonly body: unknown;
  readonly isGood: boolean;
}

const good = (what: string, body: unknown): Example => ({ what, body, isGood: true });
const bad = (what: string, body: unknown): Example => ({ what, body, isGood: false });

const config = (changes: Json): Json => aGroupBody({ config: changes });
const launch = (type: string, args: unknown): Json => aGroupBody({ launch: { type, args } });
const server = (fields: Json, others: Json = {}): Json =>
  launch('launch_server', { server: { flavorRef: '2', imageRef: 'i', ...fields }, ...others });
const balanced = (...loadBalancers: readonly Json[]): Json => server({}, { loadBalancers });
const stack = (fields: Json): Json => launch('launch_stack', { stack: fields });

const LATER = { at: '2099-01-01T00:00:00Z' };
const TIMED = {
  ...{ cron: '0 0 9 LW * *', timezone: 'Europe/Berlin', dialect: 'extended', jitter: 86_400 },
  ...{ start: '2098-01-01T00:00:00Z', end: '2099-01-01T00:00:00Z' },
  ...{ dst: { gap: 'skip', overlap: 'both' }, misfire: { policy: 'skip', within: 0.5 } },
};
const FISH = '\u{1f41f}';

const GROUP_EXAMPLES: readonly Example[] = [
  good('as small as can be', aGroupBody()),
  bad('with a key too many', { ...aGroupBody(), color: 'red' }),
  bad('without a launch configuration', { groupConfiguration: config({})['groupConfiguration'] }),
  bad('that is a list', [aGroupBody()]),
  good('with a name of 256 characters beyond the first plane', config({ name: FISH.repeat(256) })),
  bad('with a name of 257 characters', config({ name: 'n'.repeat(257) })),
  bad('with a name of blanks', config({ name: ' \t' })),
  bad('with a name that is a number', config({ name: 7 })),
  good('with a cooldown of a day', config({ cooldown: 86_400 })),
  bad('with a cooldown of more than a day', config({ cooldown: 86_401 })),
  bad('with a cooldown of one and a half seconds', config({ cooldown: 1.5 })),
  bad('with a minimum below zero', config({ minEntities: -1 })),
  good('with a maximum of 1000', config({ maxEntities: 1_000 })),
  bad('with a maximum of 1001', config({ maxEntities: 1_001 })),
  bad('with no maximum', config({ maxEntities: null })),
  good('with metadata', config({ metadata: { a: '', ['k'.repeat(256)]: 'v'.repeat(256) } })),
  bad('with a metadata value that is too long', config({ metadata: { a: 'v'.repeat(257) } })),
  bad('with a metadata key that is too long', config({ metadata: { ['k'.repeat(257)]: '' } })),
  bad('with a metadata key of two lines', config({ metadata: { 'a\nb': '' } })),
  bad('with a metadata value that is a number', config({ metadata: { a: 1 } })),
  bad('with metadata in a list', config({ metadata: [] })),
  bad('with an empty key', config({ key: '' })),
  good('with policies', aGroupBody({ policies: [aPolicyBody(), aPolicyBody({ change: -1 })] })),
  bad(
    'with 101 policies',
    aGroupBody({ policies: Array.from({ length: 101 }, () => aPolicyBody()) }),
  ),
];

const LAUNCH_EXAMPLES: readonly Example[] = [
  bad('of an unknown type', launch('balloon', {})),
  bad('without arguments', aGroupBody({ launch: { type: 'process' } })),
  bad('with arguments in a list', launch('process', [])),
  good('of a server', server({ anything: { at: 'all' }, metadata: null })),
  bad('of a server without a flavor', server({ flavorRef: '' })),
  bad('of a server with a blank in its image', server({ imageRef: 'a b' })),
  bad('of a server without an image', server({ imageRef: null })),
  good('of a server from block devices', server({ imageRef: '', block_device_mapping: [{}] })),
  good('of a server from others', server({ imageRef: null, block_device_mapping_v2: [] })),
  bad('of a server from texts', server({ imageRef: null, block_device_mapping_v2: ['a'] })),
  good('with a file', server({ personality: [{ path: '/a', contents: 'YQ==', mode: 1 }] })),
  bad('with a file without contents', server({ personality: [{ path: '/a' }] })),
  bad('with server metadata of a strange key', server({ metadata: { ä: 'b' } })),
  good(
    'with both kinds of load balancers',
    balanced({ loadBalancerId: 1, port: 80 }, { loadBalancerId: 'x', type: 'RackConnectV3' }),
  ),
  bad(
    'with the same load balancer twice',
    balanced({ loadBalancerId: 1, port: 80 }, { port: 80, loadBalancerId: 1 }),
  ),
  bad(
    'with a port that RackConnect does not have',
    balanced({ loadBalancerId: 'x', port: 80, type: 'RackConnectV3' }),
  ),
  bad(
    'with six load balancers',
    balanced(...[1, 2, 3, 4, 5, 6].map((port) => ({ loadBalancerId: 1, port }))),
  ),
  good('that drains for half a minute', server({}, { draining_timeout: 30 })),
  bad('that drains for less', server({}, { draining_timeout: 29.9 })),
  good('of a stack', stack({ template: {}, environment: '', files: {}, timeout_mins: 0.5 })),
  bad('of a stack with two templates', stack({ template: '', template_url: '' })),
  bad('of a stack without a template', stack({})),
];

const policies = (changes: Json): readonly object[] => [aPolicyBody(changes)];
const scheduled = (args: unknown): readonly object[] => policies({ type: 'schedule', args });
const adjusted = (adjustment: Json): readonly object[] => [
  { name: 'p', type: 'webhook', cooldown: 0, ...adjustment },
];

const POLICY_EXAMPLES: readonly Example[] = [
  bad('of none', []),
  bad('that are no list', aPolicyBody()),
  good('of one that is executed by hand', policies({})),
  bad('with arguments for what is executed by hand', policies({ args: LATER })),
  good('of one with a time', scheduled(LATER)),
  good('of one with a cron expression', scheduled({ cron: '*/5 * * * *' })),
  bad('with a time and a cron expression', scheduled({ ...LATER, cron: '* * * * *' })),
  bad('with a time that is a number', scheduled({ at: 4_070_908_800 })),
  bad('with a schedule that says nothing', scheduled({})),
  good('with all that a schedule can say', scheduled(TIMED)),
  good('with an instant that may be late', scheduled({ ...LATER, misfire: { policy: 'skip' } })),
  bad('with an instant and jitter', scheduled({ ...LATER, jitter: 5 })),
  bad('with clock changes and no zone', scheduled({ cron: '0 9 * * *', dst: {} })),
  bad('with another dialect', scheduled({ ...TIMED, dialect: 'quartz' })),
  bad('with a gap that is none', scheduled({ ...TIMED, dst: { gap: 'both' } })),
  bad('with no jitter', scheduled({ ...TIMED, jitter: 0 })),
  bad('with half a second of jitter', scheduled({ ...TIMED, jitter: 0.5 })),
  bad('with jitter of more than a day', scheduled({ ...TIMED, jitter: 86_401 })),
  bad('with no calendars', scheduled({ ...TIMED, exclude: [] })),
  bad('with a calendar that is no list', scheduled({ ...TIMED, only: 'days' })),
  bad('with a calendar twice', scheduled({ ...TIMED, exclude: ['a', 'a'] })),
  bad('with a name of none', scheduled({ ...TIMED, only: ['a b'] })),
  bad('with an instant and calendars', scheduled({ ...LATER, exclude: ['a'] })),
  bad('with a misfire that says nothing', scheduled({ ...TIMED, misfire: {} })),
  bad('with a misfire of no time', scheduled({ ...TIMED, misfire: { policy: 'all', within: 0 } })),
  bad('with a zone that is too long', scheduled({ ...TIMED, timezone: 'Z'.repeat(65) })),
  bad('with a schedule that says too much', scheduled({ ...TIMED, zone: 'UTC' })),
  bad('with a schedule that is missing', policies({ type: 'schedule' })),
  bad('of a type that was never offered', policies({ type: 'cloud_monitoring', args: LATER })),
  bad('that watch a check', scheduled({ check: {}, alarm_criteria: {} })),
  good('with half a second of cooldown', policies({ cooldown: 0.5 })),
  bad('without a cooldown', [{ name: 'p', type: 'webhook', change: 1 }]),
  bad('without an adjustment', adjusted({})),
  bad('with two adjustments', adjusted({ change: 1, desiredCapacity: 1 })),
  bad('with a change of nothing', adjusted({ change: 0 })),
  bad('with a change of a half', adjusted({ change: 0.5 })),
  good('with a half per cent', adjusted({ changePercent: -0.5 })),
  bad('with no per cent', adjusted({ changePercent: 0 })),
  good('with a desired capacity of none', adjusted({ desiredCapacity: 0 })),
  bad('with a desired capacity below none', adjusted({ desiredCapacity: -1 })),
];

const WEBHOOK_EXAMPLES: readonly Example[] = [
  good('of one', [{ name: 'w' }]),
  good('of one with metadata', [{ name: 'w', metadata: { a: 'b' } }]),
  bad('of none', []),
  bad('with a key too many', [{ name: 'w', id: 'x' }]),
  bad('without a name', [{ metadata: {} }]),
];

const WHOLE = {
  ...{ name: 'web', cooldown: 0, minEntities: 0, maxEntities: 9 },
  metadata: {},
};

const CONFIG_EXAMPLES: readonly Example[] = [
  good('that is complete', WHOLE),
  bad('without a maximum', { ...WHOLE, maxEntities: undefined }),
  bad('without metadata', { ...WHOLE, metadata: undefined }),
];

describe('Bodies that the document describes are those that the API takes:', () => {
  let api: ApiFixture;
  let document: Json;
  let path: Readonly<Record<'groupId' | 'policyId', string>>;
  before(async () => {
    const limits = { maxGroups: 100, maxPoliciesPerGroup: 1_000, maxWebhooksPerPolicy: 100 };
    api = await startApi({ limits });
    const groupId: GroupId = await createGroup(api);
    path = { groupId, policyId: await createPolicy(api, groupId) };
    document = (await api.call('GET', '/openapi.json')).body as Json;
  });
  after(() => api.close(0));

  const group = '/v1.0/:tenantId/groups/:groupId';
  for (const { name, method, where, examples } of [
    ...[
      {
        name: 'a group',
        method: 'POST',
        where: '/v1.0/:tenantId/groups',
        examples: GROUP_EXAMPLES,
      },
      {
        name: 'a launch',
        method: 'POST',
        where: '/v1.0/:tenantId/groups',
        examples: LAUNCH_EXAMPLES,
      },
    ],
    { name: 'a configuration', method: 'PUT', where: `${group}/config`, examples: CONFIG_EXAMPLES },
    { name: 'policies', method: 'POST', where: `${group}/policies`, examples: POLICY_EXAMPLES },
    {
      ...{ name: 'webhooks', method: 'POST', where: `${group}/policies/:policyId/webhooks` },
      examples: WEBHOOK_EXAMPLES,
    },
  ]) {
    for (const { what, body, isGood } of examples) {
      it(`${isGood ? 'takes' : 'refuses'} ${name} ${what}`, async () => {
        const sentTo = where
          .replace('/v1.0/:tenantId/groups', GROUPS)
          .replace(':groupId', path.groupId)
          .replace(':policyId', path.policyId);
        const reply = await api.call(method, sentTo, { body });
        const sent = JSON.parse(JSON.stringify(body)) as unknown;
        const isDescribed = matches(requestSchema(document, method, where), sent, document);

        expect(
          { isTaken: reply.status < 300, isDescribed },
          String(at(reply.body, 'error', 'message')),
        ).to.deep.equal({ isTaken: isGood, isDescribed: isGood });
      });
    }
  }
});
