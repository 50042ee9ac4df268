import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';

import { FAKE_UUID, NEW_YEAR_2030 } from '../../../support/cli-world.ts';
import { WriteLab } from '../../../support/cli-write-lab.ts';

const POLICIES = '/v1.0/default/groups/group-0001/policies';

let lab: WriteLab;
beforeEach(() => {
  lab = new WriteLab(NEW_YEAR_2030);
});

describe('lutra policies create', () => {
  const BODIES = [
    {
      words: ['--cron', '0 9 * * 1-5', '--desired', '8', '--cooldown', '1.5'],
      body: { type: 'schedule', cooldown: 1.5, desiredCapacity: 8, args: { cron: '0 9 * * 1-5' } },
    },
    {
      words: ['--at', '2031-01-01T00:00:00Z', '--change-percent', '-12.5', '--key', 'k'],
      body: {
        ...{ type: 'schedule', cooldown: 0, changePercent: -12.5, key: 'k' },
        args: { at: '2031-01-01T00:00:00Z' },
      },
    },
    {
      words: [
        ...['--cron', '@daily', '--dialect', 'extended', '--timezone', 'Europe/Berlin'],
        ...['--dst-gap', 'skip', '--dst-overlap', 'both', '--start', '2030-01-01T00:00:00Z'],
        ...['--end', '2031-01-01T00:00:00Z', '--jitter', '30', '--misfire', 'skip'],
        ...['--misfire-within', '1.5', '--change', '1'],
      ],
      body: {
        ...{ type: 'schedule', cooldown: 0, change: 1 },
        args: {
          ...{ cron: '@daily', dialect: 'extended', timezone: 'Europe/Berlin' },
          dst: { gap: 'skip', overlap: 'both' },
          ...{ start: '2030-01-01T00:00:00Z', end: '2031-01-01T00:00:00Z', jitter: 30 },
          misfire: { policy: 'skip', within: 1.5 },
        },
      },
    },
    {
      words: ['--cron', '0 9 * * *', '--dialect', 'v1', '--change', '1'],
      body: { type: 'schedule', cooldown: 0, change: 1, args: { cron: '0 9 * * *' } },
    },
    { words: ['--change', '-2'], body: { type: 'webhook', cooldown: 0, change: -2 } },
  ];
  for (const { words, body } of BODIES) {
    it(`posts what is meant by: ${words.join(' ')}`, async () => {
      const { exitCode, stdout } = await lab.run(
        ...['policies', 'create', 'web', '--name', 'New', ...words],
      );

      expect(exitCode).to.equal(0);
      expect(stdout).to.match(/^ID +KEY +NAME +CHANGE +WHEN +COOLDOWN\npolicy-\d+ .* New /);
      expect(lab.sent).to.deep.equal([
        {
          ...{ method: 'POST', path: POLICIES },
          headers: { 'content-type': 'application/json', 'idempotency-key': FAKE_UUID },
          body: [{ name: 'New', ...body }],
        },
      ]);
    });
  }

  it('posts the list of a file', async () => {
    const files = {
      '/home/ada/f.yaml':
        "- { name: a, change: 1 }\n- { name: b, change: 2, args: { cron: '* * * * *' } }\n",
    };

    await lab.runWith({ files }, 'policies', 'create', 'web', '-f', 'f.yaml');

    expect(lab.sent.map(({ body }) => body)).to.deep.equal([
      [
        { name: 'a', cooldown: 0, type: 'webhook', change: 1 },
        { name: 'b', cooldown: 0, type: 'schedule', change: 2, args: { cron: '* * * * *' } },
      ],
    ]);
  });

  const BAD = [
    {
      words: ['--name', 'x'],
      says: 'says nothing about capacity, received {"name":"x"}; write exactly one of change, changePercent, desiredCapacity',
    },
    { words: ['--name', 'x', '--change', '1', '--desired', '2'], says: 'says two things' },
    { words: ['--change', '1'], says: '--name: name: is missing; write 1 to 256 characters' },
    {
      words: ['--name', 'x', '--change', '1', '--cron', '* *'],
      says: '--cron: args.cron: is not a schedule, received "* *"',
    },
    {
      words: ['--name', 'x', '--change', '1', '--at', 'soon'],
      says: '--at: args.at: is not an instant, received "soon"; write an instant in UTC such as',
    },
    {
      words: ['--name', 'x', '--change', '0'],
      says: '--change: change: changes nothing, received 0; write a number other than 0',
    },
    {
      words: ['--change', '1', '--cron', '* * * * *', '--at', '2031-01-01T00:00:00Z'],
      says: '--cron and --at are two schedules',
    },
    {
      words: ['--name', 'x', '--change', '1', '--cron', '@daily'],
      says: '--cron: args.cron: is not a schedule, received "@daily"',
    },
    {
      words: ['--name', 'x', '--change', '1', '--cron', '* * * * *', '--jitter', '0'],
      says: '--jitter: args.jitter: is too small, received 0; write a whole number from 1 to 86400',
    },
    {
      words: [
        ...['--name', 'x', '--change', '1', '--cron', '* * * * *', '--misfire', 'skip'],
        ...['--misfire-within', '0'],
      ],
      says: '--misfire-within: args.misfire.within: is too small, received 0; write seconds above 0, up to 31536000',
    },
    {
      words: [
        ...['--name', 'x', '--change', '1', '--cron', '* * * * *', '--misfire', 'skip'],
        ...['--misfire-within', '31536001'],
      ],
      says: '--misfire-within: args.misfire.within: is too large, received 31536001; write seconds above 0, up to 31536000',
    },
    {
      words: ['--name', 'x', '--change', '1', '--timezone', 'Europe/Berlin'],
      says: '--timezone: args.timezone: goes with cron or at only, received "Europe/Berlin"',
    },
    {
      words: ['--name', 'x', '--change', '1', '--cron', '* * * * *', '--misfire-within', '5'],
      says: '--misfire: args.misfire.policy: is missing; write one of latest, all, skip',
    },
    { words: ['-f', 'f.yaml', '--name', 'x'], says: 'received --name too; give one or the other' },
    { words: ['-f', 'f.yaml'], says: 'f.yaml:2:22: [1].change: has the wrong type, received "1"' },
  ];
  const files = { '/home/ada/f.yaml': "- { name: a, change: 1 }\n- { name: b, change: '1' }\n" };
  for (const { words, says } of BAD) {
    it(`ends with 64 and sends nothing with: ${words.join(' ')}`, async () => {
      const call = ['policies', 'create', 'web', ...words];
      const { exitCode, stdout, stderr } = await lab.runWith({ files }, ...call);

      expect({ exitCode, stdout }, stderr).to.deep.equal({ exitCode: 64, stdout: '' });
      expect(stderr).to.include(says);
      expect(lab.sent).to.deep.equal([]);
    });
  }
});

