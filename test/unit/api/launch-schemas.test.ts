import { expect } from 'chai';
import { describe, it } from 'mocha';
import { ApiError } from '../../../src/api/errors.ts';
import { launchSchema } from '../../../src/api/launch-schemas.ts';
import { readLaunch } from '../../../src/api/otter-input.ts';
import { parseBody } from '../../../src/api/validation.ts';
import type { LaunchConfiguration } from '../../../src/domain/group/group.ts';

type Fields = Readonly<Record<string, unknown>>;
type Row = Readonly<{ name: string; body: unknown }>;

const SERVER = { flavorRef: '2', imageRef: 'b1' };
const VOLUME = { flavorRef: '2', block_device_mapping: [{ a: 1 }] };
const VOLUME_2 = { flavorRef: '2', block_device_mapping_v2: [{ a: 1 }] };
const SERVICE_NET = { uuid: '11111111-1111-1111-1111-111111111111' };
const PUBLIC_NET = { uuid: '00000000-0000-0000-0000-000000000000' };
const BALANCER = { loadBalancerId: 1, port: 80 };

/** What is kept of a launch configuration; throws where it is refused. */
function read(body: unknown): LaunchConfiguration {
  return readLaunch(parseBody(launchSchema(new Map()), body));
}

function args(fields: Fields): Fields {
  return { type: 'launch_server', args: { server: SERVER, ...fields } };
}

function server(fields: Fields): Fields {
  return args({ server: { ...SERVER, ...fields } });
}

function balanced(...loadBalancers: readonly unknown[]): Fields {
  return args({ loadBalancers });
}

function networked(networks: unknown, ...loadBalancers: readonly unknown[]): Fields {
  return args({ server: { ...SERVER, networks }, loadBalancers });
}

function stack(fields: Fields): Fields {
  return { type: 'launch_stack', args: { stack: fields } };
}

const KEPT: readonly Row[] = [
  { name: 'the least', body: args({}) },
  {
    name: 'what only the provider knows',
    body: server({ name: 5, 'OS-DCF:diskConfig': 'AUTO', key_name: null, user_data: [1], a: {} }),
  },
  { name: 'a number that is a fraction as draining time', body: args({ draining_timeout: 30.5 }) },
  { name: 'the longest draining time', body: args({ draining_timeout: 3_600 }) },
  { name: 'no image with a mapping', body: args({ server: VOLUME }) },
  {
    name: 'an image of null with a mapping',
    body: args({ server: { ...VOLUME, imageRef: null } }),
  },
  { name: 'an empty image with a mapping', body: args({ server: { ...VOLUME, imageRef: '' } }) },
  { name: 'an empty mapping', body: args({ server: { ...VOLUME, block_device_mapping: [] } }) },
  { name: 'no image with a second mapping', body: args({ server: VOLUME_2 }) },
  {
    name: 'an image of null with a second mapping',
    body: args({ server: { ...VOLUME_2, imageRef: null } }),
  },
  {
    name: 'an image with a malformed second mapping',
    body: server({ block_device_mapping_v2: 'x' }),
  },
  { name: 'no files', body: server({ personality: [] }) },
  {
    name: 'files with further keys, empty and with the longest path',
    body: server({ personality: [{ path: 'x'.repeat(255), contents: '', owner: 1 }] }),
  },
  {
    name: 'metadata with every sign, the longest keys and values, and none',
    body: server({ metadata: { 'aZ9-_:. ': '', ['k'.repeat(255)]: 'ä'.repeat(255) } }),
  },
  { name: 'empty metadata', body: server({ metadata: {} }) },
  { name: 'no load balancers', body: balanced() },
  {
    name: 'the same load balancer as a number and as a text',
    body: balanced(BALANCER, { loadBalancerId: '1', port: 80 }),
  },
  {
    name: 'the same load balancer with its type and without',
    body: balanced(BALANCER, { ...BALANCER, type: 'CloudLoadBalancer' }),
  },
  { name: 'ports that are none', body: balanced({ ...BALANCER, port: -1 }) },
  { name: 'a port without bounds', body: balanced({ ...BALANCER, port: 9_007_199_254_740_991 }) },
  {
    name: 'a RackConnect load balancer',
    body: balanced({ loadBalancerId: 'pool', type: 'RackConnectV3' }),
  },
  {
    name: 'five load balancers',
    body: balanced(...[1, 2, 3, 4, 5].map((port) => ({ ...BALANCER, port }))),
  },
  { name: 'ServiceNet among networks', body: networked([PUBLIC_NET, SERVICE_NET], BALANCER) },
  { name: 'networks of null', body: networked(null, BALANCER) },
  { name: 'other networks without load balancers', body: networked([PUBLIC_NET]) },
  {
    name: 'other networks with a RackConnect load balancer',
    body: networked([PUBLIC_NET], { loadBalancerId: 'pool', type: 'RackConnectV3' }),
  },
  {
    name: 'a stack with everything',
    body: stack({
      ...{ template: { a: 1 }, disable_rollback: false, environment: {}, files: {} },
      ...{ parameters: {}, timeout_mins: 1.5 },
    }),
  },
  {
    name: 'a stack of texts',
    body: stack({ template: 'a', environment: 'b' }),
  },
  { name: 'a stack by URL', body: stack({ template_url: '' }) },
];

