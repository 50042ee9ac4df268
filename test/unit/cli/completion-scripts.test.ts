import { expect } from 'chai';
import { describe, it } from 'mocha';
import { InvariantError } from '../../../src/base/assert.ts';
import { completionScript, SHELLS } from '../../../src/cli/completion-scripts.ts';
import type {
  DescribedCommand,
  DescribedOption,
  DescribedValue,
} from '../../../src/cli/completion-scripts.ts';

function aCommand(name: string, changes: Partial<DescribedCommand> = {}): DescribedCommand {
  const about = `about ${name}`;
  return { name, about, options: [], arguments: [], commands: [], ...changes };
}

function anOption(flag: string, changes: Partial<DescribedOption> = {}): DescribedOption {
  return { flags: [flag], about: `about ${flag}`, value: undefined, ...changes };
}

function aValue(name: string, changes: Partial<DescribedValue> = {}): DescribedValue {
  return { name, isMany: false, choices: [], ...changes };
}

const HELP = anOption('--help', { flags: ['-h', '--help'] });
const PROGRAM = aCommand('lutra', {
  options: [HELP, anOption('--config', { value: aValue('file') })],
  commands: [
    aCommand('dig', {
      about: "dig a river's bank: now",
      options: [HELP, anOption('--depth', { value: aValue('metres', { choices: ['1', '2'] }) })],
    }),
    aCommand('fish', { commands: [aCommand('eat', { arguments: [aValue('folder')] })] }),
  ],
});

describe('completionScript', () => {
  for (const shell of SHELLS) {
    it(`names every command, option and choice in the script for ${shell}`, () => {
      const script = completionScript(shell, PROGRAM);

      for (const word of ['dig', 'fish', 'eat', 'help', 'config', 'depth', '1', '2']) {
        expect(script, word).to.match(new RegExp(`\\b${word}\\b`));
      }
      expect(script.endsWith('\n')).to.equal(true);
    });

    it(`refuses words that ${shell} would take for something else`, () => {
      for (const word of ['$(date)', 'a b', '', "it's", '`', '*', ';']) {
        const value = aValue('x', { choices: [word] });
        const programs = [
          aCommand('lutra', { commands: [aCommand(word)] }),
          aCommand('lutra', { options: [anOption('--x', { value })] }),
          aCommand('lutra', { arguments: [value] }),
        ];
        for (const program of programs) {
          expect(() => completionScript(shell, program), word).to.throw(InvariantError);
        }
      }
    });
  }

  it('has options of the program at every command, and each once', () => {
    const script = completionScript('bash', PROGRAM);

    expect(script).to.include("'lutra dig') words='--depth -h --help --config' ;;");
    expect(script).to.include("'lutra fish eat') words='-h --help --config' ;;");
  });

  it('has the value of an option at its command and at those below it, and nowhere else', () => {
    const script = completionScript('bash', PROGRAM);

    expect(script).to.include(
      "'lutra --config' | 'lutra '*' --config') _lutra_files -f default ;;",
    );
    expect(script).to.include("'lutra dig --depth' | 'lutra dig '*' --depth') words='1 2' ;;");
  });

  it('says in zsh and fish what a command does, whatever marks are in it', () => {
    expect(completionScript('zsh', PROGRAM)).to.include(
      String.raw`'dig:dig a river'\''s bank: now'`,
    );
    expect(completionScript('fish', PROGRAM)).to.include(
      String.raw`-a dig -d 'dig a river\'s bank: now'`,
    );
  });

  it('completes files, folders and nothing where a value is called so', () => {
    const fish = completionScript('fish', PROGRAM);

    expect(fish).to.include("-l config -r -F -d 'about --config'");
    expect(fish).to.include("'__lutra_at lutra fish eat 0' -a '(__fish_complete_directories)'");
    expect(completionScript('zsh', PROGRAM)).to.include("'lutra fish eat 0') _files -/ ;;");
  });
});
