import { expect } from 'chai';
import { describe, it } from 'mocha';

import { LutraError } from '../../../src/base/errors.ts';
import { defaultSettings } from '../../../src/config/defaults.ts';
import { loadSettings } from '../../../src/config/load.ts';
import type { Environment, LoadedSettings, SettingOption } from '../../../src/config/load.ts';
import { valueAt } from '../../../src/config/yaml-source.ts';

function load(from: {
  readonly file?: string;
  readonly environment?: Environment;
  readonly options?: readonly SettingOption[];
}): LoadedSettings {
  return loadSettings({
    defaults: defaultSettings({ hostName: 'ada' }),
    file: from.file === undefined ? undefined : { name: 'l.yaml', text: from.file },
    environment: from.environment ?? {},
    options: from.options ?? [],
  });
}

function refusalOf(from: Parameters<typeof load>[0]): string {
  try {
    load(from);
  } catch (error) {
    if (error instanceof LutraError && error.code === 'config-invalid') return error.message;
    throw error;
  }
  throw new Error('it was accepted');
}

const PORT = ['api', 'port'];
const FILE = 'api:\n  port: 1\n';
const ENVIRONMENT = { LUTRA_API_PORT: '2' };
const OPTIONS = [{ name: '--port', key: 'api.port', text: '3' }];

describe('loadSettings', () => {
  const PRECEDENCE = [
    { from: {}, value: 9000, origin: undefined },
    { from: { file: FILE }, value: 1, origin: 'l.yaml:2:9' },
    { from: { file: FILE, environment: ENVIRONMENT }, value: 2, origin: 'LUTRA_API_PORT' },
    {
      from: { file: FILE, environment: ENVIRONMENT, options: OPTIONS },
      value: 3,
      origin: '--port',
    },
    { from: { environment: { LUTRA_API_PORT: '' }, file: FILE }, value: 1, origin: 'l.yaml:2:9' },
  ];
  for (const { from, value, origin } of PRECEDENCE) {
    it(`takes the port from ${origin ?? 'the default'} where it can come from ${Object.keys(from).join(', ')}`, () => {
      const loaded = load(from);

      expect(valueAt(loaded.tree, PORT)).to.equal(value);
      expect(loaded.originOf(PORT)).to.equal(origin);
    });
  }

  it('keeps the other settings of a section that a source sets in part', () => {
    const loaded = load({ file: FILE });

    expect(valueAt(loaded.tree, ['api', 'host'])).to.equal('127.0.0.1');
  });

  it('keeps the defaults where a section of the file, or all of it, is empty', () => {
    const defaults = load({}).tree;

    expect(load({ file: 'api:\nlog:\n' }).tree).to.deep.equal(defaults);
    expect(load({ file: '# nothing\n' }).tree).to.deep.equal(defaults);
    expect(load({ file: '---\n' }).tree).to.deep.equal(defaults);
  });

  const VARIABLES = [
    { name: 'LUTRA_DATA_FOLDER', text: 'x', path: ['dataFolder'], value: 'x' },
    { name: 'LUTRA_LOG_LEVEL', text: 'debug', path: ['log', 'level'], value: 'debug' },
    {
      name: 'LUTRA_CONVERGER_LOCK_TTL_MS',
      text: '50',
      path: ['converger', 'lockTtlMs'],
      value: 50,
    },
    {
      name: 'LUTRA_PROVIDERS_PROCESS_ENABLED',
      text: 'false',
      path: ['providers', 'process', 'enabled'],
      value: false,
    },
    {
      name: 'LUTRA_PROVIDERS_WEBHOOK_ALLOW',
      text: '10.0.0.0/8, ::1,',
      path: ['providers', 'webhook', 'allow'],
      value: ['10.0.0.0/8', '::1'],
    },
    { name: 'LUTRA_API_URL_ROOT', text: 'http://a', path: ['api', 'urlRoot'], value: 'http://a' },
    { name: 'LUTRA_API_PORT', text: '0x10', path: PORT, value: '0x10' },
    {
      name: 'LUTRA_PROVIDERS_PROCESS_ENABLED',
      text: 'yes',
      path: ['providers', 'process', 'enabled'],
      value: 'yes',
    },
  ];
  for (const { name, text, path, value } of VARIABLES) {
    it(`reads ${name}=${text} as ${JSON.stringify(value)}`, () => {
      const { tree } = load({ environment: { [name]: text } });

      expect(valueAt(tree, path)).to.deep.equal(value);
    });
  }

  it('refuses a variable below a section that sets nothing', () => {
    expect(refusalOf({ environment: { LUTRA_API_PROT: '1' } })).to.equal(
      'LUTRA_API_PROT: sets nothing; known are LUTRA_API_HOST, LUTRA_API_PORT, LUTRA_API_URL_ROOT, LUTRA_API_TRUSTED_PROXIES',
    );
  });

  it('leaves variables of the command line and of others alone', () => {
    const environment = {
      LUTRA_URL: 'x',
      LUTRA_TENANT: 'y',
      PATH: 'z',
      LUTRA_SAMPLE_KEY_FILE: 'k',
    };

    expect(load({ environment }).tree).to.deep.equal(load({}).tree);
  });

  it('refuses what is not YAML, with its place', () => {
    expect(refusalOf({ file: 'api: {port: 1\nlog: 2\n' })).to.match(
      /^l\.yaml:\d+:\d+: is not YAML/,
    );
  });

  it('refuses a second document', () => {
    expect(refusalOf({ file: 'log: {level: info}\n---\napi: {port: 1}\n' })).to.equal(
      'l.yaml:3:1: is a second document; write all settings in one',
    );
  });
});
