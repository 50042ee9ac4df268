/** Following the history of a group over HTTP, over real connections. */
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { HistoryEvent } from '../../../src/domain/history/event.ts';
import type { GroupId } from '../../../src/domain/ids.ts';
import { at, createGroup, GROUPS, NOBODY, startApi } from '../../support/api-server.ts';
import type { ApiFixture, ApiOptions } from '../../support/api-server.ts';
import { START } from '../../support/builders.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { commitDirectly } from '../../support/scaling.ts';
import { Follower } from '../../support/stream-follower.ts';
import { ADMIN_SECRET, bearer, startSecuredApi } from '../../support/secured-api.ts';

const CONVERGED: HistoryEvent = { event: 'group.converged', desired: 0, actual: 0 };
const STREAM = { Accept: 'text/event-stream' };

describe('A stream of a history', () => {
  let api: ApiFixture;
  let clock: FakeClock;
  let id: GroupId;
  let path: string;
  const followers: Follower[] = [];
  async function start(options: ApiOptions = {}): Promise<void> {
    clock = new FakeClock(START);
    api = await startApi({ clock, ...options });
    id = await createGroup(api);
    path = `${GROUPS}/${id}/history`;
  }
  beforeEach(() => start());
  afterEach(async () => {
    for (const { socket } of followers.splice(0)) socket.destroy();
    await api.close(0);
  });

  function follow(query = '', headers: Readonly<Record<string, string>> = {}): Follower {
    const follower = new Follower(api.url, `${path}${query}`, headers);
    followers.push(follower);
    return follower;
  }

  async function record(...events: readonly HistoryEvent[]): Promise<void> {
    await commitDirectly(api.store, id, { events });
  }

  it('begins now, says so, and tells events as they come', async () => {
    const follower = follow();
    const head = await follower.until('id: 1\n\n');
    await record(CONVERGED);
    await clock.advance(500);
    const text = await follower.until('group.converged');

    expect(head).to.match(/^HTTP\/1\.1 200 OK\r\n/);
    expect(head).to.contain('\r\nContent-Type: text/event-stream\r\n');
    expect(head).to.contain('\r\nCache-Control: no-store\r\n');
    expect(head).to.match(/\r\nX-Response-Id: [0-9a-f-]{36}\r\n/);
    const [, data = ''] = /id: 2\ndata: (.*)\n\n/.exec(text) ?? [];
    expect(JSON.parse(data)).to.deep.equal({
      ...{ sequence: 2, at: '2026-01-01T00:00:00.000Z', event: 'group.converged' },
      ...{ desired: 0, actual: 0 },
    });
  });

  it('goes on where it broke off, without loss or doubles', async () => {
    const first = follow('?marker=0');
    await record(CONVERGED, CONVERGED);
    await first.until('id: 1\n');
    await clock.advance(500);
    await first.until('id: 3\n');
    first.socket.destroy();
    await first.ended;
    await record(CONVERGED, CONVERGED);
    const second = follow('', { 'Last-Event-ID': '3' });
    await second.until('id: 5\n');
    await record(CONVERGED);
    await clock.advance(500);
    await second.until('id: 6\n');

    expect(first.ids).to.deep.equal([1, 2, 3]);
    expect(second.ids).to.deep.equal([4, 5, 6]);
  });

  it('filters, and moves on past what does not pass', async () => {
    const follower = follow('?marker=0&event=group.failed');
    await record(CONVERGED, { event: 'group.failed', reasons: ['x'] }, CONVERGED);
    await clock.advance(500);
    await follower.until('id: 4\n\n');

    expect(follower.ids).to.deep.equal([3]);
  });

  it('tells of a gap where the client has what the store has not', async () => {
    const follower = follow('', { 'Last-Event-ID': '900' });
    await clock.advance(0);

    await follower.until('id: 1\nevent: gap\ndata: {"after":900,"next":2}\n\n');
  });

  it('shows that it is alive while nothing happens', async () => {
    const follower = follow();
    await follower.until('id: 1\n\n');
    await clock.advance(14_000);
    expect(follower.text).to.not.contain(':\n\n');
    await clock.advance(2_000);

    await follower.until(/\r\n:\n\n\r\n/);
  });

  it('ends when the group is deleted', async () => {
    const follower = follow();
    await follower.until('id: 1\n\n');
    await api.call('DELETE', `${GROUPS}/${id}?force=true`);
    await clock.advance(500);

    const text = await follower.until('event: end\n');
    expect(text).to.match(
      /"event":"group\.deleted"[^]*event: end\ndata: {"reason":"gone"}\n\n\r\n0/,
    );
  });

  it('ends when the node stops, and the connection with it', async () => {
    const follower = follow();
    await follower.until('id: 1\n\n');

    await api.close(10_000);
    await follower.ended;

    expect(follower.text).to.contain('event: end\ndata: {"reason":"stopping"}\n\n');
    await start();
  });

  it('ends after a quarter of an hour', async () => {
    const follower = follow();
    await follower.until('id: 1\n\n');
    await clock.advance(15 * 60_000);

    await follower.until('event: end\ndata: {"reason":"too-old"}\n\n');
  });

  it('is counted no more once its client has left', async () => {
    const follower = follow();
    await follower.until('id: 1\n\n');
    follower.socket.destroy();
    await follower.ended;
    while (!api.events.some(({ event }) => event === 'stream.ended')) {
      await new Promise((resolve) => setImmediate(resolve));
    }

    const ended = api.events.find(({ event }) => event === 'stream.ended');
    expect(ended).to.include({ reason: 'left', count: 0 });
  });

  it('is told as answered when it begins, and once', async () => {
    const follower = follow();
    await follower.until('id: 1\n\n');
    await clock.advance(60_000);
    await api.call('DELETE', `${GROUPS}/${id}?force=true`);
    await clock.advance(500);
    await follower.until('event: end\n');

    const answered = api.events.filter(
      (event) => event.event === 'request.answered' && event.route.endsWith('/history'),
    );
    expect(answered).to.have.length(1);
    expect(answered[0]).to.include({ status: 200, durationMs: 0 });
  });

  it('is cut off where its client takes nothing, and nothing more is read for it meanwhile', async () => {
    const follower = follow();
    await follower.until('id: 1\n\n');
    follower.socket.pause();
    const reasons = Array.from({ length: 40 }, () => 'x'.repeat(10_000));
    for (let count = 0; count < 60; count += 1) await record({ event: 'group.failed', reasons });
    // The buffers of both ends of the connection take some megabytes before anybody has to wait.
    for (let tick = 0; tick < 30; tick += 1) {
      await clock.advance(1_000);
      await new Promise((resolve) => setImmediate(resolve));
    }

    const ended = api.events.find(({ event }) => event === 'stream.ended');
    expect(ended).to.include({ reason: 'slow', count: 0 });
    follower.socket.resume();
    await follower.ended;
    expect(follower.text).to.not.contain('event: end');
  });

  it('is refused where there are too many, and given again when one has ended', async () => {
    await api.close(0);
    await start({ streams: { perNode: 2, perTenant: 1 } });
    const first = follow();
    await first.until('id: 1\n\n');

    const ofTenant = await api.call('GET', path, { headers: STREAM });
    const [other, third] = ['other', 'third'].map((tenant) => `/v1.0/${tenant}/groups`);
    const created = await api.call('POST', other ?? '', {
      body: {
        groupConfiguration: { name: 'web', cooldown: 0, minEntities: 0 },
        launchConfiguration: { type: 'process', args: { command: ['a'] } },
      },
    });
    const otherPath = `${other ?? ''}/${String(at(created.body, 'group', 'id'))}/history`;
    const second = new Follower(api.url, otherPath);
    followers.push(second);
    await second.until('id: 1\n\n');
    const thirdGroup = await api.call('POST', third ?? '', {
      body: {
        groupConfiguration: { name: 'web', cooldown: 0, minEntities: 0 },
        launchConfiguration: { type: 'process', args: { command: ['a'] } },
      },
    });
    const thirdPath = `${third ?? ''}/${String(at(thirdGroup.body, 'group', 'id'))}/history`;
    const ofNode = await api.call('GET', thirdPath, { headers: STREAM });
    second.socket.destroy();
    while (!api.events.some(({ event }) => event === 'stream.ended')) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    const again = new Follower(api.url, thirdPath);
    followers.push(again);
    await again.until('id: 1\n\n');

    expect([ofTenant.status, ofNode.status]).to.deep.equal([429, 503]);
    expect(ofTenant.headers['retry-after']).to.equal('5');
    expect(ofNode.headers['retry-after']).to.equal('5');
    expect(at(ofNode.body, 'error', 'message')).to.match(
      /^This node sends as many streams as it may/,
    );
  });

  const requests: readonly {
    readonly name: string;
    readonly query?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly group?: string;
    readonly status: number;
    readonly type: string;
  }[] = [
    { name: 'of no group', group: NOBODY, status: 404, type: 'NoSuchScalingGroupError' },
    {
      name: 'from an id that is none',
      ...{ headers: { 'Last-Event-ID': 'x' }, status: 400, type: 'ValidationError' },
    },
    {
      name: 'the newest first',
      query: '?order=newest-first',
      status: 400,
      type: 'InvalidQueryArgument',
    },
    {
      name: 'by a filter that is none',
      query: '?event=x',
      status: 400,
      type: 'InvalidQueryArgument',
    },
  ];
  for (const { name, query = '', headers = {}, group, status, type } of requests) {
    it(`is refused ${name}, like any other request`, async () => {
      const where = group === undefined ? path : `${GROUPS}/${group}/history`;
      const reply = await api.call('GET', `${where}${query}`, {
        headers: { ...STREAM, ...headers },
      });

      expect(reply.status).to.equal(status);
      expect(at(reply.body, 'error', 'type')).to.equal(type);
    });
  }

  it('is sent only to whoever asks for it', async () => {
    const kinds = ['*/*', 'application/json', 'text/event-streams', 'text/event-stream;q=0'];
    for (const Accept of kinds) {
      const reply = await api.call('GET', path, { headers: { Accept } });
      expect(reply.headers['content-type'], Accept).to.equal('application/json');
    }
    const follower = follow('', { Accept: 'text/html, TEXT/event-stream; q=0.5' });
    await follower.until('id: 1\n\n');
  });

  it('is answered without a body to HEAD', async () => {
    const reply = await api.call('HEAD', path, { headers: STREAM });

    expect(reply.status).to.equal(200);
    expect(reply.headers['content-type']).to.equal('text/event-stream');
    expect(reply.text).to.equal('');
  });
});

