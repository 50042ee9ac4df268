import type { RequestListener } from 'node:http';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { systemRandom } from '../../../src/adapters/system/random.ts';
import { listen } from '../../../src/api/server.ts';
import type { ListeningServer } from '../../../src/api/server.ts';
import { converse } from '../../fuzz/wire.ts';
import type { WireReply } from '../../fuzz/wire.ts';
import { refusal } from '../../support/api-server.ts';

const LOCAL = { host: '127.0.0.1', port: 0, clock: systemClock, random: systemRandom };
const GET = 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';

describe('listen, of requests that are nearly HTTP', () => {
  let server: ListeningServer;
  afterEach(() => server.close(0));

  /** Sends it, and gives what comes back and the targets that the application saw. */
  async function send(
    text: string,
    isCutShort = false,
  ): Promise<{ readonly replies: readonly WireReply[]; readonly seen: readonly string[] }> {
    const seen: string[] = [];
    const app: RequestListener = (request, response) => {
      seen.push(request.url ?? '');
      response.end('hello');
    };
    server = await listen(app, LOCAL);
    const port = Number(new URL(server.url).port);
    const { replies } = await converse(port, {
      ...{ bytes: Buffer.from(text), method: 'GET', isCutShort },
    });
    return { replies, seen };
  }

  const unreadable: readonly {
    readonly what: string;
    readonly text: string;
    readonly message: string;
  }[] = [
    {
      what: 'no Host',
      text: 'GET / HTTP/1.1\r\n\r\n',
      message: 'The Host header is missing',
    },
    {
      what: 'a target that is no path',
      text: GET.replace('/ ', 'http://a%20b/ '),
      message: 'The target of the request must be a path',
    },
    {
      what: 'a fragment',
      text: GET.replace('/ ', '/a#b '),
      message: 'The target of the request must be a path',
    },
    {
      what: 'a coding of its body that nobody knows',
      text: GET.replace('\r\n\r\n', '\r\nTransfer-Encoding: xchunked\r\n\r\n'),
      message: 'The Transfer-Encoding must be chunked, not "xchunked"',
    },
  ];
  for (const { what, text, message } of unreadable) {
    it(`refuses one with ${what} before anybody sees it`, async () => {
      const { replies, seen } = await send(text);

      const [reply] = replies;
      expect(JSON.parse(reply?.text ?? '')).to.deep.equal(refusal('InvalidRequest', 400, message));
      expect(Object.fromEntries(reply?.headers ?? [])).to.include({
        ...{ server: 'Lutra', connection: 'close', 'content-type': 'application/json' },
      });
      expect(reply?.headers.get('x-response-id')).to.match(/^[0-9a-f-]{36}$/);
      expect(seen).to.deep.equal([]);
    });
  }

  for (const [target, path] of [
    ['http://lutra.example:9000/a?b=c', '/a?b=c'],
    ['HTTP://lutra.example', '/'],
    ['http://[::1]:9000?b', '/?b'],
    ['//lutra.example/a', '//lutra.example/a'],
    ['*', '*'],
  ] as const) {
    it(`takes the target ${target} for ${path}`, async () => {
      const { replies, seen } = await send(GET.replace('/', target));

      expect(replies.map(({ status }) => status)).to.deep.equal([200]);
      expect(seen).to.deep.equal([path]);
    });
  }

  it('passes over an expectation that nobody knows', async () => {
    const { replies } = await send(GET.replace('\r\n\r\n', '\r\nExpect: miracles\r\n\r\n'));

    expect(replies.map(({ status }) => status)).to.deep.equal([200]);
  });

  it('lets one of HTTP/1.0 pass without a Host', async () => {
    const { replies } = await send('GET / HTTP/1.0\r\n\r\n');

    expect(replies.map(({ status }) => status)).to.deep.equal([200]);
  });

  it('answers what was answered at once although something that is none comes right behind it', async () => {
    const { replies } = await send(`${GET}hello?\r\n\r\n`, true);

    expect(replies.map(({ status, text }) => ({ status, text }))).to.deep.equal([
      { status: 200, text: 'hello' },
    ]);
  });
});
