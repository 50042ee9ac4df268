import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { createMemoryState } from '../../../src/adapters/memory/state.ts';
import { MemoryStore } from '../../../src/adapters/memory/store.ts';
import type { GroupId } from '../../../src/domain/ids.ts';
import { partitionOf } from '../../../src/domain/partition/partition-of.ts';
import { RegionalStore } from '../../../src/server/regional-store.ts';
import {
  aGroupBody,
  at,
  createGroup,
  GROUPS,
  refusal,
  startApi,
  STORE_KINDS,
} from '../../support/api-server.ts';
import type { ApiFixture, HttpReply, StoreKind } from '../../support/api-server.ts';
import { LAYOUT, START } from '../../support/builders.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FaultyStore, rejectWith } from '../../support/faulty-store.ts';
import { contentOf, finish } from '../../support/scaling.ts';

const CONFIG = { name: 'new', cooldown: 1, minEntities: 0, maxEntities: 5, metadata: {} };

for (const kind of STORE_KINDS) {
  describe(`Regions over HTTP, on ${kind.name}`, () => {
    let api: ApiFixture;
    beforeEach(async () => {
      api = await startApi({ kind, layout: LAYOUT });
    });
    afterEach(() => api.close(0));

    it('has a group in the region that was asked for, and says so wherever it is shown', async () => {
      const created = await api.call('POST', GROUPS, {
        body: aGroupBody({ config: { region: 'there' } }),
      });

      const id = String(at(created.body, 'group', 'id'));
      const shown = await api.call('GET', `${GROUPS}/${id}`);
      const config = await api.call('GET', `${GROUPS}/${id}/config`);
      expect(created.status).to.equal(201);
      expect(partitionOf(id as GroupId, LAYOUT)).to.match(/^there\//);
      expect([
        at(created.body, 'group', 'groupConfiguration', 'region'),
        at(shown.body, 'group', 'groupConfiguration', 'region'),
        at(config.body, 'groupConfiguration', 'region'),
      ]).to.deep.equal(['there', 'there', 'there']);
    });

    it('has it in the home region of the node where none was asked for', async () => {
      const id = await createGroup(api);

      const { body } = await api.call('GET', `${GROUPS}/${id}/config`);

      expect(at(body, 'groupConfiguration', 'region')).to.equal('here');
    });

    it('does not show the only region that there is', async () => {
      await api.close(0);
      api = await startApi({ kind });
      const id = await createGroup(api, { config: { region: 'here' } });

      const { body } = await api.call('GET', `${GROUPS}/${id}/config`);

      expect(at(body, 'groupConfiguration')).to.not.have.property('region');
    });

    it('creates nothing in a region that there is not, and names those that there are', async () => {
      const before = await contentOf(api.store);

      const reply = await api.call('POST', GROUPS, {
        body: aGroupBody({ config: { region: 'nowhere' } }),
      });

      expect(reply.status).to.equal(400);
      expect(reply.body).to.deep.equal(
        refusal(
          'ValidationError',
          400,
          'groupConfiguration.region must be one of "here", "there", not "nowhere"',
        ),
      );
      expect(await contentOf(api.store)).to.deep.equal(before);
    });

    it('takes the region of a group with its new configuration, and refuses another', async () => {
      const id = await createGroup(api, { config: { region: 'there' } });
      const put = (region: string): Promise<HttpReply> =>
        api.call('PUT', `${GROUPS}/${id}/config`, { body: { ...CONFIG, region } });

      const same = await put('there');
      const other = await put('here');

      expect(same.status).to.equal(204);
      expect(other.status).to.equal(400);
      expect(other.body).to.deep.equal(
        refusal(
          'ValidationError',
          400,
          'region cannot be changed: it is "there", and stays so; leave it out',
        ),
      );
      const { body } = await api.call('GET', `${GROUPS}/${id}/config`);
      expect(body).to.deep.equal({ groupConfiguration: { ...CONFIG, region: 'there' } });
    });
  });
}

describe('A region whose store is out of reach, over HTTP', () => {
  let api: ApiFixture;
  let clock: FakeClock;
  let there: FaultyStore;
  const kind: StoreKind = {
    name: 'a store for each region',
    open: (storeClock, layout) => {
      const inMemory = (identity: string): MemoryStore =>
        new MemoryStore(createMemoryState({ identity, layout }), storeClock);
      there = new FaultyStore(inMemory('there'));
      const shards = [
        { regions: ['here'], store: inMemory('here') },
        { regions: ['there'], store: there },
      ];
      const store = new RegionalStore({ identity: 'both', layout, shards });
      return Promise.resolve({ store, close: () => store.close() });
    },
  };
  beforeEach(async () => {
    clock = new FakeClock(START);
    api = await startApi({ kind, layout: LAYOUT, clock });
  });
  afterEach(() => api.close(0));

  async function statusOf(path: string, method = 'GET'): Promise<number> {
    return (await finish(clock, api.call(method, `${GROUPS}${path}`))).status;
  }

  it('is no reason to say that its groups are not there: 503 and never 404', async () => {
    const id = await createGroup(api, { config: { region: 'there' } });
    there.plan = () => rejectWith('store-unavailable');

    const statuses = {
      group: await statusOf(`/${id}`),
      history: await statusOf(`/${id}/history`),
      policies: await statusOf(`/${id}/policies`),
      pause: await statusOf(`/${id}/pause`, 'POST'),
      removal: await statusOf(`/${id}`, 'DELETE'),
      list: await statusOf(''),
      ofNoRegion: await statusOf(`/${id.slice(0, -2)}07`),
    };

    expect(statuses).to.deep.equal({
      ...{ group: 503, history: 503, policies: 503, pause: 503, removal: 503, list: 503 },
      ofNoRegion: 404,
    });
  });

  it('stops nothing in another region but what needs them all', async () => {
    const id = await createGroup(api);
    there.plan = () => rejectWith('store-unavailable');

    expect(await statusOf(`/${id}`)).to.equal(200);
    expect(await statusOf(`/${id}/pause`, 'POST')).to.equal(204);
    const created = await finish(clock, api.call('POST', GROUPS, { body: aGroupBody() }));
    expect(created.status).to.equal(503);
  });
});
