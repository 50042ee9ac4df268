import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { GroupId } from '../../../src/domain/ids.ts';
import {
  at,
  createGroup,
  GROUPS,
  NOBODY,
  putState,
  refusal,
  startApi,
  STORE_KINDS,
} from '../../support/api-server.ts';
import type { ApiFixture } from '../../support/api-server.ts';
import { contentOf, storedGroupOf } from '../../support/scaling.ts';

const CONFIG = { name: 'new', cooldown: 1, minEntities: 0, maxEntities: 5, metadata: { a: 'b' } };

for (const kind of STORE_KINDS) {
  describe(`The parts of a group over HTTP, on ${kind.name}`, () => {
    let api: ApiFixture;
    let id: GroupId;
    let path: string;
    beforeEach(async () => {
      api = await startApi({ kind });
      await create();
    });
    afterEach(() => api.close(0));

    async function create(config: Readonly<Record<string, unknown>> = {}): Promise<void> {
      id = await createGroup(api, { config });
      path = `${GROUPS}/${id}`;
    }

    async function generation(): Promise<number> {
      return (await storedGroupOf(api.store, id)).generation;
    }

    describe('GET state', () => {
      it('shows what is there, what is wanted, and a negative difference where more is there', async () => {
        await putState(
          api,
          id,
          { desired: 1 },
          {
            ...{ actual: 3, servers: [{ id: 'a' }, { id: 'b' }, { id: 'c' }] },
            ...{ status: 'ACTIVE', reasons: ['waiting'], failureCount: 0 },
          },
        );

        const reply = await api.call('GET', `${path}/state`);

        expect(reply.body).to.deep.equal({
          group: {
            ...{ name: 'web', status: 'ACTIVE', paused: false },
            ...{ activeCapacity: 3, pendingCapacity: -2, desiredCapacity: 1 },
            active: ['a', 'b', 'c'].map((server) => ({ id: server, links: [] })),
          },
        });
      });

      it('shows reasons where the status is ERROR', async () => {
        await putState(
          api,
          id,
          {},
          {
            ...{ actual: 0, servers: [], status: 'ERROR', reasons: ['one', 'two'] },
            failureCount: 2,
          },
        );

        const reply = await api.call('GET', `${path}/state`);

        expect(at(reply.body, 'group', 'status')).to.equal('ERROR');
        expect(at(reply.body, 'group', 'errors')).to.deep.equal([
          { message: 'one' },
          { message: 'two' },
        ]);
      });
    });

    describe('PUT config', () => {
      it('replaces the configuration, pulls the desired capacity within it, and has the group looked at', async () => {
        await putState(api, id, { desired: 8 });
        const before = await generation();

        const reply = await api.call('PUT', `${path}/config`, { body: CONFIG });

        expect(reply.status).to.equal(204);
        const shown = await api.call('GET', `${path}/config`);
        expect(shown.body).to.deep.equal({ groupConfiguration: CONFIG });
        const { body } = await api.call('GET', `${path}/state`);
        expect(at(body, 'group', 'desiredCapacity')).to.equal(5);
        expect(at(body, 'group', 'name')).to.equal('new');
        expect(await generation()).to.equal(before + 1);
      });

      it('has by when servers are to be there as long as the request says it', async () => {
        await api.call('PUT', `${path}/config`, { body: { ...CONFIG, reachedBy: 300 } });
        const said = await api.call('GET', `${path}/config`);
        await api.call('PUT', `${path}/config`, { body: CONFIG });
        const unsaid = await api.call('GET', `${path}/config`);

        expect(said.body).to.deep.equal({ groupConfiguration: { ...CONFIG, reachedBy: 300 } });
        expect(unsaid.body).to.deep.equal({ groupConfiguration: CONFIG });
      });

      for (const reachedBy of [0, 1.5, 86_401, '300', null]) {
        it(`refuses servers to be there in ${JSON.stringify(reachedBy)} s`, async () => {
          const reply = await api.call('PUT', `${path}/config`, { body: { ...CONFIG, reachedBy } });

          expect(reply.status).to.equal(400);
          expect(at(reply.body, 'error', 'message')).to.match(
            /reachedBy must be an integer from 1 to 86400/,
          );
        });
      }

      it('keeps a key that the request leaves out, and refuses another', async () => {
        await create({ key: 'web' });

        const left = await api.call('PUT', `${path}/config`, { body: CONFIG });
        const other = await api.call('PUT', `${path}/config`, { body: { ...CONFIG, key: 'b' } });

        expect(left.status).to.equal(204);
        expect(other.status).to.equal(400);
        expect(other.body).to.deep.equal(
          refusal(
            'ValidationError',
            400,
            'key cannot be changed: it is "web", and stays so; leave it out',
          ),
        );
        const shown = await api.call('GET', `${path}/config`);
        expect(shown.body).to.deep.equal({ groupConfiguration: { ...CONFIG, key: 'web' } });
      });

      it('refuses a key for a group that was created without', async () => {
        const reply = await api.call('PUT', `${path}/config`, { body: { ...CONFIG, key: 'b' } });

        expect(reply.status).to.equal(400);
        expect(at(reply.body, 'error', 'message')).to.match(/^key cannot be changed: it has none/);
      });

      it('changes nothing of a suspended group', async () => {
        await putState(api, id, { isSuspended: true });
        const before = await contentOf(api.store);

        const reply = await api.call('PUT', `${path}/config`, { body: CONFIG });

        expect(reply.status).to.equal(403);
        expect(reply.body).to.deep.equal(
          refusal('TenantSuspendedError', 403, 'Tenant 000000 is SUSPENDED.'),
        );
        expect(await contentOf(api.store)).to.deep.equal(before);
      });

      it('refuses another type while servers of the stored one may run', async () => {
        const reply = await api.call('PUT', `${path}/launch`, {
          body: { type: 'launch_stack', args: { stack: { template: 'a' } } },
        });

        expect(reply.status).to.equal(400);
        expect(reply.text).to.include('type cannot be changed');
      });

      it('finds a mistake in the body before it misses the group', async () => {
        const bad = { ...CONFIG, minEntities: 6 };

        const refused = await api.call('PUT', `${GROUPS}/${NOBODY}/config`, { body: bad });
        const missing = await api.call('PUT', `${GROUPS}/${NOBODY}/config`, { body: CONFIG });

        expect(refused.body).to.deep.equal(
          refusal(
            'InvalidMinEntities',
            400,
            'minEntities must be less than or equal to maxEntities',
          ),
        );
        expect(missing.status).to.equal(404);
      });
    });

    describe('PUT launch', () => {
      it('replaces the launch configuration and does not have the group looked at', async () => {
        const before = await generation();
        const launch = { type: 'process', args: { command: ['another'], stop_timeout: 2 } };

        const reply = await api.call('PUT', `${path}/launch`, { body: launch });

        expect(reply.status).to.equal(204);
        const shown = await api.call('GET', `${path}/launch`);
        expect(shown.body).to.deep.equal({ launchConfiguration: launch });
        expect(await generation()).to.equal(before);
      });

      it('refuses another type while servers of the stored one may run', async () => {
        const reply = await api.call('PUT', `${path}/launch`, {
          body: { type: 'launch_stack', args: { stack: { template: 'a' } } },
        });

        expect(reply.status).to.equal(400);
        expect(reply.text).to.include('type cannot be changed');
      });

      it('finds a mistake in the body before it misses the group', async () => {
        const unknown = `${GROUPS}/${NOBODY}/launch`;

        const refused = await api.call('PUT', unknown, { body: { type: 'process', args: {} } });
        const missing = await api.call('PUT', unknown, {
          body: { type: 'process', args: { command: [] } },
        });

        expect(refused.status).to.equal(400);
        expect(at(refused.body, 'error', 'message')).to.equal('args.command must be a list');
        expect(missing.status).to.equal(404);
      });
    });

    describe('POST pause and resume', () => {
      it('pause, however often, and resume with a look at the group', async () => {
        const before = await generation();

        const paused = [
          await api.call('POST', `${path}/pause`),
          await api.call('POST', `${path}/pause`),
        ];
        const whilePaused = await api.call('GET', `${path}/state`);
        const generationPaused = await generation();
        const resumed = await api.call('POST', `${path}/resume`, {
          body: 'what this says is ignored',
        });

        expect(paused.map(({ status }) => status)).to.deep.equal([204, 204]);
        expect(at(whilePaused.body, 'group', 'paused')).to.equal(true);
        expect(generationPaused).to.equal(before);
        expect(resumed.status).to.equal(204);
        expect(await generation()).to.equal(before + 1);
        const after = await api.call('GET', `${path}/state`);
        expect(at(after.body, 'group', 'paused')).to.equal(false);
      });
    });

    describe('POST converge', () => {
      it('has the group looked at', async () => {
        const before = await generation();

        const reply = await api.call('POST', `${path}/converge`);

        expect(reply.status).to.equal(204);
        expect(await generation()).to.equal(before + 1);
      });

      it('leaves a paused and a suspended group alone, and says so', async () => {
        await putState(api, id, { isPaused: true });
        const paused = await api.call('POST', `${path}/converge`);
        await putState(api, id, { isSuspended: true });
        const suspended = await api.call('POST', `${path}/converge`);

        expect(paused.body).to.deep.equal(
          refusal(
            'GroupPausedError',
            403,
            `Cannot converge for group ${id} for tenant 000000 because group is paused`,
          ),
        );
        expect(suspended.body).to.deep.equal(
          refusal('TenantSuspendedError', 403, 'Tenant 000000 is SUSPENDED.'),
        );
      });
    });
  });
}
