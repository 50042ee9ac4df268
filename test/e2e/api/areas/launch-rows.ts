/** What a launch configuration may and must not be, wherever it is sent. */
import { aLaunch, SERVICE_NET } from '../support/bodies.ts';

/** One launch configuration. */
export interface LaunchRow {
  readonly name: string;
  readonly launch: unknown;
  /** What the refusal must say; undefined where the launch configuration is fine. */
  readonly refused?: RegExp;
}

type Fields = Readonly<Record<string, unknown>>;

const server = (fields: Fields): unknown => aLaunch({ server: fields });
const args = (fields: Fields): unknown => aLaunch({ args: fields });
const balanced = (...loadBalancers: unknown[]): unknown => args({ loadBalancers });
const onNetworks = (networks: unknown, ...loadBalancers: unknown[]): unknown =>
  aLaunch({ server: { networks }, args: { loadBalancers } });
const stack = (fields: unknown): unknown => ({ type: 'launch_stack', args: { stack: fields } });
const personality = (value: unknown): unknown => server({ personality: value });
const booted = (imageRef: unknown, key: string, mapping: unknown): unknown =>
  server({ imageRef, [key]: mapping });

const CLOUD = { loadBalancerId: 1, port: 80 };
const RACK = { loadBalancerId: 'a-b', type: 'RackConnectV3' };
const MAPPING = [{ volume_id: 'v', device_name: 'vda' }];
const TEMPLATE = { template: 'heat_template_version: 2015-04-30' };
const LONG = 'x'.repeat(255);
const SERVICE_NET_MISSING = /^ServiceNet network must be present/;

const fine = (name: string, launch: unknown): LaunchRow => ({ name, launch });

/** Values of one place that must not be there. */
function wrong(
  place: string,
  values: readonly unknown[],
  launchOf: (value: unknown) => unknown,
): readonly LaunchRow[] {
  const refused = new RegExp(place.replace(/[.[\]]/g, '\\$&'));
  return values.map((value) => {
    const text = value === undefined ? 'missing' : JSON.stringify(value).slice(0, 40);
    return { name: `${place} ${text}`, launch: launchOf(value), refused };
  });
}

const SHAPES: readonly LaunchRow[] = [
  fine('an image and a flavor and nothing else', aLaunch()),
  ...wrong('type', [undefined, 'x', 'Launch_server', '', null, 5], (type) => ({
    ...aLaunch(),
    type,
  })),
  ...wrong('args', [undefined, null, [], 'x', {}], (value) => ({ ...aLaunch(), args: value })),
  { name: 'a third key', launch: { ...aLaunch(), id: 'x' }, refused: /^(\w+\.)?id is not known/ },
  {
    name: 'a wrapping',
    launch: { launchConfiguration: aLaunch() },
    refused: /type|launchConfiguration/,
  },
  ...wrong('args.server', [undefined, null, [], 'x'], (value) => args({ server: value })),
  { name: 'a key of args that is not known', launch: args({ extra: 1 }), refused: /extra/ },
  ...[30, 3_600, 30.5].map((seconds) =>
    fine(`draining_timeout ${String(seconds)}`, args({ draining_timeout: seconds })),
  ),
  ...wrong('draining_timeout', [29, 29.9, 3_601, '60', null, true, 0, -30], (seconds) =>
    args({ draining_timeout: seconds }),
  ),
];

