import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { Lookup } from '../../../src/adapters/providers/webhook/connect.ts';
import type { WebhookProvider } from '../../../src/adapters/providers/webhook/provider.ts';
import { anOrder } from '../../contract/provider-contract.ts';
import { Receiver } from './receiver.ts';
import { aProvider, aTarget, refusalOf } from './webhooks.ts';

const NEVER = new AbortController().signal;

describe('connections of WebhookProvider', function () {
  this.timeout(20_000);
  let receiver: Receiver;
  beforeEach(async () => {
    receiver = await Receiver.open();
  });
  afterEach(() => receiver.close());

  /** A guarded provider whose names lead to these addresses, the first answer first. */
  function leadingTo(
    answers: readonly (readonly string[])[],
    allow: readonly string[],
  ): { readonly strict: WebhookProvider; readonly asked: readonly string[] } {
    const asked: string[] = [];
    const lookup: Lookup = (hostname) => {
      const addresses = answers[asked.length] ?? [];
      asked.push(hostname);
      return Promise.resolve(
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
    };
    return { strict: aProvider({ allow, lookup }), asked };
  }

  it('refuses addresses in every notation, both in check and on the way', async () => {
    const strict = aProvider({ allow: [] });
    const port = String(receiver.port);
    for (const host of [
      ...['127.0.0.1', '127.1', '2130706433', '0x7f.1', '0177.0.0.1', '0x7f000001'],
      ...['[::1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '169.254.169.254', '0', '[fe80::1]'],
    ]) {
      const target = aTarget(`http://${host}:${port}/`);

      const refusal = await refusalOf(strict.observe(target, NEVER));

      expect(refusal.code, host).to.equal('provider-fatal');
      expect(refusal.message, host).to.include('only where the configuration allows it');
      expect(
        strict.check(target.args).map(({ path }) => path),
        host,
      ).to.deep.equal(['url']);
    }
    await strict.close();
    expect(receiver.connectionCount).to.equal(0);
  });

  it('refuses names by the addresses that they lead to', async () => {
    const strict = aProvider({ allow: [] });
    const target = aTarget(`http://localhost:${String(receiver.port)}/`);

    const refusal = await refusalOf(strict.setCapacity(target, anOrder(1), NEVER));

    await strict.close();
    expect(refusal.code).to.equal('provider-fatal');
    expect(refusal.message).to.match(/^localhost \(.*\) is a loopback address/);
    expect(receiver.connectionCount).to.equal(0);
  });

  it('refuses a name of whose addresses only one is refused', async () => {
    const { strict } = leadingTo([['127.0.0.1', '10.0.0.1']], ['127.0.0.1']);
    const target = aTarget(`http://scale.example:${String(receiver.port)}/`);

    const refusal = await refusalOf(strict.observe(target, NEVER));

    await strict.close();
    expect(refusal.message).to.include('scale.example (10.0.0.1) is a private address');
    expect(receiver.connectionCount).to.equal(0);
  });

  it('connects to the address that it checked, and checks each connection', async () => {
    receiver.answer = (r) => r.setHeader('connection', 'close').end('{"actual":1}');
    const { strict, asked } = leadingTo([['127.0.0.1'], ['127.0.0.2']], ['127.0.0.1']);
    const target = aTarget(`http://scale.example:${String(receiver.port)}/`);

    // A name asked for again between check and connection would lead to the second address by then.
    expect(await strict.observe(target, NEVER)).to.deep.equal({ actual: 1, servers: [] });
    expect(asked).to.have.lengthOf(1);
    const refusal = await refusalOf(strict.observe(target, NEVER));

    await strict.close();
    expect(refusal.code).to.equal('provider-fatal');
    expect(refusal.message).to.include('scale.example (127.0.0.2) is a loopback address');
    expect(receiver.calls).to.have.lengthOf(1);
    expect(receiver.calls[0]?.headers.host).to.equal(`scale.example:${String(receiver.port)}`);
  });

  it('guards TLS connections alike', async () => {
    const { strict } = leadingTo([['10.0.0.1']], []);

    const refusals = await Promise.all(
      ['https://scale.example/', 'https://127.0.0.1/'].map((url) =>
        refusalOf(strict.observe(aTarget(url), NEVER)),
      ),
    );

    await strict.close();
    expect(refusals.map(({ code }) => code)).to.deep.equal(['provider-fatal', 'provider-fatal']);
  });

  it('rejects as transient a name that leads nowhere', async () => {
    const { strict } = leadingTo([[]], []);
    const missing = aProvider({
      lookup: () => Promise.reject(new Error('getaddrinfo ENOTFOUND scale.example')),
    });

    const refusals = await Promise.all(
      [strict, missing].map((each) =>
        refusalOf(each.observe(aTarget('http://scale.example/'), NEVER)),
      ),
    );

    await Promise.all([strict.close(), missing.close()]);
    expect(refusals.map(({ code }) => code)).to.deep.equal([
      'provider-transient',
      'provider-transient',
    ]);
    expect(refusals.map(({ message }) => message).join()).to.include('has no address');
  });
});
