import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { DEFECTS } from '../../mutation/defects.ts';
import { planted, syntaxComplaint } from '../../mutation/plant.ts';
import { RULES } from '../../simulation/checker/check.ts';

/** From the root of the repository, where tests are run: the compiled tests lie elsewhere than the sources. */
function textOf(path: string): string {
  return readFileSync(path, 'utf8');
}

describe('The planted defects', () => {
  it('are twenty at least, each with a name of its own', () => {
    const names = DEFECTS.map(({ name }) => name);

    expect(names).to.have.length.at.least(20);
    expect(new Set(names).size).to.equal(names.length);
  });

  for (const defect of DEFECTS) {
    it(`${defect.name}: has its places in the sources, each once, and something else to put there`, () => {
      const texts = planted(defect, textOf);

      expect(texts.size).to.be.greaterThan(0);
      for (const [file, text] of texts) {
        expect(text).not.to.equal(textOf(file));
        expect(syntaxComplaint(file, text)).to.equal(undefined);
      }
    });
  }

  it('are those of the table, each of which was caught', () => {
    const table = textOf('docs/planted-defects.md');
    const rows = [...table.matchAll(/^\| `([a-z-]+)` +\|/gm)].map(([, name]) => name);

    expect(rows).to.have.members(DEFECTS.map(({ name }) => name));
  });

  it('change what is delivered, and nothing that looks for them', () => {
    const files = DEFECTS.flatMap(({ edits }) => edits.map(({ file }) => file));

    expect(files.filter((file) => !file.startsWith('src/'))).to.deep.equal([]);
  });

  it('name rules that the checker of the simulation has', () => {
    const rules = DEFECTS.flatMap(({ catcher }) =>
      catcher.kind === 'simulation' ? catcher.rules : [],
    );

    expect(rules.filter((rule) => !(rule in RULES))).to.deep.equal([]);
  });

  it('name files of tests that are there', () => {
    const files = DEFECTS.flatMap(({ catcher }) => (catcher.kind === 'test' ? [catcher.file] : []));

    expect(files.filter((file) => !existsSync(file))).to.deep.equal([]);
  });
});
