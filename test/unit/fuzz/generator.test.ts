import { expect } from 'chai';
import { describe, it } from 'mocha';
import { documentOf } from '../../../src/api/openapi/document.ts';
import { Dice } from '../../fuzz/dice.ts';
import { Generator } from '../../fuzz/generator.ts';
import type { Target } from '../../fuzz/generator.ts';
import { operationsOf } from '../../fuzz/request.ts';
import type { FuzzRequest } from '../../fuzz/request.ts';
import { valueFor } from '../../fuzz/schema-values.ts';
import { matches, schemaAt } from '../../support/json-schema.ts';
import type { Json } from '../../support/json-schema.ts';

const LAUNCH_TYPES = new Map([['process', { check: () => [] }]]);
const DESCRIBED = documentOf({ version: '0', urlRoot: 'http://a', launchTypes: LAUNCH_TYPES });
const DOCUMENT = JSON.parse(JSON.stringify(DESCRIBED)) as Json;
const TARGET: Target = {
  ...{ host: '127.0.0.1', bodyMaxBytes: 10_000, headers: [['X-Auth-Token', 'secret']] },
  places: [
    { tenantId: 't' },
    { tenantId: 't', groupId: 'g' },
    { tenantId: 't', groupId: 'g', policyId: 'p' },
  ],
};

function requests(seed: number, count: number): readonly FuzzRequest[] {
  const generator = new Generator(DOCUMENT, seed);
  return Array.from({ length: count }, (_, index) => generator.request(index, TARGET));
}

function textsOf(all: readonly FuzzRequest[]): readonly string[] {
  return all.map(({ bytes }) => bytes.toString('latin1'));
}

describe('Generator', () => {
  it('makes the same requests of the same seed, byte for byte', () => {
    expect(textsOf(requests(7, 300))).to.deep.equal(textsOf(requests(7, 300)));
  });

  it('makes a request by its number, whichever were made before it', () => {
    const generator = new Generator(DOCUMENT, 7);

    const alone = generator.request(200, TARGET);

    expect(alone).to.deep.equal(requests(7, 201)[200]);
  });

  it('makes others of another seed', () => {
    const [ours, theirs] = [textsOf(requests(7, 100)), new Set(textsOf(requests(8, 100)))];

    const shared = ours.filter((text) => theirs.has(text));

    // What asks for nothing, such as GET /health, is the same whoever asks.
    expect(shared.length).to.be.below(30);
  });

  it('uses every operation of the document, and every kind of change', () => {
    const made = requests(1, 1_000);
    const used = new Set(made.map(({ operation: { method, path } }) => `${method} ${path}`));

    expect(used.size).to.equal(operationsOf(DOCUMENT).length);
    expect(new Set(made.flatMap(({ twists }) => twists))).to.have.all.keys(
      ...['json', 'bytes', 'chunks', 'method', 'path', 'query', 'header', 'wire'],
    );
  });

  it('leaves about a third of all requests as they should be', () => {
    const ordinary = requests(1, 600).filter(({ twists }) => twists.length === 0);

    expect(ordinary.length).to.be.within(170, 250);
    for (const { bytes, body } of ordinary) {
      const [head = '', text = ''] = bytes.toString().split('\r\n\r\n');
      expect(head).to.match(/^[A-Z]+ \/\S* HTTP\/1\.1\r\nHost: 127\.0\.0\.1\r\n/);
      expect(head).to.contain('X-Auth-Token: secret');
      expect(text).to.equal(body?.toString() ?? '');
    }
  });

  it('asks for what is there', () => {
    const ordinary = requests(1, 600).filter(({ twists }) => twists.length === 0);
    const ofPolicies = ordinary.filter(({ operation }) => operation.path.endsWith('/{policyId}'));

    expect(ofPolicies).to.have.length.above(5);
    for (const { target } of ofPolicies) {
      expect(target).to.equal('/v1.0/t/groups/g/policies/p');
    }
  });
});

function schemaOf(body: Json): Json {
  const { $ref: reference } = body;
  return typeof reference === 'string' ? schemaAt(DOCUMENT, reference) : body;
}

describe('valueFor', () => {
  for (const { method, path, body } of operationsOf(DOCUMENT)) {
    if (body === undefined) continue;
    it(`makes bodies of ${method} ${path} that match their schema`, () => {
      const values = Array.from({ length: 100 }, (_, index) =>
        valueFor(body, DOCUMENT, new Dice(3, index)),
      );

      const matching = values.filter((value) => matches(body, value, DOCUMENT));
      expect(matching.length).to.be.at.least(95);
      const different = new Set(values.map((value) => JSON.stringify(value))).size;
      // There is not much to say in a body with a single member that may be left out.
      const memberCount = Object.keys(schemaOf(body)['properties'] ?? { a: 1, b: 2 }).length;
      expect(different).to.be.above(memberCount === 1 ? 2 : 50);
    });
  }
});
