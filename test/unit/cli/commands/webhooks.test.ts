import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';

import { FAKE_UUID, NEW_YEAR_2030 } from '../../../support/cli-world.ts';
import { WriteLab } from '../../../support/cli-write-lab.ts';

const WEBHOOKS = '/v1.0/default/groups/group-0001/policies/policy-0002/webhooks';
const WEBHOOK = {
  ...{ id: 'w-1', name: 'alarm', metadata: {} },
  links: [
    { rel: 'self', href: 'http://node/self' },
    { rel: 'capability', href: 'http://node/execute/1/abc' },
  ],
};
const TABLE = 'ID   NAME   CAPABILITY\nw-1  alarm  http://node/execute/1/abc\n';

let lab: WriteLab;
beforeEach(() => {
  lab = new WriteLab(NEW_YEAR_2030);
});

describe('lutra webhooks', () => {
  it('list follows pages to their end', async () => {
    const next = { rel: 'next', href: 'http://elsewhere/webhooks/?marker=w-1' };
    let pageCount = 0;
    lab.api.intercept = ({ path }) => {
      if (path !== WEBHOOKS) return undefined;
      pageCount += 1;
      const webhooks = [{ ...WEBHOOK, id: `w-${String(pageCount)}` }];
      return { status: 200, body: { webhooks, webhooks_links: pageCount === 1 ? [next] : [] } };
    };

    const { exitCode, stdout } = await lab.run('webhooks', 'list', 'web', 'up');

    expect({ exitCode, stdout }).to.deep.equal({
      exitCode: 0,
      stdout: `${TABLE}w-2  alarm  http://node/execute/1/abc\n`,
    });
  });

  it('create posts one and shows its capability', async () => {
    lab.answer('POST', { status: 201, body: { webhooks: [WEBHOOK] } });
    const files = { '/home/ada/m.yaml': 'team: a\n' };

    const { exitCode, stdout } = await lab.runWith(
      { files },
      ...['webhooks', 'create', 'web', 'up', '--name', 'alarm', '--metadata', 'm.yaml'],
    );

    expect({ exitCode, stdout }).to.deep.equal({ exitCode: 0, stdout: TABLE });
    expect(lab.sent).to.deep.equal([
      {
        ...{ method: 'POST', path: WEBHOOKS, body: [{ name: 'alarm', metadata: { team: 'a' } }] },
        headers: { 'content-type': 'application/json', 'idempotency-key': FAKE_UUID },
      },
    ]);
  });

  it('create refuses what is no webhook', async () => {
    const files = { '/home/ada/m.yaml': 'team: 5\n' };

    const { exitCode, stderr } = await lab.runWith(
      { files },
      ...['webhooks', 'create', 'web', 'up', '--metadata', 'm.yaml'],
    );

    expect(exitCode).to.equal(64);
    expect(stderr).to.include('--name: name: is missing; write 1 to 256 characters\n');
    expect(stderr).to.include('m.yaml:1:7: metadata.team: has the wrong type, received 5');
    expect(lab.sent).to.deep.equal([]);
  });

  it('rotate posts and shows the new capability', async () => {
    lab.answer('POST', { status: 200, body: { webhook: WEBHOOK } });

    const { stdout } = await lab.run('webhooks', 'rotate', 'web', 'up', 'w-1');

    expect(stdout).to.equal(TABLE);
    expect(lab.sent).to.deep.equal([
      {
        ...{ method: 'POST', path: `${WEBHOOKS}/w-1/rotate` },
        headers: { 'idempotency-key': FAKE_UUID },
      },
    ]);
  });

  it('delete deletes', async () => {
    lab.answer('DELETE', { status: 204 });

    const { stdout } = await lab.run('webhooks', 'delete', 'web', 'up', 'w/1');

    expect(stdout).to.equal('ID   STATE\nw/1  deleted\n');
    expect(lab.sent).to.deep.equal([{ method: 'DELETE', path: `${WEBHOOKS}/w%2F1`, headers: {} }]);
  });
});

describe('lutra servers', () => {
  const GROUP = '/v1.0/default/groups/group-0001';

  it('lists ids', async () => {
    const active = [{ id: 's-1', links: [] }];
    lab.api.intercept = ({ path }) =>
      path === `${GROUP}/state`
        ? {
            status: 200,
            body: {
              group: {
                ...{ name: 'n', status: 'ACTIVE', paused: false, active },
                ...{ activeCapacity: 1, desiredCapacity: 1 },
              },
            },
          }
        : undefined;

    expect((await lab.run('servers', 'web')).stdout).to.equal('ID\ns-1\n');
    expect((await lab.run('servers', 'list', 'web')).stdout).to.equal('ID\ns-1\n');
    expect(JSON.parse((await lab.run('servers', 'web', '-o', 'json')).stdout)).to.deep.equal({
      servers: active,
    });
  });

  for (const { words, query } of [
    { words: [], query: '' },
    { words: ['--no-replace'], query: '?replace=false' },
    { words: ['--no-replace', '--no-purge'], query: '?replace=false&purge=false' },
  ]) {
    it(`deletes one ${words.join(' ')}`, async () => {
      lab.answer('DELETE', { status: 202 });

      const { stdout } = await lab.run('servers', 'delete', 'web', 's-1', ...words);

      expect(stdout).to.equal('ID   STATE\ns-1  leaving\n');
      expect(lab.sent).to.deep.equal([
        { method: 'DELETE', path: `${GROUP}/servers/s-1${query}`, headers: {} },
      ]);
    });
  }
});
