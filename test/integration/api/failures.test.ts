import { connect } from 'node:net';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import type { LutraEvent } from '../../../src/ports/observe.ts';
import {
  aGroupBody,
  at,
  createGroup,
  createPolicy,
  GROUPS,
  refusal,
  startApi,
} from '../../support/api-server.ts';
import type { ApiFixture, ApiOptions, HttpReply } from '../../support/api-server.ts';
import { START } from '../../support/builders.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FaultyStore, hangBefore, loseReply, rejectWith } from '../../support/faulty-store.ts';
import { commitDirectly, finish, groupOf } from '../../support/scaling.ts';

const INTERNAL = refusal('InternalError', 500, 'An Internal Error was encountered');
const NO_ANSWER = refusal(
  'ServiceUnavailable',
  503,
  'The store did not answer, or not in time. Whether a change was made is not known; look, or try again.',
);

const NOT_READ = refusal(
  'ServiceUnavailable',
  503,
  'The store did not answer, or not in time. The request was not answered, and nothing was changed; try again.',
);

describe('What goes wrong, over HTTP', () => {
  let api: ApiFixture;
  let clock: FakeClock;
  let store: FaultyStore;
  afterEach(() => api.close(0));

  async function start(options: ApiOptions = {}): Promise<void> {
    clock = new FakeClock(START);
    api = await startApi({
      clock,
      wrap: (inner) => {
        store = new FaultyStore(inner);
        return store;
      },
      ...options,
    });
  }

  function failures(): readonly LutraEvent[] {
    return api.events.filter(({ event }) => event === 'request.failed');
  }

  /** Waits for a reply while time passes. */
  function call(...request: Parameters<ApiFixture['call']>): Promise<HttpReply> {
    return finish(clock, api.call(...request));
  }

  it('answers 503 with a hint to try again while the store does not answer, and tells why inside', async () => {
    await start();
    store.plan = () => rejectWith('store-unavailable');

    const reply = await call('GET', GROUPS);

    expect(reply.status).to.equal(503);
    expect(reply.body).to.deep.equal(NOT_READ);
    expect(reply.headers['retry-after']).to.equal('1');
    expect(reply.headers['x-response-id']).to.be.a('string');
    expect(api.events.map(({ event }) => event)).to.deep.equal([
      'request.unavailable',
      'request.answered',
    ]);
  });

  it('leaves nothing in doubt where a request only reads, though it has a body', async () => {
    await start();
    const group = `${GROUPS}/${await createGroup(api)}`;
    store.plan = () => rejectWith('store-unavailable');

    const reply = await call('POST', `${group}/forecast`, { body: {} });

    expect(reply.body).to.deep.equal(NOT_READ);
  });

  it('answers 503 where it cannot know whether a change was made, and never success', async () => {
    await start();
    store.plan = ({ method }) => (method === 'commit' ? loseReply : undefined);

    const reply = await call('POST', GROUPS, { body: aGroupBody() });

    expect(reply.status).to.equal(503);
    expect(store.count('commit')).to.equal(3);
  });

  it('counts an execution once whose first reply from the store was lost', async () => {
    await start();
    const id = await createGroup(api);
    const policyId = await createPolicy(api, id);
    let isLost = false;
    store.plan = ({ method }) => {
      if (method !== 'commit' || isLost) return undefined;
      isLost = true;
      return loseReply;
    };

    const reply = await call('POST', `${GROUPS}/${id}/policies/${policyId}/execute`);

    expect(reply.status).to.equal(202);
    expect((await groupOf(api.store, id)).state.desired).to.equal(1);
  });

  it('answers 503 after ten seconds of silence', async () => {
    await start();
    store.plan = () => hangBefore;
    const pending = api.call('GET', GROUPS);

    while (store.calls.length === 0) await clock.advance(0);
    await clock.advance(9_999);
    expect(api.events).to.deep.equal([]);
    const reply = await finish(clock, pending);

    expect(reply.status).to.equal(503);
    expect(reply.body).to.deep.equal(NOT_READ);
    expect(clock.monotonicMs()).to.be.lessThan(10_200);
  });

  it('answers 408 to a body that takes longer than ten seconds, and blames nobody here', async () => {
    await start();
    const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(
      `POST ${GROUPS} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n{"groupConfig`,
    );

    await finish(clock, closed);

    const [head = '', body = ''] = Buffer.concat(chunks).toString().split('\r\n\r\n');
    expect(head).to.match(/^HTTP\/1\.1 408 /);
    expect(JSON.parse(body)).to.deep.equal(
      refusal('RequestTimeout', 408, 'The body did not arrive within 10 seconds'),
    );
    expect(failures()).to.deep.equal([]);
    expect(store.calls).to.deep.equal([]);
  });

  it('answers 503 where the store is silent after a body has come', async () => {
    await start();
    store.plan = () => hangBefore;

    const reply = await call('POST', GROUPS, { body: aGroupBody() });

    expect(reply.body).to.deep.equal(NO_ANSWER);
  });

  it('does not begin a write whose turn comes after its time', async () => {
    await start();
    const id = await createGroup(api);
    const policyId = await createPolicy(api, id);
    const path = `${GROUPS}/${id}/policies/${policyId}/execute`;
    store.plan = ({ method }) => (method === 'commit' ? hangBefore : undefined);
    const commitCount = store.count('commit');

    const replies = await finish(
      clock,
      Promise.all([api.call('POST', path), api.call('POST', path)]),
    );

    expect(replies.map(({ status }) => status)).to.deep.equal([503, 503]);
    expect(store.count('commit')).to.equal(commitCount + 1);
  });

  it('answers 500 without a word of why, and tells it inside once, with the id of the reply', async () => {
    await start({
      metrics: () => Promise.reject(new Error('secret: at src/adapters/observe')),
    });

    const reply = await call('GET', '/metrics');

    expect(reply.status).to.equal(500);
    expect(reply.body).to.deep.equal(INTERNAL);
    expect(reply.headers['content-type']).to.equal('application/json');
    expect(failures()).to.have.length(1);
    expect(failures()[0]).to.include({
      route: '/metrics',
      method: 'GET',
      responseId: reply.headers['x-response-id'],
    });
  });

  it('answers 500 for a group whose record cannot be read, and lists the others', async () => {
    await start();
    const good = await createGroup(api);
    const broken = await createGroup(api);
    await commitDirectly(api.store, broken, { set: { labels: 'garbage' } });

    const one = await call('GET', `${GROUPS}/${broken}`);
    const all = await call('GET', GROUPS);

    expect(one.body).to.deep.equal(INTERNAL);
    expect(all.status).to.equal(200);
    expect(at(all.body, 'groups', 'length')).to.equal(1);
    expect(at(all.body, 'groups', 0, 'id')).to.equal(good);
    const reports = api.events.filter(({ event }) => event === 'group.record-malformed');
    expect(reports).to.have.length(1);
    expect(reports[0]).to.include({ groupId: broken });
  });

  it('answers 500 where one record, and not the store, is at fault', async () => {
    await start();
    store.plan = ({ method }) => (method === 'commit' ? rejectWith('unit-refused') : undefined);

    const reply = await call('POST', GROUPS, { body: aGroupBody() });

    expect(reply.body).to.deep.equal(INTERNAL);
  });

  it('answers 200 to a look at its health even when it is ill', async () => {
    await start();
    store.plan = () => rejectWith('store-unavailable');

    const reply = await call('GET', '/health');

    expect(reply.status).to.equal(200);
    expect(at(reply.body, 'healthy')).to.equal(false);
    expect(at(reply.body, 'store', 'details', 'reason')).to.equal(
      'the store was made to say store-unavailable',
    );
  });

  it('tells of every reply its route, without ids, and its status', async () => {
    await start();
    await call('GET', `${GROUPS}/xyz/state`);
    await call('GET', '/nothing/at/all');

    const told = api.events.map((event) =>
      event.event === 'request.answered' ? [event.method, event.route, event.status] : [],
    );
    expect(told).to.deep.equal([
      ['GET', '/v1.0/:tenantId/groups/:groupId/state', 404],
      ['GET', 'none', 404],
    ]);
  });

  it('outlives clients that go away half-way, and blames nobody', async () => {
    await start();
    const { port } = new URL(api.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(
      `POST ${GROUPS} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n{"groupConfig`,
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 50));

    const reply = await call('GET', GROUPS);

    expect(reply.status).to.equal(200);
    expect(failures()).to.deep.equal([]);
  });
});
