/** How a node starts, ends and makes way for another, as its operators see it. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { Programs, urlOf } from '../support/built-program.ts';
import { eventually } from '../support/eventually.ts';
import { aFolder } from '../support/folder.ts';
import type { TestFolder } from '../support/folder.ts';
import { TENANT } from '../support/seeded-store.ts';
import { Follower } from '../support/stream-follower.ts';
import { BY_HAND, firingGroups } from './firing-groups.ts';
import { Lab } from './lab.ts';

const STOPPED = { code: 0, signal: null };
const FAILED = { code: 1, signal: null };
/** Claimed later than this, a policy would not be called punctual on any machine. */
const LATENESS_MAX_MS = 500;

describe('a node whose policies fire all the time', () => {
  let lab: Lab;
  beforeEach(async () => {
    lab = await Lab.open(() => firingGroups());
  });
  afterEach(() => lab.close());

  it('is stopped again and again, and loses and doubles nothing', async () => {
    for (let stop = 0; stop < 6; stop += 1) {
      const node = lab.node();
      await urlOf(node);
      // Now everything is due at once.
      await sleep(Math.ceil((Date.now() + 200) / 1000) * 1000 + stop * 3 - Date.now());

      expect(await node.end('SIGTERM')).to.deep.equal(STOPPED);
    }
    const last = lab.node();
    await urlOf(last);
    const until = await lab.claimedUntilNow(last);
    expect(await last.end('SIGTERM')).to.deep.equal(STOPPED);

    expect((await lab.check(until)).firedCount).to.be.at.least(40);
  });

  it('makes way for a second node on its data folder, says so, and nothing is doubled', async () => {
    const first = lab.node();
    await lab.claimedUntilNow(first);
    const second = lab.node();
    await urlOf(second);

    expect(await first.exited).to.deep.equal(FAILED);
    expect(first.stderr).to.include('another process has taken over').and.include(lab.dataFolder);
    expect(await addressIn(lab.dataFolder)).to.include({
      pid: second.pid,
      url: await urlOf(second),
    });
    const until = await lab.claimedUntilNow(second);
    expect(await second.end('SIGTERM')).to.deep.equal(STOPPED);
    expect((await lab.check(until)).firedCount).to.be.at.least(10);
  });

  it('leaves its address while it runs, and takes it away when it stops', async () => {
    const node = lab.node();
    const url = await urlOf(node);

    expect(await addressIn(lab.dataFolder)).to.include({ url, pid: node.pid });
    await node.end('SIGTERM');
    expect(existsSync(join(lab.dataFolder, 'node.json'))).to.equal(false);
  });

  it('ends at once at a second signal, and still loses and doubles nothing', async () => {
    const node = lab.node();
    await lab.claimedUntilNow(node);
    const endRequest = await requestThatDoesNotEnd(await urlOf(node));
    node.send('SIGTERM');
    await eventually(
      'the node has begun to stop',
      () => !existsSync(join(lab.dataFolder, 'node.json')),
    );

    expect(await node.end('SIGTERM')).to.deep.equal(FAILED);
    endRequest();
    const next = lab.node();
    const until = await lab.claimedUntilNow(next);
    await next.end('SIGTERM');
    await lab.check(until);
  });

  it('stops without waiting for ever for a request that does not end', async () => {
    const node = lab.node();
    const endRequest = await requestThatDoesNotEnd(await urlOf(node));

    expect(await node.end('SIGTERM')).to.deep.equal(STOPPED);
    endRequest();
  });

  it('carries out a request under way, tells others to go elsewhere, and ends its streams, before it stops', async () => {
    const node = lab.node();
    const url = await urlOf(node);
    const group = `/v1.0/${TENANT}/groups/${lab.group(BY_HAND).groupId}`;
    const stream = new Follower(url, `${group}/history`);
    await stream.until(/id: \d+\n\n/);
    const request = await aRequestUnderWay(url, `${group}/policies`, [
      { name: 'last', cooldown: 0, type: 'webhook', change: 1 },
    ]);
    node.send('SIGTERM');
    await stream.until('event: end\ndata: {"reason":"stopping"}\n\n');

    const refused = await fetch(`${url}${group}`);
    const answer = await request.finish();

    expect(await node.exited).to.deep.equal(STOPPED);
    expect(answer).to.match(/^HTTP\/1\.1 201 [^]*"name":"last"/);
    expect(refused.status).to.equal(503);
    expect(refused.headers.get('connection')).to.equal('close');
    expect(await refused.json()).to.deep.equal({
      error: {
        ...{ type: 'ServiceUnavailable', code: 503, details: '' },
        message: 'This node is stopping; nothing was done. Try again.',
      },
    });
  });

  it('fires a policy that is made two seconds ahead in two seconds', async () => {
    const node = lab.node();
    const group = `${await urlOf(node)}/v1.0/${TENANT}/groups/${lab.group(BY_HAND).groupId}`;
    const at = new Date(Date.now() + 2_000).toISOString();
    const created = await fetch(`${group}/policies`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([
        { name: 'soon', cooldown: 0, type: 'schedule', args: { at }, desiredCapacity: 77 },
      ]),
    });
    const { policies } = (await created.json()) as { policies: readonly [{ readonly id: string }] };

    let fired: FiredEvent | undefined;
    await eventually('the policy fires', async () => {
      const history = await fetch(`${group}/history?order=newest-first`);
      const { events } = (await history.json()) as { events: readonly FiredEvent[] };
      fired = events.find(
        ({ event, policyId }) => event === 'policy.fired' && policyId === policies[0].id,
      );
      return fired !== undefined;
    });

    expect(fired).to.include({ outcome: 'scaled', plannedAt: at, desiredAfter: 77 });
    const latenessMs = Date.parse(fired?.at ?? '') - Date.parse(at);
    expect(latenessMs).to.be.within(0, LATENESS_MAX_MS);
  });
});

