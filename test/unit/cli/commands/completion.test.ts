import { expect } from 'chai';
import { describe, it } from 'mocha';
import { runIn } from '../../../support/cli-world.ts';

describe('lutra completion', () => {
  it('prints nothing but a script, which needs no node', async () => {
    const { exitCode, stdout, stderr } = await runIn({}, 'completion', 'bash');

    expect({ exitCode, stderr }).to.deep.equal({ exitCode: 0, stderr: '' });
    expect(stdout).to.match(/^complete -F _lutra lutra$/m);
  });

  it('describes options as they are: their flags, values and choices', async () => {
    const { stdout } = await runIn({}, 'completion', 'fish');

    expect(stdout).to.include("-s o -l output -x -a 'table json' -d 'how results are printed'");
    expect(stdout).to.include("'__lutra_below lutra apply' -s f -l file -r -F");
    expect(stdout).to.include("'__lutra_below lutra partitions' -l ownerless -d ");
  });

  it('gives the script as JSON where JSON is asked for', async () => {
    const { stdout: script } = await runIn({}, 'completion', 'zsh');
    const { stdout } = await runIn({}, 'completion', 'zsh', '-o', 'json');

    expect(JSON.parse(stdout)).to.deep.equal({ shell: 'zsh', script });
  });

  for (const words of [[], ['tcsh'], ['bash', 'zsh']]) {
    it(`refuses: lutra completion ${words.join(' ')}`, async () => {
      const { exitCode, stdout } = await runIn({}, 'completion', ...words);

      expect({ exitCode, stdout }).to.deep.equal({ exitCode: 64, stdout: '' });
    });
  }
});
