import { expect } from 'chai';
import { describe, it } from 'mocha';

import { NEW_YEAR_2030, runIn } from '../../../support/cli-world.ts';
import type { Ended, WorldOptions } from '../../../support/cli-world.ts';
import { FakeNodeApi, refusal } from '../../../support/fake-node-api.ts';

const FILE = `
groups:
  - key: web
    maxEntities: 5
    launch: {type: x, args: {}}
    policies:
      - {key: up, cron: '* * * * *', change: 1}
      - {key: once, at: +20s, desiredCapacity: 3}
  - key: db
    launch: {type: x, args: {}}
`;
const URL = ['--url', 'http://127.0.0.1:1'];

function apply(api: FakeNodeApi, text: string, ...words: readonly string[]): Promise<Ended> {
  const options: WorldOptions = { files: { '/home/ada/f.yaml': text }, fetch: api.fetch };
  return runIn(options, 'apply', '-f', 'f.yaml', ...URL, ...words);
}

function policies(api: FakeNodeApi, key: string): readonly Readonly<Record<string, unknown>>[] {
  const group = api.group('default', key);
  return group?.['scalingPolicies'] as readonly Readonly<Record<string, unknown>>[];
}

describe('lutra apply', () => {
  it('creates what is not there, and says so', async () => {
    const api = new FakeNodeApi(NEW_YEAR_2030);

    expect(await apply(api, FILE)).to.deep.equal({
      exitCode: 0,
      stdout:
        'created group web with policies up, once\n' +
        'created group db\n' +
        '4 created, 0 changed, 0 deleted, 0 unchanged\n',
      stderr: '',
    });
    expect(policies(api, 'web').map(({ key, args }) => ({ key, args }))).to.deep.equal([
      { key: 'up', args: { cron: '* * * * *' } },
      { key: 'once', args: { at: '2030-01-01T00:00:20.000Z' } },
    ]);
  });

  it('writes nothing when it is run again, however late', async () => {
    const api = new FakeNodeApi(NEW_YEAR_2030);
    await apply(api, FILE);
    api.writes.length = 0;
    api.nowMs += 86_400_000;

    expect(await apply(api, FILE)).to.deep.equal({
      exitCode: 0,
      stdout: '0 created, 0 changed, 0 deleted, 4 unchanged\n',
      stderr: '',
    });
    expect(api.writes).to.deep.equal([]);
  });

  it('changes what the file changes and nothing else', async () => {
    const api = new FakeNodeApi(NEW_YEAR_2030);
    await apply(api, FILE);
    api.writes.length = 0;

    const changed = FILE.replace('maxEntities: 5', 'maxEntities: 6')
      .replace('change: 1', 'change: 2')
      .replace('key: once', 'key: later')
      .replace('  - key: db\n    launch: {type: x, args: {}}\n', '');

    expect((await apply(api, changed)).stdout).to.equal(
      'deleted group web: policy once\n' +
        'changed group web: configuration\n' +
        'changed group web: policy up\n' +
        'created group web: policy later\n' +
        '1 created, 2 changed, 1 deleted, 0 unchanged\n',
    );
    expect(api.group('default', 'db')).to.not.equal(undefined);
    expect((await apply(api, changed)).stdout).to.include('0 created, 0 changed, 0 deleted');
  });

  it('never touches a policy without a key', async () => {
    const api = new FakeNodeApi(NEW_YEAR_2030);
    await apply(api, FILE);
    const [group] = api.groups.values();
    if (group === undefined) throw new Error('there is a group');
    const own = { id: 'own', type: 'webhook', name: 'Own', cooldown: 0, change: 1 };
    group.policies = [...group.policies, own];

    await apply(api, FILE.replace(/policies:\n.*\n.*\n/, 'policies: []\n'));

    expect(policies(api, 'web')).to.deep.equal([own]);
  });

  it('finds groups beyond the first page', async () => {
    const api = new FakeNodeApi(NEW_YEAR_2030);
    api.pageMax = 1;
    await apply(api, FILE);

    expect((await apply(api, FILE)).stdout).to.include('4 unchanged');
  });

  it('prefers the tenant of the file to the option, and that to the variable', async () => {
    const api = new FakeNodeApi(NEW_YEAR_2030);
    const run = (text: string, ...words: readonly string[]): Promise<Ended> =>
      runIn(
        {
          files: { '/home/ada/f.yaml': text },
          fetch: api.fetch,
          environment: { LUTRA_TENANT: 'variable' },
        },
        ...['apply', '-f', 'f.yaml', ...URL, ...words],
      );

    await run(`tenant: file${FILE}`, '--tenant', 'option');
    await run(FILE, '--tenant', 'option');
    await run(FILE);

    const tenants = ['file', 'option', 'variable'];
    expect(tenants.filter((tenant) => api.group(tenant, 'web') !== undefined)).to.deep.equal(
      tenants,
    );
  });

  it('shows with --dry-run what it would do, and does nothing', async () => {
    const api = new FakeNodeApi(NEW_YEAR_2030);

    const { exitCode, stdout } = await apply(api, FILE, '--dry-run');

    expect({ exitCode, writes: api.writes }).to.deep.equal({ exitCode: 0, writes: [] });
    expect(stdout).to.equal(
      'would create group web with policies up, once\n' +
        'would create group db\n' +
        '4 created, 0 changed, 0 deleted, 0 unchanged\n',
    );
  });

  it('prints one JSON document with -o json', async () => {
    const api = new FakeNodeApi(NEW_YEAR_2030);

    const { stdout } = await apply(api, FILE, '-o', 'json');

    expect(JSON.parse(stdout)).to.deep.equal({
      dryRun: false,
      actions: [
        {
          ...{ action: 'create-group', tenant: 'default', group: 'web' },
          policies: ['up', 'once'],
          done: true,
        },
        { action: 'create-group', tenant: 'default', group: 'db', policies: [], done: true },
      ],
      summary: { created: 4, changed: 0, deleted: 0, unchanged: 0 },
    });
  });

  it('reads several files', async () => {
    const api = new FakeNodeApi(NEW_YEAR_2030);
    const files = {
      '/home/ada/a.yaml': FILE,
      '/home/ada/b.yaml': FILE.replaceAll('key: ', 'key: b'),
    };

    const ended = await runIn(
      { files, fetch: api.fetch },
      ...['apply', '-f', 'a.yaml', '-f', 'b.yaml', ...URL],
    );

    expect(ended.stdout).to.include('8 created');
  });

  it('needs no node for files without groups', async () => {
    const { exitCode, stdout } = await apply(new FakeNodeApi(0), 'groups: []');

    expect(exitCode).to.equal(0);
    expect(stdout).to.equal('0 created, 0 changed, 0 deleted, 0 unchanged\n');
  });

  it('refuses an instant in the past before it writes anything', async () => {
    const api = new FakeNodeApi(NEW_YEAR_2030);

    const ended = await apply(api, FILE.replace('+20s', '2029-12-31T23:59:59Z'));

    expect(ended).to.deep.equal({
      exitCode: 64,
      stdout: '',
      stderr:
        'f.yaml:8:9: policy "once": at is in the past, received {"at":"2029-12-31T23:59:59Z"}; ' +
        'write a later instant, or take the policy out of the file\n',
    });
    expect(api.writes).to.deep.equal([]);
  });

  it('creates a group in its region, and refuses to move it before it writes anything', async () => {
    const api = new FakeNodeApi(NEW_YEAR_2030);
    const file = FILE.replace('  - key: db', '  - key: db\n    region: eu');
    await apply(api, file);
    expect(api.group('default', 'db')).to.have.nested.property('groupConfiguration.region', 'eu');
    expect((await apply(api, file)).stdout).to.include('4 unchanged');
    api.writes.length = 0;

    const ended = await apply(
      api,
      file.replace('region: eu', 'region: us').replace('change: 1', 'change: 2'),
    );

    expect(ended).to.deep.equal({
      exitCode: 64,
      stdout: '',
      stderr:
        'f.yaml:9:5: group "db": region cannot be changed after the group was created, received "us"; ' +
        'write "eu", where the group is, or give the group another key\n',
    });
    expect(api.writes).to.deep.equal([]);
  });

  it('says where the file has what the node refuses, and what was not done', async () => {
    const api = new FakeNodeApi(NEW_YEAR_2030);
    api.intercept = ({ method, body }) =>
      method === 'POST' && JSON.stringify(body).includes('"key":"db"')
        ? refusal(400, 'ValidationError', 'launchConfiguration.args.a must be b')
        : undefined;

    const ended = await apply(api, FILE);

    expect(ended).to.deep.equal({
      exitCode: 64,
      stdout:
        'created group web with policies up, once\n3 created, 0 changed, 0 deleted, 0 unchanged\n',
      stderr:
        'f.yaml:10:13: cannot create group db: ValidationError: launchConfiguration.args.a must be b\n' +
        'not done: create group db\n',
    });
  });

  it('ends with 1 when the connection breaks, and says what was done', async () => {
    const api = new FakeNodeApi(NEW_YEAR_2030);
    api.intercept = breakAtWrite(2);

    const { exitCode, stdout, stderr } = await apply(api, FILE, '-o', 'json');

    expect(exitCode).to.equal(1);
    const report = JSON.parse(stdout) as {
      readonly actions: readonly { readonly done: boolean }[];
    };
    expect(report.actions.map(({ done }) => done)).to.deep.equal([true, false]);
    expect(stderr).to.match(
      /^cannot tell whether this was done: create group db: POST .*no answer/,
    );
    expect(stderr).to.match(/not done: create group db\n$/);
  });

  it('is finished by a second run, wherever the first one broke off', async () => {
    const changed = FILE.replace('maxEntities: 5', 'maxEntities: 6')
      .replace('{type: x, args: {}}', '{type: y, args: {}}')
      .replace('change: 1', 'change: 2')
      .replace('key: once', 'key: later')
      .replace('key: db', 'key: cache');
    const whole = await applied(changed, () => () => undefined);

    for (let broken = 1; broken <= 6; broken += 1) {
      for (const isApplied of [false, true]) {
        const api = await applied(changed, (target) =>
          breakAtWrite(broken, isApplied ? target : undefined),
        );
        api.intercept = () => undefined;

        expect((await apply(api, changed)).exitCode).to.equal(0);
        expect(contents(api)).to.deep.equal(contents(whole));
        expect((await apply(api, changed)).stdout).to.include('0 created, 0 changed, 0 deleted');
      }
    }
  });
});

