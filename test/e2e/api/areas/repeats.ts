/** Requests with a key: carried out once, however often they are sent, whichever node they reach. */
import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { aGroup, aPolicy, aWebhook, wanting } from '../support/bodies.ts';
import type { HttpReply } from '../support/client.ts';
import {
  expectBody,
  expectEmpty,
  expectHeaders,
  expectRefused,
  invalid,
  jsonOf,
  listAt,
  textAt,
} from '../support/replies.ts';
import type { Refusal } from '../support/replies.ts';
import type { Tenant } from '../support/tenant.ts';
import { GROUPS_MAX } from '../support/world.ts';
import type { World } from '../support/world.ts';

const REUSED: Refusal = {
  ...{ status: 422, type: 'IdempotencyKeyReusedError' },
  message: /another path or body/,
};

export function repeats(world: World): void {
  describe('with a key', () => {
    let tenant: Tenant;
    let group: string;
    let policy: string;
    beforeEach(async () => {
      tenant = world.aTenant();
      group = await tenant.group();
      policy = await tenant.policy(group);
    });

    function post(path: string, key: string, json?: unknown): Promise<HttpReply> {
      const headers = { 'Idempotency-Key': key };
      return tenant.send('POST', path, json === undefined ? { headers } : { headers, json });
    }

    /** Expects the repeat, on another node where there is one, to be told what the first was told. */
    async function expectRepeated(path: string, json?: unknown): Promise<HttpReply> {
      const first = await post(path, path, json);
      const second = await post(path, path, json);
      expect(first.headers.has('idempotency-replayed')).to.be.false;
      expectHeaders(second);
      expect(second.headers.get('idempotency-replayed')).to.equal('true');
      expect([second.status, second.text]).to.deep.equal([first.status, first.text]);
      expect(second.headers.get('location')).to.equal(first.headers.get('location'));
      return first;
    }

    it('a group is created once', async () => {
      const first = await expectRepeated('/groups', aGroup({ policies: [aPolicy()] }));

      expect(first.status).to.equal(201);
      const created = `/groups/${textAt(jsonOf(first), 'group', 'id')}/`;
      expect(first.headers.get('location')).to.equal(tenant.link(created));
      const { groups } = jsonOf(await tenant.get('/groups')) as { readonly groups: unknown[] };
      expect(groups).to.have.length(2);
    });

    it('policies and webhooks are created once', async () => {
      const policies = await expectRepeated(`${group}/policies`, [aPolicy(), aPolicy()]);
      const webhooks = await expectRepeated(`${policy}/webhooks`, [aWebhook()]);

      expect([policies.status, webhooks.status]).to.deep.equal([201, 201]);
      const listed = await tenant.get(`${group}/policies`);
      expect(listAt(jsonOf(listed), 'policies')).to.have.length(3);
      const hooks = await tenant.get(`${policy}/webhooks`);
      expect(listAt(jsonOf(hooks), 'webhooks')).to.deep.equal(listAt(jsonOf(webhooks), 'webhooks'));
    });

    it('a capability is replaced once', async () => {
      const webhook = await tenant.webhook(policy);

      const first = await expectRepeated(`${webhook}/rotate`);

      await tenant.expectEverywhere(webhook, jsonOf(first));
    });

    it('a policy is executed once, and once for each key', async () => {
      expectBody(await expectRepeated(`${policy}/execute`), 202, {});
      await tenant.expectEverywhere(`${group}/state`, { group: wanting(1) });

      expectBody(await post(`${policy}/execute`, 'another key'), 202, {});
      await tenant.expectEverywhere(`${group}/state`, { group: wanting(2) });
    });

    it('a late pause does not undo a resumption', async () => {
      expectEmpty(await post(`${group}/pause`, 'k'), 204);
      expectEmpty(await expectRepeated(`${group}/resume`), 204);

      expectEmpty(await post(`${group}/pause`, 'k'), 204);

      await tenant.expectEverywhere(`${group}/state`, { group: wanting(0) });
    });

    it('a group is converged on demand', async () => {
      expectEmpty(await expectRepeated(`${group}/converge`), 204);
    });

    it('an execution that was refused is refused again', async () => {
      policy = await tenant.policy(group, { change: -1 });

      const first = await expectRepeated(`${policy}/execute`);

      expectRefused(first, {
        ...{ status: 403, type: 'CannotExecutePolicyError', message: /No change in servers$/ },
      });
    });

    it('another request is refused, and does nothing', async () => {
      await post(`${policy}/execute`, 'k');
      expectRefused(await post(`${group}/pause`, 'k'), REUSED);
      expectRefused(await post(`${group}/policies`, 'k', [aPolicy()]), REUSED);
      await post('/groups', 'k', aGroup());
      expectRefused(await post('/groups', 'k', aGroup({ config: { name: 'other' } })), REUSED);

      await tenant.expectEverywhere(`${group}/state`, { group: wanting(1) });
      const listed = await tenant.get(`${group}/policies`);
      expect(listAt(jsonOf(listed), 'policies')).to.have.length(1);
    });

    it('the same key is another key for another group, and for another tenant', async () => {
      const other = world.aTenant();
      const body = aGroup();
      const headers = { 'Idempotency-Key': 'k' };
      const mine = await tenant.send('POST', '/groups', { headers, json: body });
      const theirs = await other.send('POST', '/groups', { headers, json: body });
      expect([mine.status, theirs.status]).to.deep.equal([201, 201]);
      expect(theirs.headers.has('idempotency-replayed')).to.be.false;
      const second = `/groups/${textAt(jsonOf(mine), 'group', 'id')}`;

      for (const path of [group, second]) expectEmpty(await post(`${path}/pause`, 'p'), 204);

      await tenant.expectEverywhere(`${second}/state`, { group: wanting(0, { paused: true }) });
    });

    it('many that come at once, to whichever node, count as one', async () => {
      const executed = Array.from({ length: 16 }, () => post(`${policy}/execute`, 'k'));
      for (const reply of await Promise.all(executed)) expectBody(reply, 202, {});
      await tenant.expectEverywhere(`${group}/state`, { group: wanting(1) });

      const body = aGroup({ policies: [aPolicy()] });
      const created = Array.from({ length: 16 }, () => post('/groups', 'k', body));
      const replies = await Promise.all(created);
      expect(replies.map(({ status }) => status)).to.deep.equal(Array(16).fill(201));
      expect(new Set(replies.map(({ text }) => text)).size).to.equal(1);
    });

    it('a client that hangs up and asks again has everything done once', async () => {
      const created = new Set<string>();
      for (const [index, when] of (['sent', 'answered'] as const).entries()) {
        for (let time = 0; time < 5; time += 1) {
          const key = `${when} ${String(time)}`;
          const headers = { 'Idempotency-Key': key };
          const execute = { method: 'POST', path: tenant.path(`${policy}/execute`), headers };
          await world.sendAndLeave(execute, when);
          expectBody(await post(`${policy}/execute`, key), 202, {});
          const json = aGroup({ config: { name: key } });
          const create = { method: 'POST', path: tenant.path('/groups'), headers, json };
          await world.sendAndLeave(create, when);
          created.add((await post('/groups', key, json)).headers.get('location') ?? '');
          expect(await tenant.desired(group)).to.equal(index * 5 + time + 1);
        }
      }

      expect(created.size).to.equal(10);
      const { groups } = jsonOf(await tenant.get('/groups')) as { readonly groups: unknown[] };
      expect(groups).to.have.length(1 + 10);
    });

    it('a group that was deleted is not created again', async () => {
      const first = await post('/groups', 'k', aGroup());
      const path = `/groups/${textAt(jsonOf(first), 'group', 'id')}`;
      expectEmpty(await tenant.delete(path), 204);

      const second = await post('/groups', 'k', aGroup());

      expect([second.status, second.text]).to.deep.equal([201, first.text]);
      expect((await tenant.get(path)).status).to.equal(404);
    });

    it('the last group that a tenant may have is not refused to the repeat', async () => {
      const groups = Array.from({ length: GROUPS_MAX - 2 }, () => tenant.group());
      await Promise.all(groups);

      const first = await expectRepeated('/groups', aGroup());

      expect(first.status).to.equal(201);
      expectRefused(await post('/groups', 'another', aGroup()), {
        ...{ status: 422, type: 'ScalingGroupOverLimitError', message: /limit/ },
      });
    });

    it('one that is no key is refused', async () => {
      for (const key of ['', 'x'.repeat(256), 'a\tb', 'caf\u00e9']) {
        expectRefused(await post(`${policy}/execute`, key), invalid(/^Idempotency-Key must/));
        expectRefused(await post('/groups', key, aGroup()), invalid(/^Idempotency-Key must/));
      }
      await tenant.expectEverywhere(`${group}/state`, { group: wanting(0) });
    });
  });
}
