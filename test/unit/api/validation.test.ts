import { expect } from 'chai';
import { describe, it } from 'mocha';
import { z } from 'zod';
import { objectOf, textOf, textsOf } from '../../../src/api/schemas.ts';
import { parseBody, pathText, shown } from '../../../src/api/validation.ts';

const SCHEMA = objectOf({
  items: z.array(objectOf({ name: textOf(1, 3) }), { error: 'an array' }).optional(),
  notes: textsOf({
    isKey: (key) => key.length < 10,
    keys: 'short ones',
    keySchema: {},
    valueMax: 2,
  }).optional(),
});

function messageOf(body: unknown): string {
  try {
    parseBody(SCHEMA, body);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return 'accepted';
}

describe('parseBody', () => {
  it('gives back the body itself, strange keys included', () => {
    const body: unknown = JSON.parse('{"notes":{"__proto__":"x"}}');

    expect(parseBody(SCHEMA, body)).to.equal(body);
  });

  const mistakes: readonly { readonly body: unknown; readonly message: string }[] = [
    { body: 1, message: 'the body must be an object with no other keys than items, notes, not 1' },
    {
      body: { itmes: 1, nots: 2 },
      message:
        'itmes is not known: the body must be an object with no other keys than items, notes',
    },
    {
      body: { items: [{ name: 'a' }, {}] },
      message: 'items[1].name is missing: it must be a string of 1 to 3 characters',
    },
    {
      body: { items: [{ name: 'four' }] },
      message: 'items[0].name must be a string of 1 to 3 characters, not "four"',
    },
    {
      body: { items: [{ name: 'a', x: 1 }] },
      message: 'items[0].x is not known: items[0] must be an object with no other keys than name',
    },
    {
      body: { notes: { ['k'.repeat(10)]: '' } },
      message: 'notes.kkkkkkkkkk is not a key that it may have: write short ones',
    },
    {
      body: { notes: { 'a b': 'long' } },
      message: 'notes["a b"] must be a string of at most 2 characters, not "long"',
    },
  ];
  for (const { body, message } of mistakes) {
    it(`says: ${message}`, () => {
      expect(messageOf(body)).to.equal(message);
    });
  }

  it('counts characters, not the units of an encoding', () => {
    expect(messageOf({ items: [{ name: '\u{1f9a6}'.repeat(3) }] })).to.equal('accepted');
    expect(messageOf({ items: [{ name: '\u{1f9a6}'.repeat(4) }] })).to.match(/^items\[0\]\.name/);
  });
});

describe('pathText', () => {
  it('names the body where there is no path', () => {
    expect(pathText([])).to.equal('the body');
  });

  it('puts strange and long keys in quotes, and cuts them', () => {
    expect(pathText(['a', 0, 'b.c', 'd'])).to.equal('a[0]["b.c"].d');
    expect(pathText(['k'.repeat(200)])).to.equal(`["${'k'.repeat(79)}…]`);
  });
});

describe('shown', () => {
  it('cuts what is longer than 80 characters', () => {
    expect(shown('x'.repeat(78))).to.equal(`"${'x'.repeat(78)}"`);
    expect(shown('x'.repeat(79))).to.equal(`"${'x'.repeat(79)}…`);
  });
});