describe('a node that cannot start', () => {
  const programs = new Programs();
  let folder: TestFolder;
  beforeEach(async () => {
    folder = await aFolder();
  });
  afterEach(async () => {
    await programs.killAll();
    await folder.remove();
  });

  /** Starts a node on `path` and expects that it ends by itself and says why in one line. */
  async function expectRefusal(
    path: string,
    expected: { readonly code: number; readonly says: string },
    port = '0',
  ): Promise<void> {
    const node = programs.lutra(['serve', '--data', path, '--port', port]);

    expect(await node.exited).to.deep.equal({ code: expected.code, signal: null });
    expect(node.stderr).to.include(expected.says);
    expect(node.stderr.trim().split('\n')).to.have.lengthOf(1);
    expect(existsSync(join(path, 'node.json'))).to.equal(false);
  }

  it('names the port where that is in use', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const port = String((server.address() as AddressInfo).port); // it listens on a port

    const says = `cannot listen on 127.0.0.1:${port}`;
    await expectRefusal(folder.path('data'), { code: 64, says }, port);
    server.close();
  });

  it('names the data folder where that cannot be made', async () => {
    await writeFile(folder.path('file'), '');
    const path = folder.path('file/data');

    await expectRefusal(path, { code: 64, says: path });
  });

  it('names the data file where its folder takes no files', async function () {
    // Not even root can make a file there.
    if (!existsSync('/proc/self')) this.skip();

    await expectRefusal('/proc/self', { code: 1, says: '/proc/self/lutra.db' });
  });

  it('names a data file of another program, and leaves it as it is', async () => {
    const theirs = 'SQLite format 3\0 and then what somebody else has kept'.padEnd(4096, '.');
    await writeFile(folder.path('lutra.db'), theirs);

    await expectRefusal(folder.path(''), { code: 1, says: `refusing ${folder.path('lutra.db')}` });
    expect(await readFile(folder.path('lutra.db'), 'utf8')).to.equal(theirs);
  });

  it('names a data file that was emptied, and does not start from nothing', async () => {
    const node = programs.node(folder.path(''));
    await urlOf(node);
    await node.end('SIGTERM');
    await truncate(folder.path('lutra.db'));

    await expectRefusal(folder.path(''), { code: 1, says: `refusing ${folder.path('lutra.db')}` });
    expect(await readFile(folder.path('lutra.db'), 'utf8')).to.equal('');
  });

  it('names a data file that is a folder', async () => {
    await mkdir(folder.path('lutra.db'));

    await expectRefusal(folder.path(''), { code: 1, says: folder.path('lutra.db') });
  });
});

interface FiredEvent {
  readonly at: string;
  readonly event: string;
  readonly policyId?: string;
  readonly plannedAt?: string;
}

async function addressIn(dataFolder: string): Promise<object> {
  const text = await readFile(join(dataFolder, 'node.json'), 'utf8');
  return JSON.parse(text) as object;
}

/** Begins a request that changes something, and gives how to end it. Resolves when the node has begun on it. */
async function aRequestUnderWay(
  url: string,
  path: string,
  body: unknown,
): Promise<{ readonly finish: () => Promise<string> }> {
  const { port } = new URL(url);
  const socket = connect(Number(port), '127.0.0.1');
  await once(socket, 'connect');
  const text = JSON.stringify(body);
  socket.write(
    [
      `POST ${path} HTTP/1.1`,
      ...['Host: 127.0.0.1', `Content-Length: ${String(text.length)}`],
      ...['Expect: 100-continue', '', ''],
    ].join('\r\n'),
  );
  const [go] = (await once(socket, 'data')) as [Buffer];
  expect(go.toString()).to.include('100 Continue');
  return {
    finish: async () => {
      let answer = '';
      socket.on('data', (chunk) => {
        answer += chunk.toString();
      });
      socket.write(text);
      await once(socket, 'close');
      return answer;
    },
  };
}

/** Begins a request of which the body never comes, and gives how to break it off. Resolves when the node has begun on it. */
async function requestThatDoesNotEnd(url: string): Promise<() => void> {
  const { port } = new URL(url);
  const socket = connect(Number(port), '127.0.0.1');
  socket.on('error', () => undefined); // the node ends before it
  await once(socket, 'connect');
  socket.write(
    [
      `POST /v1.0/${TENANT}/groups HTTP/1.1`,
      ...['Host: node', 'Content-Type: application/json', 'Content-Length: 100'],
      // A server answers this when it has read what is before the body.
      ...['Expect: 100-continue', '', ''],
    ].join('\r\n'),
  );
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(answer.toString()).to.include('100 Continue');
  return () => socket.destroy();
}
