import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { UNOBSERVED } from '../../../src/domain/group/group.ts';
import type { ScalingState } from '../../../src/domain/group/group.ts';
import type { GroupId } from '../../../src/domain/ids.ts';
import { EVICTIONS_MAX } from '../../../src/domain/scaling/evict.ts';
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
import type { ApiFixture, HttpReply } from '../../support/api-server.ts';
import { contentOf, groupOf, historyOf, storedGroupOf } from '../../support/scaling.ts';

/** An id with everything in it that a path can carry. */
const ODD = 'a/b c?ü%';

for (const kind of STORE_KINDS) {
  describe(`The servers of a group over HTTP, on ${kind.name}`, () => {
    let api: ApiFixture;
    let id: GroupId;
    let path: string;
    beforeEach(async () => {
      api = await startApi({ kind });
      id = await createGroup(api, { config: { minEntities: 1 } });
      path = `${GROUPS}/${id}/servers`;
      await put({ desired: 3 });
    });
    afterEach(() => api.close(0));

    /** The group has been seen to have three servers. */
    async function put(state: Partial<ScalingState>): Promise<void> {
      const servers = ['a', 'b', ODD].map((server) => ({ id: server }));
      await putState(api, id, state, { ...UNOBSERVED, actual: 3, servers });
    }

    function remove(server: string, query = ''): Promise<HttpReply> {
      return api.call('DELETE', `${path}/${encodeURIComponent(server)}${query}`);
    }

    function notFound(server: string): object {
      const message = `Active server ${server} not found in tenant 000000's group ${id}`;
      return refusal('ServerNotFoundError', 404, message);
    }

    function belowMin(server: string): object {
      const message =
        `Cannot remove server ${server} from tenant 000000's group ${id}. ` +
        'It will reduce number of servers below required minimum 1.';
      return refusal('CannotDeleteServerBelowMinError', 403, message);
    }

    describe('GET', () => {
      for (const there of ['', '/a', '/nobody']) {
        it(`says that there is no such thing (${there === '' ? 'list' : there}), and that nothing failed`, async () => {
          const reply = await api.call('GET', `${path}${there}`);

          expect(reply.status).to.equal(501);
          expect(reply.body).to.deep.equal(refusal('NotImplementedError', 501, ''));
          expect(reply.headers['content-type']).to.equal('application/json');
          expect(api.events.filter(({ event }) => event === 'request.failed')).to.be.empty;
        });
      }

      it('refuses a list whose size is no number before that', async () => {
        const reply = await api.call('GET', `${path}?limit=x`);

        expect(reply.body).to.deep.equal(
          refusal('InvalidQueryArgument', 400, 'Invalid query argument for "limit"'),
        );
      });
    });

    describe('DELETE', () => {
      for (const { query, desired } of [
        { query: '', desired: 3 },
        { query: '?replace=true&purge=true', desired: 3 },
        { query: '?replace=TRUE&purge=tRuE', desired: 3 },
        { query: '?replace=False', desired: 2 },
        { query: '?purge=true&replace=false', desired: 2 },
      ]) {
        it(`has the server leave, and ${String(desired)} wanted (${query || 'no query'})`, async () => {
          const reply = await remove('b', query);

          expect([reply.status, reply.text]).to.deep.equal([202, '']);
          const { state } = await groupOf(api.store, id);
          expect(state).to.deep.include({ desired, evicting: [{ id: 'b', isPurged: true }] });
          const stored = await storedGroupOf(api.store, id);
          expect(stored).to.include({ isDivergent: true });
          expect((await historyOf(api.store, id)).at(-1)).to.deep.include({
            ...{ event: 'server.deleted', serverId: 'b', isPurged: true },
            ...{ desiredBefore: 3, desiredAfter: desired },
          });
        });
      }

      it('finds a server whatever is in its id', async () => {
        expect((await remove(ODD)).status).to.equal(202);
        expect((await groupOf(api.store, id)).state.evicting).to.deep.equal([
          { id: ODD, isPurged: true },
        ]);
      });

      it('is told of by the history and by nothing that lists servers', async () => {
        await remove('b', '?replace=false');

        const history = await api.call('GET', `${GROUPS}/${id}/history?limit=1`);
        expect(at(history.body, 'events', 0)).to.deep.include({
          ...{ event: 'server.deleted', serverId: 'b', desiredBefore: 3, desiredAfter: 2 },
        });
        const state = await api.call('GET', `${GROUPS}/${id}/state`);
        expect(state.body).to.deep.equal({
          group: {
            ...{ name: 'web', status: 'ACTIVE', paused: false },
            ...{ activeCapacity: 3, pendingCapacity: -1, desiredCapacity: 2 },
            active: ['a', 'b', ODD].map((server) => ({ id: server, links: [] })),
          },
        });
      });

      it('finds no server that the group does not have, or that is on its way out', async () => {
        expect((await remove('nobody')).body).to.deep.equal(notFound('nobody'));
        await remove('b', '?replace=false');
        const before = await contentOf(api.store);

        for (const query of ['', '?replace=false']) {
          expect((await remove('b', query)).body).to.deep.equal(notFound('b'));
        }

        expect(await contentOf(api.store)).to.deep.equal(before);
      });

      it('finds no server of another group, nor of a group that is not there', async () => {
        const other = await createGroup(api);
        const reply = await api.call('DELETE', `${GROUPS}/${other}/servers/a`);
        expect(at(reply.body, 'error', 'type')).to.equal('ServerNotFoundError');
        for (const group of [`${GROUPS}/${NOBODY}`, `/v1.0/other/groups/${id}`]) {
          const missing = await api.call('DELETE', `${group}/servers/a`);
          expect(at(missing.body, 'error', 'type')).to.equal('NoSuchScalingGroupError');
        }
      });

      it('replaces at the minimum, and takes nothing away there', async () => {
        await put({ desired: 1 });

        expect((await remove('a', '?replace=false')).body).to.deep.equal(belowMin('a'));
        expect((await remove('nobody', '?replace=false')).body).to.deep.equal(notFound('nobody'));
        expect((await remove('a')).status).to.equal(202);
      });

      it('says where the provider cannot do it, before it looks at the minimum', async () => {
        await put({ desired: 1 });
        const message =
          'Cannot remove server a: the launch configuration, of type "process", ' +
          'does not let single servers be removed and left running';

        for (const query of ['?purge=false', '?purge=false&replace=false']) {
          expect((await remove('a', query)).body).to.deep.equal(
            refusal('NotImplementedError', 501, message),
          );
        }
      });

      for (const { query, key, shown } of [
        { query: '?replace=', key: 'replace', shown: '' },
        { query: '?replace=1', key: 'replace', shown: '1' },
        { query: '?purge=YES', key: 'purge', shown: 'yes' },
        { query: '?purge=no&replace=maybe', key: 'replace', shown: 'maybe' },
      ]) {
        it(`refuses ${query}, also where there is no such group`, async () => {
          const body = refusal(
            'InvalidQueryArgument',
            400,
            `Invalid "${key}" query argument: "${shown}". ` +
              'Must be "true" or "false". Defaults to "true" if not provided',
          );

          expect((await remove('a', query)).body).to.deep.equal(body);
          const missing = await api.call('DELETE', `${GROUPS}/${NOBODY}/servers/a${query}`);
          expect(missing.body).to.deep.equal(body);
        });
      }

      it('is refused where the tenant is suspended, before the server is looked for', async () => {
        await put({ isSuspended: true });

        expect((await remove('nobody')).body).to.deep.equal(
          refusal('TenantSuspendedError', 403, 'Tenant 000000 is SUSPENDED.'),
        );
      });

      it('is taken down for a group that is paused', async () => {
        await put({ isPaused: true });

        expect((await remove('a')).status).to.equal(202);
      });

      it('is refused where too many are on their way out', async () => {
        const evicting = Array.from({ length: EVICTIONS_MAX }, (_, index) => ({
          ...{ id: `old-${String(index)}`, isPurged: true },
        }));
        await put({ evicting });

        const reply = await remove('a');

        expect(reply.status).to.equal(422);
        expect(at(reply.body, 'error', 'type')).to.equal('ServerDeletionsOverLimitError');
      });
    });
  });
}
