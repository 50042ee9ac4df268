import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { GroupId } from '../../../src/domain/ids.ts';
import {
  aPolicyBody,
  at,
  createGroup,
  GROUPS,
  NOBODY,
  startApi,
  STORE_KINDS,
} from '../../support/api-server.ts';
import type { ApiFixture } from '../../support/api-server.ts';

for (const kind of STORE_KINDS) {
  describe(`A group with its webhooks over HTTP, on ${kind.name}`, () => {
    let api: ApiFixture;
    beforeEach(async () => {
      api = await startApi({ kind });
    });
    afterEach(() => api.close(0));

    function aGroupOf(policyCount: number): Promise<GroupId> {
      return createGroup(api, {
        policies: Array.from({ length: policyCount }, () => aPolicyBody()),
      });
    }

    /** The policies of a group as they are shown, with their webhooks or without. */
    async function policiesOf(id: GroupId, query = ''): Promise<readonly object[]> {
      const reply = await api.call('GET', `${GROUPS}/${id}${query}`);
      expect(reply.status, reply.text).to.equal(200);
      return at(reply.body, 'group', 'scalingPolicies') as object[];
    }

    /** Creates webhooks of a policy, and gives them as they were shown, in ascending order of id. */
    async function create(policy: object, ...names: readonly string[]): Promise<readonly object[]> {
      const body = names.map((name) => ({ name, metadata: { of: name } }));
      const reply = await api.call('POST', `${pathOf(policy)}webhooks`, { body });
      expect(reply.status, reply.text).to.equal(201);
      return [...(at(reply.body, 'webhooks') as object[])].sort((one, other) =>
        String(at(one, 'id')) < String(at(other, 'id')) ? -1 : 1,
      );
    }

    function pathOf(policy: object): string {
      return String(at(policy, 'links', 0, 'href')).slice(api.url.length);
    }

    for (const value of ['true', 'tRuE', 'TRUE']) {
      it(`has those of every policy, in ascending order of id, with webhooks=${value}`, async () => {
        const id = await aGroupOf(2);
        const plain = await api.call('GET', `${GROUPS}/${id}`);
        const [first, second] = await policiesOf(id);
        if (first === undefined || second === undefined) throw new Error('there are two');
        const webhooks = await create(second, 'a', 'b', 'c', 'd');

        const reply = await api.call('GET', `${GROUPS}/${id}?webhooks=${value}`);

        const linksOf = (policy: object): object[] => [
          { href: `${api.url}${pathOf(policy)}webhooks/`, rel: 'webhooks' },
        ];
        expect(reply.body).to.deep.equal({
          group: {
            ...(at(plain.body, 'group') as object),
            scalingPolicies: [
              { ...first, webhooks: [], webhooks_links: linksOf(first) },
              { ...second, webhooks, webhooks_links: linksOf(second) },
            ],
          },
        });
      });
    }

    for (const query of ['webhooks=false', 'webhooks=', 'webhooks=1', 'Webhooks=true', '']) {
      it(`has none with ${query === '' ? 'nothing' : query}`, async () => {
        const id = await aGroupOf(1);
        const [policy] = await policiesOf(id);
        if (policy === undefined) throw new Error('there is one');
        await create(policy, 'hook');

        expect(await policiesOf(id, `?${query}`)).to.deep.equal([policy]);
      });
    }

    it('is not found where it is not there', async () => {
      const reply = await api.call('GET', `${GROUPS}/${NOBODY}?webhooks=true`);

      expect(at(reply.body, 'error', 'type')).to.equal('NoSuchScalingGroupError');
    });

    it('has 25 of each of 100 policies in one reply', async () => {
      const id = await aGroupOf(100);
      const names = Array.from({ length: 25 }, (_, index) => `hook ${String(index)}`);
      for (const policy of await policiesOf(id)) await create(policy, ...names);

      const counts = (await policiesOf(id, '?webhooks=true')).map((policy) =>
        at(policy, 'webhooks', 'length'),
      );

      expect(counts).to.deep.equal(Array.from({ length: 100 }, () => 25));
    }).timeout(60_000);
  });
}