const REFUSED: readonly (Row & { readonly says: string | RegExp })[] = [
  { name: 'a third key', body: { ...args({}), x: 1 }, says: /^x is not known/ },
  { name: 'args of null', body: { type: 'launch_server', args: null }, says: /^args must be/ },
  { name: 'a server of null', body: args({ server: null }), says: /^args\.server must be/ },
  { name: 'a key beside the server', body: args({ a: 1 }), says: /^args\.a is not known/ },
  ...[null, '30', 29.9, 3_600.1, true].map((value) => ({
    name: `a draining time of ${JSON.stringify(value)}`,
    body: args({ draining_timeout: value }),
    says: /^args\.draining_timeout must be a number from 30 to 3600/,
  })),
  ...[undefined, null, 2, '', ' ', 'a b', 'a\tb'].map((value) => ({
    name: `a flavor of ${JSON.stringify(value)}`,
    body: server({ flavorRef: value }),
    says: /^args\.server\.flavorRef (must be|is missing: it must be) a non-empty string/,
  })),
  ...[undefined, null, 2, '', '   ', 'a b', {}].map((value) => ({
    name: `an image of ${JSON.stringify(value)} without a mapping`,
    body: server({ imageRef: value }),
    says: /^args\.server\.imageRef (must be|is missing: it must be) a non-empty string/,
  })),
  {
    name: 'no image with a malformed second mapping',
    body: args({ server: { ...VOLUME_2, block_device_mapping_v2: [1] } }),
    says: /^args\.server\.imageRef is missing/,
  },
  ...[null, {}, [1], [null], [[]]].map((value) => ({
    name: `a mapping of ${JSON.stringify(value)}`,
    body: server({ block_device_mapping: value }),
    says: /^args\.server\.block_device_mapping(\[0\])? must be an/,
  })),
  ...[null, {}, 'a', 1, [1], [null]].map((value) => ({
    name: `personality of ${JSON.stringify(value)}`,
    body: server({ personality: value }),
    says: /^args\.server\.personality(\[0\])? must be an/,
  })),
  ...[undefined, null, '', 1, 'x'.repeat(256)].map((path) => ({
    name: `a file at ${String(path).slice(0, 20)} (${typeof path})`,
    body: server({ personality: [{ path, contents: '' }] }),
    says: /^args\.server\.personality\[0\]\.path (must be|is missing: it must be) a string of 1/,
  })),
  ...[undefined, null, 1].map((contents) => ({
    name: `a file that holds ${JSON.stringify(contents)}`,
    body: server({ personality: [{ path: 'a', contents }] }),
    says: /^args\.server\.personality\[0\]\.contents (must be|is missing: it must be) a string/,
  })),
  ...[[], 'a', { '': 'a' }, { 'a/b': '' }, { ['k'.repeat(256)]: '' }, { a: 1 }, { a: null }].map(
    (value) => ({
      name: `metadata of ${JSON.stringify(value).slice(0, 20)}`,
      body: server({ metadata: value }),
      says: /^args\.server\.metadata/,
    }),
  ),
  {
    name: 'a long value of metadata',
    body: server({ metadata: { a: 'v'.repeat(256) } }),
    says: /255/,
  },
  { name: 'load balancers of null', body: args({ loadBalancers: null }), says: /at most 5/ },
  {
    name: 'six load balancers',
    body: balanced(...[1, 2, 3, 4, 5, 6].map((port) => ({ ...BALANCER, port }))),
    says: /at most 5/,
  },
  {
    name: 'the same load balancer twice, its keys in another order',
    body: balanced(BALANCER, { port: 80, loadBalancerId: 1 }),
    says: /different load balancers/,
  },
  ...[undefined, '80', 1.5, null, true].map((port) => ({
    name: `a port of ${JSON.stringify(port)}`,
    body: balanced({ ...BALANCER, port }),
    says: /^args\.loadBalancers\[0\]\.port (must be|is missing: it must be) an integer/,
  })),
  ...[undefined, '', 'a b', 1.5, null, true].map((loadBalancerId) => ({
    name: `a load balancer called ${JSON.stringify(loadBalancerId)}`,
    body: balanced({ ...BALANCER, loadBalancerId }),
    says: /^args\.loadBalancers\[0\]\.loadBalancerId (must be|is missing: it must be) an? (integer|non-empty)/,
  })),
  ...['cloudloadbalancer', '', 'NotReal', null, 1].map((type) => ({
    name: `a load balancer of the type ${JSON.stringify(type)}`,
    body: balanced({ ...BALANCER, type }),
    says: /^args\.loadBalancers\[0\]\.type must be "CloudLoadBalancer" or "RackConnectV3"/,
  })),
  {
    name: 'a load balancer with a further key',
    body: balanced({ ...BALANCER, weight: 1 }),
    says: /^args\.loadBalancers\[0\]\.weight is not known/,
  },
  {
    name: 'a RackConnect load balancer with a port',
    body: balanced({ ...BALANCER, loadBalancerId: 'a', type: 'RackConnectV3' }),
    says: /^args\.loadBalancers\[0\]\.port is not known/,
  },
  {
    name: 'a RackConnect load balancer that is called by a number',
    body: balanced({ loadBalancerId: 1, type: 'RackConnectV3' }),
    says: /^args\.loadBalancers\[0\]\.loadBalancerId must be a non-empty string/,
  },
  ...[[], [PUBLIC_NET], [{ ...SERVICE_NET, port: 1 }], {}, 'x'].map((networks) => ({
    name: `a load balancer with the networks ${JSON.stringify(networks)}`,
    body: networked(networks, { ...BALANCER, type: 'CloudLoadBalancer' }),
    says: 'ServiceNet network must be present if one or more Cloud Load Balancers are configured.',
  })),
  {
    name: 'other networks with a load balancer of each kind',
    body: networked([PUBLIC_NET], { loadBalancerId: 'a', type: 'RackConnectV3' }, BALANCER),
    says: 'ServiceNet network must be present if one or more Cloud Load Balancers are configured.',
  },
  { name: 'no stack', body: { type: 'launch_stack', args: {} }, says: /^args\.stack is missing/ },
  { name: 'a key beside the stack', body: { ...stack({}), args: { a: 1 } }, says: /^args\./ },
  { name: 'no template', body: stack({}), says: /either template or template_url/ },
  {
    name: 'two templates',
    body: stack({ template: {}, template_url: 'a' }),
    says: /either template or template_url/,
  },
  ...[
    { template: null },
    { template: [] },
    { template_url: {} },
    { template: 'a', disable_rollback: 'true' },
    { template: 'a', environment: 5 },
    { template: 'a', files: 'x' },
    { template: 'a', parameters: [] },
    { template: 'a', timeout_mins: '5' },
    { template: 'a', timeout_mins: null },
    { template: 'a', stack_name: 'b' },
  ].map((fields) => ({
    name: `a stack of ${JSON.stringify(fields)}`,
    body: stack(fields),
    says: /^args\.stack\.\w+ (must be|is not known)/,
  })),
];

describe('A launch configuration', () => {
  for (const { name, body } of KEPT) {
    it(`is kept verbatim with ${name}`, () => {
      const before = JSON.stringify(body);

      expect(JSON.stringify(read(body))).to.equal(before);
    });
  }

  it('loses server metadata of null, and nothing else', () => {
    const loadBalancers = [BALANCER];

    const kept = read(args({ server: { ...SERVER, metadata: null, name: null }, loadBalancers }));

    expect(kept).to.deep.equal(args({ server: { ...SERVER, name: null }, loadBalancers }));
  });

  for (const { name, body, says } of REFUSED) {
    it(`is refused with ${name}`, () => {
      // As it comes over the wire: what is undefined is not there.
      const sent: unknown = JSON.parse(JSON.stringify(body));

      expect(() => read(sent))
        .to.throw(ApiError, says)
        .with.property('type', 'ValidationError');
    });
  }
});
