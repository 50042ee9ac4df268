import { expect } from 'chai';
import { describe, it } from 'mocha';

import { hasCode } from '../../../src/base/errors.ts';
import { nodeClientFor, REPLY_WITHIN_MS } from '../../../src/cli/node-client.ts';
import type { NodeClient, NodeRequest } from '../../../src/cli/node-client.ts';
import { fakeWorld, NEW_YEAR_2030 } from '../../support/cli-world.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const ADDRESS = { url: 'http://127.0.0.1:9/base', from: '--url' };
const GET: NodeRequest = { method: 'GET', path: '/x' };

function clientOf(
  answer: typeof fetch,
  options: {
    readonly clock?: FakeClock;
    readonly interrupted?: AbortSignal;
    readonly bearer?: string;
  } = {},
): NodeClient {
  const { world } = fakeWorld({ ...options, fetch: answer });
  return nodeClientFor(world, ADDRESS, { withinMs: REPLY_WITHIN_MS, bearer: options.bearer });
}

function answering(status: number, body: string | null, headers = {}): typeof fetch {
  return () => Promise.resolve(new Response(body, { status, headers }));
}

async function failureOf(call: Promise<unknown>): Promise<Error> {
  try {
    await call;
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
  throw new Error('it succeeded');
}

describe('nodeClientFor', () => {
  it('gives the body of a success and the time of its Date header', async () => {
    const headers = { date: 'Tue, 01 Jan 2030 00:00:07 GMT' };

    expect(await clientOf(answering(200, '{"a":1}', headers))(GET)).to.deep.equal({
      kind: 'done',
      body: { a: 1 },
      at: NEW_YEAR_2030 + 7000,
    });
  });

  it('takes an empty body for a success that says nothing', async () => {
    expect(await clientOf(answering(204, null))(GET)).to.deep.equal({
      kind: 'done',
      body: undefined,
      at: undefined,
    });
  });

  it('sends a body as JSON to the path below the address, and follows no redirect', async () => {
    let sent: readonly unknown[] = [];
    const client = clientOf((...call) => {
      sent = call;
      return Promise.resolve(new Response('{}'));
    });

    await client({ method: 'PUT', path: '/x', body: { a: 1 } });

    const [url, init] = sent as [string, RequestInit];
    expect(url).to.equal('http://127.0.0.1:9/base/x');
    expect(init).to.deep.include({
      method: 'PUT',
      body: '{"a":1}',
      headers: { 'content-type': 'application/json' },
      redirect: 'error',
    });
  });

  it('answers what the request is at fault for', async () => {
    const body = JSON.stringify({ error: { type: 'T', code: 404, message: 'no', details: '' } });

    expect(await clientOf(answering(404, body))(GET)).to.deep.equal({
      kind: 'refused',
      status: 404,
      message: 'T: no',
    });
  });

  it('takes what the node cannot do for a refusal: nothing was done', async () => {
    const body = JSON.stringify({ error: { type: 'NotImplementedError', message: 'no' } });

    expect(await clientOf(answering(501, body))(GET)).to.include({ kind: 'refused', status: 501 });
  });

  const FORBIDDEN = JSON.stringify({
    error: { type: 'Forbidden', message: 'No.' },
  });

  it('says which tokens may do it to one who shows another, and not to whom nobody asked for one', async () => {
    const message = 'Forbidden: No.';
    const advice = 'use a token that may do this: "lutra tokens list" shows what each may do';

    const shown = await clientOf(answering(403, FORBIDDEN), { bearer: 'one' })(GET);
    const none = await clientOf(answering(403, FORBIDDEN))(GET);

    expect(shown).to.have.property('message', `${message}; ${advice}`);
    expect(none).to.have.property('message', message);
  });

  it('does not send anybody to the list of tokens of a node that has none', async () => {
    const message = 'This node asks nobody for a token, so there are none';
    const body = JSON.stringify({ error: { type: 'Forbidden', message } });

    const reply = await clientOf(answering(403, body), { bearer: 'one' })(GET);

    expect(reply).to.have.property('message', `Forbidden: ${message}`);
  });

  it('says where a reply is that to an earlier request', async () => {
    const headers = { 'idempotency-replayed': 'true' };

    expect(await clientOf(answering(202, '{}', headers))(GET)).to.have.property('isReplay', true);
    expect(await clientOf(answering(202, '{}'))(GET)).to.not.have.property('isReplay');
  });

  it('says how a group with servers is deleted', async () => {
    const body = JSON.stringify({ error: { type: 'GroupNotEmptyError', message: 'has some' } });

    expect(await clientOf(answering(403, body))(GET)).to.include({
      message: 'GroupNotEmptyError: has some; with --force its servers are ended as well',
    });
  });

  it('says the type alone where the message is empty', async () => {
    const body = JSON.stringify({ error: { type: 'InvalidJsonError', message: '' } });

    expect(await clientOf(answering(400, body))(GET)).to.include({ message: 'InvalidJsonError' });
  });

  const UNHEALTHY = [
    { name: 'a status of 500', answer: answering(500, '{"error":{"type":"T","message":"m"}}') },
    { name: 'text that is no JSON', answer: answering(200, '<html>') },
    { name: 'a refusal of somebody else', answer: answering(404, '<html>') },
    { name: 'a redirect', answer: answering(302, '{}') },
  ];
  for (const { name, answer } of UNHEALTHY) {
    it(`rejects ${name} and names the node that was asked`, async () => {
      const error = await failureOf(clientOf(answer)(GET));

      expect(error).to.include({ exitCode: 1 });
      expect(error.message).to.match(/^GET \/x was answered with .* by http:\/\/127/);
    });
  }

  it('says why nobody answers, and how to start a node', async () => {
    const cause = new AggregateError([new Error('connect ECONNREFUSED 127.0.0.1:9')]);
    const client = clientOf(() => Promise.reject(new TypeError('fetch failed', { cause })));

    const error = await failureOf(client(GET));

    expect(hasCode(error, 'node-unreachable')).to.equal(true);
    expect(error.message).to.equal(
      'GET /x: no answer from http://127.0.0.1:9/base (from --url): connect ECONNREFUSED 127.0.0.1:9; ' +
        'start one with "lutra serve", or say where one is with --url or LUTRA_URL',
    );
  });

  it('waits thirty seconds for an answer and no longer', async () => {
    const clock = new FakeClock(NEW_YEAR_2030);
    const client = clientOf(untilAborted, { clock });

    const failure = failureOf(client(GET));
    await clock.advance(30_000);

    expect((await failure).message).to.include('no answer within 30000 ms');
  });

  it('ends with the interruption of the program', async () => {
    const interruption = new AbortController();
    const client = clientOf(untilAborted, { interrupted: interruption.signal });

    const failure = failureOf(client(GET));
    interruption.abort('SIGINT');

    expect((await failure).message).to.equal('interrupted during GET /x');
  });
});

/** A node that never answers. */
const untilAborted: typeof fetch = (_url, init) =>
  new Promise((_resolve, reject) => {
    const { signal } = init ?? {};
    signal?.addEventListener('abort', () => {
      reject(signal.reason as Error);
    });
  });
