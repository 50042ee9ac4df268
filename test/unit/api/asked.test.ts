import { expect } from 'chai';
import { describe, it } from 'mocha';
import { accessOf, accessToMethods, askedOfNothing } from '../../../src/api/asked.ts';
import { needs, readOrReveal } from '../../../src/api/routes/route.ts';
import type { Access } from '../../../src/api/routes/route.ts';

function operation(access: Parameters<typeof needs>[0]) {
  return needs(access, () => Promise.resolve({ status: 200 }));
}

describe('accessOf', () => {
  const QUERIES: readonly { readonly query: string; readonly access: Access }[] = [
    { query: '', access: 'read' },
    { query: 'webhooks=true', access: 'reveal' },
    { query: 'webhooks=tRuE&limit=1', access: 'reveal' },
    { query: 'webhooks=false&webhooks=true', access: 'read' },
    { query: 'webhooks=yes', access: 'read' },
    { query: 'Webhooks=true', access: 'read' },
  ];
  for (const { query, access } of QUERIES) {
    it(`is "${access}" for policies with "${query}"`, () => {
      expect(accessOf(operation(readOrReveal), new URLSearchParams(query))).to.equal(access);
    });
  }

  it('is what an operation says that does not look at the query', () => {
    const query = new URLSearchParams('webhooks=true');

    expect(accessOf(operation('change'), query)).to.equal('change');
  });
});

describe('accessToMethods', () => {
  const tenantPath = '/v1.0/:tenantId/groups';
  const ROUTES = [
    { path: tenantPath, access: 'change', expected: 'read' },
    { path: '/metrics', access: 'node', expected: 'node' },
    { path: '/health', access: 'open', expected: 'open' },
  ] as const;
  for (const { path, access, expected } of ROUTES) {
    it(`is "${expected}" for ${path}`, () => {
      const methods = { POST: operation(access) };
      expect(accessToMethods({ path, methods })).to.equal(expected);
    });
  }
});

describe('askedOfNothing', () => {
  const PATHS = [
    { path: '/v1.0/a/nothing', access: 'read', tenantId: 'a' },
    { path: '/v1.0/a%2Fb/', access: 'read', tenantId: 'a/b' },
    { path: '/v1.0/a', access: 'read', tenantId: 'a' },
    { path: '/v1.0/%ff/groups', access: 'read', tenantId: '%ff' },
    { path: '/lutra/v1', access: 'node', tenantId: undefined },
    { path: '/lutra/v1/nothing', access: 'node', tenantId: undefined },
    { path: '/lutra/v12', access: 'open', tenantId: undefined },
    { path: '/v1.0/', access: 'open', tenantId: undefined },
    { path: '/nothing', access: 'open', tenantId: undefined },
  ];
  for (const { path, ...asked } of PATHS) {
    it(`is "${asked.access}" for ${path}`, () => {
      expect(askedOfNothing(path)).to.deep.equal(asked);
    });
  }
});
