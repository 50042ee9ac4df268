/** The built command line against a node that runs, as people and their scripts use it. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { MAIN, urlOf } from '../support/built-program.ts';
import { eventually } from '../support/eventually.ts';
import { CliLab } from './cli-lab.ts';
import type { HistoryItem } from './cli-lab.ts';

const FORM_OF_ID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/;

describe('the command line', () => {
  let lab: CliLab;
  before(async () => {
    lab = await CliLab.open();
  });
  after(() => lab.close());

  describe('the lists', () => {
    it('show groups, policies and history as tables', async () => {
      const tenant = await lab.aTenantAtRest();
      await lab.execute(tenant);
      await eventually('the process runs', async () =>
        (await lab.say(['history', 'web', '--tenant', tenant])).includes('actual 0 → 1'),
      );

      expect(linesOf(await lab.say(['groups', '--tenant', tenant]))).to.deep.equal([
        ['ID', 'KEY', 'NAME', 'DESIRED', 'ACTUAL', 'MIN', 'MAX', 'STATUS'],
        ['(id)', 'web', 'The web servers', '1', '1', '0', '5', 'ACTIVE'],
      ]);
      const policies = linesOf(await lab.say(['policies', 'web', '--tenant', tenant]));
      expect(policies[0]).to.deep.equal(['ID', 'KEY', 'NAME', 'CHANGE', 'WHEN', 'COOLDOWN']);
      expect(policies.slice(1).sort()).to.deep.equal([
        ['(id)', 'down', 'down', 'to 0', '2999-01-01T00:00:00Z', '0 s'],
        ['(id)', 'up', 'up', '+1', 'on demand', '0 s'],
        ['(id)', 'yearly', 'yearly', '+50 %', '0 0 1 1 *', '0 s'],
      ]);
      const history = await lab.say(['history', 'web', '--tenant', tenant]);
      expect(history).to.match(/^AT +EVENT +POLICY +DESIRED +DETAIL$/m);
      expect(history).to.match(/policy\.executed +up +0 → 1 +scaled/);
    });

    it('show the same as JSON', async () => {
      const tenant = await lab.aTenantAtRest();
      await lab.execute(tenant);

      const { groups } = await lab.asJson<{ groups: readonly object[] }>([
        'groups',
        '--tenant',
        tenant,
      ]);
      expect(groups).to.have.lengthOf(1);
      expect(groups[0]).to.have.nested.property('state.desiredCapacity', 1);
      expect(groups[0]).to.have.nested.property('groupConfiguration.key', 'web');
      const events = await lab.eventsOf(tenant);
      expect(events.map(({ sequence }) => sequence)).to.deep.equal(
        events.map((_, index) => index + 1),
      );
      expect(events.find(({ event }) => event === 'policy.executed')).to.include({
        outcome: 'scaled',
        desiredAfter: 1,
      });
    });

    it('end with the latest events where there is a limit', async () => {
      const tenant = await lab.aTenantAtRest();
      const all = await lab.eventsOf(tenant);

      const limited = await lab.asJson(['history', 'web', '--tenant', tenant, '--limit', '2']);

      expect(limited).to.deep.equal({ events: all.slice(-2) });
    });
  });

  describe('status, config and preview', () => {
    it('say how the node is doing', async () => {
      const status = await lab.say(['status']);

      expect(status).to.match(/^partitions owned +1 of 1$/m);
      expect(status).to.match(/^durability +SQLite, write-ahead log, synced before every answer/m);
      expect(await lab.asJson(['status'])).to.have.nested.property('stores[0].kind', 'sqlite');
    });

    it('say what is set, and where', async () => {
      const words = ['config', '--port', '7', '-o', 'json'];
      const { settings } = JSON.parse(await lab.say(words, { LUTRA_LOG_LEVEL: 'warn' })) as {
        readonly settings: readonly { readonly key: string }[];
      };

      const set = settings.filter(({ key }) => ['api.port', 'log.level', 'api.host'].includes(key));
      expect(set).to.deep.equal([
        { key: 'api.host', value: '127.0.0.1', from: 'default' },
        { key: 'api.port', value: 7, from: '--port' },
        { key: 'log.level', value: 'warn', from: 'LUTRA_LOG_LEVEL' },
      ]);
      expect(await lab.say(['config'])).to.match(/^api\.host +127\.0\.0\.1 +default$/m);
    });

    it('say when a schedule fires, without a node', async () => {
      const words = ['preview', '30 9 * * 1', '--from', '2026-01-01T00:00:00Z', '--count', '2'];
      const nowhere = { LUTRA_DATA_FOLDER: lab.folder.path('nowhere') };

      expect(JSON.parse(await lab.say([...words, '-o', 'json'], nowhere))).to.deep.include({
        occurrences: ['2026-01-05T09:30:00.000Z', '2026-01-12T09:30:00.000Z'],
      });
      const { code, stdout, stderr } = await lab.lutra(words, nowhere);
      expect(code).to.equal(0);
      expect(stdout).to.match(/^2026-01-05T09:30:00.000Z +4 d 9 h$/m);
      expect(stderr).to.include('Monday');
    });
  });

  describe('history --follow', () => {
    it('tells what happens as it happens, each event once, until it is interrupted', async () => {
      const tenant = await lab.aTenantAtRest();
      const words = ['history', 'web', '--tenant', tenant, '--follow', '-o', 'json'];
      const following = lab.programs.lutra([...words, '--url', lab.url]);
      await following.said(/(group\.converged)/);
      for (let times = 1; times <= 3; times += 1) {
        await lab.execute(tenant);
        await following.said(new RegExp(`"policy.executed".*"desiredAfter":${String(times)}\\b`));
      }

      expect(await following.end('SIGINT')).to.deep.equal({ code: 0, signal: null });
      const told = following.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as HistoryItem);
      expect(told.map(({ sequence }) => sequence)).to.deep.equal(told.map((_, index) => index + 1));
      expect(told.length).to.be.at.least(8);
    });
  });

  describe('colours', () => {
    const SCRIPT = '/usr/bin/script';

    /** What `lutra groups` writes on a terminal. */
    async function onTerminal(env: Readonly<Record<string, string>>): Promise<string> {
      const command = `${process.execPath} ${MAIN} groups --data ${lab.folder.path('')}`;
      const { stdout } = await promisify(execFile)(SCRIPT, ['-qec', command, '/dev/null'], {
        env: { ...process.env, NO_COLOR: '', TERM: 'xterm', ...env },
      });
      return stdout;
    }

    it('are used on a terminal, and not with NO_COLOR', async function () {
      // It makes a terminal, where it is the one of Linux.
      if (process.platform !== 'linux' || !existsSync(SCRIPT)) this.skip();

      expect(await onTerminal({})).to.include('\u001b[1mID');
      expect(await onTerminal({ NO_COLOR: '1' }))
        .to.include('ID')
        .and.not.include('\u001b');
    });

    it('are not used where the output is no terminal', async () => {
      // Build servers say that they can show colours.
      const env = { CI: 'true', FORCE_COLOR: '1' };

      expect(await lab.say(['groups'], env)).not.to.include('\u001b');
    });
  });

  describe('exit codes', () => {
    const UNREACHABLE = 'http://127.0.0.1:1';
    for (const { name, words, code, says } of [
      { name: 'help', words: ['--help'], code: 0, says: 'Exit codes' },
      { name: 'the version', words: ['--version'], code: 0, says: '.' },
      { name: 'no command', words: [], code: 64, says: 'Usage' },
      { name: 'an unknown command', words: ['grups'], code: 64, says: "unknown command 'grups'" },
      {
        name: 'an unknown option',
        words: ['groups', '--al'],
        code: 64,
        says: "unknown option '--al'",
      },
      { name: 'an unknown format', words: ['groups', '-o', 'xml'], code: 64, says: 'table, json' },
      { name: 'a malformed cron', words: ['preview', '* * *'], code: 64, says: '3 fields' },
      {
        name: 'a file that is not there',
        words: ['apply', '-f', 'none.yaml'],
        code: 64,
        says: 'none.yaml',
      },
      {
        name: 'a setting that is wrong',
        words: ['config', '--port', 'x'],
        code: 64,
        says: '--port',
      },
      { name: 'a group that is not there', words: ['history', 'none'], code: 1, says: '"none"' },
      {
        name: 'a node that is not there',
        words: ['status', '--url', UNREACHABLE],
        code: 1,
        says: UNREACHABLE,
      },
      {
        name: 'a folder without a node',
        words: ['status', '--data', 'none'],
        code: 1,
        says: 'node.json',
      },
    ]) {
      it(`${name}: ${String(code)}`, async () => {
        const outcome = await lab.lutra(words);

        expect(outcome.code, outcome.stderr).to.equal(code);
        expect(code === 0 ? outcome.stdout : outcome.stderr).to.include(says);
      });
    }

    it('the address of a node that was killed: 1', async () => {
      const killed = lab.programs.node(lab.folder.path('killed'));
      const address = await urlOf(killed);
      await killed.end('SIGKILL');

      const { code, stderr } = await lab.lutra(['status', '--data', lab.folder.path('killed')]);

      expect(code).to.equal(1);
      expect(stderr)
        .to.include(address)
        .and.include(`written by process ${String(killed.pid)}`);
    });
  });
});

/** The cells of a table's lines; what differs from run to run is named. */
function linesOf(table: string): readonly (readonly string[])[] {
  return table
    .trim()
    .split('\n')
    .map((line) => line.split(/ {2,}/).map((cell) => (FORM_OF_ID.test(cell) ? '(id)' : cell)));
}
