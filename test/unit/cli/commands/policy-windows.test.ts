import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';

import { NEW_YEAR_2030 } from '../../../support/cli-world.ts';
import { WriteLab } from '../../../support/cli-write-lab.ts';

const POLICY = '/v1.0/default/groups/group-0001/policies/policy-0008';
const NINE = ['--cron', '0 9 * * 1-5', '--timezone', 'Europe/Berlin'];
const ARGS = { cron: '0 9 * * 1-5', timezone: 'Europe/Berlin' };

let lab: WriteLab;
beforeEach(() => {
  lab = new WriteLab(NEW_YEAR_2030);
});

/** Creates a window; the node calls it policy-0008. */
async function create(...words: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await lab.run(
    ...['policies', 'create', 'web', '--name', 'Day', '--key', 'day', ...NINE, ...words],
  );
  expect(exitCode, stderr).to.equal(0);
  return stdout;
}

describe('lutra policies create, of a window', () => {
  const WINDOWS = [
    { words: ['--window-min', '5', '--duration', '28800'], window: { min: 5, duration: 28_800 } },
    { words: ['--window-max', '0', '--duration', '8h'], window: { max: 0, duration: 28_800 } },
    {
      words: [
        ...['--window-desired', '3', '--duration', '90m', '--measured', 'elapsed'],
        ...['--priority', '-2'],
      ],
      window: { desired: 3, duration: 5_400, measured: 'elapsed', priority: -2 },
    },
    {
      words: ['--window-min', '1', '--duration', '60', '--measured', 'wall', '--priority', '0'],
      window: { min: 1, duration: 60 },
    },
  ];
  for (const { words, window } of WINDOWS) {
    it(`posts what is meant by: ${words.join(' ')}`, async () => {
      await create(...words);

      expect(lab.sent.map(({ body }) => body)).to.deep.equal([
        [{ name: 'Day', key: 'day', type: 'window', cooldown: 0, args: ARGS, window }],
      ]);
    });
  }

  it('says in a line what holds, when, and for how long', async () => {
    const stdout = await create('--window-min', '5', '--window-max', '20', '--duration', '8h');

    expect(stdout.split('\n')[1]?.replace(/ {2,}/g, ' | ')).to.equal(
      'policy-0008 | day | Day | window min 5, max 20 | 0 9 * * 1-5 (Europe/Berlin) for 8 h | -',
    );
  });

  const WINDOW = ['--window-min', '1', '--duration', '60'];
  const BAD = [
    {
      words: ['--window-min', '1'],
      says: '--duration: window.duration: is missing; write seconds, from 1 to 31622400, or 90s, 30m, 8h, 2d',
    },
    {
      words: ['--window-min', '1', '--duration', '8x'],
      says: '--duration: window.duration: is no time that a window can be open for, received "8x"; write seconds',
    },
    { words: ['--window-min', '1', '--duration', '0'], says: '--duration: window.duration: is no' },
    {
      words: ['--duration', '60'],
      says: '--duration: window: sets nothing, received {"duration":60}; write at least one of min, max, desired',
    },
    {
      words: ['--window-min', '2', '--window-max', '1', '--duration', '60'],
      says: '--window-min: window.min: is above max, received 2; write at most max, which is 1',
    },
    {
      words: ['--window-min', '1001', '--duration', '60'],
      says: '--window-min: window.min: is too large, received 1001; write a whole number from 0 to 1000',
    },
    {
      words: [...WINDOW, '--priority', '1001'],
      says: '--priority: window.priority: is too large, received 1001',
    },
    { words: [...WINDOW, '--change', '1'], says: 'says two things' },
    {
      words: [...WINDOW, '--cooldown', '5'],
      says: '--cooldown: cooldown: does not go with a window, which is not executed, received 5; leave it out',
    },
    {
      words: [...WINDOW, '--jitter', '5'],
      says: '--jitter: args.jitter: does not go with a window, which holds from its opening on, received 5',
    },
    {
      words: [...WINDOW, '--misfire', 'skip'],
      says: '--misfire: args.misfire: does not go with a window, which holds from its opening on, received {"policy":"skip"}',
    },
  ];
  for (const { words, says } of BAD) {
    it(`ends with 64 and sends nothing with: ${words.join(' ')}`, async () => {
      const call = ['policies', 'create', 'web', '--name', 'Day', ...NINE, ...words];
      const { exitCode, stdout, stderr } = await lab.run(...call);

      expect({ exitCode, stdout }, stderr).to.deep.equal({ exitCode: 64, stdout: '' });
      expect(stderr).to.include(says);
      expect(lab.sent).to.deep.equal([]);
    });
  }

  it('refuses a window that nothing opens', async () => {
    const { exitCode, stderr } = await lab.run(
      ...['policies', 'create', 'web', '--name', 'Day', ...WINDOW],
    );

    expect(exitCode).to.equal(64);
    expect(stderr).to.include(
      'args: is missing beside a window, received nothing; write cron or at',
    );
  });

  it('says which option a refusal of the node is about', async () => {
    const message =
      '[0].window.duration must be at most 86400, not 90000: its schedule has openings';
    const body = { error: { type: 'ValidationError', code: 400, message, details: '' } };
    lab.answer('POST', { status: 400, body });

    const { exitCode, stderr } = await lab.run(
      ...['policies', 'create', 'web', '--name', 'Day', ...NINE],
      ...['--window-min', '1', '--duration', '25h'],
    );

    expect(exitCode).to.equal(64);
    expect(stderr).to.equal(`--duration: ValidationError: ${message}\n`);
  });
});

