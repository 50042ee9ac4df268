/** Policies: what they may be, and what becomes of them. */
import { expect } from 'chai';
import { before, beforeEach, describe, it } from 'mocha';
import { aPolicy, ASTRAL, bringsTo, NOBODY, scheduled, wanting } from '../support/bodies.ts';
import {
  at,
  expectBody,
  expectEmpty,
  expectRefused,
  invalid,
  jsonOf,
  listAt,
  textAt,
  UUID_4,
} from '../support/replies.ts';
import { idIn } from '../support/tenant.ts';
import type { Tenant } from '../support/tenant.ts';
import type { World } from '../support/world.ts';

type Fields = Readonly<Record<string, unknown>>;

const LONG = 'x'.repeat(256);
const CRON = { cron: '0 2 * * *' };
const AT = { at: '2050-05-20T00:00:00.123456Z' };
const WITH_CHECK = { check: {}, alarm_criteria: {} };
const percent = (changePercent: unknown): Fields => ({ change: undefined, changePercent });
const capacity = (desiredCapacity: unknown): Fields => ({ change: undefined, desiredCapacity });
const planned = (args: unknown): Fields => ({ type: 'schedule', args });

/** Changes to a policy that is fine. */
const FINE: readonly Fields[] = [
  ...['x', LONG, ASTRAL, ' x ', '\tx\n'].map((name) => ({ name })),
  ...[0, 0.5, 1.25, 600, 86_400, 86_399.999].map((cooldown) => ({ cooldown })),
  ...[1, -1, 5, -1_000_000, 1_000_000].map((change) => ({ change })),
  ...[100, -100, 0.1, -5.5, 33.333, 1e-9, 123_456_789].map(percent),
  ...[0, 1, 1_000, 1_000_000].map(capacity),
];

/** The same that must not be, by the field that the refusal names. */
const WRONG: Readonly<Record<string, readonly Fields[]>> = {
  name: ['', ' ', '\n\t', `${LONG}x`, `${ASTRAL}x`, 5, null, ['x'], undefined].map((name) => ({
    name,
  })),
  cooldown: [-1, -0.01, 86_401, 86_400.5, '60', '-00.01', null, true, [], undefined].map(
    (cooldown) => ({ cooldown }),
  ),
  type: ['', 'x', 'Webhook', 'WEBHOOK', 'scheduler', null, 5, [], undefined].map((type) => ({
    type,
  })),
  change: [0, 0.5, '1', null, true, [1], {}].map((change) => ({ change })),
  changePercent: [0, '1', null, true, [1], {}].map(percent),
  desiredCapacity: [-1, 0.5, '1', null, true, [1], {}].map(capacity),
  args: [
    ...[{}, AT, CRON, null, 'x', []].map((args) => ({ args })),
    ...[undefined, null, 'x', 5, [], {}, ['at']].map(planned),
    ...[{ ...AT, ...CRON }, { ...CRON, x: 1 }, { ...AT, x: 1 }, { at: undefined }].map(planned),
    ...[{ check: {} }, { alarm_criteria: {} }, { check: 5, alarm_criteria: {} }].map(planned),
    ...[null, 5, true, [], {}].flatMap((value) => [
      planned({ at: value }),
      planned({ cron: value }),
    ]),
    { type: 'cloud_monitoring' },
  ],
};

/** What must be there exactly once is not there, or twice. */
const ADJUSTMENTS: readonly Fields[] = [
  { change: undefined },
  { changePercent: 1 },
  { desiredCapacity: 1 },
  { change: undefined, changePercent: 1, desiredCapacity: 1 },
  { changePercent: 1, desiredCapacity: 1 },
];

function shownText(fields: Fields): string {
  const text = JSON.stringify(fields, (_, value: unknown) => value ?? String(value));
  return text.length <= 60 ? text : `${text.slice(0, 50)}… of ${String(text.length)} characters`;
}