const SERVERS: readonly LaunchRow[] = [
  fine(
    'whatever the provider may know',
    server({ name: 5, key_name: null, networks: 'x', a: [{}] }),
  ),
  fine('disk and user data', server({ 'OS-DCF:diskConfig': 'AUTO', user_data: 'eA==', name: 'w' })),
  ...wrong('flavorRef', [undefined, '', ' ', 'a b', '2\n', '\t', 2, null, {}], (flavorRef) =>
    server({ flavorRef }),
  ),
  ...wrong('imageRef', [undefined, '', null, ' ', 'a b', ' b1', 5, [], {}, false], (imageRef) =>
    server({ imageRef }),
  ),
  ...wrong('imageRef', [' ', 'a b', 5, false, {}], (imageRef) =>
    booted(imageRef, 'block_device_mapping', MAPPING),
  ),
  ...['block_device_mapping', 'block_device_mapping_v2'].flatMap((key) => [
    ...[undefined, null, ''].map((image) =>
      fine(`imageRef ${JSON.stringify(image)} with ${key}`, booted(image, key, MAPPING)),
    ),
    fine(`imageRef null with ${key} of nothing`, booted(null, key, [])),
    fine(`an image and ${key}`, booted('b1', key, [{}])),
    ...wrong('server', [null, {}, 'x', [1], [null]], (mapping) => booted('', key, mapping)),
  ]),
  ...wrong('block_device_mapping', [null, {}, 'x', [1], [[]]], (mapping) =>
    booted('b1', 'block_device_mapping', mapping),
  ),
  ...[null, 'x', {}, [1]].map((mapping) =>
    fine(
      `an image and block_device_mapping_v2 ${JSON.stringify(mapping)}`,
      booted('b1', 'block_device_mapping_v2', mapping),
    ),
  ),
  ...[{}, { a: '' }, { 'aZ0-_:. ': LONG }, { [LONG]: 'b' }].map((metadata) =>
    fine(`metadata ${JSON.stringify(metadata).slice(0, 30)}`, server({ metadata })),
  ),
  ...wrong(
    'metadata',
    [
      ...['x', [], 5, { a: 1 }, { a: null }, { a: {} }, { '': 'b' }, { 'a/b': 'c' }, { é: 'c' }],
      ...[{ [`${LONG}x`]: 'b' }, { a: `${LONG}x` }, { 'a\n': 'b' }],
    ],
    (metadata) => server({ metadata }),
  ),
];

const FILES: readonly LaunchRow[] = [
  fine('no files', personality([])),
  fine('a file', personality([{ path: '/etc/motd', contents: 'aGVsbG8=' }])),
  fine('a file with more to it', personality([{ path: LONG, contents: 'aGk=', mode: 1 }])),
  ...wrong(
    'personality',
    [
      ...[null, {}, 'x', 5, [null], ['x'], [[]], [{}], [{ path: '/a' }], [{ contents: 'eA==' }]],
      ...[
        { path: '', contents: 'eA==' },
        { path: `${LONG}x`, contents: 'eA==' },
      ].map((file) => [file]),
      ...[
        { path: 5, contents: 'eA==' },
        { path: '/a', contents: 5 },
      ].map((file) => [file]),
      [{ path: '/a', contents: null }],
    ],
    personality,
  ),
];

const BALANCERS: readonly LaunchRow[] = [
  fine('no load balancers', args({ loadBalancers: [] })),
  fine('a load balancer by number', balanced(CLOUD)),
  fine('a load balancer by text', balanced({ loadBalancerId: '1', port: 80 })),
  fine('a load balancer that says its type', balanced({ ...CLOUD, type: 'CloudLoadBalancer' })),
  fine(
    'a port of any number',
    balanced({ loadBalancerId: 1, port: -1 }, { ...CLOUD, port: 99_999 }),
  ),
  fine('a RackConnect pool', balanced(RACK)),
  fine('number and text of one port', balanced(CLOUD, { loadBalancerId: '1', port: 80 })),
  fine(
    'five load balancers',
    balanced(...[1, 2, 3, 4].map((id) => ({ loadBalancerId: id, port: 80 })), RACK),
  ),
  ...wrong(
    'loadBalancers',
    [
      ...[null, {}, 'x', 5, [null], ['x'], [[]], [{}], [{ loadBalancerId: 1 }], [{ port: 80 }]],
      [CLOUD, CLOUD],
      [CLOUD, RACK, { port: 80, loadBalancerId: 1 }],
      [RACK, RACK],
      [1, 2, 3, 4, 5, 6].map((id) => ({ loadBalancerId: id, port: 80 })),
      ...['', ' ', 'a b', null, 1.5, true, {}].map((id) => [{ loadBalancerId: id, port: 80 }]),
      ...['80', null, 80.5, true].map((port) => [{ loadBalancerId: 1, port }]),
      ...['cloudloadbalancer', '', 'NotReal', 'rackconnectv3', null, 5].map((type) => [
        { ...CLOUD, type },
      ]),
      [{ ...CLOUD, weight: 1 }],
      [{ ...RACK, port: 80 }],
      [{ ...RACK, loadBalancerId: 1 }],
      [{ ...RACK, loadBalancerId: '' }],
      [{ ...RACK, loadBalancerId: 'a b' }],
    ],
    (loadBalancers) => args({ loadBalancers }),
  ),
];