describe('lutra policies update', () => {
  it('changes the field that is given, as long as nobody else did meanwhile', async () => {
    const { exitCode, stdout } = await lab.run(
      ...['policies', 'update', 'web', 'nightly', '--cron', '0 2 * * *'],
    );

    expect({ exitCode, stdout }).to.deep.equal({
      exitCode: 0,
      stdout: 'GROUP  POLICY   STATE\nweb    nightly  changed\n',
    });
    expect(lab.sent).to.deep.equal([
      {
        ...{ method: 'PUT', path: `${POLICIES}/policy-0005` },
        headers: {
          'content-type': 'application/json',
          'if-match': `"tag of ${POLICIES}/policy-0005"`,
        },
        body: {
          ...{ name: 'Nightly', type: 'schedule', cooldown: 1.5, changePercent: -50 },
          args: { cron: '0 2 * * *' },
        },
      },
    ]);
  });

  const WITHOUT_EXCLUDE = {
    ...{ cron: '0 1 * * *', timezone: 'Europe/Berlin', jitter: 5 },
    misfire: { policy: 'skip', within: 60 },
  };
  const STORED = { ...WITHOUT_EXCLUDE, exclude: ['holidays'] };
  const CHANGES = [
    {
      words: ['--cron', '0 2 * * *'],
      args: { ...STORED, cron: '0 2 * * *' },
    },
    {
      words: ['--dst-overlap', 'both', '--misfire', 'all'],
      args: { ...STORED, dst: { overlap: 'both' }, misfire: { policy: 'all', within: 60 } },
    },
    {
      words: ['--without', 'misfire', 'jitter'],
      args: {
        ...{ cron: '0 1 * * *', timezone: 'Europe/Berlin', exclude: ['holidays'] },
      },
    },
    {
      words: ['--without', 'exclude', '--only', 'workdays'],
      args: { ...WITHOUT_EXCLUDE, only: ['workdays'] },
    },
    {
      words: ['--at', '2031-01-01T00:00:00Z'],
      args: { at: '2031-01-01T00:00:00Z', misfire: STORED.misfire },
    },
  ];
  for (const { words, args } of CHANGES) {
    it(`keeps what is not said of a schedule with: ${words.join(' ')}`, async () => {
      const files = { '/home/ada/f.yaml': JSON.stringify({ args: STORED }) };
      await lab.runWith({ files }, 'policies', 'update', 'web', 'nightly', '-f', 'f.yaml');

      const { exitCode, stderr } = await lab.run('policies', 'update', 'web', 'nightly', ...words);

      expect(exitCode, stderr).to.equal(0);
      expect(lab.sent.at(-1)?.body).to.deep.include({ args });
    });
  }

  it('says which option a refusal of the node is about', async () => {
    const message = 'args.timezone must be a time zone, not "Europe/Berlin"';
    const body = { error: { type: 'ValidationError', code: 400, message, details: '' } };
    lab.answer('PUT', { status: 400, body });

    const { exitCode, stderr } = await lab.run(
      ...['policies', 'update', 'web', 'nightly', '--timezone', 'Europe/Berlin'],
    );

    expect(exitCode).to.equal(64);
    expect(stderr).to.equal(`--timezone: ValidationError: ${message}\n`);
  });

  it('replaces one way to say what it does by another, from a file too', async () => {
    const files = { '/home/ada/f.yaml': 'desiredCapacity: 0\n' };

    await lab.runWith({ files }, 'policies', 'update', 'web', 'up', '-f', 'f.yaml');

    expect(lab.sent.map(({ body }) => body)).to.deep.equal([
      { name: 'Up', type: 'webhook', cooldown: 0, desiredCapacity: 0 },
    ]);
  });

  it('refuses a schedule for a policy that is executed by hand', async () => {
    const { exitCode, stderr } = await lab.run(
      ...['policies', 'update', 'web', 'up', '--cron', '* * * * *', '--dry-run'],
    );

    expect(exitCode).to.equal(64);
    expect(stderr).to.include('--cron: args.cron: does not go with type "webhook"');
  });

  it('refuses to change nothing', async () => {
    const { exitCode, stderr } = await lab.run('policies', 'update', 'web', 'up');

    expect(exitCode).to.equal(64);
    expect(stderr).to.include('give at least one of --name');
  });
});

