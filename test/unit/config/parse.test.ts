import { readFileSync } from 'node:fs';

import { expect } from 'chai';
import { describe, it } from 'mocha';

import { effectiveSettings, parseConfig } from '../../../src/config/parse.ts';
import { configOf as parse, loadText as load, refusalOf } from '../../support/settings.ts';

describe('parseConfig', () => {
  it('has the defaults where nothing is set, with computed ones filled in', () => {
    const config = parse();

    expect(config.node.name).to.equal('ada');
    expect(config.dataFolder).to.equal('/srv/.lutra');
    expect(config.providers.webhook.signingKeyFile).to.equal('/srv/.lutra/webhook-signing.key');
    expect(config.api).to.deep.include({ host: '127.0.0.1', port: 9000, trustedProxies: [] });
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

  it('starts the paths of all files in the folder, and keeps absolute ones', () => {
    const files = 'passwordFile: p, username: u, caFile: ca, certFile: /etc/cert, keyFile: key';
    const { etcd, redis } = parse(`etcd: {${files}}\nredis: {${files}}`);

    const expected = {
      ...{ username: 'u', passwordFile: '/srv/p' },
      ...{ caFile: '/srv/ca', certFile: '/etc/cert', keyFile: '/srv/key' },
    };
    expect(etcd).to.deep.include(expected);
    expect(redis).to.deep.include(expected);
  });

  it('takes a cluster from the environment', () => {
    const config = parse('', {
      LUTRA_ETCD_ENDPOINTS: 'http://127.0.0.1:2379,http://127.0.0.1:22379',
      LUTRA_REDIS_URLS: 'eu=redis://127.0.0.1:6379,us=redis://127.0.0.1:6380',
      LUTRA_CLUSTER_REGIONS: 'eu,us',
      LUTRA_NODE_REGION: 'eu',
      LUTRA_CLUSTER_PARTITION_COUNT: '16',
      LUTRA_STORE_DURABILITY: 'strict',
      LUTRA_REDIS_WAIT_REPLICAS: '1',
    });

    expect(config.etcd.endpoints).to.deep.equal([
      'http://127.0.0.1:2379',
      'http://127.0.0.1:22379',
    ]);
    expect(config.redis.urls).to.deep.equal([
      'eu=redis://127.0.0.1:6379',
      'us=redis://127.0.0.1:6380',
    ]);
    expect(config.cluster).to.deep.equal({
      name: 'lutra',
      regions: ['eu', 'us'],
      partitionCount: 16,
    });
    expect(config.node.region).to.equal('eu');
    expect(config.store.durability).to.equal('strict');
    expect(config.redis.waitReplicas).to.equal(1);
  });

  it('has every field, set or not', () => {
    const { etcd, redis, node } = parse();
    const access = ['username', 'passwordFile', 'caFile', 'certFile', 'keyFile'];

    expect(node).to.have.property('region', undefined);
    expect(etcd).to.have.all.keys(
      ...[...access, 'endpoints', 'sessionTtlMs', 'regionGraceMs', 'callTimeoutMs'],
    );
    expect(redis).to.have.all.keys(
      ...[...access, 'kind', 'urls', 'sentinelName', 'waitReplicas', 'waitTimeoutMs'],
    );
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
    {
      text: 'api: {trustedProxies: [proxy]}',
      starts: 'l.yaml:1:24: api.trustedProxies[0]: is not an',
    },
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
    { text: 'node: {region: EU}', starts: 'l.yaml:1:16: node.region: is not a name for a region' },
    { text: 'store: {durability: some}', starts: 'l.yaml:1:21: store.durability: is not what' },
    { text: 'cluster: {name: a/b}', starts: 'l.yaml:1:17: cluster.name: is not a name for a clu' },
    { text: 'cluster: {name: ""}', starts: 'l.yaml:1:17: cluster.name: is not a name for a clu' },
    { text: `cluster: {name: ${'a'.repeat(65)}}`, starts: 'l.yaml:1:17: cluster.name: is not a' },
    {
      text: 'cluster: {regions: []}',
      starts:
        'l.yaml:1:20: cluster.regions: is too short, received []; write a list of 1 to 256 regions such as [eu, us]',
    },
    {
      text: `cluster: {regions: [${Array.from({ length: 257 }, (_, index) => `r${String(index)}`).join(',')}]}`,
      starts: 'l.yaml:1:20: cluster.regions: is too long',
    },
    ...['-eu', 'e_u', '"{eu}"', 'e/u', 'e=u', 'Eu', '""', 'a'.repeat(64)].map((region) => ({
      text: `cluster: {regions: [local, ${region}]}`,
      starts: 'l.yaml:1:28: cluster.regions[1]: is not a name for a region',
    })),
    { text: 'cluster: {partitionCount: 0}', starts: 'l.yaml:1:27: cluster.partitionCount: is too' },
    { text: 'cluster: {partitionCount: 1025}', starts: 'l.yaml:1:27: cluster.partitionCount: is' },
    { text: 'etcd: {sessionTtlMs: 2999}', starts: 'l.yaml:1:22: etcd.sessionTtlMs: is too small' },
    { text: 'etcd: {regionGraceMs: -1}', starts: 'l.yaml:1:23: etcd.regionGraceMs: is too small' },
    { text: 'etcd: {callTimeoutMs: 9}', starts: 'l.yaml:1:23: etcd.callTimeoutMs: is too small' },
    { text: 'etcd: {username: "a b"}', starts: 'l.yaml:1:18: etcd.username: is not a name for' },
    { text: 'etcd: {caFile: ""}', starts: 'l.yaml:1:16: etcd.caFile: is not a path' },
    { text: 'etcd: {endpoints: a}', starts: 'l.yaml:1:19: etcd.endpoints: has the wrong type' },
    { text: 'redis: {kind: shared}', starts: 'l.yaml:1:15: redis.kind: is not what it can be' },
    { text: 'redis: {sentinelName: ""}', starts: 'l.yaml:1:23: redis.sentinelName: is not a name' },
    { text: 'redis: {waitReplicas: -1}', starts: 'l.yaml:1:23: redis.waitReplicas: is too small' },
    {
      text: 'redis: {waitTimeoutMs: 1500}',
      starts:
        'l.yaml:1:24: redis.waitTimeoutMs: is too large, received 1500; write a whole number from 10 to 1499',
    },
    { text: 'redis: {waitTimeoutMs: 0}', starts: 'l.yaml:1:24: redis.waitTimeoutMs: is too small' },
    { text: 'ownership: {handOverMax: 0}', starts: 'l.yaml:1:26: ownership.handOverMax: is too' },
    {
      text: 'ownership: {clockDifferenceMaxMs: 0}',
      starts: 'l.yaml:1:35: ownership.clockDifferenceMaxMs: is too small',
    },
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

  const SECRETIVE = [
    { text: 'redis: {urls: ["http://u:geheim@h:1"]}', shows: '"http://u:…@h:1"' },
    { text: 'redis: {urls: ["eu=u:geheim@h:1"]}', shows: '"eu=u:…@h:1"' },
    { text: 'redis: {urls: ["redis://u:12#geheim@h:1"]}', shows: '"redis://u:…@h:1"' },
    { text: 'redis: {urls: ["redis://geheim@h:1"]}', shows: '"redis://…@h:1"' },
    { text: 'redis: {urls: ["redis://h:1?password=geheim"]}', shows: '"redis://h:1?password=…"' },
    { text: 'redis: {urls: "redis://:geheim@h:1"}', shows: '"redis://:…@h:1"' },
    { text: 'redis: {urls: {eu: "redis://:geheim@h:1"}}', shows: '{"eu":"redis://:…@h:1"}' },
    { text: 'redis: {redis://:geheim@h:1}', shows: 'redis.redis://:…@h:1: is unknown' },
    { text: 'redis: {urls: ["redis://u:geheim@h:1"]}', shows: 'redis.urls and no etcd.endpoints' },
    {
      text: 'etcd: {endpoints: ["http://u:geheim@h:1"]}',
      shows: '"http://u:…@h:1"; write http://host:port',
    },
    { text: 'api: {urlRoot: "http://u:geheim@a"}', shows: '"http://u:…@a"' },
  ];
  for (const { text, shows } of SECRETIVE) {
    it(`does not repeat the password when it refuses ${text}`, () => {
      expect(refusalOf(text)).to.include(shows).and.not.to.include('geheim');
    });
  }

  it('does not repeat the passwords of a variable', () => {
    const LUTRA_REDIS_URLS = 'redis://u:geheim@h:1,redis://:geheim,xyz@h:2';

    expect(refusalOf('', { LUTRA_REDIS_URLS })).not.to.match(/geheim|xyz/);
  });

  it('names the variable of a list in which an item is wrong, although the file has the list too', () => {
    const text = 'providers: {webhook: {allow: [10.0.0.0/8]}}';

    expect(refusalOf(text, { LUTRA_PROVIDERS_WEBHOOK_ALLOW: 'a' })).to.match(
      /^LUTRA_PROVIDERS_WEBHOOK_ALLOW: providers\.webhook\.allow\[0\]: is not an address range/,
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

  it('hides the passwords of URLs and nothing else', () => {
    const loaded = load('dataFolder: /a:b@c\nnode: {name: ada@c}', {
      LUTRA_ETCD_ENDPOINTS: 'http://h:1',
      LUTRA_CLUSTER_REGIONS: 'eu,us',
      LUTRA_NODE_REGION: 'eu',
      LUTRA_REDIS_URLS: 'eu=redis://ada:geheim@h:1/2,us=rediss://:geheim@h:2',
    });
    const config = parseConfig(loaded, '/srv');
    const valueOf = (key: string): unknown =>
      effectiveSettings(config, loaded).find((setting) => setting.key === key)?.value;

    expect(valueOf('redis.urls')).to.deep.equal(['eu=redis://ada:…@h:1/2', 'us=rediss://:…@h:2']);
    expect(valueOf('dataFolder')).to.equal('/a:b@c');
    expect(valueOf('node.name')).to.equal('ada@c');
    expect(valueOf('etcd.endpoints')).to.deep.equal(['http://h:1']);
    expect(config.redis.urls[0]).to.include('geheim');
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
