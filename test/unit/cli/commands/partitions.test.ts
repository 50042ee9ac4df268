import { expect } from 'chai';
import { describe, it } from 'mocha';

import { NEW_YEAR_2030, runIn } from '../../../support/cli-world.ts';
import type { Ended } from '../../../support/cli-world.ts';
import { aStatus, aToken, CLUSTER_BODY } from '../../../support/cluster-builders.ts';
import { FakeNodeApi } from '../../../support/fake-node-api.ts';

const SINCE = '2029-12-31T23:58:30.000Z';

function partitions(...words: readonly string[]): Promise<Ended> {
  return partitionsSince(SINCE, ...words);
}

function partitionsSince(since: string, ...words: readonly string[]): Promise<Ended> {
  const api = new FakeNodeApi(NEW_YEAR_2030);
  api.cluster = CLUSTER_BODY;
  const own = { partition: 'eu/0', token: aToken(10), since };
  api.others.set('http://10.0.0.1:9000', aStatus('n1-0000000a', { partitions: [own] }));
  api.others.set('http://10.0.0.2:9000', aStatus('n2-0000000b'));
  return runIn({ fetch: api.fetch }, 'partitions', '--url', 'http://127.0.0.1:1', ...words);
}

describe('lutra partitions', () => {
  it('prints a line per partition with its owner, token and term', async () => {
    const { exitCode, stdout } = await partitions();

    expect(exitCode).to.equal(0);
    expect(stdout).to.equal(
      [
        'PARTITION  OWNER        TOKEN  SINCE                     AGE',
        'eu/0       n1-0000000a  3:10   2029-12-31T23:58:30.000Z  1 min 30 s',
        'eu/1       n1-0000000a  3:11   -                         -',
        'us/0       n2-0000000b  3:12   -                         -',
        'us/1       -            -      -                         -',
        '',
      ].join('\n'),
    );
  });

  it('prints those without an owner alone with --ownerless', async () => {
    const { stdout } = await partitions('--ownerless', '-o', 'json');

    expect(JSON.parse(stdout)).to.deep.equal({ partitions: [{ partition: 'us/1' }] });
  });

  it('makes no term younger than nothing, though replies have their time in whole seconds', async () => {
    const { stdout } = await partitionsSince('2030-01-01T00:00:00.900Z');

    expect(stdout).to.match(/^eu\/0 .* 0 ms$/m);
  });

  it('prints one JSON document', async () => {
    const { stdout } = await partitions('-o', 'json');

    const json = JSON.parse(stdout) as { readonly partitions: readonly unknown[] };
    expect(json.partitions[0]).to.deep.equal({
      ...{ partition: 'eu/0', node: 'n1-0000000a', token: aToken(10) },
      ...{ since: SINCE, ageMs: 90_000 },
    });
  });
});
