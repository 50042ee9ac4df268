/** Capacity windows: what they may be, what holds while they are open, and that nobody executes them. */
import { expect } from 'chai';
import { before, beforeEach, describe, it } from 'mocha';
import { aGroup, aPolicy, aWebhook, scheduled } from '../support/bodies.ts';
import {
  at,
  expectBody,
  expectEmpty,
  expectRefused,
  invalid,
  jsonOf,
  listAt,
  textAt,
} from '../support/replies.ts';
import type { Refusal } from '../support/replies.ts';
import { idIn } from '../support/tenant.ts';
import type { Tenant } from '../support/tenant.ts';
import type { World } from '../support/world.ts';
import { aWindow, DAILY, FINE, LONGEST, WRONG } from './window-rows.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Each opening meets the closing before it, so that it is open whenever the test runs. */
const ALWAYS = { cron: '* * * * *' };
const MINUTE = 60;

export function windows(world: World): void {
  describe('windows', () => {
    let tenant: Tenant;
    let group: string;
    beforeEach(async () => {
      tenant = world.aTenant();
      group = await tenant.group();
    });

    function shown(policy: string, body: Fields): object {
      const links = [{ href: tenant.link(`${policy}/`), rel: 'self' }];
      return { id: idIn(policy), links, ...(JSON.parse(JSON.stringify(body)) as object) };
    }

    describe('of any shape', () => {
      for (const [window, args] of FINE) {
        it(`may be ${JSON.stringify(window)} by ${JSON.stringify(args).slice(0, 60)}`, async () => {
          const body = aWindow(window, args);
          const created = await tenant.post(`${group}/policies`, [body]);
          const policy = `${group}/policies/${textAt(jsonOf(created), 'policies', 0, 'id')}`;
          expectBody(created, 201, { policies: [shown(policy, body)] });

          const between = aWindow({ max: 9, duration: 7, priority: 3 });
          expectEmpty(await tenant.put(policy, between), 204);
          await tenant.expectEverywhere(policy, { policy: shown(policy, between) });
          expectEmpty(await tenant.put(policy, body), 204);
          await tenant.expectEverywhere(policy, { policy: shown(policy, body) });
        });
      }
    });

    describe('that are wrong', () => {
      let trial: { readonly tenant: Tenant; readonly group: string; readonly policy: string };
      before(async () => {
        const own = world.aTenant();
        const there = await own.group();
        const [policy = ''] = await own.policies(there, [aWindow({ min: 1, duration: 60 })]);
        trial = { tenant: own, group: there, policy };
      });

      for (const [what, body, message] of WRONG) {
        it(`are refused wherever one ${what}`, async () => {
          const { tenant: own, group: there, policy } = trial;
          const refusal = (place: string): Refusal =>
            invalid(
              typeof message === 'string' ? `${place}${message}` : new RegExp(message.source, 'u'),
            );
          expectRefused(await own.post(`${there}/policies`, [body]), refusal('[0].'));
          expectRefused(await own.post(`${there}/policies`, [aPolicy(), body]), refusal('[1].'));
          expectRefused(
            await own.post('/groups', aGroup({ policies: [body] })),
            refusal('scalingPolicies[0].'),
          );
          expectRefused(await own.put(policy, body), refusal(''));
          expectRefused(
            await own.post(`${there}/forecast`, { policies: [body] }),
            refusal('policies[0].'),
          );
          expect(listAt(jsonOf(await own.get(`${there}/policies`)), 'policies')).to.have.lengthOf(
            1,
          );
        });
      }

      it('are refused where they become another type, or come of one', async () => {
        const { tenant: own, group: there, policy } = trial;
        const other = await own.policy(there);
        const [timed = ''] = await own.policies(there, [scheduled(DAILY)]);
        const refusal = invalid('Cannot change type of a scaling policy');
        const body = aWindow({ min: 1, duration: 60 });
        expectRefused(await own.put(policy, scheduled(DAILY)), refusal);
        expectRefused(await own.put(policy, aPolicy()), refusal);
        expectRefused(await own.put(timed, body), refusal);
        expectRefused(await own.put(other, body), refusal);
      });

      it('are refused where their only opening is over', async () => {
        const { tenant: own, group: there } = trial;
        const body = aWindow({ min: 1, duration: LONGEST }, { at: '2012-10-20T03:23:45Z' });
        expectRefused(
          await own.post(`${there}/policies`, [body]),
          invalid('Invalid "2012-10-20T03:23:45Z" datetime: It must be in the future'),
        );
      });
    });

    it('hold as soon as they are written, in their new form when changed, and no more when deleted', async () => {
      const [policy = ''] = await tenant.policies(group, [
        aWindow({ min: 3, duration: MINUTE }, ALWAYS),
      ]);
      expect(await tenant.desired(group)).to.equal(3);

      const changed = aWindow({ min: 3, desired: 5, duration: MINUTE }, ALWAYS);
      expectEmpty(await tenant.put(policy, changed), 204);
      expect(await tenant.desired(group)).to.equal(5);

      expectEmpty(await tenant.delete(policy), 204);
      expect(await tenant.desired(group)).to.equal(0);
      const history = listAt(jsonOf(await tenant.get(`${group}/history?limit=100`)), 'events');
      const told = history.filter((event) => textAt(event, 'event').startsWith('window.'));
      expect(told.map((event) => at(event, 'by'))).to.include('schedule');
      for (const event of told) {
        expect(at(event, 'policyId')).to.equal(idIn(policy));
        const [opensAt, closesAt] = ['opensAt', 'closesAt'].map((name) =>
          Date.parse(textAt(event, name)),
        );
        expect(Number(closesAt) - Number(opensAt)).to.equal(MINUTE * 1_000);
      }
    });

    it('hold from the creation of their group on, and leave it what executions say when they are gone', async () => {
      const reply = await tenant.post(
        '/groups',
        aGroup({ policies: [aWindow({ min: 4, duration: MINUTE }, ALWAYS), aPolicy()] }),
      );
      expect(reply.status, reply.text).to.equal(201);
      const there = `/groups/${textAt(jsonOf(reply), 'group', 'id')}`;
      const listed = listAt(jsonOf(reply), 'group', 'scalingPolicies');
      const [window = '', up = ''] = listed.map(
        (policy) => `${there}/policies/${textAt(policy, 'id')}`,
      );
      expect(await tenant.desired(there)).to.equal(4);

      await tenant.execute(up);
      expect(await tenant.desired(there)).to.equal(5);
      expectEmpty(await tenant.delete(window), 204);
      expect(await tenant.desired(there)).to.equal(5);
    });

    it('are executed by nobody, and have no webhooks', async () => {
      const [policy = ''] = await tenant.policies(group, [aWindow({ min: 1, duration: 60 })]);
      expectRefused(await tenant.post(`${policy}/execute`), {
        ...{ status: 403, type: 'CannotExecutePolicyError' },
        message:
          `Cannot execute scaling policy ${idIn(policy)} for group ${idIn(group)} for tenant ${tenant.id}: ` +
          'It is a window, which holds by its schedule and is not executed.',
      });
      expectRefused(
        await tenant.post(`${policy}/webhooks`, [aWebhook()]),
        invalid(
          `Scaling policy ${idIn(policy)} is a window, which holds by its schedule and is not executed: ` +
            'webhooks go with policies of type webhook or schedule',
        ),
      );
      expectBody(await tenant.get(`${policy}/webhooks`), 200, { webhooks: [], webhooks_links: [] });
      expect(await tenant.desired(group)).to.equal(0);
    });

    it('tell in a preview when each closes, by clocks or by elapsed time', async () => {
      const night = { cron: '0 1 * * *', timezone: 'Europe/Berlin' };
      const [wall = '', elapsed = ''] = await tenant.policies(group, [
        aWindow({ min: 1, duration: 7_200 }, night),
        aWindow({ min: 1, duration: 7_200, measured: 'elapsed' }, night),
      ]);
      // Clocks go from two to three in between.
      const openings = async (policy: string): Promise<unknown> => {
        const query = 'from=2050-03-26T12:00:00Z&count=1';
        const reply = await tenant.get(`${policy}/preview?${query}`);
        return at(jsonOf(reply), 'preview', 'occurrences');
      };
      const opening = { at: '2050-03-27T00:00:00.000Z', local: '2050-03-27T01:00:00+01:00' };
      expect(await openings(wall)).to.deep.equal([
        { ...opening, closesAt: '2050-03-27T01:00:00.000Z' },
      ]);
      expect(await openings(elapsed)).to.deep.equal([
        { ...opening, closesAt: '2050-03-27T02:00:00.000Z' },
      ]);
    });

    it('tell in the history what was changed about them', async () => {
      const [policy = ''] = await tenant.policies(group, [
        aWindow({ min: 1, duration: 60 }, { cron: '0 9 1 1 *', start: '2050-01-01T00:00:00Z' }),
      ]);
      const body = aWindow(
        { min: 2, duration: 90, priority: 7 },
        { cron: '0 9 1 1 *', start: '2050-01-01T00:00:00Z' },
      );
      expectEmpty(await tenant.put(policy, body), 204);

      const reply = await tenant.get(`${group}/history?event=policy.changed`);
      expect(at(jsonOf(reply), 'events', 0, 'changes')).to.have.deep.members([
        { path: 'window.min', before: 1, after: 2 },
        { path: 'window.priority', after: 7 },
        { path: 'window.duration', before: 60, after: 90 },
      ]);
    });
  });
}
