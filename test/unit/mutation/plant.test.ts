import { expect } from 'chai';
import { describe, it } from 'mocha';
import { inSimulation } from '../../mutation/defect.ts';
import type { Defect, Edit } from '../../mutation/defect.ts';
import { planted, syntaxComplaint } from '../../mutation/plant.ts';

const SOURCE = 'const one = 1;\nconst two = 2;\n';

function aDefect(...edits: readonly Omit<Edit, 'file'>[]): Defect {
  return {
    ...{ name: 'a-defect', about: 'It is one.', catcher: inSimulation('doubled') },
    edits: edits.map((edit) => ({ file: 'src/a.ts', ...edit })),
  };
}

describe('planted', () => {
  it('replaces each place, one after the other', () => {
    const defect = aDefect(
      { find: '= 1', replace: '= 10' },
      { find: 'two = 2', replace: 'two = $&' },
    );

    expect(planted(defect, () => SOURCE)).to.deep.equal(
      new Map([['src/a.ts', 'const one = 10;\nconst two = $&;\n']]),
    );
  });

  for (const { what, edit } of [
    { what: 'is not there', edit: { find: 'three', replace: '' } },
    { what: 'is there twice', edit: { find: 'const', replace: 'let' } },
    { what: 'is replaced by itself', edit: { find: 'one', replace: 'one' } },
  ]) {
    it(`does not plant where a place ${what}`, () => {
      expect(() => planted(aDefect(edit), () => SOURCE)).to.throw('a-defect: src/a.ts has');
    });
  }
});

describe('syntaxComplaint', () => {
  it('says what the compiler says, and nothing of what it can compile', () => {
    expect(syntaxComplaint('src/a.ts', 'const one = ;')).to.match(
      /^src\/a\.ts: Expression expected/,
    );
    expect(syntaxComplaint('src/a.ts', 'const one: string = 1;')).to.equal(undefined);
    expect(syntaxComplaint('src/a.lua', 'local one = 1')).to.equal(undefined);
  });
});