describe('lutra policies update, of a window', () => {
  const CHANGES = [
    { words: ['--window-min', '3'], window: { min: 3, max: 9, duration: 60, priority: 2 } },
    { words: ['--duration', '2h'], window: { min: 1, max: 9, duration: 7_200, priority: 2 } },
    {
      words: ['--without', 'window-max', 'priority'],
      window: { min: 1, duration: 60 },
    },
    { words: ['--name', 'Other'], window: { min: 1, max: 9, duration: 60, priority: 2 } },
  ];
  for (const { words, window } of CHANGES) {
    it(`keeps what is not said with: ${words.join(' ')}`, async () => {
      await create(
        ...['--window-min', '1', '--window-max', '9', '--duration', '60', '--priority', '2'],
      );

      const { exitCode, stderr } = await lab.run('policies', 'update', 'web', 'day', ...words);

      expect(exitCode, stderr).to.equal(0);
      const { method, path, body } = lab.sent.at(-1) ?? {};
      expect({ method, path }).to.deep.equal({ method: 'PUT', path: POLICY });
      expect(body).to.deep.include({ type: 'window', cooldown: 0, args: ARGS, window });
    });
  }

  it('refuses a window for a policy of another type, and an execution for a window', async () => {
    await create('--window-min', '1', '--duration', '60');
    const window = ['--window-min', '1', '--duration', '60'];
    const up = await lab.run('policies', 'update', 'web', 'up', ...window, ...NINE);
    const day = await lab.run('policies', 'update', 'web', 'day', '--change', '1');

    expect([up.exitCode, day.exitCode]).to.deep.equal([64, 64]);
    expect(up.stderr).to.include('--window-min: window.min: does not go with type "webhook"');
    expect(day.stderr).to.equal(
      '--change: change: goes with a policy that is executed, and this one is a window, received 1; ' +
        'change what it sets (--window-min, --window-max, --window-desired), or create another policy\n',
    );
    expect(lab.sent).to.have.length(1);
  });
});

describe('lutra policies show, of a window', () => {
  it('shows all that it has', async () => {
    await create(
      ...['--window-min', '5', '--duration', '8h', '--measured', 'elapsed', '--priority', '2'],
    );

    const { stdout } = await lab.run('policies', 'show', 'web', 'day');

    expect(stdout).to.equal(
      'WHAT      VALUE\n' +
        'id        policy-0008\n' +
        'key       day\n' +
        'name      Day\n' +
        'window    min 5\n' +
        'when      0 9 * * 1-5 (Europe/Berlin) for 8 h\n' +
        'measured  elapsed\n' +
        'priority  2\n',
    );
  });
});

describe('lutra policies preview, of a window', () => {
  it('shows when each closes', async () => {
    await create('--window-min', '5', '--duration', '8h');
    lab.api.intercept = ({ path }) => {
      if (!path.endsWith('/preview')) return undefined;
      const occurrences = [
        { at: '2030-01-01T08:00:00.000Z', closesAt: '2030-01-01T16:00:00.000Z' },
      ];
      const preview = { from: '2030-01-01T00:00:00.000Z', timezone: 'UTC', occurrences };
      return { status: 200, body: { policy: { id: 'policy-0008', links: [] }, preview } };
    };

    expect((await lab.run('policies', 'preview', 'web', 'day')).stdout).to.equal(
      'OCCURRENCE                CLOSES                    AFTER\n' +
        '2030-01-01T08:00:00.000Z  2030-01-01T16:00:00.000Z  8 h\n',
    );
    expect((await lab.run('policies', 'show', 'web', 'day')).stdout).to.include(
      '2030-01-01T08:00:00.000Z (open until 2030-01-01T16:00:00.000Z)\n',
    );
  });
});
