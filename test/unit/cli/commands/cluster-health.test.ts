import { expect } from 'chai';
import { describe, it } from 'mocha';

import { NEW_YEAR_2030, runIn } from '../../../support/cli-world.ts';
import { aStatus, CLUSTER_BODY } from '../../../support/cluster-builders.ts';
import { FakeNodeApi } from '../../../support/fake-node-api.ts';

const [EU_NODE, US_NODE] = ['n1-0000000a', 'n2-0000000b'];

/** The first or the second member, with other fields. */
function memberOf(index: 0 | 1, fields: object = {}): object {
  return { ...CLUSTER_BODY.members[index], ...fields };
}

/** The partitions of the cluster, those of us owned by these nodes. */
function ownedBy(...nodes: readonly (string | undefined)[]): readonly object[] {
  const owned = nodes.map((node, index) => ({ partition: `us/${String(index)}`, node }));
  return [...CLUSTER_BODY.partitions.slice(0, 2), ...owned];
}

describe('the exit code of lutra cluster status', () => {
  const WELL = { members: [memberOf(0), memberOf(1, { unfitFor: [] })], drains: [] };
  const ENDS: readonly {
    readonly name: string;
    readonly cluster?: object;
    readonly first?: object | 'unreachable';
    readonly code: number;
  }[] = [
    { name: 'all is well', code: 0 },
    { name: 'a node drains, as it was asked to', cluster: { drains: [US_NODE] }, code: 0 },
    {
      name: 'a node cannot be asked from here',
      cluster: {
        members: [memberOf(0), memberOf(1, { unfitFor: [], address: 'http://127.0.0.1:9' })],
      },
      code: 0,
    },
    { name: 'others run a region', cluster: { partitions: ownedBy(EU_NODE, EU_NODE) }, code: 0 },
    {
      name: 'a partition has no owner',
      cluster: { partitions: ownedBy(US_NODE, undefined) },
      code: 2,
    },
    { name: 'a node is doubtful', first: { isDoubtful: true }, code: 2 },
    { name: 'a node is unreachable', first: 'unreachable', code: 2 },
    {
      name: 'a node is unfit, whatever it owns',
      cluster: {
        members: [memberOf(0), memberOf(1)],
        partitions: ownedBy(EU_NODE, EU_NODE),
      },
      code: 2,
    },
  ];
  for (const { name, cluster = {}, first = {}, code } of ENDS) {
    it(`ends with ${String(code)} where ${name}`, async () => {
      const api = new FakeNodeApi(NEW_YEAR_2030);
      api.others.set('http://10.0.0.2:9000', aStatus(US_NODE));
      api.cluster = { ...CLUSTER_BODY, partitions: ownedBy(US_NODE, US_NODE), ...WELL, ...cluster };
      if (first !== 'unreachable') {
        api.others.set('http://10.0.0.1:9000', aStatus(EU_NODE, first));
      }

      const { exitCode, stdout } = await runIn(
        { fetch: api.fetch },
        ...['cluster', 'status', '-o', 'json', '--url', 'http://127.0.0.1:1'],
      );

      expect(exitCode).to.equal(code);
      expect(JSON.parse(stdout)).to.have.property('isHealthy', code === 0);
    });
  }
});
