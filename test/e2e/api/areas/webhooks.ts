/** Webhooks: what they may be, and what becomes of them. */
import { expect } from 'chai';
import { before, beforeEach, describe, it } from 'mocha';
import { ASTRAL, aWebhook, NOBODY, scheduled, wanting } from '../support/bodies.ts';
import {
  at,
  BAD_LIMIT,
  expectBody,
  expectEmpty,
  expectRefused,
  invalid,
  jsonOf,
  listAt,
  NOT_JSON,
  textAt,
  UUID_4,
} from '../support/replies.ts';
import type { Refusal } from '../support/replies.ts';
import { idIn } from '../support/tenant.ts';
import type { Tenant } from '../support/tenant.ts';
import { capabilityOf, createWebhooks, wholeWebhook } from '../support/webhooks.ts';
import { WEBHOOKS_MAX } from '../support/world.ts';
import type { World } from '../support/world.ts';

type Fields = Readonly<Record<string, unknown>>;

const LONG = 'x'.repeat(256);
const HOOK = aWebhook();

const FINE: readonly Fields[] = [
  ...['x', LONG, ASTRAL, ' x ', '\tx\n', '0'].map((name) => ({ name })),
  ...[{}, { a: '' }, { '': 'b' }, { [LONG]: LONG }, { [ASTRAL]: ASTRAL }].map((metadata) => ({
    metadata,
  })),
];

const WRONG: Readonly<Record<string, readonly unknown[]>> = {
  name: ['', ' ', '\t\n', `${LONG}x`, `${ASTRAL}x`, 5, null, true, ['x'], {}, undefined],
  metadata: [
    ...[null, 'x', '{}', [], 5, true, { a: 1 }, { a: null }, { a: {} }, { a: ['b'] }],
    ...[{ [`${LONG}x`]: '' }, { a: `${LONG}x` }, { 'a\nb': '' }],
  ],
};

function shownText(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length <= 30 ? text : `${text.slice(0, 20)}… of ${String(text.length)} characters`;
}

