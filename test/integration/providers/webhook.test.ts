import { createHmac } from 'node:crypto';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { WebhookProvider } from '../../../src/adapters/providers/webhook/provider.ts';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { InvariantError } from '../../../src/base/assert.ts';
import type { ErrorCode } from '../../../src/base/errors.ts';
import { anOrder, rejectionOf } from '../../contract/provider-contract.ts';
import { eventually } from './processes.ts';
import { Receiver } from './receiver.ts';
import type { Answer, ReceivedCall } from './receiver.ts';
import { aProvider, aTarget, KEY, refusalOf } from './webhooks.ts';

const NEVER = new AbortController().signal;
describe('WebhookProvider', function () {
  this.timeout(20_000);
  let receiver: Receiver;
  let provider: WebhookProvider;
  beforeEach(async () => {
    receiver = await Receiver.open();
    provider = aProvider();
  });
  afterEach(async () => {
    await provider.close();
    await receiver.close();
  });

  /** Whether the signature of a call is the one that the shared key gives, reckoned as a receiver does it. */
  function isSigned({ method, target, headers, body }: ReceivedCall): boolean {
    const [, seconds = '', hex] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(
      String(headers['lutra-signature']),
    ) ?? [''];
    const hmac = createHmac('sha256', KEY).update(`${seconds}.${method}.${target}.${body}`);
    return (
      hex === hmac.digest('hex') && Math.abs(Number(seconds) * 1000 - systemClock.now()) < 10_000
    );
  }

  it('orders with a PUT that says who asks for what, and can be told apart from others', async () => {
    const order = anOrder(3, {
      idempotencyKey: 'group:17',
      cause: 'policy@1700000000000',
      token: { epoch: 2, revision: 345, claimId: 'claim' },
    });
    const target = aTarget(receiver.url('/scale?key=1'), {
      headers: { Authorization: 'Bearer x' },
    });

    await provider.setCapacity(target, order, NEVER);

    const [call] = receiver.calls as [ReceivedCall];
    const { connection, 'lutra-signature': signature, ...headers } = call.headers;
    expect({ ...call, headers }).to.deep.equal({
      method: 'PUT',
      target: '/scale?key=1',
      headers: {
        'accept-encoding': 'identity',
        authorization: 'Bearer x',
        'content-length': '51',
        'content-type': 'application/json',
        host: `127.0.0.1:${String(receiver.port)}`,
        'idempotency-key': 'group:17',
        'lutra-fencing-token': '2.345.claim',
        'lutra-occurrence': 'policy@1700000000000',
        'user-agent': 'lutra/1.2.3',
      },
      body: '{"groupId":"group","tenantId":"tenant","desired":3}',
    });
    expect(connection).to.equal('keep-alive');
    expect(signature).to.be.a('string');
    expect(isSigned(call)).to.equal(true);
  });

  it('names those that are to leave, and says which of them are to go on running', async () => {
    const evicting = [
      { id: 'a', isPurged: true },
      { id: 'b', isPurged: false },
    ];

    await provider.setCapacity(aTarget(receiver.url('/')), anOrder(1, { evicting }), NEVER);

    expect(JSON.parse(receiver.calls[0]?.body ?? '')).to.deep.equal({
      ...{ groupId: 'group', tenantId: 'tenant', desired: 1 },
      evict: [
        { id: 'a', purge: true },
        { id: 'b', purge: false },
      ],
    });
  });

  it('can have servers leave only where the group says that its receiver can', () => {
    for (const { args, scope } of [
      { args: {}, scope: 'none' },
      { args: { evicts: false }, scope: 'none' },
      { args: { evicts: true }, scope: 'any' },
      { args: { evicts: true, unheardOf: 1 }, scope: 'none' },
    ]) {
      expect(provider.evicts(aTarget(receiver.url('/'), args).args)).to.equal(scope);
    }
  });

  it('names no occurrence where there is none', async () => {
    await provider.setCapacity(aTarget(receiver.url('/')), anOrder(1), NEVER);

    expect(receiver.calls[0]?.headers).to.not.have.property('lutra-occurrence');
  });

  it('looks with a GET that is signed too', async () => {
    const target = aTarget(receiver.url('/scale?key=1'), { headers: { 'X-Token': 'x' } });

    await provider.observe(target, NEVER);

    const [call] = receiver.calls as [ReceivedCall];
    expect(call).to.include({ method: 'GET', target: '/scale?key=1', body: '' });
    expect(call.headers).to.include({ 'x-token': 'x', accept: 'application/json' });
    expect(isSigned(call)).to.equal(true);
  });

  it('uses connections again', async () => {
    for (let round = 0; round < 10; round += 1) {
      await provider.observe(aTarget(receiver.url('/')), NEVER);
    }

    expect(receiver.connectionCount).to.be.below(4);
  });

  const megabyte = 'x'.repeat(1024 * 1024);
  const bad: readonly { name: string; answer: Answer; code: ErrorCode; says: string }[] = [
    {
      name: '500',
      answer: (r) => r.writeHead(500).end('no'),
      code: 'provider-transient',
      says: '500',
    },
    {
      ...{ name: '429', code: 'provider-transient', says: 'Retry-After: 30' },
      answer: (r) => r.writeHead(429, { 'retry-after': '30' }).end(),
    },
    { name: '404', answer: (r) => r.writeHead(404).end(), code: 'provider-fatal', says: '404' },
    {
      ...{ name: 'a redirect', code: 'provider-fatal', says: 'redirects are not followed' },
      answer: (r) => r.writeHead(302, { location: receiver.url('/elsewhere') }).end(),
    },
    {
      ...{ name: 'a broken connection', code: 'provider-transient', says: 'other side closed' },
      answer: (r) => r.destroy(),
    },
    {
      ...{ name: 'headers without end', code: 'provider-transient', says: 'Headers Overflow' },
      answer: (r) => r.writeHead(200, { 'x-long': 'x'.repeat(20_000) }).end('{"actual":0}'),
    },
    {
      ...{ name: 'no answer', code: 'provider-transient', says: 'no answer within 1000 ms' },
      answer: () => undefined,
    },
  ];
  for (const { name, answer, code, says } of bad) {
    it(`rejects ${name} as ${code}, for both calls`, async () => {
      receiver.answer = answer;
      const target = aTarget(receiver.url('/scale?secret=1'), { timeout: 1 });

      const refusals = await Promise.all([
        refusalOf(provider.observe(target, NEVER)),
        refusalOf(provider.setCapacity(target, anOrder(1), NEVER)),
      ]);

      for (const [index, refusal] of refusals.entries()) {
        expect(refusal.code, refusal.message).to.equal(code);
        expect(refusal.message).to.include(says).and.to.include(receiver.url('/scale'));
        expect(refusal.message).to.include(index === 0 ? 'GET' : 'PUT');
        expect(refusal.message).to.not.include('secret');
      }
      expect(receiver.calls.map(({ target: path }) => path)).to.not.include('/elsewhere');
    });
  }

  const badBodies: readonly { name: string; answer: Answer; code: ErrorCode; says: string }[] = [
    {
      ...{ name: 'garbage', code: 'provider-transient', says: 'not JSON' },
      answer: (r) => r.end('<html>'),
    },
    {
      ...{ name: 'another shape', code: 'provider-fatal', says: 'actual must be an integer' },
      answer: (r) => r.end('{"count":3}'),
    },
    {
      ...{ name: 'too much', code: 'provider-transient', says: 'more than 1048576 bytes' },
      answer: (r) => r.end(`${megabyte}x`),
    },
    {
      ...{ name: 'a body that does not end', code: 'provider-transient', says: 'no answer within' },
      answer: (r) => r.writeHead(200).write('{"actual":'),
    },
    {
      ...{ name: 'a body that is cut off', code: 'provider-transient', says: 'other side closed' },
      answer: (r) => {
        r.writeHead(200, { 'content-length': '100' }).write('{');
        setImmediate(() => r.destroy());
      },
    },
  ];
  for (const { name, answer, code, says } of badBodies) {
    it(`rejects ${name} in answer to a GET as ${code}`, async () => {
      receiver.answer = answer;
      const target = aTarget(receiver.url('/'), { timeout: 1 });

      const refusal = await refusalOf(provider.observe(target, NEVER));

      expect(refusal.code, refusal.message).to.equal(code);
      expect(refusal.message).to.include(says);
    });
  }

  it('reads an answer of exactly a megabyte', async () => {
    const start = '{"actual":2,"note":"';
    receiver.answer = (r) => r.end(`${start}${megabyte.slice(start.length + 2)}"}`);

    expect(await provider.observe(aTarget(receiver.url('/')), NEVER)).to.deep.equal({
      ...{ actual: 2, servers: [] },
    });
  });

  const rests: readonly { readonly name: string; readonly answer: Answer }[] = [
    { name: 'is cut off', answer: (r) => setImmediate(() => r.destroy()) },
    { name: 'never ends', answer: () => undefined },
    { name: 'is long', answer: (r) => r.end(megabyte) },
  ];
  for (const { name, answer } of rests) {
    it(`takes a PUT for accepted when its status says so, though the rest ${name}`, async () => {
      receiver.answer = (r, call) => {
        r.writeHead(202).write('x');
        answer(r, call);
      };
      const target = aTarget(receiver.url('/'), { timeout: 1 });

      await provider.setCapacity(target, anOrder(1), NEVER);

      expect(receiver.calls).to.have.lengthOf(1);
    });
  }

  it('sends an order for a group when the one before has been answered', async () => {
    const held: (() => void)[] = [];
    receiver.answer = (r) => held.push(() => r.writeHead(204).end());
    const target = aTarget(receiver.url('/'));
    const orders = [1, 2].map((desired) => provider.setCapacity(target, anOrder(desired), NEVER));
    // A call for another group needs no turn; when it has arrived, the second order had time to.
    const other = provider.observe(aTarget(receiver.url('/other'), {}, 'other'), NEVER);
    await eventually(() => (held.length >= 2 ? true : undefined));

    expect(receiver.calls.map(({ body }) => body).filter((body) => body !== '')).to.deep.equal([
      '{"groupId":"group","tenantId":"tenant","desired":1}',
    ]);
    receiver.answer = (r) => r.end('{"actual":0}');
    for (const release of held) release();
    await Promise.all([...orders, rejectionOf(other)]);
    expect(receiver.calls.at(-1)?.body).to.include('"desired":2');
  });

  it('lets go of a call when the signal aborts', async () => {
    const term = new AbortController();
    receiver.answer = () => {
      term.abort(new Error('the term is over'));
    };

    const startedAtMs = systemClock.monotonicMs();

    const refusal = await refusalOf(provider.observe(aTarget(receiver.url('/')), term.signal));

    expect(systemClock.monotonicMs() - startedAtMs).to.be.below(2000);
    expect(refusal).to.deep.equal({
      code: 'provider-transient',
      message: 'the call was interrupted: the term is over',
    });
  });

  it('makes one attempt', async () => {
    receiver.answer = (r) => r.destroy();

    await refusalOf(provider.observe(aTarget(receiver.url('/')), NEVER));

    expect(receiver.calls).to.have.lengthOf(1);
  });

  it('rejects as transient what does not listen', async () => {
    const refusal = await refusalOf(provider.observe(aTarget(await unusedUrl()), NEVER));

    expect(refusal.code).to.equal('provider-transient');
    expect(refusal.message).to.include('ECONNREFUSED');
  });

  it('refuses to be made with a block of addresses that is none', () => {
    expect(() => aProvider({ allow: ['10.0.0.0/99'] })).to.throw(InvariantError, '10.0.0.0/99');
    expect(() => aProvider({ signingKey: '' })).to.throw(InvariantError, 'key');
  });
});

/** An address at which nothing listens any more. */
async function unusedUrl(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${String(port)}/`;
}
