/** The built `lutra apply` against a node that runs. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import type { Program } from '../support/built-program.ts';
import { CliLab, fileOf } from './cli-lab.ts';

const SAMPLES = ['workers.yaml', 'webhook.yaml'].map((name) => join('config', 'samples', name));

interface ListedWebhook {
  readonly name: string;
}

describe('lutra apply', () => {
  let lab: CliLab;
  let receiver: Program;
  before(async () => {
    lab = await CliLab.open();
    receiver = lab.programs.script([join('config', 'samples', 'receiver.mjs'), '0'], {
      env: { LUTRA_SAMPLE_KEY_FILE: lab.folder.path('webhook-signing.key') },
    });
  });
  after(() => lab.close());

  it('makes the samples work: the receiver is told the capacity of its group', async () => {
    const tenant = lab.aTenant();
    const words = ['apply', '--tenant', tenant, ...SAMPLES.flatMap((path) => ['-f', path])];
    const env = { LUTRA_SAMPLE_RECEIVER_URL: await receiver.said(/listens at (\S+)/) };

    expect(await lab.say(words, env)).to.match(/^9 created, 0 changed, 0 deleted, 0 unchanged$/m);
    await receiver.said(/ capacity 0 -> (\d+)$/);
    expect(await lab.say(words, env)).to.equal('0 created, 0 changed, 0 deleted, 9 unchanged\n');
  });

  it('writes nothing where the file is as before', async () => {
    const tenant = await lab.aTenantAtRest();
    const before = await lab.eventsOf(tenant);

    expect(await lab.apply(tenant, {})).to.equal('0 created, 0 changed, 0 deleted, 4 unchanged\n');
    expect(await lab.eventsOf(tenant)).to.deep.equal(before);
  });

  it('writes what differs, and no more', async () => {
    const tenant = await lab.aTenantAtRest();
    const before = await lab.eventsOf(tenant);

    expect((await lab.apply(tenant, { max: 6, up: 2 })).split('\n')).to.deep.equal([
      'changed group web: configuration',
      'changed group web: policy up',
      '0 created, 2 changed, 0 deleted, 2 unchanged',
      '',
    ]);
    const written = (await lab.eventsOf(tenant)).slice(before.length).map(({ event }) => event);
    expect(written.filter((event) => event !== 'group.converged')).to.deep.equal([
      'group.changed',
      'policy.changed',
    ]);
  });

  it('deletes a policy that the file has no more', async () => {
    const tenant = await lab.aTenantAtRest();

    expect(await lab.apply(tenant, { isDownThere: false })).to.equal(
      'deleted group web: policy down\n0 created, 0 changed, 1 deleted, 3 unchanged\n',
    );
    expect([...(await lab.policiesOf(tenant)).keys()].sort()).to.deep.equal(['up', 'yearly']);
  });

  it('creates, changes and deletes webhooks, and never prints an address', async () => {
    const tenant = await lab.aTenantAtRest();
    const write = async (webhooks: string): Promise<string> => {
      const path = lab.folder.path(`${tenant}-webhooks.yaml`);
      await writeFile(path, fileOf({}).replace('change: 1', `change: 1\n        ${webhooks}`));
      return lab.say(['apply', '--tenant', tenant, '-f', path]);
    };
    const listed = async (): Promise<readonly ListedWebhook[]> => {
      const words = ['webhooks', 'list', 'web', 'up', '--tenant', tenant];
      return (await lab.asJson<{ readonly webhooks: readonly ListedWebhook[] }>(words)).webhooks;
    };

    expect(await write('webhooks: [{name: alarm}, {name: ci}]')).to.equal(
      'created group web: webhooks alarm, ci of policy up\n' +
        '  "lutra webhooks list web up" shows their addresses\n' +
        '2 created, 0 changed, 0 deleted, 4 unchanged\n',
    );
    const alarm = (await listed()).find(({ name }) => name === 'alarm');

    expect(await write('webhooks: [{name: alarm, metadata: {team: a}}]')).to.equal(
      'deleted group web: webhook ci of policy up\n' +
        'changed group web: webhook alarm of policy up\n' +
        '0 created, 1 changed, 1 deleted, 4 unchanged\n',
    );
    expect(await listed()).to.deep.equal([{ ...alarm, metadata: { team: 'a' } }]);
    expect(await write('cooldown: 0')).to.equal('0 created, 0 changed, 0 deleted, 4 unchanged\n');
    expect(await listed()).to.have.length(1);
  });

  it('does nothing in a dry run but tell what it would do', async () => {
    const tenant = await lab.aTenantAtRest();
    const before = await lab.eventsOf(tenant);

    expect(await lab.apply(tenant, { up: 3 }, ['--dry-run'])).to.equal(
      'would change group web: policy up\n  change: 1 -> 3\n0 created, 1 changed, 0 deleted, 3 unchanged\n',
    );
    expect(await lab.eventsOf(tenant)).to.deep.equal(before);
  });

  it('says where a file is wrong, and applies nothing of the others', async () => {
    const tenant = lab.aTenant();
    const [right, wrong] = [lab.folder.path('right.yaml'), lab.folder.path('wrong.yaml')];
    await writeFile(right, fileOf({}));
    await writeFile(wrong, fileOf({}).replace('0 0 1 1 *', '0 0 1 13 *').replace('web', 'other'));

    const { code, stdout, stderr } = await lab.lutra([
      ...['apply', '--tenant', tenant, '-f', right, '-f', wrong],
    ]);

    expect({ code, stdout }).to.deep.equal({ code: 64, stdout: '' });
    expect(stderr).to.match(/wrong\.yaml:12:\d+: .*month/);
    expect(await lab.asJson(['groups', '--tenant', tenant])).to.deep.equal({ groups: [] });
  });
});
