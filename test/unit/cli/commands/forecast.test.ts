import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { NEW_YEAR_2030, piped, runIn } from '../../../support/cli-world.ts';
import type { Ended, WorldOptions } from '../../../support/cli-world.ts';
import { FakeNodeApi } from '../../../support/fake-node-api.ts';
import type { Write } from '../../../support/fake-node-api.ts';

const FROM = '2030-01-01T00:00:00.000Z';
const TO = '2030-01-02T00:00:00.000Z';
const FORECAST = {
  ...{ from: FROM, to: TO, completeUntil: TO, isTruncated: false },
  ...{ desiredAtStart: 1, desiredAtEnd: 2 },
  counts: { scaled: 1, refused: { 'no-change': 3 }, skipped: 0 },
  steps: [
    {
      ...{ at: '2030-01-01T12:00:00.000Z', policyId: 'policy-0002', outcome: 'scaled' },
      ...{ desiredBefore: 1, desiredAfter: 2 },
    },
  ],
  unreadable: [],
};

/** What was asked for last. */
let asked: Write | undefined;

async function run(options: WorldOptions, ...words: readonly string[]): Promise<Ended> {
  const api = new FakeNodeApi(NEW_YEAR_2030);
  await api.fetch('http://127.0.0.1:1/v1.0/default/groups', {
    method: 'POST',
    body: JSON.stringify({
      groupConfiguration: {
        ...{ name: 'Web', key: 'web', cooldown: 0, minEntities: 0, maxEntities: 5, metadata: {} },
      },
      launchConfiguration: { type: 'x', args: {} },
      scalingPolicies: [{ key: 'up', name: 'Up', type: 'webhook', cooldown: 0, change: 1 }],
    }),
  });
  asked = undefined;
  api.intercept = (request) => {
    const { path } = request;
    if (path.endsWith('/forecast')) {
      asked = request;
      return reply;
    }
    if (!path.endsWith('/explain')) return undefined;
    return { status: 200, body: { explanation: { sentences: ['It is \u001b[31mso.'] } } };
  };
  return runIn({ fetch: api.fetch, ...options }, ...words, '--url', 'http://127.0.0.1:1');
}

let reply: { readonly status: number; readonly body: unknown };
beforeEach(() => {
  reply = { status: 200, body: { forecast: FORECAST } };
});

function refuse(message: string): void {
  const error = { type: 'ValidationError', code: 400, message, details: '' };
  reply = { status: 400, body: { error } };
}

