import { expect } from 'chai';
import { describe, it } from 'mocha';

import { runIn } from '../../../support/cli-world.ts';

describe('lutra config', () => {
  it('shows each setting with its value and where it comes from', async () => {
    const files = { '/home/ada/l.yaml': 'log: {level: warn}\n' };
    const environment = { LUTRA_PROVIDERS_WEBHOOK_ALLOW: '10.0.0.0/8,::1' };
    const words = ['config', '--config', 'l.yaml', '--port', '0', '--data', 'd'];

    const { exitCode, stdout } = await runIn({ files, environment }, ...words);

    expect(exitCode).to.equal(0);
    const lines = stdout.split('\n').map((line) => line.replace(/ {2,}/g, ' | '));
    expect(lines).to.include.members([
      'SETTING | VALUE | FROM',
      'node.name | ada-machine | default',
      'dataFolder | /home/ada/d | --data',
      'api.port | 0 | --port',
      'api.urlRoot | - | default',
      'api.trustedProxies | [] | default',
      'providers.webhook.allow | [10.0.0.0/8, ::1] | LUTRA_PROVIDERS_WEBHOOK_ALLOW',
      'providers.webhook.signingKeyFile | /home/ada/d/webhook-signing.key | default',
      'log.level | warn | l.yaml:1:14',
    ]);
  });

  it('prints one JSON document with -o json', async () => {
    const { stdout } = await runIn({}, 'config', '-o', 'json', '--host', '::1');

    const { settings } = JSON.parse(stdout) as { readonly settings: readonly unknown[] };
    expect(settings).to.deep.include({ key: 'api.host', value: '::1', from: '--host' });
    expect(settings).to.deep.include({ key: 'api.urlRoot', from: 'default' });
  });

  for (const format of ['table', 'json']) {
    it(`hides the passwords of URLs in the form ${format}`, async () => {
      const environment = {
        LUTRA_ETCD_ENDPOINTS: 'http://127.0.0.1:2379',
        LUTRA_REDIS_URLS: 'redis://ada:geheim@127.0.0.1:6379',
      };

      const { exitCode, stdout } = await runIn({ environment }, 'config', '-o', format);

      expect(exitCode).to.equal(0);
      expect(stdout).to.include('redis://ada:…@127.0.0.1:6379').and.not.to.include('geheim');
    });
  }

  it('does not repeat a password that is refused', async () => {
    const environment = { LUTRA_REDIS_URLS: 'redis://ada:geheim@127.0.0.1:6379/x' };

    const { exitCode, stdout, stderr } = await runIn({ environment }, 'config');

    expect(exitCode).to.equal(64);
    expect(stdout).to.equal('');
    expect(stderr).to.include('"redis://ada:…@127.0.0.1:6379/x"').and.not.to.include('geheim');
  });

  it('ends with 64 and a line for everything that is wrong', async () => {
    const files = { '/home/ada/l.yaml': 'log: {level: loud}\napi: {host: here.example}\n' };

    const { exitCode, stderr } = await runIn({ files }, 'config', '--config', 'l.yaml');

    expect(exitCode).to.equal(64);
    expect(stderr)
      .to.match(/^l\.yaml:1:14: log\.level: .*$/m)
      .and.to.match(/^l\.yaml:2:13: api\.host: /m);
  });
});
