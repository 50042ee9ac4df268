import { request as httpRequest } from 'node:http';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { ANSWER_KEPT_MS } from '../../../src/domain/group/answers.ts';
import type { GroupId } from '../../../src/domain/ids.ts';
import {
  aGroupBody,
  aPolicyBody,
  at,
  createGroup,
  createPolicy,
  GROUPS,
  refusal,
  startApi,
  STORE_KINDS,
} from '../../support/api-server.ts';
import type { ApiFixture, ApiOptions, HttpReply } from '../../support/api-server.ts';
import { LAYOUT, START } from '../../support/builders.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FaultyStore, loseReply } from '../../support/faulty-store.ts';
import { contentOf, finish } from '../../support/scaling.ts';

const MINUTE_MS = 60_000;
const REUSED = refusal(
  'IdempotencyKeyReusedError',
  422,
  'Idempotency-Key is that of a request with another path or body; nothing was done, and another key would be right',
);
const BAD_KEY = refusal(
  'ValidationError',
  400,
  'Idempotency-Key must be given once, as 1 to 255 ASCII characters, none of them a control character',
);

for (const kind of STORE_KINDS) {
  describe(`Idempotency-Key over HTTP, on ${kind.name}`, () => {
    let api: ApiFixture;
    let clock: FakeClock;
    let store: FaultyStore;
    let id: GroupId;
    let group: string;
    let policy: string;
    beforeEach(async () => {
      await start();
      id = await createGroup(api);
      group = `${GROUPS}/${id}`;
      policy = `${group}/policies/${await createPolicy(api, id)}`;
    });
    afterEach(() => api.close(0));

    async function start(options: ApiOptions = {}): Promise<void> {
      clock = new FakeClock(START);
      api = await startApi({
        ...{ kind, clock },
        wrap: (inner) => {
          store = new FaultyStore(inner);
          return store;
        },
        ...options,
      });
    }

    function send(path: string, key: string, body?: unknown): Promise<HttpReply> {
      const headers = { 'Idempotency-Key': key };
      return api.call('POST', path, body === undefined ? { headers } : { headers, body });
    }

    /** The same while time passes, a little. */
    function post(...request: Parameters<typeof send>): Promise<HttpReply> {
      return finish(clock, send(...request));
    }

    /** What a repeat must have in common with the first reply. */
    function essence({ status, text, headers }: HttpReply): unknown {
      return { status, text, location: headers.location, type: headers['content-type'] };
    }

    async function desired(): Promise<unknown> {
      return at((await api.call('GET', `${group}/state`)).body, 'group', 'desiredCapacity');
    }

    const HOOKS = [{ name: 'hook' }];
    const WINDOW = {
      ...{ name: 'night', type: 'window', cooldown: 0, args: { cron: '0 0 * * *' } },
      window: { min: 1, duration: 3_600 },
    };
    for (const [what, path, body, status] of [
      ['creates a group', () => GROUPS, aGroupBody({ policies: [aPolicyBody()] }), 201],
      ['creates a group with a window', () => GROUPS, aGroupBody({ policies: [WINDOW] }), 201],
      ['creates policies', () => `${group}/policies`, [aPolicyBody(), aPolicyBody()], 201],
      ['creates webhooks', () => `${policy}/webhooks`, HOOKS, 201],
      ['executes a policy', () => `${policy}/execute`, undefined, 202],
      ['pauses a group', () => `${group}/pause`, undefined, 204],
      ['resumes a group', () => `${group}/resume`, undefined, 204],
      ['converges a group', () => `${group}/converge`, undefined, 204],
    ] as const) {
      it(`${what} once, and answers the repeat alike, without a change`, async () => {
        const first = await post(path(), 'a key', body);
        const content = await contentOf(api.store);

        const second = await post(`${path()}/`, 'a key', body);

        expect(first.status).to.equal(status);
        expect(first.headers).to.not.have.property('idempotency-replayed');
        expect(essence(second)).to.deep.equal(essence(first));
        expect(second.headers).to.include({ 'idempotency-replayed': 'true' });
        expect(second.headers['x-response-id']).to.not.equal(first.headers['x-response-id']);
        expect(await contentOf(api.store)).to.deep.equal(content);
      });

      it(`${what} once where the reply is lost, and the request is sent again`, async () => {
        const before = await contentOf(api.store);
        store.plan = ({ method }) => (method === 'commit' ? loseReply : undefined);
        const lost = await post(path(), 'a key', body);
        const content = await contentOf(api.store);
        store.plan = () => undefined;

        const again = await post(path(), 'a key', body);

        expect(lost.status).to.equal(503);
        expect(content).to.not.deep.equal(before);
        expect(again.status).to.equal(status);
        expect(again.headers).to.include({ 'idempotency-replayed': 'true' });
        expect(await contentOf(api.store)).to.deep.equal(content);
      });
    }

    it('gives a webhook one other capability, however often it is asked with one key', async () => {
      const created = await api.call('POST', `${policy}/webhooks`, { body: HOOKS });
      const webhook = `${policy}/webhooks/${String(at(created.body, 'webhooks', 0, 'id'))}`;

      const first = await post(`${webhook}/rotate`, 'k');
      const second = await post(`${webhook}/rotate`, 'k');

      expect(first.status).to.equal(200);
      expect(essence(second)).to.deep.equal(essence(first));
      const shown = await api.call('GET', webhook);
      expect(shown.text).to.equal(first.text);
    });

    it('refuses a key that was used for another path or body of the group', async () => {
      await post(`${policy}/execute`, 'k');
      const content = await contentOf(api.store);

      for (const [path, body] of [
        [`${group}/pause`, undefined],
        [`${group}/policies`, [aPolicyBody()]],
        [`${policy}/webhooks`, HOOKS],
      ] as const) {
        const reply = await post(path, 'k', body);
        expect(reply.status, path).to.equal(422);
        expect(reply.body).to.deep.equal(REUSED);
      }
      expect(await contentOf(api.store)).to.deep.equal(content);
    });

    it('refuses a key of a creation that asked for something else', async () => {
      const first = await post(GROUPS, 'k', aGroupBody());

      const other = await post(GROUPS, 'k', aGroupBody({ config: { name: 'another' } }));

      expect(first.status).to.equal(201);
      expect(other.status).to.equal(422);
      expect(other.body).to.deep.equal(REUSED);
    });

    it('takes the same JSON for the same body, however it is spaced', async () => {
      const body = [aPolicyBody()];
      const first = await post(`${group}/policies`, 'k', JSON.stringify(body));

      const second = await post(`${group}/policies`, 'k', JSON.stringify(body, undefined, 2));

      expect(essence(second)).to.deep.equal(essence(first));
    });

    it('answers a repeat although the time of an `at` has passed since', async () => {
      const args = { at: '2026-01-01T00:00:20Z' };
      const soon = [aPolicyBody({ type: 'schedule', args })];
      const firsts = [
        await post(`${group}/policies`, 'k', soon),
        await post(GROUPS, 'k', aGroupBody({ policies: soon })),
      ];
      await clock.advance(30_000);

      const seconds = [
        await post(`${group}/policies`, 'k', soon),
        await post(GROUPS, 'k', aGroupBody({ policies: soon })),
      ];

      expect(firsts.map(({ status }) => status)).to.deep.equal([201, 201]);
      expect(seconds.map(essence)).to.deep.equal(firsts.map(essence));
      const late = await post(`${group}/policies`, 'k2', soon);
      expect(late.status).to.equal(400);
    });

    it('tells again of a refusal that is in the history, and decides others afresh', async () => {
      await api.call('POST', `${group}/pause`);
      const first = await post(`${policy}/execute`, 'k');
      const converged = await post(`${group}/converge`, 'k2');
      await api.call('POST', `${group}/resume`);

      const second = await post(`${policy}/execute`, 'k');
      expect([first.status, converged.status]).to.deep.equal([403, 403]);
      expect(essence(second)).to.deep.equal(essence(first));
      expect(second.headers).to.include({ 'idempotency-replayed': 'true' });
      expect(await desired()).to.equal(0);
      expect((await post(`${group}/converge`, 'k2')).status).to.equal(204);
    });

    it('knows a request again however its path is spelled', async () => {
      const respelled = (path: string): string => `${path.replace('000000', '%30000%300')}/`;
      const first = await post(GROUPS, 'k', aGroupBody());
      await post(`${policy}/execute`, 'k');

      const second = await post(respelled(GROUPS), 'k', aGroupBody());
      const executed = await post(respelled(`${policy}/execute`), 'k');

      expect(at(second.body, 'group', 'id')).to.equal(at(first.body, 'group', 'id'));
      expect(executed.headers).to.include({ 'idempotency-replayed': 'true' });
      expect(await desired()).to.equal(1);
    });

    it('forgets a key after a day', async () => {
      await post(`${policy}/execute`, 'k');
      clock.stepWall(ANSWER_KEPT_MS - MINUTE_MS);
      await post(`${policy}/execute`, 'k');
      expect(await desired()).to.equal(1);

      clock.stepWall(2 * MINUTE_MS);
      await post(`${policy}/execute`, 'k');

      expect(await desired()).to.equal(2);
    });

    it('answers a creation that is repeated as long as its group is there, and when it was deleted', async () => {
      const first = await post(GROUPS, 'k', aGroupBody());
      clock.stepWall(2 * ANSWER_KEPT_MS);
      const second = await post(GROUPS, 'k', aGroupBody());
      const path = `${GROUPS}/${String(at(first.body, 'group', 'id'))}`;
      const deleted = await api.call('DELETE', path);

      const third = await post(GROUPS, 'k', aGroupBody());

      expect(deleted.status).to.equal(204);
      expect([second, third].map(essence)).to.deep.equal([first, first].map(essence));
      expect((await api.call('GET', path)).status).to.equal(404);
    });

    it('is carried out once where it is sent many times at once', async () => {
      const replies = await Promise.all(
        Array.from({ length: 8 }, () => send(`${policy}/execute`, 'k')),
      );
      const groups = await Promise.all(
        Array.from({ length: 8 }, () => send(GROUPS, 'k', aGroupBody())),
      );

      expect(replies.map(({ status }) => status)).to.deep.equal(Array(8).fill(202));
      expect(await desired()).to.equal(1);
      expect(new Set(groups.map(({ text }) => text)).size).to.equal(1);
      expect(at((await api.call('GET', GROUPS)).body, 'groups')).to.have.length(2);
    });

    for (const [what, key] of [
      ['is empty', ''],
      ['is too long', 'x'.repeat(256)],
      ['has a tab in it', 'a\tb'],
      ['is not ASCII', 'caf\u00e9'],
    ] as const) {
      it(`refuses a key that ${what}, and does nothing`, async () => {
        const content = await contentOf(api.store);

        for (const [path, body] of [
          [GROUPS, aGroupBody()],
          [`${policy}/execute`, undefined],
        ] as const) {
          const reply = await post(path, key, body);
          expect(reply.status).to.equal(400);
          expect(reply.body).to.deep.equal(BAD_KEY);
        }
        expect(await contentOf(api.store)).to.deep.equal(content);
      });
    }

    it('takes a key of 255 characters, and any of those that can be seen', async () => {
      const visible = Array.from({ length: 95 }, (_, code) => String.fromCharCode(0x20 + code));
      const keys = ['x'.repeat(255), `.${visible.join('')}.`];
      for (const key of keys) expect((await post(`${policy}/execute`, key)).status).to.equal(202);
      expect(await desired()).to.equal(2);
    });

    it('refuses two keys', async () => {
      const status = await new Promise((resolve, reject) => {
        httpRequest(
          `${api.url}${policy}/execute`,
          { method: 'POST', headers: { 'Idempotency-Key': ['a', 'b'] } },
          (incoming) => {
            incoming.resume();
            resolve(incoming.statusCode);
          },
        )
          .on('error', reject)
          .end();
      });

      expect(status).to.equal(400);
      expect(await desired()).to.equal(0);
    });

    it('is nothing to requests that can be repeated anyway', async () => {
      const headers = { 'Idempotency-Key': '' };

      expect((await api.call('GET', group, { headers })).status).to.equal(200);
      expect((await api.call('DELETE', policy, { headers })).status).to.equal(204);
    });

    it('wants the region of a new group to be named where there are several', async () => {
      await api.close(0);
      await start({ layout: LAYOUT });

      const reply = await post(GROUPS, 'k', aGroupBody());
      const named = await post(GROUPS, 'k', aGroupBody({ config: { region: 'there' } }));

      expect(reply.body).to.deep.equal(
        refusal(
          'ValidationError',
          400,
          'groupConfiguration.region must be one of "here", "there" where there is an Idempotency-Key: without it, a repeat on another node could create a second group',
        ),
      );
      expect(named.status).to.equal(201);
    });
  });
}
