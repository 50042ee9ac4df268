/** Launch configurations: what they may be, and that they come back as they were sent. */
import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { aGroup, aLaunch, SERVER, SERVICE_NET, wanting } from '../support/bodies.ts';
import {
  at,
  expectEmpty,
  expectRefused,
  invalid,
  jsonOf,
  listAt,
  textAt,
} from '../support/replies.ts';
import { idIn } from '../support/tenant.ts';
import type { Tenant } from '../support/tenant.ts';
import type { World } from '../support/world.ts';
import { LAUNCH_ROWS } from './launch-rows.ts';

/** Everything that a launch configuration of servers can hold, in an order of its own. */
const FULL = aLaunch({
  server: {
    'OS-DCF:diskConfig': 'AUTO',
    name: 'web-Größe',
    networks: [SERVICE_NET, { uuid: 'f1' }],
    personality: [
      { path: '/b', contents: 'Yg==' },
      { path: '/a', contents: 'YQ==' },
    ],
    metadata: { z: '1', a: '', 'b c': 'd' },
    user_data: 'eA==',
    nested: { deep: [1, 1.5, null, true, { a: [] }] },
  },
  args: {
    loadBalancers: [
      { port: 80, loadBalancerId: '9' },
      { loadBalancerId: 9, port: 80 },
      { loadBalancerId: 'pool', type: 'RackConnectV3' },
    ],
    draining_timeout: 30.5,
  },
});

/** JSON has no word for what is not there. */
function asSent(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

export function launch(world: World): void {
  describe('a launch configuration', () => {
    describe('of any shape', () => {
      let tenant: Tenant;
      let group: string;
      let refusing: string;
      const taken: string[] = [];
      before(async () => {
        tenant = world.aTenant();
        group = await tenant.group();
        refusing = await tenant.group({ launch: FULL });
        taken.push(...[group, refusing].map(idIn));
      });

      async function expectTaken(sent: unknown): Promise<void> {
        const launchConfiguration = asSent(sent);
        expectEmpty(await tenant.put(`${group}/launch`, sent), 204);
        await tenant.expectEverywhere(`${group}/launch`, { launchConfiguration });
        const created = await tenant.post('/groups', aGroup({ launch: sent }));
        expect(created.status, created.text).to.equal(201);
        const body = jsonOf(created);
        expect(at(body, 'group', 'launchConfiguration')).to.deep.equal(launchConfiguration);
        taken.push(textAt(body, 'group', 'id'));
      }

      for (const { name, launch: sent, refused } of LAUNCH_ROWS) {
        if (refused === undefined) {
          it(`may have ${name}`, () => expectTaken(sent));
        } else {
          it(`must not have ${name}`, async () => {
            const replies = await Promise.all([
              tenant.put(`${refusing}/launch`, sent),
              tenant.post('/groups', aGroup({ launch: sent })),
            ]);
            for (const reply of replies) expectRefused(reply, invalid(refused));
          });
        }
      }

      it('leaves nothing behind of what was refused', async () => {
        await tenant.expectEverywhere(`${refusing}/launch`, { launchConfiguration: FULL });
        const list = jsonOf(await tenant.get('/groups'));
        const ids = listAt(list, 'groups').map((listed) => textAt(listed, 'id'));
        expect(ids).to.deep.equal(taken.sort());
      });
    });

    it('comes back as it was sent, to the order of keys, wherever it is shown', async () => {
      const tenant = world.aTenant();
      const created = await tenant.post('/groups', aGroup({ launch: FULL }));
      const body = jsonOf(created);
      const group = `/groups/${textAt(body, 'group', 'id')}`;
      for (const shown of [
        at(body, 'group', 'launchConfiguration'),
        at(jsonOf(await tenant.get(group)), 'group', 'launchConfiguration'),
        at(jsonOf(await tenant.get(`${group}/launch`)), 'launchConfiguration'),
      ]) {
        expect(JSON.stringify(shown)).to.equal(JSON.stringify(FULL));
      }
    });

    it('loses server metadata of null, and nothing else', async () => {
      const tenant = world.aTenant();
      const sent = aLaunch({ server: { metadata: null, name: null } });
      const kept = { type: 'launch_server', args: { server: { ...SERVER, name: null } } };
      const created = await tenant.post('/groups', aGroup({ launch: sent }));
      expect(at(jsonOf(created), 'group', 'launchConfiguration')).to.deep.equal(kept);
      const group = `/groups/${textAt(jsonOf(created), 'group', 'id')}`;
      await tenant.expectEverywhere(`${group}/launch`, { launchConfiguration: kept });
      expectEmpty(await tenant.put(`${group}/launch`, sent), 204);
      await tenant.expectEverywhere(`${group}/launch`, { launchConfiguration: kept });
    });

    it('is replaced as a whole', async () => {
      const tenant = world.aTenant();
      const group = await tenant.group({ launch: FULL });
      expectEmpty(await tenant.put(`${group}/launch`, aLaunch()), 204);
      await tenant.expectEverywhere(`${group}/launch`, { launchConfiguration: aLaunch() });
      expect(at(jsonOf(await tenant.get(group)), 'group', 'launchConfiguration')).to.deep.equal(
        aLaunch(),
      );
    });

    it('may become one of the other kind, and back', async () => {
      const tenant = world.aTenant();
      const group = await tenant.group();
      const stack = { type: 'launch_stack', args: { stack: { template: 'x' } } };
      for (const body of [stack, aLaunch(), stack]) {
        expectEmpty(await tenant.put(`${group}/launch`, body), 204);
        await tenant.expectEverywhere(`${group}/launch`, { launchConfiguration: body });
      }
    });

    it('changes nothing about the group that has it', async () => {
      const tenant = world.aTenant();
      const group = await tenant.group({ config: { minEntities: 1 } });
      await tenant.turn(group, 'pause');
      expectEmpty(await tenant.put(`${group}/launch`, FULL), 204);
      await tenant.expectEverywhere(`${group}/state`, { group: wanting(1, { paused: true }) });
    });
  });
}
