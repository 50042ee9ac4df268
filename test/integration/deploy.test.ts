/**
 * The samples for running Lutra elsewhere. Neither a container engine nor systemd is needed: the files are read,
 * and what they name is looked for. What builds the image is in image.test.ts.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { parse } from 'yaml';
import { defaultSettings } from '../../src/config/defaults.ts';
import { loadSettings } from '../../src/config/load.ts';
import type { Environment } from '../../src/config/load.ts';
import { parseConfig } from '../../src/config/parse.ts';
import type { Config } from '../../src/config/schema.ts';
import { ROOT } from '../support/built-program.ts';
import { readStages } from '../support/dockerfile.ts';
import type { Stage } from '../support/dockerfile.ts';
import { startRedis } from '../support/redis-server.ts';

const DEPLOY = join(ROOT, 'config', 'deploy');
/** Longer than a call to a provider, which a node that stops waits for. */
const DRAIN_MIN_SECONDS = 60;

describe('the samples for deployment', () => {
  describe('compose.yaml', () => {
    let compose: Compose;

    before(async () => {
      const text = await readFile(join(DEPLOY, 'compose.yaml'), 'utf8');
      compose = parse(text, { merge: true }) as Compose; // looked at piece by piece below
    });

    function lutras(): readonly (readonly [string, Service])[] {
      return Object.entries(compose.services).filter(([, { image }]) => image === 'lutra:local');
    }

    it('makes a cluster of three nodes, three members of etcd and a Redis', () => {
      expect(Object.keys(compose.services).sort()).to.deep.equal([
        ...['etcd-1', 'etcd-2', 'etcd-3', 'init', 'lutra-1', 'lutra-2', 'lutra-3', 'redis'],
      ]);
    });

    it('has settings for all nodes that a node accepts, and that agree', async () => {
      const ofImage = environmentOfImage(await readStages(join(DEPLOY, 'Dockerfile')));
      const configs = lutras().map(([, { environment }]) =>
        configOf({ ...ofImage, ...environment }),
      );

      expect(configs.map(({ node }) => node.name)).to.deep.equal([
        ...['host', 'lutra-1', 'lutra-2', 'lutra-3'],
      ]);
      for (const { cluster, etcd, redis, store } of configs) {
        expect({ cluster, etcd, redis, store }).to.deep.equal({
          cluster: configs[0]?.cluster,
          etcd: configs[0]?.etcd,
          redis: configs[0]?.redis,
          store: configs[0]?.store,
        });
      }
    });

    it('leads nodes to services that are there', () => {
      for (const [, { environment = {} }] of lutras()) {
        const urls = `${String(environment['LUTRA_ETCD_ENDPOINTS'])},${String(environment['LUTRA_REDIS_URLS'])}`;
        for (const url of urls.split(',')) {
          expect(compose.services).to.have.property(new URL(url).hostname);
        }
      }
    });

    it('names all members in each member of etcd, and each by its own name', () => {
      const members = ['etcd-1', 'etcd-2', 'etcd-3'];
      const all = members.map((name) => `${name}=http://${name}:2380`).join(',');
      for (const name of members) {
        const command = compose.services[name]?.command ?? [];
        expect(command).to.include.members([
          `--name=${name}`,
          `--advertise-client-urls=http://${name}:2379`,
          `--initial-advertise-peer-urls=http://${name}:2380`,
          `--initial-cluster=${all}`,
        ]);
      }
    });

    it('waits for services that are there, and that can become what is waited for', () => {
      for (const { depends_on = {} } of Object.values(compose.services)) {
        for (const [name, { condition }] of Object.entries(depends_on)) {
          const service = compose.services[name];
          expect(service, name).not.to.equal(undefined);
          if (condition === 'service_healthy')
            expect(service?.healthcheck).to.have.property('test');
          if (condition === 'service_completed_successfully') {
            expect(service?.restart).to.equal('no');
          }
        }
      }
    });

    it('declares its volumes, uses all of them, and mounts files that are there', () => {
      const mounts = Object.values(compose.services)
        .flatMap(({ volumes = [] }) => volumes)
        .map((mount) => mount.split(':')[0] ?? '');
      const files = mounts.filter((name) => name.startsWith('.'));
      const named = new Set(mounts.filter((name) => !name.startsWith('.')));

      expect([...named].sort()).to.deep.equal(Object.keys(compose.volumes).sort());
      expect(files).to.deep.equal(['./redis.conf']);
      for (const file of files) expect(existsSync(join(DEPLOY, file)), file).to.equal(true);
    });

    it('builds from files that are there', () => {
      for (const [name, { build }] of lutras()) {
        const context = resolve(DEPLOY, build?.context ?? '');
        expect(existsSync(join(context, build?.dockerfile ?? 'Dockerfile')), name).to.equal(true);
        expect(existsSync(join(context, 'package.json')), name).to.equal(true);
      }
    });

    it('gives nodes the time that a drain takes', () => {
      const nodes = lutras().filter(([name]) => name !== 'init');
      expect(nodes.length).to.equal(3);
      for (const [, { stop_grace_period = '0s' }] of nodes) {
        expect(Number(stop_grace_period.replace(/s$/, ''))).to.be.greaterThan(DRAIN_MIN_SECONDS);
      }
    });
  });

  describe('redis.conf', () => {
    it('is what a server accepts, and what keeps every acknowledged write', async () => {
      const server = await startRedis({ settings: ['include', join(DEPLOY, 'redis.conf')] });
      try {
        const names = [
          'appendonly',
          'appendfsync',
          'no-appendfsync-on-rewrite',
          'maxmemory-policy',
        ];
        const sizes = ['hash-max-listpack-value', 'hash-max-listpack-entries'];
        const reply = (await server.send('CONFIG', 'GET', ...names, ...sizes)) as string[];
        const pairs = [...names, ...sizes].map((name) => [name, reply[reply.indexOf(name) + 1]]);

        expect(Object.fromEntries(pairs)).to.deep.equal({
          appendonly: 'yes',
          appendfsync: 'always',
          'no-appendfsync-on-rewrite': 'no',
          'maxmemory-policy': 'noeviction',
          'hash-max-listpack-value': '1024',
          'hash-max-listpack-entries': '64',
        });
      } finally {
        await server.remove();
      }
    });
  });

  describe('lutra.env', () => {
    let text: string;

    before(async () => {
      text = await readFile(join(DEPLOY, 'lutra.env'), 'utf8');
    });

    it('has settings that a node accepts', () => {
      expect(configOf(variablesIn(text)).etcd.endpoints).to.have.lengthOf(3);
    });

    it('has settings that a node accepts with everything switched on', () => {
      const all = variablesIn(text.replaceAll(/^#(?=LUTRA_)/gm, ''));
      // With a certificate of one's own, members answer over TLS.
      const endpoints = String(all['LUTRA_ETCD_ENDPOINTS']).replaceAll('http:', 'https:');

      const config = configOf({ ...all, LUTRA_ETCD_ENDPOINTS: endpoints });

      expect(config.store.durability).to.equal('strict');
      expect(Object.keys(all)).to.have.length.greaterThan(10);
    });
  });

  describe('lutra.service', () => {
    let unit: Unit;

    before(async () => {
      unit = unitIn(await readFile(join(DEPLOY, 'lutra.service'), 'utf8'));
    });

    it('restarts always, and gives a node the time that a drain takes', () => {
      expect([...unit.keys()].sort()).to.deep.equal(['Install', 'Service', 'Unit']);
      expect(valueOf(unit, 'Restart')).to.equal('always');
      expect(Number(valueOf(unit, 'TimeoutStopSec'))).to.be.greaterThan(DRAIN_MIN_SECONDS);
    });

    it('runs a command that there is, with settings that a node accepts', async () => {
      const { bin } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as Package;
      const [env, program = '', ...words] = valueOf(unit, 'ExecStart').split(' ');
      const pairs = valueOf(unit, 'Environment').split(' ').join('\n');

      expect([env, ...words]).to.deep.equal(['/usr/bin/env', 'serve']);
      expect(bin).to.have.property(program);
      expect(valueOf(unit, 'EnvironmentFile')).to.equal('/etc/lutra/lutra.env');
      expect(configOf(variablesIn(pairs)).dataFolder).to.equal(
        `/var/lib/${valueOf(unit, 'StateDirectory')}`,
      );
    });

    it('says nothing twice', () => {
      for (const entries of unit.values()) {
        const names = entries.map(([name]) => name);
        expect(names).to.deep.equal([...new Set(names)]);
      }
    });
  });
});

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

interface Service {
  readonly image: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly command?: readonly string[];
  readonly restart?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: object;
  readonly volumes?: readonly string[];
  readonly stop_grace_period?: string;
}

interface Package {
  readonly bin: Readonly<Record<string, string>>;
}

/** Entries by section. */
type Unit = ReadonlyMap<string, readonly (readonly [string, string])[]>;

function unitIn(text: string): Unit {
  const unit = new Map<string, (readonly [string, string])[]>();
  let section: (readonly [string, string])[] | undefined;
  for (const line of text.split('\n').filter((candidate) => !/^([#;].*)?$/.test(candidate))) {
    const [, title] = /^\[(\w+)\]$/.exec(line) ?? [];
    const [, name, value = ''] = /^([A-Z]\w+)=(.*)$/.exec(line) ?? [];
    if (title !== undefined) {
      section = [];
      unit.set(title, section);
    } else if (name !== undefined && section !== undefined) section.push([name, value]);
    else throw new Error(`the unit has a line that is none: ${line}`);
  }
  return unit;
}

function valueOf(unit: Unit, name: string): string {
  const found = [...unit.values()].flat().find(([candidate]) => candidate === name);
  if (found === undefined) throw new Error(`the unit has no ${name}`);
  return found[1];
}

/** The `NAME=value` lines of a file. */
function variablesIn(text: string): Environment {
  const lines = text.split('\n').filter((line) => !/^(#.*)?$/.test(line));
  return Object.fromEntries(
    lines.map((line) => {
      const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
      if (name === undefined) throw new Error(`the file has a line that is none: ${line}`);
      return [name, value];
    }),
  );
}

function environmentOfImage(stages: readonly Stage[]): Environment {
  const lines = (stages.at(-1)?.instructions ?? []).filter(({ name }) => name === 'ENV');
  return variablesIn(lines.flatMap(({ text }) => text.split(' ')).join('\n'));
}

/** What a node makes of these variables. Throws where it would not start, and where one of ours sets nothing. */
function configOf(environment: Environment): Config {
  const loaded = loadSettings({
    defaults: defaultSettings({ hostName: 'host' }),
    file: undefined,
    environment,
    options: [],
  });
  const used = new Set(loaded.keys.map((key) => loaded.originOf(key.split('.'))));
  const idle = Object.keys(environment).filter(
    (name) => name.startsWith('LUTRA_') && !used.has(name),
  );
  if (idle.length > 0) throw new Error(`these set nothing: ${idle.join(', ')}`);
  return parseConfig(loaded, '/');
}