describe('lutra forecast', () => {
  it('lists what changes the size, and says what it does not list', async () => {
    const { exitCode, stdout, stderr } = await run({}, 'forecast', 'web');

    expect(exitCode).to.equal(0);
    expect(stdout.split('\n')).to.deep.equal([
      `1 at ${FROM}, 2 at ${TO}`,
      '',
      'AT                        POLICY  DESIRED  OUTCOME',
      '2030-01-01T12:00:00.000Z  up      1 → 2    scaled',
      '',
    ]);
    expect(stderr).to.equal('3 refused, 0 skipped; --all lists them as well\n');
  });

  it('draws the size over time in ASCII where it is asked to', async () => {
    const { stdout } = await run({}, 'forecast', 'web', '--chart');

    expect(stdout.split('\n').slice(0, 3)).to.deep.equal([
      `2 |${' '.repeat(38)}${'#'.repeat(38)}`,
      `  |${'#'.repeat(76)}`,
      `0 +${'-'.repeat(76)}`,
    ]);
  });

  it('draws no chart on a terminal with --no-chart', async () => {
    const options = { isTerminal: true, environment: { NO_COLOR: '1' } };

    const drawn = await run(options, 'forecast', 'web');
    const bare = await run(options, 'forecast', 'web', '--no-chart');

    expect(drawn.stdout).to.match(/^2 \| {38}#{38}\n/);
    expect(bare.stdout).to.match(/^1 at /);
  });

  it('refuses what is no instant, and says how one is written', async () => {
    const { exitCode, stderr } = await run({}, 'forecast', 'web', '--to', '5m');

    expect({ exitCode, stderr }).to.deep.equal({
      exitCode: 64,
      stderr:
        '--to: is not an instant, received "5m"; write 2030-01-31T09:30:00Z, or +90s, +30m, +2h, +7d from now\n',
    });
    expect(asked).to.equal(undefined);
  });

  it('prints the reply with -o json', async () => {
    const { stdout } = await run({}, 'forecast', 'web', '-o', 'json');

    expect(JSON.parse(stdout)).to.deep.equal({ forecast: FORECAST });
  });
});

describe('lutra forecast of changes that nobody has made', () => {
  const FILE = `policies:
  - key: noon
    cron: '0 12 * * *'
    timezone: Europe/Berlin
    change: 2
  - { key: soon, name: Soon, at: +1h, desiredCapacity: 0, cooldown: 1.5 }
`;
  const POLICIES = [
    {
      ...{ key: 'noon', name: 'noon', cooldown: 0, change: 2, type: 'schedule' },
      args: { cron: '0 12 * * *', timezone: 'Europe/Berlin' },
    },
    {
      ...{ key: 'soon', name: 'Soon', cooldown: 1.5, desiredCapacity: 0, type: 'schedule' },
      args: { at: '2030-01-01T01:00:00.000Z' },
    },
  ];
  const files = { '/home/ada/f.yaml': FILE };

  const ASKED = [
    {
      words: ['--min', '2', '--from', '+5m', '--to', '+7d'],
      body: {
        ...{ from: '2030-01-01T00:05:00.000Z', to: '2030-01-08T00:00:00.000Z' },
        groupConfiguration: { minEntities: 2 },
      },
    },
    { words: ['--with', 'f.yaml'], body: { policies: POLICIES } },
    { words: ['--without', 'Up', '--without', 'up'], body: { without: ['policy-0002'] } },
    { words: ['--min', '2'], body: { groupConfiguration: { minEntities: 2 } } },
    { words: ['--max', '0'], body: { groupConfiguration: { maxEntities: 0 } } },
    { words: ['--cooldown', '60'], body: { groupConfiguration: { cooldown: 60 } } },
    {
      words: [
        ...['--with', 'f.yaml', '--without', 'up', '--min', '1', '--max', '9'],
        ...['--from', FROM, '--to', TO, '--all'],
      ],
      body: {
        ...{ from: FROM, to: TO, steps: 'all', policies: POLICIES, without: ['policy-0002'] },
        groupConfiguration: { minEntities: 1, maxEntities: 9 },
      },
    },
  ];
  for (const { words, body } of ASKED) {
    it(`asks for what is meant by: ${words.join(' ')}`, async () => {
      const { exitCode, stdout } = await run({ files }, 'forecast', 'web', ...words, '-o', 'json');

      expect(exitCode).to.equal(0);
      expect(JSON.parse(stdout)).to.deep.equal({ forecast: FORECAST });
      const path = '/v1.0/default/groups/group-0001/forecast';
      expect(asked).to.deep.equal({ method: 'POST', path, body });
    });
  }

  it('asks for the group as it is where nothing is to be otherwise', async () => {
    await run({}, 'forecast', 'web', '--to', TO);

    expect(asked).to.deep.include({ method: 'GET', body: undefined });
  });

  it('reads policies that are piped in', async () => {
    await run(
      { input: piped('policies: [{key: a, change: 1}]') },
      'forecast',
      'web',
      '--with',
      '-',
    );

    expect(asked?.body).to.deep.equal({
      policies: [{ key: 'a', name: 'a', cooldown: 0, change: 1, type: 'webhook' }],
    });
  });

  it('calls policies as their file does, and draws what would be', async () => {
    const step = { at: '2030-01-01T12:00:00.000Z', outcome: 'scaled', desiredBefore: 1 };
    const steps = ['policies[1]', 'policies[0]', 'policy-0002'].map((policyId) => ({
      ...{ ...step, policyId, desiredAfter: 2 },
    }));
    reply = { status: 200, body: { forecast: { ...FORECAST, steps } } };

    const { stdout } = await run({ files }, 'forecast', 'web', '--with', 'f.yaml', '--chart');

    expect(stdout).to.match(/^2 \|/);
    expect(stdout.split('\n').slice(-4, -1)).to.deep.equal([
      '2030-01-01T12:00:00.000Z  soon    1 → 2    scaled',
      '2030-01-01T12:00:00.000Z  noon    1 → 2    scaled',
      '2030-01-01T12:00:00.000Z  up      1 → 2    scaled',
    ]);
  });

  const BAD = [
    {
      words: ['--with', 'none.yaml'],
      says: '--with none.yaml: there is no such file',
    },
    {
      words: ['--with', 'bad.yaml'],
      says: 'policies[1].cron: is not a schedule, received "* *"',
    },
    {
      words: ['--with', 'bad.yaml'],
      says: 'bad.yaml:3:12: policies[1].key: is the key of another policy above, received "a"',
    },
    {
      words: ['--with', 'bad.yaml'],
      says: 'bad.yaml:4:5: policies[2]: says nothing about capacity',
    },
    { words: ['--with', 'groups.yaml'], says: 'groups: is unknown here' },
    { words: ['--with', 'two.yaml'], says: 'two.yaml: must have one document in it, received 2' },
    { words: ['--with', 'none-of-it.yaml'], says: 'must have one document in it, received none' },
    {
      words: ['--with', 'empty.yaml'],
      says: 'empty.yaml:1:11: policies: is too short',
    },
    {
      words: ['--with', 'past.yaml'],
      says: 'past.yaml:1:12: policy "a": at is in the past, received {"at":"2029-01-01T00:00:00Z"}',
    },
    { words: ['--min', 'few'], says: '--min: minEntities: has the wrong type, received "few"' },
    { words: ['--max', '1001'], says: '--max: maxEntities: is too large, received 1001' },
    { words: ['--cooldown', '-1'], says: '--cooldown: cooldown: is too small, received -1' },
  ];
  const badFiles = {
    '/home/ada/bad.yaml':
      "policies:\n  - { key: a, change: 1 }\n  - { key: a, cron: '* *', change: 1 }\n  - { key: b }\n",
    '/home/ada/groups.yaml': 'groups: []\n',
    '/home/ada/two.yaml': 'policies: []\n---\npolicies: []\n',
    '/home/ada/none-of-it.yaml': '\n',
    '/home/ada/empty.yaml': 'policies: []\n',
    '/home/ada/past.yaml': "policies: [{ key: a, change: 1, at: '2029-01-01T00:00:00Z' }]\n",
  };
  for (const { words, says } of BAD) {
    it(`ends with 64 and asks nothing with: ${words.join(' ')}: ${says}`, async () => {
      const ended = await run({ files: badFiles }, 'forecast', 'web', ...words);

      expect(ended).to.deep.include({ exitCode: 64, stdout: '' });
      expect(ended.stderr).to.include(says);
      expect(asked).to.equal(undefined);
    });
  }

  it('refuses more input than policies can need', async () => {
    const input = piped(`policies: [] # ${'x'.repeat(1_048_576)}`);

    const { exitCode, stderr } = await run({ input }, 'forecast', 'web', '--with', '-');

    expect(exitCode).to.equal(64);
    expect(stderr).to.include('--with -: the input is too long; write at most 1048576 characters');
  });

  it('names a policy that the group does not have', async () => {
    const { exitCode, stderr } = await run({}, 'forecast', 'web', '--without', 'down');

    expect(exitCode).to.equal(1);
    expect(stderr).to.include('group "web" has no policy with the id, key or name "down"');
  });

  const PLACED = [
    { message: 'policies[1].args.at must be later', behind: 'f.yaml:6:5' },
    { message: 'groupConfiguration.maxEntities must be less', behind: '--max' },
    { message: 'to must be later', behind: undefined },
  ];
  for (const { message, behind } of PLACED) {
    it(`says what a refusal is about: ${message}`, async () => {
      refuse(message);

      const call = ['forecast', 'web', '--with', 'f.yaml', '--max', '9'];
      const { exitCode, stderr } = await run({ files }, ...call);

      expect(exitCode).to.equal(64);
      const place = behind === undefined ? '' : `${behind}: `;
      expect(stderr).to.equal(`${place}ValidationError: ${message}\n`);
    });
  }
});

describe('lutra explain', () => {
  it('prints sentences, without what a terminal could take for commands', async () => {
    const { stdout } = await run({}, 'explain', 'web');

    expect(stdout).to.equal('web\nIt is  [31mso.\n');
  });
});
