/** What people have a group keep to for a while: an override, a pause with an end, an occurrence that is left out. */
import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { eventually } from '../../../support/eventually.ts';
import { aPolicy, aState, NOBODY, scheduled, wanting } from '../support/bodies.ts';
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

const HOUR_MS = 3_600_000;

/** An instant from now on, in ms. */
function inMs(ms: number): string {
  return new Date(Date.now() + ms).toISOString();
}

export function plans(world: World): void {
  describe('what a group keeps to for a while', () => {
    let tenant: Tenant;
    let group: string;
    beforeEach(async () => {
      tenant = world.aTenant();
      group = await tenant.group({ config: { maxEntities: 10 } });
    });

    async function stateOf(): Promise<unknown> {
      return at(jsonOf(await tenant.get(`${group}/state`)), 'group');
    }

    async function eventNames(): Promise<readonly string[]> {
      const events = listAt(jsonOf(await tenant.get(`${group}/history`)), 'events');
      return events.map((event) => textAt(event, 'event'));
    }

    describe('an override', () => {
      function notSet(): Refusal {
        return {
          ...{ status: 404, type: 'NoSuchOverrideError' },
          message: `No override is set for scaling group ${idIn(group)} for tenant ${tenant.id}`,
        };
      }

      it('holds from when it is set, on every node, until it is removed', async () => {
        const until = inMs(HOUR_MS);
        const asked = { min: 2, max: 4, until, reason: 'sale' };

        const reply = await tenant.put(`${group}/override`, asked);

        const override = at(jsonOf(reply), 'override');
        const { since, by } = override as { readonly since: string; readonly by: string };
        expectBody(reply, 200, { override: { ...asked, since, by } });
        await tenant.expectEverywhere(`${group}/override`, { override });
        expect(await stateOf()).to.deep.include({
          ...{ desiredCapacity: 2, baseCapacity: 0, override },
        });

        expectEmpty(await tenant.delete(`${group}/override`), 204);
        expectRefused(await tenant.get(`${group}/override`), notSet());
        expectRefused(await tenant.delete(`${group}/override`), notSet());
        await tenant.expectEverywhere(`${group}/state`, { group: aState() });
      });

      it('ends by itself', async () => {
        const asked = { desired: 1, until: inMs(1_500), reason: 'sale' };
        expect((await tenant.put(`${group}/override`, asked)).status).to.equal(200);

        await eventually('it is over', async () => (await tenant.desired(group)) === 0);

        expectRefused(await tenant.get(`${group}/override`), notSet());
        expect(await eventNames()).to.include.members(['override.set', 'override.ended']);
      });

      it('has executions move what the group returns to', async () => {
        const asked = { desired: 5, until: inMs(HOUR_MS), reason: 'sale' };
        expect((await tenant.put(`${group}/override`, asked)).status).to.equal(200);
        await tenant.execute(await tenant.policy(group));
        expect(await stateOf()).to.deep.include({ desiredCapacity: 5, baseCapacity: 1 });

        expectEmpty(await tenant.delete(`${group}/override`), 204);

        await tenant.expectEverywhere(`${group}/state`, { group: wanting(1) });
      });

      it('is refused whole where anything is wrong with it', async () => {
        const until = inMs(HOUR_MS);
        for (const body of [
          {},
          { until, reason: 'a' },
          { min: 1, reason: 'a' },
          { min: 1, until },
          { min: 1, until, reason: '' },
          { min: 1, until, reason: 'a'.repeat(257) },
          { min: -1, until, reason: 'a' },
          { min: 1.5, until, reason: 'a' },
          { min: 3, max: 2, until, reason: 'a' },
          { desired: 11, until, reason: 'a' },
          { min: 1, until: inMs(-1_000), reason: 'a' },
          { min: 1, until: inMs(367 * 24 * HOUR_MS), reason: 'a' },
          { min: 1, until, reason: 'a', by: 'me' },
        ]) {
          expectRefused(await tenant.put(`${group}/override`, body), invalid());
        }
        expectRefused(await tenant.get(`${group}/override`), notSet());
      });
    });

    describe('a pause with an end', () => {
      it('is shown with it, and is over by itself', async () => {
        const pausedUntil = inMs(2_000);
        expectEmpty(await tenant.post(`${group}/pause`, { until: pausedUntil }), 204);
        expect(await stateOf()).to.deep.equal(aState({ paused: true, pausedUntil }));

        await eventually('it is over', async () => at(await stateOf(), 'paused') === false);

        await tenant.expectEverywhere(`${group}/state`, { group: aState() });
        expect(await eventNames()).to.include('pause.ended');
      });

      it('gives way to one without, and to being resumed', async () => {
        const pausedUntil = inMs(HOUR_MS);
        expectEmpty(await tenant.post(`${group}/pause`, { until: pausedUntil }), 204);
        expectEmpty(await tenant.post(`${group}/pause`), 204);
        await tenant.expectEverywhere(`${group}/state`, { group: aState({ paused: true }) });
        expectEmpty(await tenant.post(`${group}/pause`, { until: pausedUntil }), 204);
        await tenant.turn(group, 'resume');
        await tenant.expectEverywhere(`${group}/state`, { group: aState() });
      });

      it('is refused with an end that cannot be', async () => {
        for (const until of [inMs(-1_000), inMs(367 * 24 * HOUR_MS), 'noon', 5, null]) {
          expectRefused(await tenant.post(`${group}/pause`, { until }), invalid(/^until must be /));
        }
        await tenant.expectEverywhere(`${group}/state`, { group: aState() });
      });
    });

    describe('an occurrence that is left out', () => {
      const [YEAR_0, YEAR_1, YEAR_2] = [2050, 2051, 2052].map(
        (year) => `${String(year)}-01-01T00:00:00.000Z`,
      );
      /** Once a year. */
      const YEARLY = {
        ...{ cron: '0 0 1 1 *', timezone: 'Etc/UTC' },
        start: '2049-06-01T00:00:00Z',
      };

      function notSkipped(policy: string, reason: string): Refusal {
        return {
          ...{ status: 409, type: 'CannotSkipOccurrenceError' },
          message: `Cannot skip an occurrence of scaling policy ${idIn(policy)} for group ${idIn(group)} for tenant ${tenant.id}: ${reason}`,
        };
      }

      it('is the next one, and then the one after it', async () => {
        const policy = await tenant.policy(group, scheduled(YEARLY));

        const body = { skipped: YEAR_0, next: YEAR_1 };
        expectBody(await tenant.post(`${policy}/skip`), 200, body);
        expectBody(await tenant.post(`${policy}/skip`), 200, { skipped: YEAR_1, next: YEAR_2 });

        expect((await eventNames()).filter((name) => name === 'policy.skipped')).to.have.length(2);
      });

      it('is the one that is meant, or none', async () => {
        const policy = await tenant.policy(group, scheduled(YEARLY));

        const wrong = await tenant.post(`${policy}/skip`, { occurrence: YEAR_1 });
        expectRefused(
          wrong,
          notSkipped(policy, `${JSON.stringify(YEAR_1)} is not next, ${String(YEAR_0)} is`),
        );
        for (let count = 1; count <= 2; count += 1) {
          const reply = await tenant.post(`${policy}/skip`, { occurrence: YEAR_0 });
          expectBody(reply, 200, { skipped: YEAR_0, next: YEAR_1 });
        }
      });

      it('is none where nothing is to come', async () => {
        const [manual, once] = [
          await tenant.policy(group),
          await tenant.policy(group, scheduled({ at: '2050-01-01T00:00:00Z' })),
        ];
        expectBody(await tenant.post(`${once}/skip`), 200, { skipped: YEAR_0 });
        for (const policy of [manual, once]) {
          const refusal = notSkipped(policy, 'nothing is to come by itself');
          expectRefused(await tenant.post(`${policy}/skip`), refusal);
        }
        expect((await tenant.post(`${group}/policies/${NOBODY}/skip`)).status).to.equal(404);
      });

      it('is an opening of a window, which then does not open', async () => {
        const duration = 3_600;
        const policy = await tenant.policy(
          group,
          aPolicy({
            ...{ name: 'year', type: 'window', change: undefined, cooldown: 0 },
            ...{ window: { min: 1, duration }, args: YEARLY },
          }),
        );
        const body = { skipped: YEAR_0, next: YEAR_1 };
        expectBody(await tenant.post(`${policy}/skip`), 200, body);
      });
    });
  });
}
