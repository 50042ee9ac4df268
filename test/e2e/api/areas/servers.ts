/** Taking servers out of a group, one by one. */
import { expect } from 'chai';
import { after, before, beforeEach, describe, it } from 'mocha';
import { Receiver } from '../../../integration/providers/receiver.ts';
import { eventually } from '../../../support/eventually.ts';
import { aConfig, NOBODY } from '../support/bodies.ts';
import {
  at,
  BAD_LIMIT,
  expectEmpty,
  expectRefused,
  jsonOf,
  listAt,
  textAt,
} from '../support/replies.ts';
import type { Refusal } from '../support/replies.ts';
import { idIn } from '../support/tenant.ts';
import type { Tenant } from '../support/tenant.ts';
import type { World } from '../support/world.ts';

const NOT_IMPLEMENTED: Refusal = { status: 501, type: 'NotImplementedError', message: '' };
const NO_BOOLEAN = ['', '0', '1', 'yes', 'truee', '%20true', 'null'];

export function servers(world: World): void {
  describe('servers', () => {
    let receiver: Receiver;
    let tenant: Tenant;
    let group: string;
    before(async () => {
      receiver = await Receiver.open();
    });
    after(() => receiver.close());
    beforeEach(async () => {
      tenant = world.aTenant();
      group = await aGroupOf(3);
    });

    /** A group that has so many servers, and must have one less at the least. */
    async function aGroupOf(count: number, args: object = { evicts: true }): Promise<string> {
      const url = receiver.url(`/${tenant.id}/${String(count)}`);
      const launch = { type: 'webhook', args: { url, ...args } };
      const made = await tenant.group({ launch, config: { minEntities: count } });
      await untilItHas(made, count);
      const config = aConfig({ minEntities: count - 1 });
      expectEmpty(await tenant.put(`${made}/config`, config), 204);
      return made;
    }

    async function idsOf(of: string): Promise<readonly string[]> {
      const body = jsonOf(await tenant.get(`${of}/state`));
      return listAt(body, 'group', 'active').map((server) => textAt(server, 'id'));
    }

    /** Waits until the group shows so many servers, none of them the one that has left. */
    async function untilItHas(
      of: string,
      count: number,
      left = 'nobody',
    ): Promise<readonly string[]> {
      let ids: readonly string[] = [];
      await eventually(`${of} has ${String(count)} servers without ${left}`, async () => {
        ids = await idsOf(of);
        return ids.length === count && !ids.includes(left);
      });
      return ids;
    }

    async function three(): Promise<readonly [string, string, string]> {
      const [a = '', b = '', c = ''] = await idsOf(group);
      return [a, b, c];
    }

    function notFound(server: string, of = group): Refusal {
      return {
        ...{ status: 404, type: 'ServerNotFoundError' },
        message: `Active server ${server} not found in tenant ${tenant.id}'s group ${idIn(of)}`,
      };
    }

    it('are not listed but in the state of their group', async () => {
      const [a] = await three();
      for (const path of [`${group}/servers`, `${group}/servers/${a}`, `${group}/servers/x`]) {
        expectRefused(await tenant.get(path), NOT_IMPLEMENTED);
      }
      expectRefused(await tenant.get(`${group}/servers?limit=3`), NOT_IMPLEMENTED);
      expectRefused(await tenant.get(`${group}/servers?limit=x`), BAD_LIMIT);
    });

    for (const query of ['', '?replace=true', '?purge=TRUE&replace=tRuE']) {
      it(`leave and are replaced where one asks with ${query || 'nothing'}`, async () => {
        const [a, b, c] = await three();

        expectEmpty(await tenant.delete(`${group}/servers/${b}${query}`), 202);

        expect(await tenant.desired(group)).to.equal(3);
        const ids = await untilItHas(group, 3, b);
        expect(ids).to.include.members([a, c]);
      });
    }

    it('leave and are missed where they are not to be replaced, down to the minimum', async () => {
      const [a, b, c] = await three();

      expectEmpty(await tenant.delete(`${group}/servers/${c}?replace=false`), 202);

      expect(await tenant.desired(group)).to.equal(2);
      const belowMin: Refusal = {
        ...{ status: 403, type: 'CannotDeleteServerBelowMinError' },
        message:
          `Cannot remove server ${a} from tenant ${tenant.id}'s group ${idIn(group)}. ` +
          'It will reduce number of servers below required minimum 2.',
      };
      expectRefused(await tenant.delete(`${group}/servers/${a}?replace=False`), belowMin);
      expect([...(await untilItHas(group, 2, c))].sort()).to.deep.equal([a, b].sort());
      expect(await tenant.desired(group)).to.equal(2);
    });

    it('go on running apart from the group where they are not to be purged', async () => {
      const [, b] = await three();
      expectEmpty(await tenant.delete(`${group}/servers/${b}?purge=false`), 202);
      await untilItHas(group, 3, b);
      const orders = receiver.calls.filter(({ body }) => body.includes(`"${b}"`));
      expect(orders.length).to.be.greaterThan(0);
      for (const { body } of orders) {
        expect(at(JSON.parse(body), 'evict')).to.deep.equal([{ id: b, purge: false }]);
      }
    });

    it('are told of by the history, when they are to leave and when they have', async () => {
      const [, b] = await three();
      expectEmpty(await tenant.delete(`${group}/servers/${b}?replace=false`), 202);
      await untilItHas(group, 2, b);
      await eventually('the history has both', async () => {
        const events = listAt(jsonOf(await tenant.get(`${group}/history`)), 'events');
        const told = events.filter((event) => textAt(event, 'event').startsWith('server.'));
        if (told.length < 2) return false;
        expect(told.map((event) => at(event, 'event'))).to.deep.equal([
          ...['server.left', 'server.deleted'],
        ]);
        expect(at(told, 0, 'serverIds')).to.deep.equal([b]);
        expect(at(told, 1)).to.deep.include({ serverId: b, desiredBefore: 3, desiredAfter: 2 });
        return true;
      });
    });

    it('are found once, and nowhere else than in their group', async () => {
      const [a, b] = await three();
      await tenant.turn(group, 'pause');
      expectEmpty(await tenant.delete(`${group}/servers/${b}?replace=false`), 202);
      for (const query of ['', '?replace=false', '?purge=false']) {
        expectRefused(await tenant.delete(`${group}/servers/${b}${query}`), notFound(b));
      }
      expect(await tenant.desired(group)).to.equal(2);
      expectRefused(await tenant.delete(`${group}/servers/${NOBODY}`), notFound(NOBODY));
      const other = await tenant.group();
      expectRefused(await tenant.delete(`${other}/servers/${a}`), notFound(a, other));
      const stranger = world.aTenant();
      expect((await stranger.delete(`${group}/servers/${a}`)).status).to.equal(404);
    });

    it('of a paused group leave when it is resumed', async () => {
      const [, b] = await three();
      await tenant.turn(group, 'pause');
      expectEmpty(await tenant.delete(`${group}/servers/${b}`), 202);
      await tenant.turn(group, 'resume');
      await untilItHas(group, 3, b);
    });

    it('are as many as are wanted after several of them were taken out at once', async () => {
      const [a, b, c] = await three();
      const replies = await Promise.all(
        [a, b, c].map((id) => tenant.delete(`${group}/servers/${id}`)),
      );
      for (const reply of replies) expectEmpty(reply, 202);
      await eventually('all are new', async () => {
        const ids = await idsOf(group);
        return ids.length === 3 && ![a, b, c].some((id) => ids.includes(id));
      });
    });

    it('stay where their provider cannot take them out', async () => {
      const fixed = await aGroupOf(2, {});
      const [a = ''] = await idsOf(fixed);
      expectRefused(await tenant.delete(`${fixed}/servers/${a}`), {
        ...{ status: 501, type: 'NotImplementedError' },
        message:
          `Cannot remove server ${a}: the launch configuration, of type "webhook", ` +
          'does not let single servers be removed',
      });
      expectRefused(await tenant.delete(`${fixed}/servers/x`), notFound('x', fixed));
    });

    for (const key of ['replace', 'purge']) {
      it(`are not looked for where ${key} is neither true nor false`, async () => {
        for (const value of NO_BOOLEAN) {
          const refusal: Refusal = {
            ...{ status: 400, type: 'InvalidQueryArgument' },
            message:
              `Invalid "${key}" query argument: "${decodeURIComponent(value)}". ` +
              'Must be "true" or "false". Defaults to "true" if not provided',
          };
          for (const path of [group, `/groups/${NOBODY}`]) {
            expectRefused(await tenant.delete(`${path}/servers/x?${key}=${value}`), refusal);
          }
        }
      });
    }
  });
}
