/** Entity tags: to be spared what one has, and to change only what one has seen. */
import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { aConfig, aLaunch, aPolicy, aWebhook } from '../support/bodies.ts';
import type { HttpReply } from '../support/client.ts';
import { at, expectBody, expectEmpty, expectRefused, invalid, jsonOf } from '../support/replies.ts';
import type { Refusal } from '../support/replies.ts';
import type { Tenant } from '../support/tenant.ts';
import type { World } from '../support/world.ts';

const DIFFERS: Refusal = {
  ...{ status: 412, type: 'PreconditionFailed' },
  message: 'It is not what If-Match says any more; nothing was done: look at it again',
};

export function entityTags(world: World): void {
  describe('entity tags', () => {
    let tenant: Tenant;
    let group: string;
    let policy: string;
    let webhook: string;
    beforeEach(async () => {
      tenant = world.aTenant();
      group = await tenant.group();
      policy = await tenant.policy(group);
      webhook = await tenant.webhook(policy);
    });

    /** The tag of what a path shows, which every node gives it. */
    async function tagOf(path: string): Promise<string> {
      const request = { method: 'GET', path: tenant.path(path) };
      const tags = (await world.sendAll(request)).map(({ headers }) => headers.get('etag') ?? '');
      expect(tags[0]).to.match(/^"[^"]+"$/);
      expect(new Set(tags).size, tags.join(' ')).to.equal(1);
      return tags[0] ?? '';
    }

    function send(
      method: string,
      path: string,
      request: { readonly seen: string; readonly json?: unknown },
    ): Promise<HttpReply> {
      const headers = { [method === 'GET' ? 'If-None-Match' : 'If-Match']: request.seen };
      const { json } = request;
      return tenant.send(method, path, json === undefined ? { headers } : { headers, json });
    }

    it('spare what a client has, on every node, until it changes', async () => {
      for (const [path, change] of [
        [`${group}/config`, () => tenant.put(`${group}/config`, aConfig({ name: 'other' }))],
        [group, () => tenant.put(`${group}/config`, aConfig({ name: 'third' }))],
        [
          `${group}/launch`,
          () => tenant.put(`${group}/launch`, aLaunch({ server: { flavorRef: '4' } })),
        ],
        [`${group}/state`, () => tenant.post(`${policy}/execute`)],
        [policy, () => tenant.put(policy, aPolicy({ name: 'other' }))],
        [webhook, () => tenant.put(webhook, aWebhook({ name: 'other' }))],
      ] as const) {
        const seen = await tagOf(path);
        for (let node = 0; node < 2; node += 1) {
          const reply = await send('GET', path, { seen });
          expect([reply.status, reply.text], path).to.deep.equal([304, '']);
          expect(reply.headers.get('etag')).to.equal(seen);
        }
        expect((await change()).status, path).to.be.within(200, 204);
        expect((await send('GET', path, { seen })).status, path).to.equal(200);
      }
    });

    it('keep a change from what somebody else changed', async () => {
      const bodies = {
        [`${group}/config`]: aConfig({ name: 'mine' }),
        [policy]: aPolicy({ name: 'mine' }),
        [webhook]: aWebhook({ name: 'mine' }),
      };
      for (const [path, json] of Object.entries(bodies)) {
        const seen = await tagOf(path);
        expectEmpty(await tenant.put(path, { ...json, name: 'theirs' }), 204);

        expectRefused(await send('PUT', path, { seen, json }), DIFFERS);
        if (path !== `${group}/config`)
          expectRefused(await send('DELETE', path, { seen }), DIFFERS);
        expect((await tenant.get(path)).text, path).to.contain('"theirs"');
        expectEmpty(await send('PUT', path, { seen: await tagOf(path), json }), 204);
      }
    });

    it('keep a group from being deleted that was executed since', async () => {
      const seen = await tagOf(group);
      await tenant.execute(policy);

      expectRefused(await send('DELETE', `${group}?force=true`, { seen }), DIFFERS);
      const now = await tagOf(group);
      expectEmpty(await send('DELETE', `${group}?force=true`, { seen: now }), 204);
    });

    it('keep a policy from being executed that is another by now', async () => {
      const seen = await tagOf(policy);
      expectBody(await send('POST', `${policy}/execute`, { seen }), 202, {});
      expectEmpty(await tenant.put(policy, aPolicy({ change: 5 })), 204);

      expectRefused(await send('POST', `${policy}/execute`, { seen }), DIFFERS);
      expect(await tenant.desired(group)).to.equal(1);
    });

    it('lose no addition where many read, add and write at once, on whatever node', async () => {
      const path = `${group}/config`;
      const addOne = async (who: string): Promise<void> => {
        for (;;) {
          const shown = await tenant.get(path);
          const { metadata } = at(jsonOf(shown), 'groupConfiguration') as { metadata: object };
          const json = aConfig({ metadata: { ...metadata, [who]: 'was here' } });
          const seen = shown.headers.get('etag') ?? '';
          const reply = await send('PUT', path, { seen, json });
          if (reply.status === 204) return;
          expectRefused(reply, DIFFERS);
        }
      };
      const names = Array.from({ length: 8 }, (_, index) => `n${String(index)}`);

      await Promise.all(names.map(addOne));

      const { metadata } = at(jsonOf(await tenant.get(path)), 'groupConfiguration') as {
        metadata: object;
      };
      expect(Object.keys(metadata).sort()).to.deep.equal(names);
    });

    it('have to look like tags', async () => {
      for (const seen of ['', 'abc', '"a" "b"']) {
        const reply = await send('PUT', `${group}/config`, { seen, json: aConfig() });
        expectRefused(reply, invalid(/^If-Match must be/));
      }
    });
  });
}
