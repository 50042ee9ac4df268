import { expect } from 'chai';
import { describe, it } from 'mocha';

import { readFileSync } from 'node:fs';

import { hasCode } from '../../../src/base/errors.ts';
import { defaultSettings } from '../../../src/config/defaults.ts';
import { loadSettings } from '../../../src/config/load.ts';
import type { Environment, LoadedSettings } from '../../../src/config/load.ts';
import { effectiveSettings, parseConfig } from '../../../src/config/parse.ts';
import type { Config } from '../../../src/config/schema.ts';

function load(text = '', environment: Environment = {}): LoadedSettings {
  const defaults = defaultSettings({ hostName: 'ada' });
  return loadSettings({ defaults, file: { name: 'l.yaml', text }, environment, options: [] });
}

function parse(text = '', environment: Environment = {}): Config {
  return parseConfig(load(text, environment), '/srv');
}

function refusalOf(text: string, environment: Environment = {}): string {
  try {
    parse(text, environment);
  } catch (error) {
    if (hasCode(error, 'config-invalid')) return error.message;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('parseConfig', () => {
  it('has the defaults where nothing is set, with computed ones filled in', () => {
    const config = parse();

    expect(config.node.name).to.equal('ada');
    expect(config.dataFolder).to.equal('/srv/.lutra');
    expect(config.providers.webhook.signingKeyFile).to.equal('/srv/.lutra/webhook-signing.key');
    expect(config.api).to.deep.equal({ host: '127.0.0.1', port: 9000, urlRoot: undefined });
  });

  it('starts relative paths in the folder, and keeps the key in the data folder that is set', () => {
    expect(parse('dataFolder: data').providers.webhook.signingKeyFile).to.equal(
      '/srv/data/webhook-signing.key',
    );
    expect(
      parse('providers: {webhook: {signingKeyFile: k}}').providers.webhook.signingKeyFile,
    ).to.equal('/srv/k');
    expect(parse('dataFolder: /var/lib/lutra').dataFolder).to.equal('/var/lib/lutra');
  });

  it('is frozen to the last list', () => {
    const { providers } = parse('providers: {webhook: {allow: [10.0.0.0/8]}}');

    expect(Object.isFrozen(providers.webhook)).to.equal(true);
    expect(Object.isFrozen(providers.webhook.allow)).to.equal(true);
  });

  const ALLOWED_HOSTS = ['127.0.0.1', '127.9.9.9', '::1', 'localhost'];
  for (const host of ALLOWED_HOSTS) {
    it(`lets the API listen on ${host}`, () => {
      expect(parse(`api: {host: '${host}'}`).api.host).to.equal(host);
    });
  }

  const ALLOWED_RANGES = ['10.0.0.0/8', '::1', 'fc00::/7', '127.0.0.1', '0.0.0.0/0'];
  for (const range of ALLOWED_RANGES) {
    it(`takes ${range} as a range`, () => {
      const { webhook } = parse(`providers: {webhook: {allow: ['${range}']}}`).providers;

      expect(webhook.allow).to.deep.equal([range]);
    });
  }

  const REFUSED = [
    { text: 'api: {port: 70000}', starts: 'l.yaml:1:13: api.port: is too large, received 70000' },
    { text: 'api: {port: -1}', starts: 'l.yaml:1:13: api.port: is too small, received -1' },
    {
      text: 'api: {port: "80"}',
      starts: 'l.yaml:1:13: api.port: has the wrong type, received "80"',
    },
    { text: 'api: {prot: 80}', starts: 'l.yaml:1:7: api.prot: is unknown here; known are host' },
    { text: 'apis: 1', starts: 'l.yaml:1:1: apis: is unknown here' },
    { text: '__proto__: {a: 1}', starts: 'l.yaml:1:1: __proto__: is unknown here' },
    { text: 'constructor: 1', starts: 'l.yaml:1:1: constructor: is unknown here' },
    { text: 'log: 5', starts: 'l.yaml:1:6: log: has the wrong type, received 5; write level' },
    { text: '- a', starts: 'l.yaml:1:1: has the wrong type, received ["a"]' },
    { text: 'log: {level: loud}', starts: 'l.yaml:1:14: log.level: is not what it can be' },
    { text: 'api: {host: 0.0.0.0}', starts: 'l.yaml:1:13: api.host: is not an address of this' },
    { text: 'api: {host: 128.0.0.1}', starts: 'l.yaml:1:13: api.host: is not an address' },
    { text: 'api: {host: 127.example.com}', starts: 'l.yaml:1:13: api.host: is not an address' },
    { text: 'api: {host: }', starts: 'l.yaml:1:13: api.host: is missing; write 127.0.0.1' },
    { text: 'api: {urlRoot: ftp://a}', starts: 'l.yaml:1:16: api.urlRoot: is not a web URL' },
    { text: 'api: {urlRoot: "http://a/"}', starts: 'l.yaml:1:16: api.urlRoot: ends in something' },
    { text: 'api: {urlRoot: "http://u:p@a"}', starts: 'l.yaml:1:16: api.urlRoot: holds cred' },
    { text: 'dataFolder: ""', starts: 'l.yaml:1:13: dataFolder: is not a path' },
    { text: 'node: {name: "a b"}', starts: 'l.yaml:1:14: node.name: is not a name' },
    { text: 'store: {partitionCount: 0}', starts: 'l.yaml:1:25: store.partitionCount: is too sm' },
    { text: 'limits: {pageMax: 1.5}', starts: 'l.yaml:1:19: limits.pageMax: has the wrong type' },
    {
      text: 'providers: {webhook: {allow: 10.0.0.0/8}}',
      starts: 'l.yaml:1:30: providers.webhook.allow: has the wrong type',
    },
    ...[
      '10/8',
      '10.0.0.0/33',
      '::1/129',
      '10.0.0.0/',
      'example.com',
      'fe80::1%eth0',
      '1.1.1.1/8/8',
    ].map((range) => ({
      text: `providers: {webhook: {allow: ['${range}']}}`,
      starts: 'l.yaml:1:31: providers.webhook.allow[0]: is not an address range',
    })),
    {
      text: 'providers: {process: {enabled: 1}}',
      starts: 'l.yaml:1:32: providers.process.enabled: has the wrong type',
    },
  ];
  for (const { text, starts } of REFUSED) {
    it(`refuses ${text}`, () => {
      expect(refusalOf(text).startsWith(starts), refusalOf(text)).to.equal(true);
    });
  }

  it('names the variable that a wrong value comes from', () => {
    expect(refusalOf('', { LUTRA_API_PORT: 'abc' })).to.equal(
      'LUTRA_API_PORT: api.port: has the wrong type, received "abc"; write a whole number from 0 to 65535',
    );
  });

  it('has a line for everything that is wrong', () => {
    expect(refusalOf('api: {port: -1}\nlog: {level: x}\nfoo: 1\n').split('\n')).to.have.length(3);
  });

  const RELATIONS = [
    {
      name: 'a call that outlives the lock',
      text: 'converger: {lockTtlMs: 30000}',
      starts: 'l.yaml:1:24: converger.lockTtlMs: a call to a provider must end before the lock',
    },
    {
      name: 'waits that shrink',
      text: 'converger: {backoffFirstMs: 300001}',
      starts: 'l.yaml:1:29: converger.backoffFirstMs: waits between attempts grow',
    },
    {
      name: 'calls that are cut before a webhook may time out',
      text: 'converger: {callTimeoutMs: 29999}',
      starts:
        'l.yaml:1:28: converger.callTimeoutMs: a group may ask the webhook provider for 30000',
    },
    {
      name: 'calls that are cut before processes may have stopped',
      text: 'converger: {callTimeoutMs: 24999}\nproviders: {webhook: {enabled: false}}',
      starts:
        'l.yaml:1:28: converger.callTimeoutMs: a group may ask the process provider for 25000',
    },
  ];
  for (const { name, text, starts } of RELATIONS) {
    it(`refuses ${name}`, () => {
      expect(refusalOf(text).startsWith(starts), refusalOf(text)).to.equal(true);
      expect(refusalOf(text).split('\n')).to.have.length(1);
    });
  }

  it('asks nothing of the call time-out for providers that are switched off', () => {
    const text =
      'converger: {callTimeoutMs: 100, lockTtlMs: 101}\nproviders: {webhook: {enabled: false}, process: {enabled: false}}';

    expect(parse(text).converger.callTimeoutMs).to.equal(100);
  });
});

describe('effectiveSettings', () => {
  it('says of every setting where it comes from', () => {
    const loaded = load('log: {level: debug}', { LUTRA_API_PORT: '0' });
    const settings = effectiveSettings(parseConfig(loaded, '/srv'), loaded);

    const changed = settings.filter(({ from }) => from !== 'default');
    expect(changed).to.deep.equal([
      { key: 'api.port', value: 0, from: 'LUTRA_API_PORT' },
      { key: 'log.level', value: 'debug', from: 'l.yaml:1:14' },
    ]);
    expect(settings).to.deep.include({ key: 'api.urlRoot', value: undefined, from: 'default' });
  });
});

describe('config/lutra.yaml', () => {
  const text = readFileSync('config/lutra.yaml', 'utf8');

  it('amounts to the defaults', () => {
    expect(parse(text)).to.deep.equal(parse());
  });

  it('shows every setting, those with computed defaults as comments that can be made settings', () => {
    const uncommented = text.replace(/^( *)# ([A-Za-z]+: \S+)$/gm, '$1$2');
    const loaded = load(uncommented);

    parseConfig(loaded, '/srv');
    const unset = loaded.keys.filter((key) => loaded.originOf(key.split('.')) === undefined);
    expect(unset).to.deep.equal([]);
  });
});
