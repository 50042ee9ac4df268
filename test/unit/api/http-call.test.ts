import { expect } from 'chai';
import { describe, it } from 'mocha';
import { HttpCall, paramOf } from '../../../src/api/http-call.ts';

type Request = ConstructorParameters<typeof HttpCall>[0];

function aRequest(parts: Partial<Request> = {}): Request {
  return { headers: {}, headersDistinct: {}, params: {}, path: '/', ...parts };
}

function aCall(
  request: Request,
  deadline: { readonly signal: AbortSignal } = new AbortController(),
): HttpCall {
  const parts = {
    query: new URLSearchParams('limit=1'),
    body: () => Promise.resolve('body'),
    optionalBody: () => Promise.resolve(undefined),
    caller: { by: 'ann', kind: 'local' as const },
  };
  return new HttpCall(request, parts, deadline);
}

describe('HttpCall', () => {
  it('shows what it was made of', async () => {
    const call = aCall(aRequest({ headers: { accept: 'text/html' }, params: { groupId: 'g' } }));

    expect({
      limit: call.query.get('limit'),
      body: await call.body(),
      optionalBody: await call.optionalBody(),
      by: call.by,
      accept: call.accept,
      groupId: call.param('groupId'),
    }).to.deep.equal({
      ...{ limit: '1', body: 'body', optionalBody: undefined },
      ...{ by: 'ann', accept: 'text/html', groupId: 'g' },
    });
  });

  it('shows a path without the slash at its end', () => {
    const paths = ['/v1.0/42/groups/', '/v1.0/42/groups', '/'];

    expect(paths.map((path) => aCall(aRequest({ path })).path)).to.deep.equal([
      '/v1.0/42/groups',
      '/v1.0/42/groups',
      '',
    ]);
  });

  it('is empty where the client does not say what it wants, or the route has no such segment', () => {
    const call = aCall(aRequest());

    expect([call.accept, call.param('tenantId')]).to.deep.equal(['', '']);
  });

  it('answers every value of a header, and has Node take headers apart only where it was sent', () => {
    let takenApart = 0;
    const request = {
      ...aRequest({ headers: { 'if-match': '"a", "b"' } }),
      get headersDistinct() {
        takenApart += 1;
        return { 'if-match': ['"a"', '"b"'] };
      },
    };
    const call = aCall(request);

    expect([call.header('prefer'), takenApart]).to.deep.equal([[], 0]);
    expect([call.header('if-match'), takenApart]).to.deep.equal([['"a"', '"b"'], 1]);
  });

  it('asks its deadline for a signal when it is looked at, and not before', () => {
    const { signal } = new AbortController();
    let asked = 0;
    const deadline = {
      get signal() {
        asked += 1;
        return signal;
      },
    };
    const call = aCall(aRequest(), deadline);

    expect(asked).to.equal(0);
    expect([call.signal === signal, asked]).to.deep.equal([true, 1]);
  });
});

describe('paramOf', () => {
  it('finds nothing where the route has no such segment', () => {
    const request = aRequest({ params: { tenantId: '42' } });

    expect([paramOf(request, 'tenantId'), paramOf(request, 'groupId')]).to.deep.equal([
      '42',
      undefined,
    ]);
  });
});
