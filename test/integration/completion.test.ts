/** The scripts of `lutra completion` in real shells. */
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { SHELLS } from '../../src/cli/completion-scripts.ts';
import { runIn } from '../support/cli-world.ts';
import { aFolder } from '../support/folder.ts';

/** Has bash complete the last of the words, as it does when a key is pressed, and prints what may follow. */
const ASK_BASH = `
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_lutra
printf '%s\\n' "\${COMPREPLY[@]}"
`;

describe('lutra completion', () => {
  for (const shell of SHELLS) {
    it(`prints what ${shell} can read`, async function readable() {
      if (spawnSync(shell, ['--version']).error !== undefined) this.skip();
      const { exitCode, stdout, stderr } = await runIn({}, 'completion', shell);
      expect({ exitCode, stderr }).to.deep.equal({ exitCode: 0, stderr: '' });

      const folder = await aFolder();
      await writeFile(folder.path('script'), stdout);
      const read = spawnSync(shell, ['-n', folder.path('script')], { encoding: 'utf8' });
      await folder.remove();

      expect({ status: read.status, said: read.stderr }).to.deep.equal({ status: 0, said: '' });
    });
  }

  describe('in bash', () => {
    let script: string;
    before(async () => {
      script = (await runIn({}, 'completion', 'bash')).stdout;
    });

    /** What may stand in the place of the last word. */
    function completed(...words: readonly string[]): readonly string[] {
      const args = ['--norc', '-c', `${script}${ASK_BASH}`, 'bash', 'lutra', ...words];
      const said = execFileSync('bash', args, { encoding: 'utf8', cwd: import.meta.dirname });
      return said.split('\n').filter((line) => line !== '');
    }

    it('completes every command that the help names', async () => {
      const { stdout } = await runIn({}, '--help');
      const [, list = ''] = /^Commands:\n((?: .*\n)+)/m.exec(stdout) ?? [];
      const named = [...list.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name);

      expect(named).to.include.members(['serve', 'status', 'tokens', 'completion']);
      expect(completed('')).to.deep.equal(named);
    });

    it('completes a command that has been begun, and those below a command', () => {
      expect(completed('tok')).to.deep.equal(['tokens']);
      expect(completed('tokens', '')).to.deep.equal(['create', 'list', 'revoke']);
      expect(completed('cluster', 'in')).to.deep.equal(['init']);
    });

    it('completes options of a command and those that all have', () => {
      const options = completed('tokens', 'create', '--');

      expect(options).to.include.members(['--role', '--expires', '--url', '--output', '--help']);
      expect(completed('tokens', '--')).not.to.include('--role');
      expect(new Set(options).size).to.equal(options.length);
    });

    it('completes what an option may be, written either way and wherever it stands', () => {
      expect(completed('-o', '')).to.deep.equal(['table', 'json']);
      expect(completed('tokens', 'list', '--output', 'j')).to.deep.equal(['json']);
      expect(completed('status', '--output', '=', 't')).to.deep.equal(['table']);
      expect(completed('status', '--output', '=')).to.deep.equal(['table', 'json']);
      expect(completed('tokens', 'create', '--role', '')).to.include('operator');
    });

    it('does not take the value of an option for a command', () => {
      expect(completed('--tenant', 'tokens', 'cluster', '')).to.include('status');
      expect(completed('--url', 'http', ':', '//tokens', 'tokens', 'l')).to.deep.equal(['list']);
      expect(completed('--tenant', '')).to.deep.equal([]);
    });

    it('does not take an argument for a command', () => {
      expect(completed('history', 'tokens', '')).to.deep.equal([]);
      expect(completed('cluster', 'mine', 'init', '--con')).to.deep.equal([]);
      expect(completed('completion', '')).to.deep.equal([...SHELLS]);
      expect(completed('completion', 'bash', '')).to.deep.equal([]);
    });

    it('completes files where an option takes some, one after the other, and folders where it takes one', () => {
      expect(completed('apply', '-f', 'completion.')).to.deep.equal(['completion.test.ts']);
      expect(completed('apply', '-f', 'a.yaml', 'completion.')).to.deep.equal([
        'completion.test.ts',
      ]);
      expect(completed('apply', '-f', 'a.yaml', '--dry')).to.deep.equal(['--dry-run']);
      expect(completed('serve', '--data', 'redi')).to.deep.equal(['redis']);
    });

    it('offers options where nothing else can stand', () => {
      expect(completed('status', '')).to.include('--url');
    });
  });

  it('completes commands, choices and options in fish', async function inFish() {
    if (spawnSync('fish', ['--version']).error !== undefined) this.skip();
    const { stdout: script } = await runIn({}, 'completion', 'fish');
    const completed = (line: string): readonly string[] => {
      const asked = `function lutra; end\n${script}\ncomplete -C ${JSON.stringify(line)}`;
      const said = execFileSync('fish', ['--no-config', '-c', asked], { encoding: 'utf8' });
      return said.split('\n').flatMap((found) => (found === '' ? [] : [found.replace(/\t.*/, '')]));
    };

    expect(completed('lutra tokens ')).to.have.members(['create', 'list', 'revoke']);
    expect(completed('lutra --tenant tokens cluster i')).to.deep.equal(['init']);
    expect(completed('lutra status -o ')).to.have.members(['table', 'json']);
    expect(completed('lutra tokens create --ro')).to.deep.equal(['--role']);
    expect(completed('lutra tokens --ro')).to.deep.equal([]);
    expect(completed('lutra history tokens ')).to.deep.equal([]);
  });
});
