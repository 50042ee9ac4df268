import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';

import { FAKE_UUID, NEW_YEAR_2030 } from '../../../support/cli-world.ts';
import { refusal } from '../../../support/fake-node-api.ts';
import { WriteLab } from '../../../support/cli-write-lab.ts';

const GROUP = '/v1.0/default/groups/group-0001';
const LAUNCH = 'type: process\nargs: { command: [./run, a], cwd: here }\n';
const LAUNCHED = {
  type: 'process',
  args: { command: ['/home/ada/files/here/run', 'a'], cwd: '/home/ada/files/here' },
};
const WHOLE = `
groupConfiguration: { name: Jobs, key: jobs, minEntities: 2, metadata: { team: a } }
launchConfiguration: { type: webhook, args: { url: 'https://example.org/\${PART}' } }
scalingPolicies:
  - { name: up, change: 1 }
  - { name: night, changePercent: -50, args: { cron: '0 1 * * *' } }
`;

let lab: WriteLab;
beforeEach(() => {
  lab = new WriteLab(NEW_YEAR_2030);
});

const FILES = { '/home/ada/files/launch.yaml': LAUNCH, '/home/ada/files/whole.yaml': WHOLE };
const WORLD = { files: FILES, environment: { PART: 'jobs' } };

describe('lutra groups create', () => {
  const FLAGS = ['groups', 'create', '--name', 'Jobs', '--launch', 'files/launch.yaml'];

  it('posts what options say, with paths that a node understands', async () => {
    const more = [
      ...['--min', '1', '--max', '9', '--cooldown', '60', '--key', 'jobs', '--region', 'r'],
      ...['--reached-by', '300'],
    ];

    const { exitCode, stdout } = await lab.runWith(WORLD, ...FLAGS, ...more);

    expect(exitCode).to.equal(0);
    expect(stdout).to.match(/^ID +KEY +NAME +STATE\ngroup-\d+ +jobs +Jobs +created\n$/);
    expect(lab.sent).to.deep.equal([
      {
        method: 'POST',
        path: '/v1.0/default/groups',
        headers: { 'content-type': 'application/json', 'idempotency-key': FAKE_UUID },
        body: {
          groupConfiguration: {
            ...{ name: 'Jobs', key: 'jobs', region: 'r' },
            ...{ minEntities: 1, maxEntities: 9, cooldown: 60, reachedBy: 300 },
          },
          launchConfiguration: LAUNCHED,
        },
      },
    ]);
  });

  it('posts what a file says, its placeholders filled, and options over it', async () => {
    lab.answer('POST', refusal(400, 'ValidationError', 'no'));

    await lab.runWith(WORLD, 'groups', 'create', '-f', 'files/whole.yaml', '--min', '0');

    expect(lab.sent.map(({ body }) => body)).to.deep.equal([
      {
        groupConfiguration: {
          ...{ name: 'Jobs', key: 'jobs', minEntities: 0, cooldown: 0 },
          metadata: { team: 'a' },
        },
        launchConfiguration: { type: 'webhook', args: { url: 'https://example.org/jobs' } },
        scalingPolicies: [
          { name: 'up', cooldown: 0, type: 'webhook', change: 1 },
          {
            ...{ name: 'night', cooldown: 0, type: 'schedule', changePercent: -50 },
            args: { cron: '0 1 * * *' },
          },
        ],
      },
    ]);
  });

  it('needs no node with --dry-run', async () => {
    const { exitCode, stdout } = await lab.runWith(WORLD, ...FLAGS, '--dry-run');

    expect(exitCode).to.equal(0);
    expect(stdout).to.match(/^POST \/v1\.0\/default\/groups\ncontent-type: application\/json\n/);
    expect(stdout).to.include('"name": "Jobs"');
    expect(lab.sent).to.deep.equal([]);
  });

  const BAD = [
    { words: [], says: '--name: groupConfiguration.name: is missing; write 1 to 256 characters' },
    { words: [], says: '--launch: launchConfiguration: is missing; write type, args' },
    {
      words: ['--min', 'few'],
      says: '--min: groupConfiguration.minEntities: has the wrong type, received "few"; write a whole number from 0 to 1000',
    },
    {
      words: ['--reached-by', '0'],
      says: '--reached-by: groupConfiguration.reachedBy: is too small, received 0; write a whole number from 1 to 86400',
    },
    {
      words: ['--max', '1001'],
      says: '--max: groupConfiguration.maxEntities: is too large, received 1001; write a whole number from 0 to 1000',
    },
    {
      words: ['--min', '3', '--max', '2', '--name', 'x', '--launch', 'files/launch.yaml'],
      says: '--min: groupConfiguration.minEntities: is above maxEntities, received 3; write at most maxEntities, which is 2',
    },
    { words: ['--file', 'none.yaml'], says: '--file none.yaml: there is no such file' },
    {
      words: ['--file', 'files/empty.yaml'],
      says: '--file files/empty.yaml: must have one document in it, received none; write one',
    },
    {
      words: ['--file', 'files/bad.yaml'],
      says: 'files/bad.yaml:2:1: colour: is unknown here; known are groupConfiguration, launchConfiguration, scalingPolicies',
    },
    {
      words: ['--file', 'files/bad.yaml'],
      says: 'files/bad.yaml:1:29: groupConfiguration.name: has the wrong type, received 5; write 1 to 256 characters',
    },
    {
      words: ['--file', 'files/list.yaml'],
      says: 'files/list.yaml:1:1: has the wrong type, received ["a"]; write groupConfiguration',
    },
    {
      words: ['--launch', 'files/infinite.yaml'],
      says: 'files/infinite.yaml:1:18: launchConfiguration.args.a: is no number that can be sent, received Infinity; write a number that has digits',
    },
    {
      words: ['--file', 'files/policies.yaml'],
      says: 'files/policies.yaml:1:19: scalingPolicies[0]: says two things, received {"name":"a","change":1,"desiredCapacity":2}; write exactly one of change',
    },
  ];
  const BAD_FILES = {
    ...FILES,
    '/home/ada/files/empty.yaml': '---\n',
    '/home/ada/files/bad.yaml': 'groupConfiguration: { name: 5 }\ncolour: red\n',
    '/home/ada/files/list.yaml': '- a\n',
    '/home/ada/files/infinite.yaml': 'args: { b: 1, a: .inf }\n',
    '/home/ada/files/policies.yaml':
      'scalingPolicies: [{ name: a, change: 1, desiredCapacity: 2 }]\n',
  };
  for (const { words, says } of BAD) {
    it(`ends with 64 and sends nothing with: ${words.join(' ')} (${says.slice(0, 40)})`, async () => {
      const call = ['groups', 'create', ...words];
      const { exitCode, stdout, stderr } = await lab.runWith({ files: BAD_FILES }, ...call);

      expect({ exitCode, stdout }, stderr).to.deep.equal({ exitCode: 64, stdout: '' });
      expect(stderr).to.include(says);
      expect(lab.sent).to.deep.equal([]);
    });
  }
});

