/** Commands that change something, from the built command line to a node that runs. */
import { writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { eventually } from '../support/eventually.ts';
import { CliLab } from './cli-lab.ts';

interface ShownGroup {
  readonly group: {
    readonly groupConfiguration: Readonly<Record<string, unknown>>;
    readonly launchConfiguration: object;
    readonly scalingPolicies: readonly Readonly<Record<string, unknown>>[];
    readonly state: Readonly<Record<string, unknown>>;
  };
}

interface ShownWebhooks {
  readonly webhooks: readonly ShownWebhook[];
}

interface ShownWebhook {
  readonly id: string;
  readonly links: readonly { readonly rel: string; readonly href: string }[];
}

describe('commands that change something', () => {
  let lab: CliLab;
  let launch: string;
  before(async () => {
    lab = await CliLab.open();
    launch = lab.folder.path('launch.yaml');
    await writeFile(launch, "type: process\nargs: { command: [sleep, '1000'] }\n");
  });
  after(() => lab.close());

  /** A tenant with a group `jobs`, which is made by hand. */
  async function aTenantWithJobs(): Promise<string> {
    const tenant = lab.aTenant();
    await lab.say([
      ...['groups', 'create', '--tenant', tenant, '--name', 'Jobs', '--key', 'jobs'],
      ...['--max', '4', '--launch', launch],
    ]);
    return tenant;
  }

  async function shown(tenant: string): Promise<ShownGroup['group']> {
    const words = ['groups', 'show', 'jobs', '--tenant', tenant];
    return (await lab.asJson<ShownGroup>(words)).group;
  }

  it('make a group, change it field by field, and delete it', async () => {
    const tenant = await aTenantWithJobs();
    const of = ['--tenant', tenant];
    await lab.say(['groups', 'update', 'jobs', '--cooldown', '7', ...of]);
    await lab.say(['groups', 'update', 'Jobs', '--max', '3', '--name', 'More jobs', ...of]);

    expect((await shown(tenant)).groupConfiguration).to.deep.equal({
      ...{ name: 'More jobs', key: 'jobs', metadata: {} },
      ...{ cooldown: 7, minEntities: 0, maxEntities: 3 },
    });
    await lab.say(['groups', 'update', 'jobs', '--min', '1', ...of]);
    const refused = await lab.lutra(['groups', 'delete', 'jobs', ...of]);
    expect(refused.code, refused.stderr).to.equal(1);
    expect(await lab.say(['groups', 'delete', 'jobs', '--force', ...of])).to.include('deleted');
    expect((await lab.lutra(['groups', 'show', 'jobs', ...of])).code).to.equal(1);
  });

  it('make policies, change them, execute one once per key, and delete them', async () => {
    const tenant = await aTenantWithJobs();
    const of = ['--tenant', tenant];
    const create = ['policies', 'create', 'jobs', ...of];
    await lab.say([...create, '--name', 'Up', '--key', 'up', '--change', '-1']);
    await lab.say([...create, '--name', 'Year', '--cron', '0 0 1 1 *', '--desired', '2']);
    await lab.say(['policies', 'update', 'jobs', 'up', '--change', '1', ...of]);
    await lab.say(['policies', 'update', 'jobs', 'Year', '--change-percent', '50', ...of]);

    const execute = ['execute', 'jobs', 'up', '--idempotency-key', 'once', ...of];
    expect(await lab.asJson(execute)).to.deep.equal({});
    const again = await lab.lutra(execute);
    expect(again.code, again.stderr).to.equal(0);
    expect(again.stderr).to.match(/^this is the reply to an earlier request/);

    const { state, scalingPolicies } = await shown(tenant);
    expect(state).to.include({ desiredCapacity: 1 });
    const year = scalingPolicies.find(({ name }) => name === 'Year');
    expect(year).to.deep.include({ changePercent: 50, args: { cron: '0 0 1 1 *' } });
    expect(year).to.not.have.property('desiredCapacity');
    await lab.say(['policies', 'delete', 'jobs', 'Year', ...of]);
    expect((await shown(tenant)).scalingPolicies).to.have.lengthOf(1);
  });

  it('pause, resume and converge a group', async () => {
    const tenant = await aTenantWithJobs();
    const of = ['jobs', '--tenant', tenant];
    await lab.say(['pause', ...of]);

    expect((await shown(tenant)).state).to.include({ paused: true });
    const refused = await lab.lutra(['converge', ...of]);
    expect(refused.code, refused.stderr).to.equal(1);
    expect(refused.stderr).to.match(/^GroupPausedError/);
    await lab.say(['resume', ...of]);
    expect((await shown(tenant)).state).to.include({ paused: false });
    expect(await lab.say(['converge', ...of])).to.include('converging');
  });

  it('make a webhook that executes, and rotate and delete it', async () => {
    const tenant = await aTenantWithJobs();
    const of = ['--tenant', tenant];
    await lab.say(['policies', 'create', 'jobs', '--name', 'up', '--change', '1', ...of]);
    const created = await lab.asJson<ShownWebhooks>([
      ...['webhooks', 'create', 'jobs', 'up', '--name', 'alarm', ...of],
    ]);
    const [webhook] = created.webhooks;
    const id = webhook?.id ?? '';

    expect((await fetch(capabilityOf(webhook), { method: 'POST' })).status).to.equal(202);
    expect((await shown(tenant)).state).to.include({ desiredCapacity: 1 });
    const rotated = await lab.asJson<{ readonly webhook: ShownWebhook }>([
      ...['webhooks', 'rotate', 'jobs', 'up', id, ...of],
    ]);
    expect(capabilityOf(rotated.webhook)).to.not.equal(capabilityOf(webhook));
    const list = ['webhooks', 'list', 'jobs', 'up', ...of];
    expect(await lab.say(list)).to.include(capabilityOf(rotated.webhook));
    await lab.say(['webhooks', 'delete', 'jobs', 'up', id, ...of]);
    expect(await lab.asJson(list)).to.deep.equal({ webhooks: [] });
  });

  it('delete a server for which another one comes', async () => {
    const tenant = await aTenantWithJobs();
    const of = ['--tenant', tenant];
    await lab.say(['groups', 'update', 'jobs', '--min', '1', ...of]);
    const servers = async (): Promise<readonly { readonly id: string }[]> =>
      (
        await lab.asJson<{ servers: readonly { readonly id: string }[] }>([
          'servers',
          'jobs',
          ...of,
        ])
      ).servers;
    await eventually('there is a server', async () => (await servers()).length === 1);
    const [first] = await servers();

    await lab.say(['servers', 'delete', 'jobs', first?.id ?? '', ...of]);

    await eventually('another one has come', async () => {
      const now = await servers();
      return now.length === 1 && now[0]?.id !== first?.id;
    });
  });

  it('change nothing with --dry-run, and print what they would send', async () => {
    const tenant = await aTenantWithJobs();
    const of = ['--tenant', tenant, '--dry-run'];
    const before = await lab.asJson(['groups', '--tenant', tenant]);

    const update = await lab.say(['groups', 'update', 'jobs', '--max', '2', ...of]);
    expect(update)
      .to.match(/^PUT \/v1\.0\/.*\/config$/m)
      .and.match(/^if-match: "/m);
    expect(await lab.say(['groups', 'delete', 'jobs', '--force', ...of])).to.match(/^DELETE /);
    expect(await lab.say(['pause', 'jobs', ...of])).to.match(/^idempotency-key: [0-9a-f-]{36}$/m);
    const bad = await lab.lutra(['groups', 'update', 'jobs', '--min', '9', ...of]);
    expect(bad.code, bad.stderr).to.equal(64);

    expect(await lab.asJson(['groups', '--tenant', tenant])).to.deep.equal(before);
  });
});

function capabilityOf(webhook: ShownWebhook | undefined): string {
  return webhook?.links.find(({ rel }) => rel === 'capability')?.href ?? '';
}