const NETWORKS: readonly LaunchRow[] = [
  fine('a load balancer and no networks', onNetworks(undefined, CLOUD)),
  fine('a load balancer and networks of null', onNetworks(null, CLOUD)),
  fine('a load balancer and ServiceNet', onNetworks([{ uuid: 'x' }, SERVICE_NET], CLOUD)),
  fine('networks alone', aLaunch({ server: { networks: [{ uuid: 'x' }] } })),
  fine('a RackConnect pool and other networks', onNetworks([{ uuid: 'x' }], RACK)),
  ...[
    [],
    [{ uuid: 'x' }],
    [{ ...SERVICE_NET, fixed_ip: '10.0.0.1' }],
    [SERVICE_NET.uuid],
    { ...SERVICE_NET },
    'x',
    [{ uuid: SERVICE_NET.uuid.slice(1) }],
  ].flatMap((networks) =>
    [[CLOUD], [RACK, { ...CLOUD, type: 'CloudLoadBalancer' }]].map((loadBalancers) => ({
      name: `${String(loadBalancers.length)} load balancers on networks ${JSON.stringify(networks)}`,
      launch: onNetworks(networks, ...loadBalancers),
      refused: SERVICE_NET_MISSING,
    })),
  ),
];

const STACKS: readonly LaunchRow[] = [
  fine('a stack by its template', stack(TEMPLATE)),
  fine('a stack by a template of parts', stack({ template: { resources: {} } })),
  fine('a stack by the address of its template', stack({ template_url: 'http://127.0.0.1/t' })),
  fine(
    'a stack with all there is to it',
    stack({
      ...{ ...TEMPLATE, disable_rollback: true, environment: 'a: b', files: { a: 'b' } },
      ...{ parameters: { p: 1 }, timeout_mins: 1.5 },
    }),
  ),
  fine('a stack with an environment of parts', stack({ ...TEMPLATE, environment: {} })),
  ...wrong('stack', [undefined, null, [], 'x', {}], stack),
  ...wrong('stack', [{ ...TEMPLATE, template_url: 'x' }, { parameters: {} }], stack),
  ...[
    ...[{ template: 5 }, { template: null }, { template: [] }, { template_url: {} }],
    ...[{ stack_name: 'x' }, { disable_rollback: 'true' }, { environment: [] }, { files: [] }],
    ...[{ parameters: 'x' }, { timeout_mins: '1' }, { timeout_mins: null }],
  ].flatMap((fields) =>
    wrong(Object.keys(fields)[0] ?? '', [fields], (value) =>
      stack('template' in fields || 'template_url' in fields ? value : { ...TEMPLATE, ...fields }),
    ),
  ),
  {
    name: 'a stack and more',
    launch: { type: 'launch_stack', args: { stack: TEMPLATE, extra: 1 } },
    refused: /extra/,
  },
];

export const LAUNCH_ROWS: readonly LaunchRow[] = [
  ...[...SHAPES, ...SERVERS, ...FILES, ...BALANCERS, ...NETWORKS, ...STACKS],
];