describe('lutra groups update', () => {
  const HEADERS = {
    'content-type': 'application/json',
    'if-match': `"tag of ${GROUP}/config"`,
  };
  const STORED = { cooldown: 5, minEntities: 1, maxEntities: 5, metadata: { a: 'b' } };

  it('shows the name that the group has afterwards', async () => {
    const { stdout } = await lab.run('groups', 'update', 'web', '--name', 'New name');

    expect(stdout).to.equal(
      'ID          KEY  NAME      STATE\ngroup-0001  web  New name  changed\n',
    );
  });

  it('changes the field that is given, as long as nobody else did meanwhile', async () => {
    const { exitCode, stdout } = await lab.run('groups', 'update', 'web', '--max', '7');

    expect({ exitCode, stdout }).to.deep.equal({
      exitCode: 0,
      stdout: 'ID          KEY  NAME     STATE\ngroup-0001  web  The web  changed\n',
    });
    expect(lab.sent).to.deep.equal([
      {
        ...{ method: 'PUT', path: `${GROUP}/config`, headers: HEADERS },
        body: { name: 'The web', ...STORED, maxEntities: 7 },
      },
    ]);
  });

  it('changes the launch configuration first, and alone where nothing else is given', async () => {
    await lab.runWith(WORLD, 'groups', 'update', 'web', '--launch', 'files/launch.yaml');
    await lab.runWith(
      WORLD,
      ...['groups', 'update', 'web', '--launch', 'files/launch.yaml', '--name', 'New'],
    );

    expect(lab.sent.map(({ path, body }) => ({ path, body }))).to.deep.equal([
      { path: `${GROUP}/launch`, body: LAUNCHED },
      { path: `${GROUP}/launch`, body: LAUNCHED },
      { path: `${GROUP}/config`, body: { ...STORED, name: 'New' } },
    ]);
  });

  it('takes fields from a file, metadata whole', async () => {
    const files = { '/home/ada/f.json': '{"groupConfiguration":{"metadata":{"c":"d"}}}' };

    await lab.runWith({ files }, 'groups', 'update', 'web', '-f', 'f.json', '--min', '2');

    expect(lab.sent.map(({ body }) => body)).to.deep.equal([
      { ...STORED, name: 'The web', metadata: { c: 'd' }, minEntities: 2 },
    ]);
  });

  it('keeps by when servers are to be there, and takes it out where that is said', async () => {
    const rewrite = lab.run('groups', 'update', 'web', '--reached-by', '300');
    expect((await rewrite).exitCode).to.equal(0);

    await lab.run('groups', 'update', 'web', '--max', '7');
    await lab.run('groups', 'update', 'web', '--without', 'reachedBy');

    expect(lab.sent.map(({ body }) => body)).to.deep.equal([
      { ...STORED, name: 'The web', reachedBy: 300 },
      { ...STORED, name: 'The web', reachedBy: 300, maxEntities: 7 },
      { ...STORED, name: 'The web', maxEntities: 7 },
    ]);
  });

  it('says what was done where the second of two changes is refused', async () => {
    lab.refuseAt(`${GROUP}/config`, refusal(412, 'PreconditionFailed', 'somebody was first'));

    const { exitCode, stdout, stderr } = await lab.runWith(
      WORLD,
      ...['groups', 'update', 'web', '--launch', 'files/launch.yaml', '--name', 'New'],
    );

    expect({ exitCode, stdout }).to.deep.equal({ exitCode: 1, stdout: '' });
    expect(stderr).to.equal(
      `done before: PUT ${GROUP}/launch\nPreconditionFailed: somebody was first\n`,
    );
  });

  it('refuses bounds that cross those that are stored', async () => {
    const { exitCode, stderr } = await lab.run(
      'groups',
      'update',
      'web',
      '--min',
      '6',
      '--dry-run',
    );

    expect({ exitCode, stderr }).to.deep.equal({
      exitCode: 64,
      stderr:
        '--min: groupConfiguration.minEntities: is above maxEntities, received 6; write at most maxEntities, which is 5\n',
    });
  });

  it('refuses to change nothing', async () => {
    const { exitCode, stderr } = await lab.run('groups', 'update', 'web');

    expect(exitCode).to.equal(64);
    expect(stderr).to.include('give at least one of --name');
  });

  it('refuses policies, which have commands of their own', async () => {
    const files = { '/home/ada/f.yaml': 'scalingPolicies: []\n' };

    const { exitCode, stderr } = await lab.runWith(
      { files },
      'groups',
      'update',
      'web',
      '-f',
      'f.yaml',
    );

    expect(exitCode).to.equal(64);
    expect(stderr).to.include('f.yaml:1:1: scalingPolicies: is unknown here');
    expect(lab.sent).to.deep.equal([]);
  });
});

