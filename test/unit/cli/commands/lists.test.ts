import { expect } from 'chai';
import { describe, it } from 'mocha';

import { NEW_YEAR_2030, runIn } from '../../../support/cli-world.ts';
import type { Ended } from '../../../support/cli-world.ts';
import { FakeNodeApi } from '../../../support/fake-node-api.ts';

const URL = ['--url', 'http://127.0.0.1:1'];

/** A node with two groups of the default tenant; the first has a key and three policies. */
async function aNode(): Promise<FakeNodeApi> {
  const api = new FakeNodeApi(NEW_YEAR_2030);
  const config = { cooldown: 0, minEntities: 1, maxEntities: 5, metadata: {} };
  const launchConfiguration = { type: 'x', args: {} };
  const create = (body: object): Promise<Response> =>
    api.fetch('http://127.0.0.1:1/v1.0/default/groups', {
      method: 'POST',
      body: JSON.stringify({ launchConfiguration, ...body }),
    });
  await create({
    groupConfiguration: { ...config, name: 'Web', key: 'web' },
    scalingPolicies: [
      {
        key: 'up',
        name: 'Up',
        type: 'schedule',
        cooldown: 0,
        change: 2,
        args: { cron: '* * * * *' },
      },
      {
        ...{ name: 'Half', type: 'schedule', cooldown: 1.5, changePercent: -50 },
        args: { at: '2031-01-01T00:00:00Z' },
      },
      { key: 'hook', name: 'Hook', type: 'webhook', cooldown: 0, desiredCapacity: 3 },
    ],
  });
  await create({ groupConfiguration: { ...config, name: 'Evil \u001b[2J\u009b31m name' } });
  return api;
}

function run(api: FakeNodeApi, ...words: readonly string[]): Promise<Ended> {
  return runIn({ fetch: api.fetch }, ...words, ...URL);
}

describe('lutra groups', () => {
  it('prints a line per group, without control characters of others', async () => {
    const { exitCode, stdout } = await run(await aNode(), 'groups');

    expect(exitCode).to.equal(0);
    expect(stdout).to.equal(
      'ID          KEY  NAME                DESIRED  ACTUAL  MIN  MAX  STATUS\n' +
        'group-0001  web  Web                 2        1       1    5    ACTIVE\n' +
        'group-0005  -    Evil  [2J 31m name  2        1       1    5    ACTIVE\n',
    );
  });

  it('names regions where there is more than one', async () => {
    const api = await aNode();
    const regions = (...names: readonly string[]): void => {
      [...api.groups.values()].forEach((group, index) => {
        group.config = { ...group.config, name: 'A', region: names[index] };
      });
    };

    regions('eu', 'us\u001b');
    const { stdout } = await run(api, 'groups');
    regions('eu', 'eu');
    const ofOne = await run(api, 'groups');

    expect(stdout).to.equal(
      'ID          KEY  NAME  REGION  DESIRED  ACTUAL  MIN  MAX  STATUS\n' +
        'group-0001  web  A     eu      2        1       1    5    ACTIVE\n' +
        'group-0005  -    A     us      2        1       1    5    ACTIVE\n',
    );
    expect(ofOne.stdout).to.not.include('REGION');
  });

  it('prints one JSON document with all pages', async () => {
    const api = await aNode();
    api.pageMax = 1;

    const { stdout } = await run(api, 'groups', '-o', 'json');

    const { groups } = JSON.parse(stdout) as {
      readonly groups: readonly { readonly id: string; readonly groupConfiguration: object }[];
    };
    expect(groups.map(({ id }) => id)).to.deep.equal(['group-0001', 'group-0005']);
    expect(groups[0]?.groupConfiguration).to.include({ key: 'web' });
  });

  it('asks for the tenant that is meant', async () => {
    const { stdout } = await run(await aNode(), 'groups', '--tenant', 'other/one', '-o', 'json');

    expect(JSON.parse(stdout)).to.deep.equal({ groups: [] });
  });

  it('colours on a terminal, unless NO_COLOR is set', async () => {
    const api = await aNode();
    const onTerminal = (environment: Readonly<Record<string, string>>): Promise<Ended> =>
      runIn({ fetch: api.fetch, isTerminal: true, environment }, 'groups', ...URL);

    expect((await onTerminal({})).stdout).to.include('\u001b[');
    expect((await onTerminal({ NO_COLOR: '1' })).stdout).to.not.include('\u001b[');
  });

  it('says which version to use where the reply is another than it knows', async () => {
    const api = await aNode();
    api.intercept = () => ({ status: 200, body: { groups: [{ id: 5 }], groups_links: [] } });

    const { exitCode, stderr } = await run(api, 'groups');

    expect(exitCode).to.equal(1);
    expect(stderr).to.match(
      /^the node's reply is not one that this version of lutra knows \(groups/,
    );
  });
});

describe('lutra policies', () => {
  for (const group of ['group-0001', 'web']) {
    it(`prints a line per policy of the group ${group}`, async () => {
      const { exitCode, stdout } = await run(await aNode(), 'policies', group);

      expect(exitCode).to.equal(0);
      expect(stdout).to.equal(
        'ID           KEY   NAME  CHANGE  WHEN                  COOLDOWN\n' +
          'policy-0002  up    Up    +2      * * * * *             0 s\n' +
          'policy-0003  -     Half  -50 %   2031-01-01T00:00:00Z  1.5 s\n' +
          'policy-0004  hook  Hook  to 3    on demand             0 s\n',
      );
    });
  }

  it('prints one JSON document', async () => {
    const { stdout } = await run(await aNode(), '-o', 'json', 'policies', 'web');

    const { policies } = JSON.parse(stdout) as { readonly policies: readonly unknown[] };
    expect(policies).to.have.length(3);
    expect(policies[0]).to.include({ id: 'policy-0002', key: 'up', change: 2 });
  });

  it('ends with 1 where there is no such group', async () => {
    expect(await run(await aNode(), 'policies', 'nobody')).to.deep.equal({
      exitCode: 1,
      stdout: '',
      stderr:
        'tenant "default" has no group with the id, key or name "nobody"; "lutra groups" lists those it has\n',
    });
  });
});
