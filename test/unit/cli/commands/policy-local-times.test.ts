/** Options that say a single time on the clocks of a zone. */
import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';

import { NEW_YEAR_2030 } from '../../../support/cli-world.ts';
import { WriteLab } from '../../../support/cli-write-lab.ts';

let lab: WriteLab;
beforeEach(() => {
  lab = new WriteLab(NEW_YEAR_2030);
});

describe('lutra policies create with --at', () => {
  it('posts a local time and its zone', async () => {
    const { exitCode, stdout } = await lab.run(
      ...['policies', 'create', 'web', '--name', 'New', '--change', '1'],
      ...['--at', '2031-03-30T02:30:00', '--timezone', 'Europe/Berlin', '--dst-gap', 'shift'],
    );

    expect(exitCode).to.equal(0);
    expect(stdout).to.include('2031-03-30T02:30:00 (Europe/Berlin)');
    const args = { at: '2031-03-30T02:30:00', timezone: 'Europe/Berlin', dst: { gap: 'shift' } };
    expect(lab.sent.map(({ body }) => body)).to.deep.equal([
      [{ name: 'New', type: 'schedule', cooldown: 0, change: 1, args }],
    ]);
  });

  const BAD = [
    {
      words: ['--at', '2031-01-01T00:00:00'],
      says: '--at: args.at: is not an instant, received "2031-01-01T00:00:00"; write an instant in UTC such as 2030-01-31T09:30:00Z, or timezone beside it',
    },
    {
      words: [...['--at', '2031-01-01T00:00:00Z'], ...['--timezone', 'Europe/Berlin']],
      says: '--at: args.at: is in UTC, with timezone beside it, received "2031-01-01T00:00:00Z"; write a local time without Z',
    },
    {
      words: [
        ...['--at', '2031-03-30T02:30:00'],
        ...['--timezone', 'Europe/Berlin', '--dst-gap', 'skip'],
      ],
      says: '--at: args.at: is skipped by clocks in "Europe/Berlin", so that it never fires, received "2031-03-30T02:30:00"; write another time, or leave dst.gap out',
    },
    {
      words: [
        ...['--at', '2031-03-30T02:30:00'],
        ...['--timezone', 'Europe/Berlin', '--dst-overlap', 'both'],
      ],
      says: '--dst-overlap: args.dst.overlap: is two times, and at is one, received "both"; write first or second',
    },
    {
      words: ['--at', '2031-01-01T00:00:00Z', '--dst-gap', 'skip'],
      says: '--dst-gap: args.dst.gap: goes with a time zone only, received "skip"',
    },
    {
      words: ['--at', '2031-01-01T00:00:00Z', '--jitter', '5'],
      says: '--jitter: args.jitter: goes with cron only, received 5',
    },
    {
      words: ['--cron', '* * * * *', '--exclude', 'a b'],
      says: '--exclude: args.exclude[0]: is not the name of a calendar, received "a b"; write 1 to 64 characters of A-Z a-z 0-9 . _ -',
    },
    {
      words: [...['--cron', '* * * * *', '--only', 'a', '--only', 'a']],
      says: '--only: args.only[1]: is there twice, received "a"; write each calendar once',
    },
    {
      words: ['--at', '2031-01-01T00:00:00Z', '--exclude', 'a'],
      says: '--exclude: args.exclude: goes with cron only, received ["a"]',
    },
  ];
  for (const { words, says } of BAD) {
    it(`ends with 64 and sends nothing with: ${words.join(' ')}`, async () => {
      const call = ['policies', 'create', 'web', '--name', 'x', '--change', '1', ...words];
      const { exitCode, stdout, stderr } = await lab.run(...call);

      expect({ exitCode, stdout }, stderr).to.deep.equal({ exitCode: 64, stdout: '' });
      expect(stderr).to.include(says);
      expect(lab.sent).to.deep.equal([]);
    });
  }
});

describe('lutra policies update with --at', () => {
  it('says that the option for an instant is wrong, which the node tells without its name', async () => {
    const message = 'Invalid "2030-01-01T00:00:00Z" datetime: It must be in the future';
    const body = { error: { type: 'ValidationError', code: 400, message, details: '' } };
    lab.answer('PUT', { status: 400, body });

    const { exitCode, stderr } = await lab.run(
      ...['policies', 'update', 'web', 'nightly', '--at', '2030-01-01T00:00:00Z'],
    );

    expect(exitCode).to.equal(64);
    expect(stderr).to.equal(`--at: ValidationError: ${message}\n`);
  });

  it('says that the option for a calendar is wrong, which the node tells by its place in the list', async () => {
    const message = '[0].args.exclude[0] must be the name of a calendar, not "nope": there are "a"';
    const body = { error: { type: 'ValidationError', code: 400, message, details: '' } };
    lab.answer('POST', { status: 400, body });

    const { exitCode, stderr } = await lab.run(
      ...['policies', 'create', 'web', '--name', 'x', '--change', '1'],
      ...['--cron', '* * * * *', '--exclude', 'nope'],
    );

    expect(exitCode).to.equal(64);
    expect(stderr).to.equal(`--exclude: ValidationError: ${message}\n`);
  });

  it('lets nothing of a zone stay where another kind of schedule takes the place of one', async () => {
    const update = (...words: readonly string[]): Promise<unknown> =>
      lab.run('policies', 'update', 'web', 'nightly', ...words);
    const zone = ['--timezone', 'Europe/Berlin', '--dst-gap', 'skip'];

    await update(...zone);
    await update('--at', '2031-01-01T00:00:00Z');
    await update('--at', '2031-01-01T00:00:00', ...zone);
    await update('--at', '2031-01-02T00:00:00');
    await update('--cron', '0 2 * * *');

    const berlin = { timezone: 'Europe/Berlin', dst: { gap: 'skip' } };
    expect(lab.sent.map(({ body }) => (body as { readonly args: unknown }).args)).to.deep.equal([
      { cron: '0 1 * * *', ...berlin },
      { at: '2031-01-01T00:00:00Z' },
      { at: '2031-01-01T00:00:00', ...berlin },
      { at: '2031-01-02T00:00:00', ...berlin },
      { cron: '0 2 * * *' },
    ]);
  });
});
