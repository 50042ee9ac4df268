import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Json } from '../../../../src/base/json.ts';
import { showLaunchValue } from '../../../../src/domain/history/launch-values.ts';
import { changesBetween } from '../../../../src/domain/history/value-change.ts';

/** What is shown of a new launch configuration, by path. */
function shown(launch: Json): Readonly<Record<string, unknown>> {
  const { changes } = changesBetween(undefined, launch, showLaunchValue);
  return Object.fromEntries(changes.map(({ path, after }) => [path, after]));
}

describe('showLaunchValue', () => {
  it('shows what starts a process, and no value of its environment', () => {
    expect(
      shown({
        type: 'process',
        args: {
          ...{ command: ['node', 'server.mjs'], cwd: '/srv', stop_timeout: 10, output: 'file' },
          env: { PORT: '80', API_TOKEN: 'hunter2', name: 'too', url: 'http://a' },
        },
      }),
    ).to.deep.equal({
      ...{ type: 'process', 'args.command[0]': 'node', 'args.command[1]': 'server.mjs' },
      ...{ 'args.cwd': '/srv', 'args.stop_timeout': 10, 'args.output': 'file' },
      ...{ 'args.env.PORT': '(hidden)', 'args.env.API_TOKEN': '(hidden)' },
      ...{ 'args.env.name': '(hidden)', 'args.env.url': '(hidden)' },
    });
  });

  it('shows the host of a webhook, and neither its path nor its headers', () => {
    expect(
      shown({
        type: 'webhook',
        args: {
          url: 'https://hooks.example:8443/v1.0/execute/1/c0ffee?key=1',
          ...{ headers: { Authorization: 'Bearer x', type: 'y' }, timeout: 5, evicts: true },
        },
      }),
    ).to.deep.equal({
      ...{ type: 'webhook', 'args.url': 'https://hooks.example:8443/(hidden)' },
      ...{ 'args.headers.Authorization': '(hidden)', 'args.headers.type': '(hidden)' },
      ...{ 'args.timeout': 5, 'args.evicts': true },
    });
  });

  it('shows of a server what it is made of, and nothing that is put into it', () => {
    expect(
      shown({
        type: 'launch_server',
        args: {
          server: {
            ...{ imageRef: 'i1', flavorRef: 'f1', name: 'web', adminPass: 'x', user_data: 'x' },
            ...{ key_name: 'x', metadata: { name: 'x' }, networks: [{ uuid: 'n1' }] },
            personality: [{ path: '/etc/x', contents: 'x' }],
          },
          loadBalancers: [{ loadBalancerId: 7, port: 80 }],
        },
      }),
    ).to.deep.equal({
      ...{ type: 'launch_server', 'args.server.imageRef': 'i1', 'args.server.flavorRef': 'f1' },
      ...{ 'args.server.name': 'web', 'args.server.adminPass': '(hidden)' },
      ...{ 'args.server.user_data': '(hidden)', 'args.server.key_name': '(hidden)' },
      ...{ 'args.server.metadata.name': '(hidden)', 'args.server.networks[0].uuid': 'n1' },
      ...{ 'args.server.personality[0].path': '(hidden)' },
      ...{ 'args.server.personality[0].contents': '(hidden)' },
      ...{ 'args.loadBalancers[0].loadBalancerId': 7, 'args.loadBalancers[0].port': 80 },
    });
  });

  const addresses: readonly { readonly url: string; readonly shown: string }[] = [
    { url: 'http://127.0.0.1:9000', shown: 'http://127.0.0.1:9000' },
    { url: 'http://127.0.0.1:9000/', shown: 'http://127.0.0.1:9000/' },
    { url: 'https://user:pass@a.example/x', shown: 'https://a.example/(hidden)' },
    { url: 'https://a.example?token=1', shown: 'https://a.example/(hidden)' },
    { url: 'https://a.example#x', shown: 'https://a.example/(hidden)' },
    { url: 'user:pass@a.example', shown: '(hidden)' },
    { url: 'https://user:p@ss@a.example', shown: 'https://a.example' },
    { url: '/secret', shown: '(hidden)' },
  ];
  for (const { url, shown: expected } of addresses) {
    it(`shows of ${url} no more than ${expected}`, () => {
      expect(shown({ args: { url } })).to.deep.equal({ 'args.url': expected });
    });
  }

  it('hides texts that nobody knows to be harmless, and shows numbers and truths', () => {
    expect(shown({ type: 'else', args: { note: 'x', size: 3, isOn: false } })).to.deep.equal({
      ...{ type: 'else', 'args.note': '(hidden)', 'args.size': 3, 'args.isOn': false },
    });
  });

  it('hides numbers, too, below what is called like a secret', () => {
    expect(shown({ args: { secrets: { pin: 1234 }, parameters: { n: 1 } } })).to.deep.equal({
      ...{ 'args.secrets.pin': '(hidden)', 'args.parameters.n': '(hidden)' },
    });
  });
});
