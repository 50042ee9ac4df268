import { once } from 'node:events';
import type { RequestListener, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { systemRandom } from '../../../src/adapters/system/random.ts';
import { listen } from '../../../src/api/server.ts';
import type { ListeningServer } from '../../../src/api/server.ts';
import { refusal } from '../../support/api-server.ts';

const LOCAL = { host: '127.0.0.1', port: 0, clock: systemClock, random: systemRandom };
const GET = 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';
const SLOW = 'GET /slow HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';
/** Longer than any test may take, so that only what is awaited ends it. */
const NEVER_MS = 60_000;
const STOPPING = refusal(
  'ServiceUnavailable',
  503,
  'This node is stopping; nothing was done. Try again.',
);

describe('a server that stops', () => {
  let server: ListeningServer;
  let waiting: ServerResponse[];
  let taken: string[];
  const sockets: Socket[] = [];
  beforeEach(async () => {
    waiting = [];
    taken = [];
    const app: RequestListener = (request, response) => {
      taken.push(request.url ?? '');
      if (request.url === '/slow') waiting.push(response);
      else response.end('at once');
    };
    server = await listen(app, LOCAL);
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await server.close(0);
  });

  /** A connection that stays open, and all that was received over it until a text, or until its end. */
  async function aConnection(): Promise<{
    readonly socket: Socket;
    until(text: string): Promise<string>;
    readonly closed: Promise<string>;
  }> {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    sockets.push(socket);
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString();
    });
    const closed = once(socket, 'close').then(() => received);
    await once(socket, 'connect');
    return {
      socket,
      closed,
      until: async (text) => {
        while (!received.includes(text)) await once(socket, 'data');
        return received;
      },
    };
  }

  async function aSlowRequest(): ReturnType<typeof aConnection> {
    const connection = await aConnection();
    connection.socket.write(`${GET}${SLOW}`);
    await connection.until('at once');
    return connection;
  }

  it('tells new requests that it stops, over new connections and old ones, while an old request goes on', async () => {
    const kept = await aConnection();
    kept.socket.write(GET);
    await kept.until('at once');
    const slow = await aSlowRequest();
    const before = taken.length;

    const closed = server.close(NEVER_MS);
    kept.socket.write(GET);
    const fresh = await aConnection();
    fresh.socket.write(GET);
    const refusals = [await fresh.closed, (await kept.closed).split('at once')[1] ?? ''];
    waiting[0]?.end('done at last');
    await closed;

    for (const refused of refusals) {
      expect(refused).to.match(/^HTTP\/1\.1 503 /);
      expect(refused).to.contain('\r\nConnection: close\r\n');
      expect(refused).to.contain('\r\nContent-Type: application/json\r\n');
      expect(refused).to.contain('\r\nRetry-After: 1\r\n');
      expect(refused).to.match(/\r\nX-Response-Id: [0-9a-f-]{36}\r\n/);
      expect(bodyOf(refused)).to.deep.equal(STOPPING);
    }
    expect(await slow.closed).to.contain('done at last');
    expect(taken).to.have.length(before);
  });

  it('reads the body of a request that it refuses, so that the refusal arrives', async () => {
    await aSlowRequest();
    const closed = server.close(NEVER_MS);
    const late = await aConnection();
    late.socket.write('PUT / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 200000\r\n\r\n');
    late.socket.write('x'.repeat(100_000));
    await new Promise((resolve) => late.socket.write('x'.repeat(100_000), resolve));

    expect(bodyOf(await late.closed)).to.deep.equal(STOPPING);
    waiting[0]?.end();
    await closed;
  });

  it('says with a reply under way that the connection ends behind it', async () => {
    const slow = await aSlowRequest();

    const closed = server.close(NEVER_MS);
    waiting[0]?.end('done at last');
    await closed;

    const [, reply = ''] = (await slow.closed).split('at once');
    expect(reply).to.match(/^HTTP\/1\.1 200 /);
    expect(reply).to.contain('\r\nConnection: close\r\n');
  });

  it('answers all requests that had come at once over one connection', async () => {
    const slow = await aConnection();
    slow.socket.write(`${SLOW}${SLOW}${GET}`);
    while (waiting.length < 2) await new Promise((resolve) => setImmediate(resolve));

    const closed = server.close(NEVER_MS);
    waiting[1]?.end('second');
    waiting[0]?.end('first');
    await closed;

    expect(await slow.closed).to.match(/first[^]*second[^]*at once$/);
  });

  it('does not wait for connections over which nothing comes', async () => {
    const silent = await aConnection();
    const used = await aConnection();
    used.socket.write(GET);
    await used.until('at once');

    await server.close(NEVER_MS);

    expect(await silent.closed).to.equal('');
  });

  it('refuses connections once nothing is under way any more', async () => {
    await server.close(NEVER_MS);

    const refused = await fetch(server.url).then(
      () => undefined,
      (error: unknown) => (error as Error).cause,
    );
    expect(refused).to.have.property('code', 'ECONNREFUSED');
  });
});

/** The body of a reply, as JSON. */
function bodyOf(reply: string): unknown {
  return JSON.parse(reply.slice(reply.indexOf('\r\n\r\n')));
}