describe('lutra groups delete', () => {
  for (const { words, query } of [
    { words: [], query: '' },
    { words: ['--force'], query: '?force=true' },
  ]) {
    it(`deletes ${words.join(' ')}`, async () => {
      lab.answer('DELETE', { status: 204 });

      const { exitCode, stdout } = await lab.run('groups', 'delete', 'web', ...words);

      expect({ exitCode, stdout }).to.deep.equal({
        exitCode: 0,
        stdout: 'ID          KEY  NAME     STATE\ngroup-0001  web  The web  deleted\n',
      });
      expect(lab.sent).to.deep.equal([{ method: 'DELETE', path: `${GROUP}${query}`, headers: {} }]);
    });
  }

  it('says that it cannot be known where no reply comes', async () => {
    lab.breakOn('DELETE');

    const { exitCode, stderr } = await lab.run('groups', 'delete', 'web');

    expect(exitCode).to.equal(1);
    expect(stderr).to.include('it may have been done all the same: look whether it was');
  });

  it('claims nothing of what nobody was there to take', async () => {
    lab.breakOn('DELETE', new Error('connect ECONNREFUSED 127.0.0.1:1'));

    const { exitCode, stderr } = await lab.run('groups', 'delete', 'web');

    expect(exitCode).to.equal(1);
    expect(stderr).to.include('ECONNREFUSED').and.not.include('may have been done');
  });

  it('sends nothing with --dry-run', async () => {
    const { stdout } = await lab.run('groups', 'delete', 'web', '--force', '--dry-run');

    expect(stdout).to.equal(`DELETE ${GROUP}?force=true\n`);
    expect(lab.sent).to.deep.equal([]);
  });
});

describe('lutra groups show', () => {
  it('shows a group and its policies', async () => {
    const { exitCode, stdout } = await lab.run('groups', 'show', 'The web');

    expect(exitCode).to.equal(0);
    expect(stdout)
      .to.match(/^key +web$/m)
      .and.match(/^servers +1 to 5$/m);
    expect(stdout).to.match(/^launch args +\{\}$/m);
    expect(stdout).to.match(/nightly +Nightly +-50 % +0 1 \* \* \* +1\.5 s/);
  });

  it('prints what the API replies with -o json', async () => {
    const { stdout } = await lab.run('groups', 'show', 'web', '-o', 'json');

    expect(JSON.parse(stdout)).to.deep.equal({ group: lab.api.group('default', 'web') });
  });
});

describe('lutra groups', () => {
  it('lists, with the word for it and without', async () => {
    const { stdout } = await lab.run('groups');

    expect(stdout).to.include('group-0001');
    expect((await lab.run('groups', 'list')).stdout).to.equal(stdout);
    expect((await lab.run('groups', 'lst')).exitCode).to.equal(64);
  });
});