export function webhooks(world: World): void {
  describe('webhooks', () => {
    let tenant: Tenant;
    let group: string;
    let policy: string;
    let hooks: string;
    beforeEach(async () => {
      tenant = world.aTenant();
      group = await tenant.group();
      policy = await tenant.policy(group);
      hooks = `${policy}/webhooks`;
    });

    function noWebhook(id: string, of = policy): Refusal {
      return {
        ...{ status: 404, type: 'NoSuchWebhookError' },
        message: `No such webhook ${id} for policy ${idIn(of)} in group ${idIn(group)} for tenant ${tenant.id}`,
      };
    }

    describe('of any shape', () => {
      let trial: { readonly tenant: Tenant; readonly list: string; readonly made: unknown };
      before(async () => {
        const own = world.aTenant();
        const list = `${await own.policy(await own.group())}/webhooks`;
        const reply = await own.post(list, [HOOK]);
        trial = { tenant: own, list, made: at(jsonOf(reply), 'webhooks', 0) };
      });

      for (const fields of FINE) {
        const [key, value] = Object.entries(fields)[0] ?? [];
        it(`may have ${String(key)} ${shownText(value)}`, async () => {
          const [made] = await createWebhooks(tenant, hooks, [{ ...HOOK, ...fields }]);
          const path = `${hooks}/${textAt(made, 'id')}`;
          await tenant.expectEverywhere(path, { webhook: made });
          expectEmpty(await tenant.put(path, { name: 'between', metadata: {} }), 204);
          expectEmpty(await tenant.put(path, { ...HOOK, ...fields }), 204);
          await tenant.expectEverywhere(path, { webhook: made });
        });
      }

      async function expectWrong(body: unknown, message: RegExp): Promise<void> {
        const { tenant: own, list, made } = trial;
        const replies = await Promise.all([
          own.post(list, [body]),
          own.post(list, [HOOK, body]),
          own.put(`${list}/${textAt(made, 'id')}`, body),
        ]);
        for (const reply of replies) expectRefused(reply, invalid(message));
      }

      for (const [key, values] of Object.entries(WRONG)) {
        for (const value of values) {
          it(`must not have ${key} ${shownText(value)}`, () =>
            expectWrong({ ...HOOK, [key]: value }, new RegExp(`(^|\\.)${key}\\b`)));
        }
      }

      for (const key of ['id', 'links', 'url', 'Name', 'type']) {
        it(`must not have a key ${key}`, () =>
          expectWrong({ ...HOOK, [key]: 'x' }, new RegExp(`(^|\\.)${key} is not known`)));
      }

      it('must be complete where they are replaced', async () => {
        const { tenant: own, list, made } = trial;
        const path = `${list}/${textAt(made, 'id')}`;
        for (const [body, message] of [
          [{ name: 'x' }, /^metadata is missing/],
          [{ metadata: {} }, /^name is missing/],
          [{}, /./],
          [{ webhook: HOOK }, /./],
          [[HOOK], /./],
          [made, /(id|links) is not known/],
        ] as const) {
          expectRefused(await own.put(path, body), invalid(message));
        }
      });

      it('leave nothing of what was refused', async () => {
        const { tenant: own, list, made } = trial;
        await own.expectEverywhere(list, { webhooks: [made], webhooks_links: [] });
      });
    });

    describe('that are created', () => {
      it('are told in the order of the request, and listed in the order of ids', async () => {
        const bodies = [{ name: 'z', metadata: { b: '1', a: '2' } }, { name: 'y' }, { name: 'x' }];
        const reply = await tenant.post(hooks, bodies);
        expect(reply.headers.get('location')).to.equal(tenant.link(`${hooks}/`));
        const made = listAt(jsonOf(reply), 'webhooks');
        expectBody(reply, 201, {
          webhooks: bodies.map((body, index) =>
            wholeWebhook(tenant, hooks, { shown: made[index], sent: body }),
          ),
        });
        const ids = made.map((one) => textAt(one, 'id'));
        for (const id of ids) expect(id).to.match(UUID_4);
        expect(new Set(made.map((one) => capabilityOf(tenant, one))).size).to.equal(3);
        const sorted = [...ids].sort().map((id) => made[ids.indexOf(id)]);
        await tenant.expectEverywhere(hooks, { webhooks: sorted, webhooks_links: [] });
        for (const [index, id] of ids.entries()) {
          await tenant.expectEverywhere(`${hooks}/${id}`, { webhook: made[index] });
        }
      });

      it('are one to a hundred, in an array', async () => {
        const many = Array.from({ length: 101 }, () => HOOK);
        for (const body of [[], HOOK, { webhooks: [HOOK] }, many, null, 'x']) {
          expectRefused(await tenant.send('POST', hooks, { json: body }), invalid());
        }
        await tenant.expectEverywhere(hooks, { webhooks: [], webhooks_links: [] });
      });

      it('may belong to policies of any type', async () => {
        const bodies = [
          scheduled({ at: '2050-05-20T00:00:00Z' }),
          scheduled({ cron: '0 0 1 1 *' }),
        ];
        for (const planned of await tenant.policies(group, bodies)) {
          const [made] = await createWebhooks(tenant, `${planned}/webhooks`, [HOOK]);
          expectEmpty(await world.use(capabilityOf(tenant, made)), 202);
        }
        await tenant.expectEverywhere(`${group}/state`, { group: wanting(2) });
      });

      it('are as many as a policy may have, and not one more', async () => {
        const said = (count: number, added: number): Refusal => ({
          ...{ status: 422, type: 'WebhooksOverLimitError' },
          message:
            `Currently there are ${count} webhooks for tenant ${tenant.id}, scaling group ${idIn(group)}, ` +
            `policy ${idIn(policy)}.  Creating ${added} new webhooks would exceed the webhook limit of ` +
            `${WEBHOOKS_MAX} per policy.`,
        });
        const many = (count: number): readonly Fields[] =>
          Array.from({ length: count }, () => HOOK);
        expectRefused(await tenant.post(hooks, many(WEBHOOKS_MAX + 1)), said(0, WEBHOOKS_MAX + 1));
        expectRefused(await tenant.post(hooks, many(100)), said(0, 100));
        await tenant.expectEverywhere(hooks, { webhooks: [], webhooks_links: [] });
        await createWebhooks(tenant, hooks, many(WEBHOOKS_MAX));
        expectRefused(await tenant.post(hooks, many(1)), said(WEBHOOKS_MAX, 1));
        expect(listAt(jsonOf(await tenant.get(hooks)), 'webhooks')).to.have.lengthOf(WEBHOOKS_MAX);
        const other = await tenant.policy(group);
        await createWebhooks(tenant, `${other}/webhooks`, many(1));
      });
    });

    describe('that are replaced or deleted', () => {
      it('keep their id, their links and their capability', async () => {
        const [made] = await createWebhooks(tenant, hooks, [HOOK]);
        const path = `${hooks}/${textAt(made, 'id')}`;
        for (const body of [{ name: 'new', metadata: { a: 'b' } }, HOOK]) {
          expectEmpty(await tenant.put(path, body), 204);
          await tenant.expectEverywhere(path, {
            webhook: wholeWebhook(tenant, hooks, { shown: made, sent: body }),
          });
        }
        expectEmpty(await world.use(capabilityOf(tenant, made)), 202);
        expect(await tenant.desired(group)).to.equal(1);
      });

      it('are gone at once, and alone', async () => {
        const [first, second] = await createWebhooks(tenant, hooks, [HOOK, { name: 'kept' }]);
        const id = textAt(first, 'id');
        expectEmpty(await tenant.delete(`${hooks}/${id}`), 204);
        await tenant.expectEverywhere(hooks, { webhooks: [second], webhooks_links: [] });
        expectRefused(await tenant.get(`${hooks}/${id}`), noWebhook(id));
        expectRefused(await tenant.put(`${hooks}/${id}`, HOOK), noWebhook(id));
        expectRefused(await tenant.delete(`${hooks}/${id}`), noWebhook(id));
      });

      it('go with their policy', async () => {
        await createWebhooks(tenant, hooks, [HOOK]);
        expectEmpty(await tenant.delete(policy), 204);
        const message = `No such scaling policy ${idIn(policy)} for group ${idIn(group)} for tenant ${tenant.id}`;
        const gone = { status: 404, type: 'NoSuchPolicyError', message };
        expectRefused(await tenant.get(hooks), gone);
        expectRefused(await tenant.post(hooks, [HOOK]), gone);
      });
    });

    describe('of which something is wrong', () => {
      it('are missed in their order', async () => {
        const message = `No such scaling group ${NOBODY} for tenant ${tenant.id}`;
        const noGroup = { status: 404, type: 'NoSuchScalingGroupError', message };
        const nowhere = `/groups/${NOBODY}/policies/${NOBODY}/webhooks`;
        const there = `${group}/policies/${NOBODY}/webhooks`;
        const noPolicy = {
          ...{ status: 404, type: 'NoSuchPolicyError' },
          message: `No such scaling policy ${NOBODY} for group ${idIn(group)} for tenant ${tenant.id}`,
        };
        expectRefused(await tenant.send('POST', nowhere, { body: '{' }), NOT_JSON);
        expectRefused(await tenant.post(nowhere, [{}]), invalid());
        expectRefused(await tenant.post(nowhere, [HOOK]), noGroup);
        expectRefused(await tenant.post(there, [HOOK]), noPolicy);
        const many = Array.from({ length: WEBHOOKS_MAX + 1 }, () => HOOK);
        expectRefused(await tenant.post(there, many), noPolicy);
        expectRefused(await tenant.get(`${nowhere}?limit=x`), BAD_LIMIT);
        expectRefused(await tenant.get(nowhere), noGroup);
        expectRefused(await tenant.get(there), noPolicy);
        for (const [list, refusal] of [
          [nowhere, noGroup],
          [there, noWebhook(NOBODY, `/${NOBODY}`)],
          [hooks, noWebhook(NOBODY)],
        ] as const) {
          const path = `${list}/${NOBODY}`;
          expectRefused(await tenant.get(path), refusal);
          expectRefused(await tenant.put(path, HOOK), refusal);
          expectRefused(await tenant.put(path, {}), invalid());
          expectRefused(await tenant.send('PUT', path, { body: '' }), NOT_JSON);
          expectRefused(await tenant.delete(path), refusal);
        }
      });

      it('are missed under another policy, and for another tenant', async () => {
        const [made] = await createWebhooks(tenant, hooks, [HOOK]);
        const id = textAt(made, 'id');
        const other = await tenant.policy(group);
        expectRefused(await tenant.get(`${other}/webhooks/${id}`), noWebhook(id, other));
        const stranger = world.aTenant();
        const message = `No such scaling group ${idIn(group)} for tenant ${stranger.id}`;
        for (const path of [hooks, `${hooks}/${id}`]) {
          const refusal = { status: 404, type: 'NoSuchScalingGroupError', message };
          expectRefused(await stranger.get(path), refusal);
        }
      });
    });
  });
}
