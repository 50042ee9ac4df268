import { expect } from 'chai';
import { Guesses } from '../../../../src/api/guesses.ts';
import { Streams } from '../../../../src/api/streams.ts';
import { describe, it } from 'mocha';
import { routesOf } from '../../../../src/api/app.ts';
import { accessOf } from '../../../../src/api/asked.ts';
import { repliesOf } from '../../../../src/api/openapi/operation.ts';
import { operationsWith } from '../../../../src/api/openapi/operations.ts';
import { aScaling } from '../../../support/scaling.ts';

const unused = (): never => {
  throw new Error('no request is made here');
};

/** Every method of every path that the application answers, and whether anybody may use it. */
function served(): readonly string[] {
  const routes = routesOf({
    scaling: aScaling().deps,
    observe: unused,
    launchTypes: new Map(),
    catalogue: { images: [], flavors: [], personality: { maxFiles: 0, maxFileBytes: 0 } },
    rateLimiters: {},
    guesses: new Guesses({}),
    streams: new Streams({ perNode: 0, perTenant: 0 }),
    limits: { pageMax: 1, bodyMaxBytes: 1 },
    credentials: 'off',
    tokens: 'off',
    zonesVersion: '2030a',
    trustedProxies: { check: unused },
    ...{ urlRoot: unused, metrics: unused, status: unused, readiness: unused },
    ...{ cluster: unused, requestDrain: unused },
  });
  return routes.flatMap(({ path, methods }) =>
    Object.entries(methods).map(([method, operation]) =>
      told({
        path,
        method,
        isOpen: accessOf(operation, new URLSearchParams()) === 'open',
      }),
    ),
  );
}

function told(one: {
  readonly path: string;
  readonly method: string;
  readonly isOpen?: boolean | undefined;
}): string {
  return `${one.method} ${one.path}${one.isOpen === true ? ', open to anybody' : ''}`;
}

describe('operationsWith', () => {
  it('describes every method of every path that is served, and no other', () => {
    const described = operationsWith(new Map()).map(told);

    expect([...described].sort()).to.deep.equal([...served()].sort());
  });

  it('gives each operation a name of its own', () => {
    const ids = operationsWith(new Map()).map(({ id }) => id);

    expect([...new Set(ids)]).to.deep.equal(ids);
  });
});

describe('repliesOf', () => {
  it('adds what any request can be refused with, by status', () => {
    const replies = repliesOf({
      ...{ method: 'POST', path: '/v1.0/:tenantId/groups', id: 'a', area: 'Groups', summary: 'b' },
      replies: { 202: { description: 'Done' } },
      refusals: ['GroupPausedError'],
    });

    expect([...replies].map(([status, { refusals }]) => [status, ...refusals])).to.deep.equal([
      [202],
      [400, 'ValidationError'],
      [401, 'InvalidCredentials'],
      [403, 'Forbidden', 'GroupPausedError'],
      [414, 'UriTooLong'],
      [429, 'RateLimitError'],
      [500, 'InternalError'],
      [503, 'ServiceUnavailable'],
    ]);
  });
});
