import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { UNOBSERVED } from '../../../src/domain/group/group.ts';
import type { GroupId } from '../../../src/domain/ids.ts';
import {
  aPolicyBody,
  at,
  createGroup,
  createPolicy,
  GROUPS,
  NOBODY,
  putState,
  refusal,
  startApi,
  STORE_KINDS,
} from '../../support/api-server.ts';
import type { ApiFixture, HttpReply } from '../../support/api-server.ts';
import { commitDirectly, contentOf } from '../../support/scaling.ts';

const DIFFERS = refusal(
  'PreconditionFailed',
  412,
  'It is not what If-Match says any more; nothing was done: look at it again',
);
const CONFIG = { name: 'new', cooldown: 1, minEntities: 0, maxEntities: 5, metadata: {} };
const LAUNCH = { type: 'process', args: { command: ['sleep', '1'] } };
const OTHER = '"another"';

for (const kind of STORE_KINDS) {
  describe(`Entity tags over HTTP, on ${kind.name}`, () => {
    let api: ApiFixture;
    let id: GroupId;
    let group: string;
    let policy: string;
    let webhook: string;
    beforeEach(async () => {
      api = await startApi({ kind });
      id = await createGroup(api);
      group = `${GROUPS}/${id}`;
      policy = `${group}/policies/${await createPolicy(api, id)}`;
      const { body } = await api.call('POST', `${policy}/webhooks`, { body: [{ name: 'hook' }] });
      webhook = `${policy}/webhooks/${String(at(body, 'webhooks', 0, 'id'))}`;
    });
    afterEach(() => api.close(0));

    const SHOWN = [
      ['a group', () => group],
      ['a group with its webhooks', () => `${group}?webhooks=true`],
      ['a configuration', () => `${group}/config`],
      ['a launch configuration', () => `${group}/launch`],
      ['a state', () => `${group}/state`],
      ['a policy', () => policy],
      ['a webhook', () => webhook],
    ] as const;

    const WRITES = [
      ['a configuration', 'PUT', () => `${group}/config`, CONFIG],
      ['a launch configuration', 'PUT', () => `${group}/launch`, LAUNCH],
      ['a policy', 'PUT', () => policy, aPolicyBody({ change: 2 })],
      ['a policy that is deleted', 'DELETE', () => policy, undefined],
      ['a webhook', 'PUT', () => webhook, { name: 'other', metadata: {} }],
      ['a webhook that is deleted', 'DELETE', () => webhook, undefined],
      ['a group that is deleted', 'DELETE', () => group, undefined],
    ] as const;

    async function tagOf(path: string): Promise<string> {
      const { headers } = await api.call('GET', path);
      expect(headers.etag).to.match(/^"[\w-]{24}"$/);
      return String(headers.etag);
    }

    function get(path: string, known: string): Promise<HttpReply> {
      return api.call('GET', path, { headers: { 'If-None-Match': known } });
    }

    function write(
      method: string,
      path: string,
      request: { readonly ifMatch: string; readonly body?: unknown },
    ): Promise<HttpReply> {
      const headers = { 'If-Match': request.ifMatch };
      const { body } = request;
      return api.call(method, path, body === undefined ? { headers } : { headers, body });
    }

    for (const [what, path] of SHOWN) {
      it(`spares a client ${what} that it has, in whatever way it says so`, async () => {
        const tag = await tagOf(path());
        for (const known of [tag, `W/${tag}`, `${OTHER}, ${tag}`, `${OTHER},W/${tag}`, '*']) {
          const reply = await get(path(), known);

          expect(reply.status, known).to.equal(304);
          expect(reply.text).to.equal('');
          expect(reply.headers).to.include({ etag: tag, 'content-type': 'application/json' });
          expect(reply.headers).to.not.have.property('content-length');
        }
        const head = await api.call('HEAD', path(), { headers: { 'If-None-Match': tag } });
        expect(head.status).to.equal(304);
      });

      it(`shows ${what} to a client that has something else`, async () => {
        for (const known of [OTHER, 'no tag', '""', '']) {
          expect((await get(path(), known)).status, known).to.equal(200);
        }
      });

      it(`gives ${what} the same tag until it changes`, async () => {
        const tag = await tagOf(path());
        expect(await tagOf(path())).to.equal(tag);

        await api.call('PUT', `${group}/config`, { body: CONFIG });
        await api.call('PUT', `${group}/launch`, { body: LAUNCH });
        await api.call('PUT', policy, { body: aPolicyBody({ change: 2 }) });
        await api.call('PUT', webhook, { body: { name: 'other', metadata: {} } });

        expect(await tagOf(path())).to.not.equal(tag);
        expect((await get(path(), tag)).status).to.equal(200);
      });
    }

    it('gives a group and its state another tag when its servers change', async () => {
      const before = [await tagOf(group), await tagOf(`${group}/state`)];
      const config = await tagOf(`${group}/config`);

      await putState(api, id, { desired: 3 }, { ...UNOBSERVED, actual: 2 });

      expect([await tagOf(group), await tagOf(`${group}/state`)]).to.not.include.members(before);
      expect(await tagOf(`${group}/config`)).to.equal(config);
    });

    for (const [what, method, path, body] of WRITES) {
      it(`changes ${what} where it is as it was seen`, async () => {
        const tag = await tagOf(path());

        const reply = await write(method, path(), { ifMatch: `${OTHER}, ${tag}`, body });

        expect(reply.status, reply.text).to.equal(204);
      });

      it(`changes ${what} whatever it is like, where that is asked for`, async () => {
        const reply = await write(method, path(), { ifMatch: '*', body });

        expect(reply.status, reply.text).to.equal(204);
      });

      it(`refuses to change ${what} where it is not as it was seen`, async () => {
        const weak = `W/${await tagOf(path())}`;
        const fields = await fieldsOf();

        for (const ifMatch of [OTHER, weak, '""']) {
          const reply = await write(method, path(), { ifMatch, body });
          expect(reply.status, ifMatch).to.equal(412);
          expect(reply.body).to.deep.equal(DIFFERS);
        }
        expect(await fieldsOf()).to.deep.equal(fields);
      });

      it(`refuses a condition on ${what} that has no tags in it`, async () => {
        const content = await contentOf(api.store);

        for (const ifMatch of ['', 'abc', '"a', '"a" "b"', '*, "a"', 'w/"a"']) {
          const reply = await write(method, path(), { ifMatch, body });
          expect(reply.body, ifMatch).to.deep.equal(
            refusal(
              'ValidationError',
              400,
              `If-Match must be * or a list of entity tags, each in double quotes, not ${JSON.stringify(ifMatch)}`,
            ),
          );
        }
        expect(await contentOf(api.store)).to.deep.equal(content);
      });
    }

    it('lets one of two who saw the same make a change', async () => {
      const tag = await tagOf(`${group}/config`);
      const bodies = ['a', 'b'].map((name) => ({ ...CONFIG, name }));

      const replies = await Promise.all(
        bodies.map((body) => write('PUT', `${group}/config`, { ifMatch: tag, body })),
      );

      expect(replies.map(({ status }) => status).sort()).to.deep.equal([204, 412]);
      const winner = bodies[replies.findIndex(({ status }) => status === 204)];
      const { body } = await api.call('GET', `${group}/config`);
      expect(at(body, 'groupConfiguration')).to.deep.equal(winner);
    });

    it('executes a policy that is as it was seen, and no other', async () => {
      const execute = `${policy}/execute`;
      const tag = await tagOf(policy);

      expect((await write('POST', execute, { ifMatch: tag })).status).to.equal(202);
      await api.call('PUT', policy, { body: aPolicyBody({ change: 5 }) });
      const late = await write('POST', execute, { ifMatch: tag });

      expect(late.body).to.deep.equal(DIFFERS);
      const state = await api.call('GET', `${group}/state`);
      expect(at(state.body, 'group', 'desiredCapacity')).to.equal(1);
    });

    it('tells a repeat with a key what the first was told, though it changed what was expected', async () => {
      const tag = await tagOf(policy);
      const headers = { 'If-Match': tag, 'Idempotency-Key': 'k' };

      const first = await api.call('POST', `${policy}/execute`, { headers });
      await api.call('PUT', policy, { body: aPolicyBody({ change: 5 }) });
      const second = await api.call('POST', `${policy}/execute`, { headers });

      expect([first.status, second.status]).to.deep.equal([202, 202]);
      expect(second.headers).to.include({ 'idempotency-replayed': 'true' });
    });

    it('says that what is not there is not there, whatever was expected of it', async () => {
      for (const [method, path, body] of [
        ['PUT', `${GROUPS}/${NOBODY}/config`, CONFIG],
        ['DELETE', `${group}/policies/${NOBODY}`, undefined],
        ['PUT', `${policy}/webhooks/${NOBODY}`, { name: 'other', metadata: {} }],
      ] as const) {
        expect((await write(method, path, { ifMatch: OTHER, body })).status).to.equal(404);
      }
    });

    it('expects nothing of what cannot be read, and lets it be mended without a condition', async () => {
      await commitDirectly(api.store, id, { set: { launch: '[]' } });

      const refused = await write('PUT', `${group}/launch`, { ifMatch: OTHER, body: LAUNCH });
      const mended = await api.call('PUT', `${group}/launch`, { body: LAUNCH });

      expect([refused.status, mended.status]).to.deep.equal([412, 204]);
    });

    it('tags neither lists nor refusals', async () => {
      for (const path of [GROUPS, `${group}/policies`, `${GROUPS}/${NOBODY}`]) {
        const reply = await get(path, '*');
        expect(reply.headers, path).to.not.have.property('etag');
        expect(reply.status).to.not.equal(304);
      }
    });

    /** What the group holds, but for its history. */
    async function fieldsOf(): Promise<unknown> {
      return (await api.store.group(id)).group?.fields;
    }
  });
}
