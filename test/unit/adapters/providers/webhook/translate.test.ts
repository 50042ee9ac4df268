import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  nameOf,
  parseArgs,
  statusError,
  toObservation,
} from '../../../../../src/adapters/providers/webhook/translate.ts';
import { LutraError } from '../../../../../src/base/errors.ts';
import type { ErrorCode } from '../../../../../src/base/errors.ts';
import type { JsonObject } from '../../../../../src/base/json.ts';

const url = 'https://scale.example/groups/a?key=1';

describe('parseArgs of the webhook provider', () => {
  it('fills in what is left out', () => {
    expect(parseArgs({ url })).to.deep.equal({
      kind: 'args',
      args: { url: new URL(url), headers: {}, timeoutMs: 10_000, canEvict: false },
    });
  });

  it('takes over what is given', () => {
    const headers = { Authorization: 'Bearer abc', 'X-Empty': '', 'X-Latin': 'caf\xe9' };

    expect(parseArgs({ url, headers, timeout: 1.5, evicts: true })).to.deep.equal({
      kind: 'args',
      args: { url: new URL(url), headers, timeoutMs: 1500, canEvict: true },
    });
  });

  const tooMany = Object.fromEntries(
    Array.from({ length: 21 }, (_, index) => [`X-${String(index)}`, '']),
  );
  const cases: readonly { readonly input: JsonObject; readonly path: string; says: string }[] = [
    { input: {}, path: 'url', says: 'must be an http or https URL' },
    { input: { url: 7 }, path: 'url', says: 'must be an http or https URL' },
    { input: { url: '' }, path: 'url', says: 'must be an http or https URL' },
    { input: { url: 'scale.example' }, path: 'url', says: 'must be an http or https URL' },
    { input: { url: 'ftp://scale.example' }, path: 'url', says: 'must be an http or https URL' },
    { input: { url: 'file:///etc/passwd' }, path: 'url', says: 'must be an http or https URL' },
    { input: { url: 'https://' }, path: 'url', says: 'must be an http or https URL' },
    { input: { url: 'https://user@scale.example' }, path: 'url', says: 'user name or password' },
    { input: { url: 'https://:pw@scale.example' }, path: 'url', says: 'user name or password' },
    { input: { url: `https://a/${'b'.repeat(2048)}` }, path: 'url', says: 'at most 2048' },
    { input: { url, evicts: 'yes' }, path: 'evicts', says: 'must be true or false' },
    { input: { url, headers: [] }, path: 'headers', says: 'must be an object of strings' },
    {
      input: { url, headers: JSON.parse('{"__proto__":5}') as JsonObject },
      path: 'headers.__proto__',
      says: 'is not a name',
    },
    { input: { url, headers: { A: 1 } }, path: 'headers.A', says: 'must be a string' },
    { input: { url, headers: { 'a b': '' } }, path: 'headers.a b', says: 'is not the name' },
    { input: { url, headers: { '': '' } }, path: 'headers.', says: 'is not the name' },
    { input: { url, headers: { 'a\r\nb': '' } }, path: 'headers.a\r\nb', says: 'is not the name' },
    { input: { url, headers: { A: 'x\r\nHost: y' } }, path: 'headers.A', says: 'line breaks' },
    { input: { url, headers: { A: 'x\n' } }, path: 'headers.A', says: 'line breaks' },
    { input: { url, headers: { A: '\u20ac' } }, path: 'headers.A', says: 'beyond Latin-1' },
    { input: { url, headers: { A: 'x'.repeat(4097) } }, path: 'headers.A', says: 'at most 4096' },
    { input: { url, headers: { A: '', a: '' } }, path: 'headers', says: 'the same header twice' },
    { input: { url, headers: tooMany }, path: 'headers', says: 'at most 20 entries' },
    { input: { url, timeout: 0 }, path: 'timeout', says: 'from 1 to 30 seconds' },
    { input: { url, timeout: 31 }, path: 'timeout', says: 'from 1 to 30 seconds' },
    { input: { url, timeout: '5' }, path: 'timeout', says: 'must be a number of seconds' },
    { input: { url, metadata: {} }, path: 'metadata', says: 'is not known' },
    ...[
      ...['Connection', 'keep-alive', 'TE', 'Trailer', 'Transfer-Encoding', 'Upgrade', 'Expect'],
      ...['Proxy-Authorization', 'Proxy-Connection', 'Host', 'Content-Length', 'Content-Type'],
      ...['User-Agent', 'Idempotency-Key', 'Lutra-Signature', 'LUTRA-Fencing-Token', 'Lutra-New'],
    ].map((name) => ({
      input: { url, headers: { [name]: 'x' } },
      path: `headers.${name}`,
      says: 'is set by Lutra or by HTTP itself',
    })),
  ];
  for (const { input, path, says } of cases) {
    it(`refuses ${JSON.stringify(input).slice(0, 60)}: ${says}`, () => {
      const parsed = parseArgs(input);

      expect(parsed.kind).to.equal('malformed');
      const problems = parsed.kind === 'malformed' ? parsed.problems : [];
      expect(problems.map((problem) => problem.path)).to.deep.equal([path]);
      expect(problems[0]?.message).to.include(says);
    });
  }
});

