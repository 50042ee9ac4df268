import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { documentOf } from '../../../../src/api/openapi/document.ts';
import { pageOf, PAGE_HEADERS } from '../../../../src/api/openapi/page.ts';
import { matches, schemaAt } from '../../../support/json-schema.ts';
import type { Json } from '../../../support/json-schema.ts';

const MADE = documentOf({
  version: '1.2.3',
  urlRoot: 'http://127.0.0.1:9000/base/',
  launchTypes: new Map([['process', { check: () => [] }]]),
});
const DOCUMENT = JSON.parse(JSON.stringify(MADE)) as Json;

/** Every object inside a value. */
function objectsIn(value: unknown): readonly Json[] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap(objectsIn);
  return Array.isArray(value) ? inner : [value as Json, ...inner];
}

/** Every operation, with its path. */
function operations(): readonly { readonly path: string; readonly operation: Json }[] {
  return Object.entries(schemaAt(DOCUMENT, '#/paths')).flatMap(([path, item]) =>
    Object.values(item as Json).map((operation) => ({ path, operation: operation as Json })),
  );
}

/** Every schema of a body. */
function bodySchemas(): readonly Json[] {
  const bodies = objectsIn(schemaAt(DOCUMENT, '#/paths')).flatMap((object) =>
    typeof object['content'] === 'object' ? Object.values(object['content'] as Json) : [],
  );
  const components = Object.values(schemaAt(DOCUMENT, '#/components/schemas'));
  return [...bodies.map((body) => schemaAt(body as Json, '#/schema')), ...(components as Json[])];
}

describe('documentOf', () => {
  it('says what it is, of which version, and where', () => {
    const { openapi, info, servers } = MADE;

    expect({ openapi, title: info.title, version: info.version, servers }).to.deep.equal({
      ...{ openapi: '3.1.1', title: 'Lutra', version: '1.2.3' },
      servers: [{ url: 'http://127.0.0.1:9000/base' }],
    });
  });

  it('has every schema that it refers to, and refers to every schema that it has', () => {
    const references = objectsIn(DOCUMENT).flatMap(({ $ref }) =>
      typeof $ref === 'string' ? [$ref] : [],
    );
    for (const reference of references) schemaAt(DOCUMENT, reference);

    const names = Object.keys(schemaAt(DOCUMENT, '#/components/schemas'));
    expect([...new Set(references)].sort()).to.deep.equal(
      names.map((name) => `#/components/schemas/${name}`).sort(),
    );
    for (const name of names) expect(name).to.match(/^[\w.-]+$/);
  });

  it('describes exactly the parameters that a path has, and each only once', () => {
    for (const { path, operation } of operations()) {
      const parameters = operation['parameters'] as Json[];
      const inPath = parameters.filter((parameter) => parameter['in'] === 'path');

      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(
        inPath.map(({ name }) => name),
        path,
      ).to.deep.equal(named);
      for (const { required, description } of inPath) {
        expect({ required, isDescribed: description !== '' }).to.deep.equal({
          ...{ required: true, isDescribed: true },
        });
      }
      const keys = parameters.map(
        (parameter) => `${String(parameter['in'])} ${String(parameter['name'])}`,
      );
      expect([...new Set(keys)]).to.deep.equal(keys);
    }
  });

  it('tells of every operation how it can go well, if it is there, and in which area it is', () => {
    const areas = (DOCUMENT['tags'] as Json[]).map(({ name }) => name);
    for (const { path, operation } of operations()) {
      const statuses = Object.keys(operation['responses'] as Json);
      expect(
        statuses.some((status) => status.startsWith('2') || status === '501'),
        path,
      ).to.equal(true);
      expect(areas).to.include.members(operation['tags'] as string[]);
      for (const reply of Object.values(operation['responses'] as Json)) {
        expect((reply as Json)['description'], path).to.match(/./);
      }
    }
  });

  it('asks for a token wherever the operation does not say otherwise', () => {
    const schemes = Object.keys(schemaAt(DOCUMENT, '#/components/securitySchemes'));

    expect((DOCUMENT['security'] as Json[]).flatMap(Object.keys)).to.deep.equal(schemes);
    expect(
      operations().flatMap(({ operation }) => {
        const { security, operationId } = operation;
        return security === undefined ? [] : [{ operationId, security }];
      }),
    ).to.deep.include({ operationId: 'getHealth', security: [] });
  });

  it('lets replies have further keys one day', () => {
    const reply = schemaAt(DOCUMENT, '#/components/schemas/Link');

    expect(matches(reply, { href: '', rel: '', more: 1 }, DOCUMENT)).to.equal(true);
  });

  it('consists of keywords that can be judged by', () => {
    for (const schema of bodySchemas()) {
      for (const value of [{}, [], 'text', 1, null]) matches(schema, value, DOCUMENT);
    }
  });

  it('describes no body by a schema that anything matches but the document itself', () => {
    const open = operations().filter(({ operation }) =>
      Object.values(operation['responses'] as Json).some((reply) => {
        const json = ((reply as Json)['content'] as Json | undefined)?.['application/json'];
        return (
          json !== undefined && matches(schemaAt(json as Json, '#/schema'), { x: 1 }, DOCUMENT)
        );
      }),
    );

    expect(open.map(({ path }) => path)).to.deep.equal([
      '/v1.0/{tenantId}/groups/{groupId}/policies/{policyId}/execute',
      '/openapi.json',
    ]);
  });
});

describe('pageOf', () => {
  const page = pageOf(MADE);

  it('shows every operation and every schema', () => {
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);

    expect(ids).to.include.members(operations().map(({ operation }) => operation['operationId']));
    const schemas = Object.keys(schemaAt(DOCUMENT, '#/components/schemas'));
    expect(ids).to.include.members(schemas.map((name) => `schema-${name}`));
    expect([...new Set(ids)]).to.deep.equal(ids);
  });

  it('leads only to places of its own and to the document', () => {
    const places = [...page.matchAll(/ (?:href|src|action)="([^"]*)"/g)].map(
      ([, place = '']) => place,
    );

    for (const place of new Set(places)) {
      if (place.startsWith('#')) expect(page, place).to.include(` id="${place.slice(1)}"`);
      else expect(place).to.equal('http://127.0.0.1:9000/base/openapi.json');
    }
  });

  it('has no script, and no style but the one that its policy names', () => {
    const [, style = ''] = /<style>(.*)<\/style>/s.exec(page) ?? [];
    const hash = createHash('sha256').update(style).digest('base64');

    expect(page).to.not.match(/<script|<link|<img|<iframe|style=|\son\w+=|javascript:/);
    expect(page.match(/<style>/g)).to.have.length(1);
    expect(PAGE_HEADERS['Content-Security-Policy']).to.include(
      `default-src 'none'; style-src 'sha256-${hash}';`,
    );
  });

  it('shows what comes from outside as text', () => {
    const title = `<b>"'&`;
    const odd = pageOf({ ...MADE, info: { ...MADE.info, title } });

    expect(odd).to.include('<h1>&lt;b&gt;&quot;&#39;&amp; API');
    expect(odd).to.not.include(title);
  });
});
