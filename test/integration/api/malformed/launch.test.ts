import { describe, it } from 'mocha';
import { aGroupBody, GROUPS } from '../../../support/api-server.ts';
import { refusingNode } from './refused.ts';
import type { Mistake } from './refused.ts';

type Fields = Readonly<Record<string, unknown>>;

const LONG = 'x'.repeat(257);

const SERVER = { flavorRef: '2', imageRef: 'b1' };

const SERVICE_NET = { uuid: '11111111-1111-1111-1111-111111111111' };

function launch(value: unknown): unknown {
  return aGroupBody({ launch: value });
}

/** A group of servers with these arguments. */
function serverArgs(args: Fields): unknown {
  return launch({ type: 'launch_server', args: { server: SERVER, ...args } });
}

function server(fields: Fields): unknown {
  return serverArgs({ server: { ...SERVER, ...fields } });
}

function stack(fields: Fields): unknown {
  return launch({ type: 'launch_stack', args: { stack: fields } });
}

const LAUNCH_MISTAKES: readonly Mistake[] = [
  {
    name: 'a launch configuration of null',
    body: launch(null),
    message: 'launchConfiguration must be an object with type and args, not null',
  },
  {
    name: 'no type',
    body: launch({ args: {} }),
    message:
      'launchConfiguration.type is missing: it must be one of "launch_server", "launch_stack", "process"',
  },
  {
    name: 'a type that is not known',
    body: launch({ type: 'x', args: {} }),
    message:
      'launchConfiguration.type must be one of "launch_server", "launch_stack", "process", not "x"',
  },
  {
    name: 'no args',
    body: launch({ type: 'process' }),
    message: /^launchConfiguration\.args is missing/,
  },
  {
    name: 'args that are no object',
    body: launch({ type: 'process', args: [] }),
    message: 'launchConfiguration.args must be an object, not []',
  },
  {
    name: 'a third key',
    body: launch({ type: 'process', args: { command: [] }, a: 1 }),
    message: /^launchConfiguration\.a is not known/,
  },
  {
    name: 'args that its provider refuses',
    body: launch({ type: 'process', args: { command: ['a', 5] } }),
    message: 'launchConfiguration.args.command[1] must be a string',
  },
  {
    name: 'no server',
    body: serverArgs({ server: undefined }),
    message: /^launchConfiguration\.args\.server is missing/,
  },
  {
    name: 'a flavor that is a number',
    body: server({ flavorRef: 2 }),
    message:
      'launchConfiguration.args.server.flavorRef must be a non-empty string without white space, not 2',
  },
  {
    name: 'a blank flavor',
    body: server({ flavorRef: '  ' }),
    message: /args\.server\.flavorRef must be .* not " {2}"$/,
  },
  {
    name: 'no image',
    body: server({ imageRef: undefined }),
    message: /args\.server\.imageRef is missing: .* block device mapping/,
  },
  {
    name: 'an image of null and a malformed second mapping',
    body: server({ imageRef: null, block_device_mapping_v2: [1] }),
    message: /args\.server\.imageRef must be .* not null$/,
  },
  {
    name: 'an image with a blank',
    body: server({ imageRef: 'a b', block_device_mapping: [] }),
    message: /args\.server\.imageRef must be/,
  },
  {
    name: 'a block device mapping of null',
    body: server({ block_device_mapping: null }),
    message: /args\.server\.block_device_mapping must be an array of objects, not null$/,
  },
  {
    name: 'personality that is an object',
    body: server({ personality: {} }),
    message: /args\.server\.personality must be an array/,
  },
  {
    name: 'a personality without contents',
    body: server({ personality: [{ path: 'a' }] }),
    message: /personality\[0\]\.contents is missing/,
  },
  {
    name: 'a personality with a long path',
    body: server({ personality: [{ path: LONG, contents: '' }] }),
    message: /personality\[0\]\.path must be a string of 1 to 255/,
  },
  {
    name: 'server metadata with a strange key',
    body: server({ metadata: { 'a/b': '' } }),
    message: /args\.server\.metadata\["a\/b"\] is not a key/,
  },
  {
    name: 'load balancers of null',
    body: serverArgs({ loadBalancers: null }),
    message: /args\.loadBalancers must be an array of at most 5/,
  },
  {
    name: 'six load balancers',
    body: serverArgs({
      loadBalancers: [1, 2, 3, 4, 5, 6].map((port) => ({ loadBalancerId: 1, port })),
    }),
    message: /args\.loadBalancers must be an array of at most 5/,
  },
  {
    name: 'the same load balancer twice',
    body: serverArgs({
      loadBalancers: [
        { loadBalancerId: 1, port: 2 },
        { port: 2, loadBalancerId: 1 },
      ],
    }),
    message: /args\.loadBalancers must be .* different/,
  },
  {
    name: 'a load balancer without port',
    body: serverArgs({ loadBalancers: [{ loadBalancerId: 1 }] }),
    message: /loadBalancers\[0\]\.port is missing: it must be an integer/,
  },
  {
    name: 'a load balancer of a type in small letters',
    body: serverArgs({
      loadBalancers: [{ loadBalancerId: 1, port: 2, type: 'cloudloadbalancer' }],
    }),
    message:
      /loadBalancers\[0\]\.type must be "CloudLoadBalancer" or "RackConnectV3", not "cloudloadbalancer"$/,
  },
  {
    name: 'a RackConnect load balancer with a port',
    body: serverArgs({ loadBalancers: [{ loadBalancerId: 'a', port: 2, type: 'RackConnectV3' }] }),
    message: /loadBalancers\[0\]\.port is not known/,
  },
  {
    name: 'a load balancer without ServiceNet',
    body: serverArgs({
      server: { ...SERVER, networks: [{ ...SERVICE_NET, a: 1 }] },
      loadBalancers: [{ loadBalancerId: 1, port: 2 }],
    }),
    message:
      'ServiceNet network must be present if one or more Cloud Load Balancers are configured.',
  },
  {
    name: 'a short draining time',
    body: serverArgs({ draining_timeout: 29 }),
    message: 'launchConfiguration.args.draining_timeout must be a number from 30 to 3600, not 29',
  },
  {
    name: 'a stack without template',
    body: stack({}),
    message: /args\.stack must be an object with either template or template_url/,
  },
  {
    name: 'a stack with two templates',
    body: stack({ template: 'a', template_url: 'b' }),
    message: /args\.stack must be an object with either template or template_url/,
  },
  {
    name: 'a stack with a name',
    body: stack({ template: 'a', stack_name: 'b' }),
    message: /args\.stack\.stack_name is not known/,
  },
  {
    name: 'no stack',
    body: launch({ type: 'launch_stack', args: {} }),
    message: /args\.stack is missing/,
  },
];

describe('A new group with', () => {
  const { expectRefused } = refusingNode();
  for (const mistake of LAUNCH_MISTAKES) {
    it(`${mistake.name} is refused`, () => expectRefused('POST', GROUPS, mistake));
  }
});

describe('A launch configuration that replaces one', () => {
  const { path, expectRefused } = refusingNode();

  it('is not wrapped', () =>
    expectRefused('PUT', `${path.group}/launch`, {
      body: { launchConfiguration: {} },
      message: /^type is missing/,
    }));
});
