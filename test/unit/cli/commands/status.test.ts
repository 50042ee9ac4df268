import { expect } from 'chai';
import { describe, it } from 'mocha';

import { NEW_YEAR_2030, runIn } from '../../../support/cli-world.ts';
import type { Ended } from '../../../support/cli-world.ts';
import { FakeNodeApi } from '../../../support/fake-node-api.ts';

const STATUS = {
  node: 'ada',
  version: '1.2.3',
  startedAt: '2030-01-01T00:00:00.000Z',
  ...{ mode: 'embedded', region: 'local', isDoubtful: false, isDraining: false, unfitFor: [] },
  stores: [
    {
      ...{ regions: ['local'], kind: 'sqlite', identity: 'f00', problems: [], isReachable: true },
      durability: 'survives a crash of this machine',
    },
  ],
  partitions: [
    {
      partition: 'local/0',
      token: { epoch: 0, revision: 1, claimId: 'a' },
      since: '2030-01-01T00:00:01.000Z',
    },
    { partition: 'local/1' },
  ],
  firings: { scaled: 1, refused: 2, skipped: 3, missedRuns: 4, parked: 5 },
  lateness: { count: 3, p50Ms: 1, p99Ms: 2, maxMs: 3 },
};

function status(body: unknown, ...words: readonly string[]): Promise<Ended> {
  const api = new FakeNodeApi(NEW_YEAR_2030);
  api.status = body;
  return runIn({ fetch: api.fetch }, 'status', '--url', 'http://127.0.0.1:1', ...words);
}

describe('lutra status', () => {
  it('says how the node is doing', async () => {
    expect((await status(STATUS)).stdout).to.equal(
      [
        'WHAT              VALUE',
        'node              ada',
        'version           1.2.3',
        'mode              embedded',
        'state             ok',
        'started at        2030-01-01T00:00:00.000Z',
        'store             sqlite f00',
        'durability        survives a crash of this machine',
        'partitions owned  1 of 2',
        'firings           1 scaled, 2 refused, 3 skipped, 4 runs missed, 5 parked',
        'lateness          p50 1 ms, p99 2 ms, max 3 ms, over the last 3',
        '',
      ].join('\n'),
    );
  });

  it('says what a node of a cluster stands on, and what is wrong with it, within 100 columns', async () => {
    const long = 'a sentence of some length about what an acknowledged write survives and what not';
    const redis = {
      kind: 'redis',
      durability: `${long}, ${long}`,
      problems: [],
      isReachable: true,
    };
    const body = {
      ...STATUS,
      ...{ mode: 'cluster', region: 'eu', isDoubtful: true, isDraining: true, unfitFor: ['us'] },
      stores: [
        { ...redis, regions: ['eu'], identity: 'c1/eu', problems: ['turn AOF on'] },
        { ...redis, regions: ['us', 'asia'], identity: 'c1/us+asia', isReachable: false },
      ],
    };

    const { stdout } = await status(body);

    expect(stdout.split('\n')).to.include.members([
      'region             eu',
      'state              doubtful, draining, unfit for us',
      'store of eu        redis c1/eu',
      '                   turn AOF on',
      'store of us, asia  redis c1/us+asia, does not answer',
    ]);
    expect(Math.max(...stdout.split('\n').map(({ length }) => length))).to.be.at.most(100);
  });

  it('says so where nothing has fired yet', async () => {
    expect((await status({ ...STATUS, lateness: undefined })).stdout).to.include(
      'nothing fired yet',
    );
  });

  it('prints the reply of the node with -o json', async () => {
    const { exitCode, stdout } = await status(STATUS, '-o', 'json');

    expect(exitCode).to.equal(0);
    expect(JSON.parse(stdout)).to.deep.equal(STATUS);
  });
});
