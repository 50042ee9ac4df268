import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { RequestListener, ServerResponse } from 'node:http';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { systemRandom } from '../../../src/adapters/system/random.ts';
import { listen } from '../../../src/api/server.ts';
import type { ListeningServer } from '../../../src/api/server.ts';
import { hasCode } from '../../../src/base/errors.ts';
import { refusal } from '../../support/api-server.ts';
import { rejectionOf } from '../../support/scaling.ts';

const LOCAL = { host: '127.0.0.1', port: 0, clock: systemClock, random: systemRandom };
const GET = 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';

describe('listen', () => {
  let server: ListeningServer | undefined;
  const sockets: Socket[] = [];
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await server?.close(0);
    server = undefined;
  });

  async function start(app: RequestListener): Promise<ListeningServer> {
    server = await listen(app, LOCAL);
    return server;
  }

  /** A connection that stays open, and all that was received over it so far. */
  async function aConnection(url: string): Promise<{
    readonly socket: Socket;
    received(text: string): Promise<string>;
    readonly closed: Promise<unknown>;
  }> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    sockets.push(socket);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    const closed = once(socket, 'close');
    await once(socket, 'connect');
    return {
      socket,
      closed,
      received: async (text) => {
        while (!Buffer.concat(chunks).includes(text)) await once(socket, 'data');
        return Buffer.concat(chunks).toString();
      },
    };
  }

  /** An application whose first request waits until it is released, while others are answered at once. */
  function aSlowApp(): {
    readonly app: RequestListener;
    readonly entered: Promise<ServerResponse>;
  } {
    let enter: (response: ServerResponse) => void = () => undefined;
    const entered = new Promise<ServerResponse>((resolve) => {
      enter = resolve;
    });
    return {
      entered,
      app: (_request, response) => {
        enter(response);
      },
    };
  }

  it('answers a client that says no more after its request, however late that is, and hangs up', async () => {
    const { app, entered } = aSlowApp();
    const { url } = await start(app);
    const client = await aConnection(url);

    client.socket.end(GET);
    const response = await entered;
    await once(response.req.resume().socket, 'end');
    response.end('late');

    expect(await client.received('late')).to.match(/^HTTP\/1\.1 200 /);
    await client.closed;
  });

  it('goes on when what comes right behind a request that it answered at once is no HTTP', async () => {
    const { url } = await start((_request, response) => response.end('the first'));
    const first = await aConnection(url);

    first.socket.write(`${GET}GARBAGE\r\n\r\n`);

    expect(await first.received('the first')).to.include('HTTP/1.1 200');
    await first.closed;
    const next = await aConnection(url);
    next.socket.write(GET);
    expect(await next.received('the first')).to.include('HTTP/1.1 200');
  });

  it('hangs up on a client that asks for more and more and takes no reply', async () => {
    let askedCount = 0;
    const { url } = await start(() => {
      askedCount += 1; // nobody answers
    });
    const client = await aConnection(url);

    client.socket.write(GET.repeat(100));
    await client.closed;

    expect(askedCount).to.equal(16);
  });

  it('hangs up on a client that takes nothing of a long reply', async () => {
    const { app, entered } = aSlowApp();
    server = await listen(app, { ...LOCAL, stalledMs: 50 });
    const client = await aConnection(server.url);
    client.socket.pause();
    client.socket.write(GET);

    const response = await entered;
    response.end(Buffer.alloc(64 * 1_048_576));
    await once(response, 'close');

    expect(client.socket.bytesRead).to.be.below(64 * 1_048_576);
  });

  it('answers any number of requests of one connection whose replies are taken', async () => {
    const { url } = await start((_request, response) => response.end('ok'));
    const client = await aConnection(url);

    for (let round = 0; round < 5; round += 1) {
      client.socket.write(GET.repeat(16));
      while ((await client.received('ok')).split('ok').length - 1 < 16 * (round + 1)) {
        await once(client.socket, 'data');
      }
    }
  });

  it('says where it listens once the port is known', async () => {
    const { url } = await start((_request, response) => response.end('hello'));

    expect(url).to.match(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await (await fetch(url)).text()).to.equal('hello');
  });

  it('writes addresses of version 6 as URLs have them', async () => {
    server = await listen((_request, response) => response.end(), { ...LOCAL, host: '::1' });

    expect(server.url).to.match(/^http:\/\/\[::1\]:\d+$/);
  });

  it('says so where somebody else listens already', async () => {
    const other = createServer().listen({ host: '127.0.0.1', port: 0 });
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;

    const error = await rejectionOf(listen(() => undefined, { ...LOCAL, port }));

    expect(hasCode(error, 'config-invalid')).to.be.true;
    expect(String(error)).to.contain(`cannot listen on 127.0.0.1:${String(port)}: `);
    other.close();
  });

  it('closes at once where nothing is under way, connections that are kept open included', async () => {
    const { url, close } = await start((_request, response) => response.end('hello'));
    const connection = await aConnection(url);
    connection.socket.write(GET);
    await connection.received('hello');

    await close(10_000);
    await connection.closed;

    const error = await rejectionOf(fetch(url));
    expect(error).to.be.an('error');
  });

  it('lets a request under way finish, and refuses those that come in meanwhile', async () => {
    const { app, entered } = aSlowApp();
    const { url, close } = await start(app);
    const slow = await aConnection(url);
    const late = await aConnection(url);
    late.socket.write('GET / HTTP/1.1\r\n');
    slow.socket.write(GET);
    const response = await entered;

    const closed = close(10_000);
    late.socket.write('Host: 127.0.0.1\r\n\r\n');
    const refused = await late.received('}}');
    response.end('done at last');
    await closed;

    expect(refused).to.match(/^HTTP\/1\.1 503 /);
    expect(refused).to.contain('Connection: close');
    expect(refused).to.contain('Content-Type: application/json\r\n');
    expect(refused).to.contain('Retry-After: 1');
    expect(refused).to.contain('"type":"ServiceUnavailable"');
    expect(await slow.received('done at last')).to.match(/^HTTP\/1\.1 200 /);
  });

  it('cuts what is still under way when its time is over', async () => {
    const { app, entered } = aSlowApp();
    const { url, close } = await start(app);
    const slow = await aConnection(url);
    slow.socket.write(GET);
    await entered;

    await close(100);

    await slow.closed;
  });

  it('tells what is wrong with headers that are too large, and ends the connection', async () => {
    const { url } = await start((_request, response) => response.end('hello'));
    const connection = await aConnection(url);

    connection.socket.write(`GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ${'x'.repeat(16_384)}`);

    const reply = await connection.received('}}');
    expect(reply).to.match(/^HTTP\/1\.1 431 /);
    expect(bodyOf(reply)).to.deep.equal(
      refusal('HeadersTooLarge', 431, 'The headers must not be longer than 16384 bytes'),
    );
    expectUsualHeaders(reply);
    await connection.closed;
  });

  it('lets headers pass that are just not too large', async () => {
    const { url } = await start((_request, response) => response.end('hello'));
    const connection = await aConnection(url);

    connection.socket.write(
      `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ${'x'.repeat(16_000)}\r\n\r\n`,
    );

    expect(await connection.received('hello')).to.match(/^HTTP\/1\.1 200 /);
  });

  it('tells that what came is no HTTP, also after a request that was, and ends the connection', async () => {
    const { url } = await start((_request, response) => response.end('hello'));
    const fresh = await aConnection(url);
    const used = await aConnection(url);
    used.socket.write(GET);
    await used.received('hello');

    for (const connection of [fresh, used]) {
      connection.socket.write('hello?\r\n\r\n');
      const reply = (await connection.received('}}')).replace(/^HTTP\/1\.1 200 [^]*hello/, '');

      expect(reply).to.match(/^HTTP\/1\.1 400 /);
      expect(bodyOf(reply)).to.deep.equal(
        refusal('InvalidRequest', 400, 'The request is not HTTP/1.1'),
      );
      expectUsualHeaders(reply);
      await connection.closed;
    }
  });

  it('tells the same in the middle of a request that is under way', async () => {
    const { app, entered } = aSlowApp();
    const { url } = await start(app);
    const connection = await aConnection(url);
    connection.socket.write(
      'POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    (await entered).req.resume();

    connection.socket.write('no length\r\n');

    const reply = await connection.received('}}');
    expect(reply).to.match(/^HTTP\/1\.1 400 /);
    await connection.closed;
  });

  it('tells what came of a request whose body nobody reads, although it is spoiled', async () => {
    const { app, entered } = aSlowApp();
    const { url } = await start(app);
    const connection = await aConnection(url);
    const head = 'POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n';
    connection.socket.write(`${head}no length\r\n`);

    (await entered).end('it was done');
    await connection.closed;

    expect(await connection.received('it was done')).to.match(/^HTTP\/1\.1 200 /);
  });

  it('refuses a spoiled body once somebody wants to read it', async () => {
    const { app, entered } = aSlowApp();
    const { url } = await start(app);
    const connection = await aConnection(url);
    const head = 'POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n';
    connection.socket.write(`${head}no length\r\n`);

    (await entered).req.resume();

    expect(await connection.received('}}')).to.match(/^HTTP\/1\.1 400 /);
    await connection.closed;
  });

  it('answers two requests that came at once although what comes behind them is none', async () => {
    const { app, entered } = aSlowApp();
    const { url } = await start((request, response) => {
      if (request.url === '/') app(request, response);
      else response.end('hello at once');
    });
    const connection = await aConnection(url);
    connection.socket.write(`${GET}${GET.replace('/', '/second')}hello?\r\n\r\n`);

    (await entered).end('hello at last');
    await connection.closed;

    const reply = await connection.received('at once');
    expect(reply).to.match(/^HTTP\/1\.1 200 [^]*hello at lastHTTP\/1\.1 200 [^]*hello at once$/);
  });

  it('says no more where half a reply is sent', async () => {
    const { app, entered } = aSlowApp();
    const { url } = await start(app);
    const connection = await aConnection(url);
    connection.socket.write(GET);
    (await entered).write('half');
    await connection.received('half');

    connection.socket.write('hello?\r\n\r\n');
    await connection.closed;

    expect(await connection.received('half')).to.not.match(/HTTP\/1\.1 400/);
  });
});

/** The body of a reply, as JSON. */
function bodyOf(reply: string): unknown {
  return JSON.parse(reply.slice(reply.indexOf('\r\n\r\n')));
}

function expectUsualHeaders(reply: string): void {
  expect(reply).to.contain('\r\nServer: Lutra\r\n');
  expect(reply).to.contain('\r\nContent-Type: application/json\r\n');
  expect(reply).to.contain('\r\nConnection: close\r\n');
  expect(reply).to.match(/\r\nX-Response-Id: [0-9a-f-]{36}\r\n/);
  expect(reply).to.match(/\r\nDate: [^\r]* GMT\r\n/);
}