export function policies(world: World): void {
  describe('policies', () => {
    let tenant: Tenant;
    let group: string;
    beforeEach(async () => {
      tenant = world.aTenant();
      group = await tenant.group();
    });

    /** A policy as it is shown, by its path. */
    function shown(policy: string, body: Fields): object {
      const links = [{ href: tenant.link(`${policy}/`), rel: 'self' }];
      return { id: idIn(policy), links, ...(JSON.parse(JSON.stringify(body)) as object) };
    }

    describe('of any shape', () => {
      let trial: { readonly tenant: Tenant; readonly group: string; readonly policy: string };
      before(async () => {
        const own = world.aTenant();
        const there = await own.group();
        trial = { tenant: own, group: there, policy: await own.policy(there) };
      });

      async function expectFine(body: Fields): Promise<void> {
        const created = await tenant.post(`${group}/policies`, [body]);
        const policy = `${group}/policies/${textAt(jsonOf(created), 'policies', 0, 'id')}`;
        expectBody(created, 201, { policies: [shown(policy, body)] });
        expectEmpty(await tenant.put(policy, aPolicy({ name: 'between' })), 204);
        expectEmpty(await tenant.put(policy, body), 204);
        await tenant.expectEverywhere(policy, { policy: shown(policy, body) });
      }

      async function expectWrong(body: Fields, message: RegExp): Promise<void> {
        const { tenant: own, group: there, policy } = trial;
        const replies = await Promise.all([
          own.post(`${there}/policies`, [body]),
          own.post(`${there}/policies`, [aPolicy(), body]),
          own.put(policy, body),
        ]);
        for (const reply of replies) expectRefused(reply, invalid(message));
      }

      for (const fields of FINE) {
        it(`may have ${shownText(fields)}`, () => expectFine(aPolicy(fields)));
      }

      for (const [key, rows] of Object.entries(WRONG)) {
        for (const fields of rows) {
          it(`must not have ${shownText(fields)}`, () =>
            expectWrong(aPolicy(fields), new RegExp(`(^|\\.)${key}\\b`)));
        }
      }

      for (const fields of ADJUSTMENTS) {
        it(`must have one adjustment, not ${shownText(fields)}`, () =>
          expectWrong(aPolicy(fields), /exactly one of change, changePercent, desiredCapacity/));
      }

      for (const key of ['id', 'links', 'Name', 'x', 'webhooks', 'change_percent']) {
        it(`must not have a key ${key}`, () =>
          expectWrong(aPolicy({ [key]: [] }), new RegExp(`(^|\\.)${key} is not known`)));
      }

      it('must not be of a kind that nobody offers', async () => {
        for (const args of [AT, CRON, WITH_CHECK]) {
          const body = aPolicy({ type: 'cloud_monitoring', args });
          await expectWrong(body, /^cloud_monitoring policy disabled$/);
        }
        const rule = /^Incorrect args for schedule policy$/;
        await expectWrong(scheduled(WITH_CHECK), rule);
      });

      it('leave nothing of what was refused', async () => {
        const { tenant: own, group: there, policy } = trial;
        const links = [{ href: own.link(`${policy}/`), rel: 'self' }];
        await own.expectEverywhere(`${there}/policies`, {
          policies: [{ id: idIn(policy), links, ...aPolicy() }],
          policies_links: [],
        });
      });
    });

    describe('that are created', () => {
      it('are told in the order of the request, and listed in the order of ids', async () => {
        const bodies = [
          aPolicy({ name: 'z' }),
          scheduled(AT, { name: 'y' }),
          scheduled(CRON, { ...percent(-5.5), name: 'x', cooldown: 1.5 }),
          bringsTo(2, { name: 'w' }),
        ];
        const reply = await tenant.post(`${group}/policies`, bodies);
        const ids = listAt(jsonOf(reply), 'policies').map((policy) => textAt(policy, 'id'));
        const made = ids.map((id, index) => shown(`${group}/policies/${id}`, bodies[index] ?? {}));
        for (const id of ids) expect(id).to.match(UUID_4);
        expectBody(reply, 201, { policies: made });
        expect(reply.headers.get('location')).to.equal(tenant.link(`${group}/policies/`));

        const sorted = [...ids].sort().map((id) => made[ids.indexOf(id)]);
        await tenant.expectEverywhere(`${group}/policies`, {
          policies: sorted,
          policies_links: [],
        });
        for (const [index, id] of ids.entries()) {
          await tenant.expectEverywhere(`${group}/policies/${id}`, { policy: made[index] });
        }
      });

      it('are one to a hundred, in an array', async () => {
        const hundred = Array.from({ length: 100 }, () => aPolicy());
        for (const body of [
          [],
          aPolicy(),
          { policies: [aPolicy()] },
          [...hundred, aPolicy()],
          null,
        ]) {
          expectRefused(await tenant.send('POST', `${group}/policies`, { json: body }), invalid());
        }
        await tenant.expectEverywhere(`${group}/policies`, { policies: [], policies_links: [] });
        expect(await tenant.policies(group, hundred)).to.have.lengthOf(100);
      });

      it('may be alike', async () => {
        const [first, second] = await tenant.policies(group, [aPolicy(), aPolicy()]);
        expect(first).to.not.equal(second);
      });

      it('may say 1.0 and ask for more than any group has', async () => {
        const body = JSON.stringify([aPolicy({ change: 0 })]);
        const text = body.replace('"change":0', '"change":9223372036854775807');
        const reply = await tenant.send('POST', `${group}/policies`, { body: text });
        expect(reply.status, reply.text).to.equal(201);
      });
    });

    describe('that are replaced', () => {
      it('may change how they adjust, and keep their links', async () => {
        const policy = await tenant.policy(group);
        for (const body of [
          bringsTo(3),
          aPolicy(percent(50)),
          aPolicy({ change: -2, name: 'down', cooldown: 7.5 }),
          bringsTo(0),
          aPolicy(),
        ]) {
          expectEmpty(await tenant.put(policy, body), 204);
          await tenant.expectEverywhere(policy, { policy: shown(policy, body) });
        }
      });

      it('may swap an instant for an expression, and back', async () => {
        const [policy = ''] = await tenant.policies(group, [scheduled(AT)]);
        for (const body of [scheduled(CRON), scheduled(AT, { name: 'b' }), scheduled(CRON)]) {
          expectEmpty(await tenant.put(policy, body), 204);
          await tenant.expectEverywhere(policy, { policy: shown(policy, body) });
        }
      });

      it('keep their type', async () => {
        const [webhook = '', schedule = ''] = await tenant.policies(group, [
          aPolicy(),
          scheduled(CRON),
        ]);
        const refusal = invalid('Cannot change type of a scaling policy');
        for (const args of [AT, CRON]) {
          expectRefused(await tenant.put(webhook, scheduled(args)), refusal);
        }
        expectRefused(await tenant.put(schedule, aPolicy()), refusal);
        await tenant.expectEverywhere(webhook, { policy: shown(webhook, aPolicy()) });
        await tenant.expectEverywhere(schedule, { policy: shown(schedule, scheduled(CRON)) });
      });

      it('must not be given back as they were shown', async () => {
        const policy = await tenant.policy(group);
        const body = at(jsonOf(await tenant.get(policy)), 'policy');
        expectRefused(await tenant.put(policy, body), invalid(/(id|links) is not known/));
        expectRefused(await tenant.put(policy, [aPolicy()]), invalid());
        expectRefused(await tenant.put(policy, { policy: aPolicy() }), invalid());
      });

      it('are in cooldown as they were', async () => {
        const policy = await tenant.policy(group);
        await tenant.execute(policy);
        expectEmpty(await tenant.put(policy, aPolicy({ cooldown: 3_600 })), 204);
        expect((await tenant.post(`${policy}/execute`)).status).to.equal(403);
        expectEmpty(await tenant.put(policy, aPolicy()), 204);
        await tenant.execute(policy);
      });
    });

    describe('that are deleted', () => {
      it('are gone at once, and alone', async () => {
        const [gone = '', kept = '', plan = ''] = await tenant.policies(group, [
          aPolicy(),
          aPolicy({ name: 'kept' }),
          scheduled(CRON),
        ]);
        await tenant.execute(gone);
        for (const policy of [gone, plan]) expectEmpty(await tenant.delete(policy), 204);
        await tenant.expectEverywhere(`${group}/policies`, {
          policies: [shown(kept, aPolicy({ name: 'kept' }))],
          policies_links: [],
        });
        for (const policy of [gone, plan]) {
          const refusal = {
            ...{ status: 404, type: 'NoSuchPolicyError' },
            message: `No such scaling policy ${idIn(policy)} for group ${idIn(group)} for tenant ${tenant.id}`,
          };
          expectRefused(await tenant.get(policy), refusal);
          expectRefused(await tenant.put(policy, aPolicy()), refusal);
          expectRefused(await tenant.delete(policy), refusal);
          expectRefused(await tenant.post(`${policy}/execute`), refusal);
        }
      });

      it('take back nothing that they did', async () => {
        const policy = await tenant.policy(group);
        await tenant.execute(policy);
        expectEmpty(await tenant.delete(policy), 204);
        await tenant.expectEverywhere(`${group}/state`, { group: wanting(1) });
      });
    });

    it('of a group that has none are none', async () => {
      await tenant.expectEverywhere(`${group}/policies`, { policies: [], policies_links: [] });
      expect((await tenant.get(`${group}/policies/${NOBODY}`)).status).to.equal(404);
    });
  });
}
