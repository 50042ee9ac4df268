import { expect } from 'chai';
import { describe, it } from 'mocha';

import { NEW_YEAR_2030, runIn } from '../../../support/cli-world.ts';
import type { Ended } from '../../../support/cli-world.ts';
import { FakeNodeApi, refusal } from '../../../support/fake-node-api.ts';

const FILE = `
groups:
  - key: web
    launch: {type: x, args: {}}
    policies:
      - {key: up, change: 1, webhooks: [{name: alarm, metadata: {team: a}}, {name: ci}]}
      - {key: down, change: -1}
`;

function apply(api: FakeNodeApi, text: string, ...words: readonly string[]): Promise<Ended> {
  const options = { files: { '/home/ada/f.yaml': text }, fetch: api.fetch };
  return runIn(options, 'apply', '-f', 'f.yaml', '--url', 'http://127.0.0.1:1', ...words);
}

function webhooksOf(api: FakeNodeApi): readonly string[] {
  return [...api.webhooks.values()]
    .flat()
    .map(({ name, metadata }) => `${name} ${JSON.stringify(metadata)}`);
}

describe('lutra apply of webhooks', () => {
  it('creates them after their policies, and says where their addresses are shown and not what they are', async () => {
    const api = new FakeNodeApi(NEW_YEAR_2030);

    expect(await apply(api, FILE)).to.deep.equal({
      exitCode: 0,
      stdout:
        'created group web with policies up, down\n' +
        'created group web: webhooks alarm, ci of policy up\n' +
        '  "lutra webhooks list web up" shows their addresses\n' +
        '5 created, 0 changed, 0 deleted, 0 unchanged\n',
      stderr: '',
    });
    expect(webhooksOf(api)).to.deep.equal(['alarm {"team":"a"}', 'ci {}']);
    expect((await apply(api, FILE)).stdout).to.equal(
      '0 created, 0 changed, 0 deleted, 5 unchanged\n',
    );
  });

  it('creates them with a policy that is new to its group', async () => {
    const api = new FakeNodeApi(NEW_YEAR_2030);
    await apply(api, FILE.replace(/\n.*key: up.*/, ''));

    await apply(api, FILE);

    expect(webhooksOf(api)).to.deep.equal(['alarm {"team":"a"}', 'ci {}']);
  });

  it('names the tenant of a file that has its own, in words that a shell takes', async () => {
    const api = new FakeNodeApi(NEW_YEAR_2030);

    const { stdout } = await apply(api, `tenant: it's${FILE}`);

    expect(stdout).to.include(`"lutra webhooks list web up --tenant 'it'\\''s'" shows`);
  });

  it('changes and deletes what the file changed, and shows both with --dry-run', async () => {
    const api = new FakeNodeApi(NEW_YEAR_2030);
    await apply(api, FILE);
    api.writes.length = 0;
    const changed = FILE.replace('team: a', 'team: b').replace('{name: ci}', '{name: build}');

    expect((await apply(api, changed, '--dry-run')).stdout).to.equal(
      'would delete group web: webhook ci of policy up\n' +
        'would change group web: webhook alarm of policy up\n' +
        '  metadata.team: "a" -> "b"\n' +
        'would create group web: webhook build of policy up\n' +
        '1 created, 1 changed, 1 deleted, 3 unchanged\n',
    );
    expect(api.writes).to.deep.equal([]);
    expect((await apply(api, changed)).stdout).to.equal(
      'deleted group web: webhook ci of policy up\n' +
        'changed group web: webhook alarm of policy up\n' +
        'created group web: webhook build of policy up\n' +
        '  "lutra webhooks list web up" shows its address\n' +
        '1 created, 1 changed, 1 deleted, 3 unchanged\n',
    );
    expect(webhooksOf(api)).to.have.members(['alarm {"team":"b"}', 'build {}']);
  });

  it('leaves them alone where the file says nothing of them, and does not ask to see them', async () => {
    const api = new FakeNodeApi(NEW_YEAR_2030);
    await apply(api, FILE);
    const seen: string[] = [];
    const watched: typeof fetch = (url, init) => {
      seen.push(String(url instanceof Request ? url.url : url));
      return api.fetch(url, init);
    };
    const files = { '/home/ada/f.yaml': FILE.replace(/, webhooks: \[.*\]/, '') };

    const { stdout } = await runIn(
      { files, fetch: watched },
      ...['apply', '-f', 'f.yaml', '--url', 'http://127.0.0.1:1'],
    );

    expect(stdout).to.equal('0 created, 0 changed, 0 deleted, 3 unchanged\n');
    expect(webhooksOf(api)).to.have.length(2);
    expect(seen.filter((url) => url.includes('webhooks'))).to.deep.equal([]);
  });

  it('says which line has the webhook that the node refuses, and goes on from there later', async () => {
    const api = new FakeNodeApi(NEW_YEAR_2030);
    api.intercept = ({ method, path }) =>
      method === 'POST' && path.endsWith('/webhooks')
        ? refusal(422, 'WebhooksOverLimitError', 'too many')
        : undefined;

    const ended = await apply(api, FILE);

    expect(ended.exitCode).to.equal(64);
    expect(ended.stderr).to.equal(
      'f.yaml:6:41: cannot create group web: webhooks alarm, ci of policy up: WebhooksOverLimitError: too many\n' +
        'not done: create group web: webhooks alarm, ci of policy up\n',
    );
    api.intercept = () => undefined;
    expect((await apply(api, FILE)).stdout).to.include('2 created, 0 changed, 0 deleted, 3 unch');
  });

  it('prints names in JSON and no address', async () => {
    const { stdout } = await apply(new FakeNodeApi(NEW_YEAR_2030), FILE, '-o', 'json');

    expect(stdout).to.not.include('secret-of');
    const { actions } = JSON.parse(stdout) as { readonly actions: readonly object[] };
    expect(actions[1]).to.deep.equal({
      ...{ action: 'create-webhooks', tenant: 'default', group: 'web', policy: 'up' },
      ...{ webhooks: ['alarm', 'ci'], done: true },
    });
  });
});
