import { expect } from 'chai';
import { describe, it } from 'mocha';

import { NEW_YEAR_2030, runIn } from '../../../support/cli-world.ts';
import type { Ended } from '../../../support/cli-world.ts';
import { FakeNodeApi } from '../../../support/fake-node-api.ts';

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

function apply(api: FakeNodeApi, text: string, ...words: readonly string[]): Promise<Ended> {
  const options = { files: { '/home/ada/f.yaml': text }, fetch: api.fetch };
  return runIn(options, 'apply', '-f', 'f.yaml', '--url', 'http://127.0.0.1:1', ...words);
}

describe('lutra apply of fields that change', () => {
  const CHANGED = FILE.replace('maxEntities: 5', 'name: Web 2\n    maxEntities: 6')
    .replace('args: {}', 'args: {command: [a], env: {TOKEN: s3cret}}')
    .replace("'* * * * *'", "'0 * * * *'");

  it('shows with --dry-run each field that would change, and no secret', async () => {
    const api = new FakeNodeApi(NEW_YEAR_2030);
    await apply(api, FILE);

    expect((await apply(api, CHANGED, '--dry-run')).stdout).to.equal(
      'would change group web: launch configuration\n' +
        '  args.command[0]: nothing -> "a"\n' +
        '  args.env.TOKEN: nothing -> (hidden)\n' +
        'would change group web: configuration\n' +
        '  name: "web" -> "Web 2"\n' +
        '  maxEntities: 5 -> 6\n' +
        'would change group web: policy up\n' +
        '  args.cron: "* * * * *" -> "0 * * * *"\n' +
        '0 created, 2 changed, 0 deleted, 2 unchanged\n',
    );
  });

  it('has the fields that change in JSON as well', async () => {
    const api = new FakeNodeApi(NEW_YEAR_2030);
    await apply(api, FILE);

    const { stdout } = await apply(api, FILE.replace('change: 1', 'change: 2'), '-o', 'json');

    expect(JSON.parse(stdout))
      .to.have.property('actions')
      .that.deep.equals([
        {
          ...{ action: 'put-policy', tenant: 'default', group: 'web', groupId: 'group-0001' },
          policy: 'up',
          changes: [{ path: 'change', before: 1, after: 2 }],
          done: true,
        },
      ]);
  });

  it('tells how many more fields change than it shows', async () => {
    const api = new FakeNodeApi(NEW_YEAR_2030);
    await apply(api, FILE);
    const metadata = Array.from({ length: 17 }, (_, index) => `m${String(index)}: a`).join(', ');
    const file = FILE.replace('maxEntities: 5', `maxEntities: 5\n    metadata: {${metadata}}`);

    expect((await apply(api, file, '--dry-run')).stdout).to.include('\n  and 1 more\n');
  });
});