/** A node with `FILE`, after an apply of `text` that meets what `intercept` does. */
async function applied(
  text: string,
  intercept: (api: FakeNodeApi) => FakeNodeApi['intercept'],
): Promise<FakeNodeApi> {
  const api = new FakeNodeApi(NEW_YEAR_2030);
  await apply(api, FILE);
  api.intercept = intercept(api);
  await apply(api, text);
  return api;
}

/** Breaks the connection at a write: before the node has it, or, with `target`, after it carried it out. */
function breakAtWrite(number: number, target?: FakeNodeApi): FakeNodeApi['intercept'] {
  let writeCount = 0;
  return ({ method, path, body }) => {
    if (method === 'GET') return undefined;
    writeCount += 1;
    if (writeCount !== number) return undefined;
    if (target !== undefined) {
      target.intercept = () => undefined;
      void target.fetch(`http://127.0.0.1:1${path}`, { method, body: JSON.stringify(body) });
    }
    throw new TypeError('fetch failed');
  };
}

/** What a node has, without the ids that it gave. */
function contents(api: FakeNodeApi): unknown {
  return [...api.groups.values()].map(({ config, launch, policies: own }) => ({
    config,
    launch,
    policies: own
      .map((policy) => ({ ...policy, id: undefined }))
      .sort((a, b) => String(a.key).localeCompare(String(b.key))),
  }));
}