describe('toObservation', () => {
  it('reads what a receiver answers, and overlooks what it adds', () => {
    const text = '{ "actual": 2, "servers": [{ "id": "a", "zone": 1 }], "note": "fine" }';

    expect(toObservation(text, 'it')).to.deep.equal({ actual: 2, servers: [{ id: 'a' }] });
    expect(toObservation('{"actual":0}', 'it')).to.deep.equal({ actual: 0, servers: [] });
  });

  it('takes over a thousand servers by name', () => {
    const servers = Array.from({ length: 1001 }, (_, index) => ({ id: String(index) }));

    const observation = toObservation(JSON.stringify({ actual: 1001, servers }), 'it');

    expect(observation).to.deep.equal({ actual: 1001, servers: servers.slice(0, 1000) });
  });

  const cases: readonly { text: string; code: ErrorCode; says: string }[] = [
    { text: '', code: 'provider-transient', says: 'not JSON' },
    { text: '<html>maintenance</html>', code: 'provider-transient', says: 'not JSON' },
    { text: '{"actual":', code: 'provider-transient', says: 'not JSON' },
    { text: 'null', code: 'provider-fatal', says: 'it must be an object' },
    { text: '[]', code: 'provider-fatal', says: 'it must be an object' },
    { text: '{}', code: 'provider-fatal', says: 'actual must be an integer' },
    { text: '{"actual":"3"}', code: 'provider-fatal', says: 'actual must be an integer' },
    { text: '{"actual":1.5}', code: 'provider-fatal', says: 'actual must be an integer' },
    { text: '{"actual":-1}', code: 'provider-fatal', says: 'actual must be at least 0' },
    { text: '{"actual":1e300}', code: 'provider-fatal', says: 'actual must be an integer' },
    { text: '{"actual":1,"servers":{}}', code: 'provider-fatal', says: 'servers must be a list' },
    {
      text: '{"actual":1,"servers":[{}]}',
      code: 'provider-fatal',
      says: 'servers[0].id must be a string',
    },
    {
      text: '{"actual":1,"servers":[{"id":""}]}',
      code: 'provider-fatal',
      says: 'servers[0].id must be a string',
    },
    { text: '{"actual":1,"servers":["a"]}', code: 'provider-fatal', says: 'servers[0] must be' },
    { text: '{"actual":0,"servers":[{"id":"a"}]}', code: 'provider-fatal', says: 'more entries' },
  ];
  for (const { text, code, says } of cases) {
    it(`rejects ${text || 'nothing'} as ${code}`, () => {
      expect(() => toObservation(text, 'it'))
        .to.throw(LutraError, says)
        .with.property('code', code);
    });
  }
});

describe('statusError', () => {
  const cases: readonly { status: number; code: ErrorCode | undefined }[] = [
    ...[200, 201, 202, 204, 299].map((status) => ({ status, code: undefined })),
    ...[408, 425, 429, 500, 502, 503, 504, 599].map((status) => ({
      ...{ status, code: 'provider-transient' as const },
    })),
    ...[300, 301, 302, 304, 307, 308, 400, 401, 403, 404, 409, 410, 422].map((status) => ({
      ...{ status, code: 'provider-fatal' as const },
    })),
  ];
  for (const { status, code } of cases) {
    it(`says ${code ?? 'nothing'} to ${String(status)}`, () => {
      const error = statusError(status, undefined, 'PUT it');

      expect(error?.code).to.equal(code);
      if (error !== undefined)
        expect(error.message).to.include(`PUT it answered ${String(status)}`);
    });
  }

  it('passes on how long the receiver asks to wait, where that is plain', () => {
    expect(statusError(429, '120', 'it')?.message).to.include('(Retry-After: 120)');
    expect(statusError(503, 'Wed, 21 Oct 2026 07:28:00 GMT', 'it')?.message).to.include('21 Oct');
    expect(statusError(429, '<script>', 'it')?.message).to.equal('it answered 429');
  });

  it('says that redirects are not followed', () => {
    expect(statusError(302, undefined, 'it')?.message).to.include('redirects are not followed');
  });
});

describe('nameOf', () => {
  it('leaves out the query, in which secrets travel', () => {
    expect(nameOf(new URL(url))).to.equal('https://scale.example/groups/a');
  });
});
