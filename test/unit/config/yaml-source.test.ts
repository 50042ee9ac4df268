import { expect } from 'chai';
import { describe, it } from 'mocha';

import { readYaml } from '../../../src/config/yaml-source.ts';
import type { TextResult, YamlDocument } from '../../../src/config/yaml-source.ts';

const asWritten = (text: string): TextResult => ({ kind: 'text', text });

function read(text: string, readText = asWritten): YamlDocument {
  const file = readYaml({ name: 'a.yaml', text }, readText);
  expect(file).to.have.property('kind', 'read');
  const [document] = file.kind === 'read' ? file.documents : [];
  if (document === undefined) throw new Error('the text has no document');
  return document;
}

function problemsOf(text: string, readText = asWritten): readonly string[] {
  const file = readYaml({ name: 'a.yaml', text }, readText);
  return file.kind === 'read'
    ? []
    : file.problems.map((problem) => `${problem.at} ${problem.text}`);
}

describe('readYaml', () => {
  it('says where a value and where its key stand', () => {
    const document = read('a:\n  b: [1,\n    two]\n');

    expect(document.locate(['a', 'b', 1])).to.equal('a.yaml:3:5');
    expect(document.locateKey(['a', 'b'])).to.equal('a.yaml:2:3');
  });

  it('points at the part around what is not there', () => {
    const document = read('a:\n  b: {c: 1}\n');

    expect(document.locate(['a', 'b', 'x', 'y'])).to.equal('a.yaml:2:6');
    expect(document.locateKey(['a', 'x'])).to.equal('a.yaml:2:3');
  });

  it('points at the value that an alias stands for', () => {
    const document = read('a: &x\n  b: 1\nc: *x\n');

    expect(document.value).to.deep.equal({ a: { b: 1 }, c: { b: 1 } });
    expect(document.locate(['c', 'b'])).to.equal('a.yaml:2:6');
  });

  it('reads texts that look like times or like yes as texts, even below a directive for YAML 1.1', () => {
    const document = read('%YAML 1.1\n---\nat: 2030-01-01T00:00:00Z\nword: yes\n');

    expect(document.value).to.deep.equal({ at: '2030-01-01T00:00:00Z', word: 'yes' });
  });

  it('has a value for each document', () => {
    const file = readYaml({ name: 'a.yaml', text: 'a: 1\n---\nb: 2\n' }, asWritten);

    const values = file.kind === 'read' ? file.documents.map(({ value }) => value) : [];
    expect(values).to.deep.equal([{ a: 1 }, { b: 2 }]);
  });

  it('rewrites text values and leaves keys and other values alone', () => {
    const shout = (text: string): TextResult => asWritten(text.toUpperCase());

    expect(read('key: text\nlist: [1, true, word]\n', shout).value).to.deep.equal({
      key: 'TEXT',
      list: [1, true, 'WORD'],
    });
  });

  it('shows a text as the file spells it, so that what was filled in stays secret', () => {
    const document = read('a: ${KEY}\nb: 3\n', () => asWritten('secret'));

    expect(document.value).to.deep.equal({ a: 'secret', b: 3 });
    expect(document.shown(['a'])).to.equal('"${KEY}"');
    expect(document.shown(['b'])).to.equal('3');
    expect(document.shown(['c'])).to.equal('nothing');
  });

  it('keeps a key called __proto__ as a key', () => {
    const { value } = read('__proto__: {a: 1}\n');

    expect(Object.keys(value as object)).to.deep.equal(['__proto__']);
  });

  const MALFORMED = [
    { name: 'a tab as indentation', text: 'a:\n\tb: 1\n', at: 'a.yaml:2:1' },
    { name: 'an open quote', text: 'a: "b\n', at: 'a.yaml:2:1' },
    { name: 'a key that occurs twice', text: 'a: 1\nb: 2\na: 3\n', at: 'a.yaml:3:1' },
    { name: 'a tag', text: 'a: !secret b\n', at: 'a.yaml:1:4' },
    { name: 'a key that is a list', text: '? [a]\n: b\n', at: 'a.yaml:1:3' },
    { name: 'an alias without an anchor', text: 'a: 1\nb: *nobody\n', at: 'a.yaml:2:4' },
    {
      name: 'aliases that unfold into very much',
      text: `a: &a [${'1,'.repeat(9)}1]\nb: &b [${'*a,'.repeat(9)}*a]\nc: &c [${'*b,'.repeat(9)}*b]\nd: [*c, *c]\n`,
      at: 'a.yaml:1:1',
    },
  ];
  for (const { name, text, at } of MALFORMED) {
    it(`refuses ${name} and says where`, () => {
      const [first] = problemsOf(text);

      expect(first?.split(' ')[0]).to.equal(at);
    });
  }

  it('has the problem of a text at the place of the text', () => {
    const refuse = (text: string): TextResult =>
      text === 'bad' ? { kind: 'problem', text: 'is bad' } : asWritten(text);

    expect(problemsOf('a: good\nb:\n  - bad\n', refuse)).to.deep.equal(['a.yaml:3:5 is bad']);
  });
});