describe('A stream of a history of a node that asks who calls', () => {
  it('is refused without a good token, and ends once the token is revoked', async () => {
    const api = await startSecuredApi();
    const admin = bearer(ADMIN_SECRET);
    try {
      const created = await api.call('POST', GROUPS, {
        headers: admin,
        body: {
          groupConfiguration: { name: 'web', cooldown: 0, minEntities: 0 },
          launchConfiguration: { type: 'process', args: { command: ['a'] } },
        },
      });
      const path = `${GROUPS}/${String(at(created.body, 'group', 'id'))}/history`;
      const secret = await api.token({ name: 'reader', role: 'observer' });
      const tokens = await api.call('GET', '/lutra/v1/tokens', { headers: admin });
      const tokenId = String(at(tokens.body, 'tokens', 0, 'id'));
      const stranger = await api.call('GET', path, { headers: STREAM });
      const follower = new Follower(api.url, path, bearer(secret));
      await follower.until('id: 1\n\n');
      await api.clock.advance(60_000);
      expect(follower.text).to.not.contain('event: end');

      await api.call('DELETE', `/lutra/v1/tokens/${tokenId}`, { headers: admin });
      await api.clock.advance(30_000);

      await follower.until('event: end\ndata: {"reason":"not-admitted"}\n\n');
      expect(stranger.status).to.equal(401);
      follower.socket.destroy();
    } finally {
      await api.close(0);
    }
  });
});