describe('lutra policies show', () => {
  it('shows all that a schedule has', async () => {
    await lab.run(
      ...['policies', 'update', 'web', 'nightly', '--timezone', 'Europe/Berlin'],
      ...['--dst-gap', 'skip', '--jitter', '30', '--misfire', 'all'],
    );

    const { stdout } = await lab.run('policies', 'show', 'web', 'nightly');

    expect(stdout).to.equal(
      'WHAT      VALUE\n' +
        'id        policy-0005\n' +
        'key       nightly\n' +
        'name      Nightly\n' +
        'change    -50 %\n' +
        'when      0 1 * * * (Europe/Berlin)\n' +
        'jitter    30\n' +
        'dst       gap: skip\n' +
        'misfire   policy: all\n' +
        'cooldown  1.5 s\n',
    );
  });
});

describe('lutra policies delete', () => {
  it('deletes', async () => {
    const { exitCode, stdout } = await lab.run('policies', 'delete', 'web', 'up', '-o', 'json');

    expect(exitCode).to.equal(0);
    expect(JSON.parse(stdout)).to.deep.equal({ id: 'policy-0002' });
    expect(lab.sent).to.deep.equal([
      { method: 'DELETE', path: `${POLICIES}/policy-0002`, headers: {} },
    ]);
  });
});

describe('lutra policies', () => {
  it('lists, with the word for it and without', async () => {
    const { stdout } = await lab.run('policies', 'web');

    expect(stdout).to.include('policy-0002');
    expect((await lab.run('policies', 'list', 'web')).stdout).to.equal(stdout);
  });
});
