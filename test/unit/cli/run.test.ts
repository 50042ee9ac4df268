import { expect } from 'chai';
import { describe, it } from 'mocha';

import { runCli } from '../../../src/cli/run.ts';
import { fakeWorld, runIn } from '../../support/cli-world.ts';

const COMMANDS = [
  ...['serve', 'status', 'groups', 'policies', 'history'],
  ...['forecast', 'explain'],
  ...['servers', 'webhooks', 'calendars', 'execute', 'pause', 'resume', 'converge'],
  ...['preview', 'apply', 'config'],
  ...['cluster', 'partitions', 'drain', 'tokens', 'completion', 'version'],
];
const SUBCOMMANDS = [
  'cluster status',
  'cluster init',
  'cluster recover',
  ...['create', 'list', 'revoke'].map((word) => `tokens ${word}`),
  ...['list', 'show', 'create', 'update', 'delete'].map((word) => `groups ${word}`),
  ...['list', 'show', 'create', 'update', 'delete'].map((word) => `policies ${word}`),
  ...['list', 'delete'].map((word) => `servers ${word}`),
  ...['list', 'show', 'put', 'delete'].map((word) => `calendars ${word}`),
  ...['list', 'create', 'rotate', 'delete'].map((word) => `webhooks ${word}`),
];

describe('runCli', () => {
  const HELPFUL = [[], ...[...COMMANDS, ...SUBCOMMANDS].map((command) => command.split(' '))];
  for (const words of HELPFUL) {
    it(`documents exit codes and options of every command in the help of: lutra ${words.join(' ')}`, async () => {
      const { exitCode, stdout, stderr } = await runIn({}, ...words, '--help');

      expect({ exitCode, stderr }).to.deep.equal({ exitCode: 0, stderr: '' });
      expect(stdout).to.match(/^ {2}0 {3}done$/m);
      expect(stdout).to.match(/^ {2}1 {3}an error/m);
      expect(stdout).to.match(/^ {2}64 {2}bad usage/m);
      for (const option of [
        '--url',
        '--data',
        '--tenant',
        '--token-file',
        '--output',
        '--no-color',
      ]) {
        expect(stdout).to.include(option);
      }
    });
  }

  it('lists every command in its help', async () => {
    const { stdout } = await runIn({}, '--help');

    for (const command of COMMANDS) expect(stdout).to.match(new RegExp(`^  ${command} `, 'm'));
  });

  for (const words of [
    ['preview', '*', '*', '*', '*', '*'],
    ['policies', 'create', 'web', '--name', 'a', '--change', '1', '--cron', '0', 'a.txt', 'b.txt'],
    ['policies', 'update', 'web', 'up', '--cron=0', 'a.txt', 'b.txt'],
  ]) {
    it(`says how a cron expression is quoted where there are too many words: ${words.join(' ')}`, async () => {
      const { exitCode, stderr } = await runIn({}, ...words);

      expect(exitCode).to.equal(64);
      expect(stderr).to.include('too many arguments').and.to.include("'*/5 * * * *'");
    });
  }

  it('says nothing of cron where too many words have nothing to do with it', async () => {
    expect((await runIn({}, 'groups', 'show', 'a', 'b')).stderr).to.not.include('cron');
  });

  it('prints its version, and which time zones it knows', async () => {
    expect(await runIn({}, '--version')).to.deep.equal({
      exitCode: 0,
      stdout: '1.2.3 (time zones 2030a)\n',
      stderr: '',
    });
  });

  it('prints the same as a table and as JSON', async () => {
    expect((await runIn({}, 'version')).stdout).to.equal(
      'WHAT        VERSION\nlutra       1.2.3\ntime zones  2030a\n',
    );
    expect(JSON.parse((await runIn({}, 'version', '-o', 'json')).stdout)).to.deep.equal({
      ...{ version: '1.2.3', timeZones: '2030a' },
    });
  });

  const BAD_USAGE = [
    [],
    ['nonsense'],
    ['status', '--nonsense'],
    ['status', 'extra'],
    ['status', '-o', 'xml'],
    ['policies'],
    ['history'],
    ['history', 'g', '--limit', '0'],
    ['history', 'g', '--limit', '1001'],
    ['history', 'g', '--limit', '1e2'],
    ['preview'],
    ['preview', '* * * * *', '--count', '0'],
    ['preview', '* * * * *', '--from', 'yesterday'],
    ['preview', '* * * * *', '--at', '2031-01-01T00:00:00Z'],
    ['preview', '* * * * *', '--dst-gap', 'skip'],
    ['preview', '* * * * *', '--dst-overlap', 'both'],
    ['preview', '* * * * *', '--dialect', 'quartz'],
    ['preview', '@daily'],
    ['preview', '--stdin', '* * * * *'],
    ['preview', '--stdin', '--count', '1'],
    ['preview', '-', '--timezone', 'UTC'],
    ['apply'],
    ['apply', '-f'],
    ['apply', '-f', 'missing.yaml'],
    ['config', '--config', 'missing.yaml'],
    ['config', '--port', 'high'],
    ['status', '--url', 'not a url'],
    ['status', '--url', 'ftp://127.0.0.1'],
    ['status', '--url', 'http://user:secret@127.0.0.1'],
    ['groups', '--url', 'http://127.0.0.1:1', '--tenant', '..'],
    ['groups', '--url', 'http://127.0.0.1:1', '--tenant', ''],
    ['policies', '.', '--url', 'http://127.0.0.1:1'],
    ['cluster'],
    ['cluster', 'nonsense'],
    ['cluster', 'init', 'extra'],
    ['cluster', 'init', '--config', 'missing.yaml'],
    ['partitions', 'extra'],
    ['drain'],
    ['drain', '..', '--url', 'http://127.0.0.1:1'],
    ['drain', 'n1', '--wait', '--timeout', '0'],
    ['drain', 'n1', '--wait', '--timeout', '3601'],
    ['calendars'],
    ['calendars', 'put', 'a'],
    ['calendars', 'show', '..', '--url', 'http://127.0.0.1:1'],
    ['tokens'],
    ['tokens', 'revoke'],
    ['tokens', 'list', 'extra'],
  ];
  for (const words of BAD_USAGE) {
    it(`ends with 64 and a message on stderr alone for: lutra ${words.join(' ')}`, async () => {
      const { exitCode, stdout, stderr } = await runIn({}, ...words);

      expect({ exitCode, stdout }).to.deep.equal({ exitCode: 64, stdout: '' });
      expect(stderr.trim()).to.not.equal('');
    });
  }

  it('rejects with a defect instead of making an exit code of it', async () => {
    const { world } = fakeWorld();
    const broken = {
      ...world,
      clock: {
        ...world.clock,
        now: () => {
          throw new RangeError('defect');
        },
      },
    };

    let thrown: unknown;
    await runCli(['preview', '* * * * *'], broken).catch((error: unknown) => {
      thrown = error;
    });

    expect(thrown).to.be.instanceOf(RangeError);
  });

  it('prints messages without control characters', async () => {
    const { stderr } = await runIn({}, 'config', '--config', 'a\u001b[2Jb');

    expect(stderr).to.equal('--config a [2Jb: there is no such file\n');
  });
});
