import { expect } from 'chai';
import { describe, it } from 'mocha';

import { NEW_YEAR_2030, runIn } from '../../../support/cli-world.ts';
import type { Ended, WorldOptions } from '../../../support/cli-world.ts';
import { aStatus, aToken, CLUSTER_BODY } from '../../../support/cluster-builders.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { FakeNodeApi } from '../../../support/fake-node-api.ts';

const N1 = aStatus('n1-0000000a', {
  isDoubtful: true,
  partitions: [
    { partition: 'eu/0', token: aToken(10), since: '2029-12-31T23:59:00.000Z' },
    // An earlier term of it: what it says of that one is not about the present owner.
    { partition: 'eu/1', token: aToken(5), since: '2029-12-31T23:00:00.000Z' },
  ],
  lateness: { count: 9, p50Ms: 1, p99Ms: 4, maxMs: 9 },
});

function aCluster(): FakeNodeApi {
  const api = new FakeNodeApi(NEW_YEAR_2030);
  api.cluster = CLUSTER_BODY;
  api.others.set('http://10.0.0.1:9000', N1);
  api.others.set('http://10.0.0.2:9000', aStatus('n2-0000000b'));
  return api;
}

function status(options: WorldOptions, ...words: readonly string[]): Promise<Ended> {
  return runIn(options, 'cluster', 'status', '--url', 'http://127.0.0.1:1', ...words);
}

describe('lutra cluster status', () => {
  it('shows members, regions, the epoch and the stores', async () => {
    const { exitCode, stdout } = await status({ fetch: aCluster().fetch });

    expect(exitCode).to.equal(0);
    expect(stdout).to.equal(
      [
        'NODE         REGION  VERSION  OWNED  LATE P99  STATE',
        'n1-0000000a  eu      1.2.3    2      4 ms      doubtful',
        'n2-0000000b  us      1.2.3    1      -         draining, unfit for us',
        '',
        'REGION  PARTITIONS  OWNED  WITHOUT OWNER  STATE',
        'eu      2           2      0              ok',
        'us      2           1      1              vacant',
        '',
        'WHAT             VALUE',
        'cluster          lutra',
        'identity         c1',
        'epoch            3',
        'store of eu, us  redis c1/eu+us',
        '                 an acknowledged write survives a crash',
        '',
      ].join('\n'),
    );
  });

  it('says ok of a member with which nothing is wrong', async () => {
    const api = aCluster();
    api.others.set('http://10.0.0.1:9000', aStatus('n1-0000000a'));

    expect((await status({ fetch: api.fetch })).stdout).to.match(/^n1-0000000a .* ok$/m);
  });

  it('prints tokens and ages of terms, by the clock of their owner, with -o json', async () => {
    const { stdout } = await status({ fetch: aCluster().fetch }, '-o', 'json');

    const json = JSON.parse(stdout) as { readonly partitions: unknown; readonly epoch: unknown };
    expect(json.epoch).to.equal(3);
    expect(json.partitions).to.deep.equal([
      {
        ...{ partition: 'eu/0', node: 'n1-0000000a', token: aToken(10) },
        ...{ since: '2029-12-31T23:59:00.000Z', ageMs: 60_000 },
      },
      { partition: 'eu/1', node: 'n1-0000000a', token: aToken(11) },
      { partition: 'us/0', node: 'n2-0000000b', token: aToken(12) },
      { partition: 'us/1' },
    ]);
  });

  it('calls a member unreachable at whose address another node answers, and says which', async () => {
    const api = aCluster();
    api.others.set('http://10.0.0.1:9000', aStatus('n1-0000000c', { lateness: undefined }));

    const { stdout } = await status({ fetch: api.fetch });
    const json = JSON.parse((await status({ fetch: api.fetch }, '-o', 'json')).stdout) as {
      readonly members: readonly Readonly<Record<string, unknown>>[];
    };

    expect(stdout).to.match(/^n1-0000000a .* - {9}unreachable$/m);
    expect(json.members[0]).to.include({
      problem: 'another node answers there: n1-0000000c',
    });
    expect(json.members[0]).to.not.have.property('status');
  });

  it('does not wait longer than two seconds for a member', async () => {
    const api = aCluster();
    const clock = new FakeClock(NEW_YEAR_2030);
    const fetching = (url: string, init?: RequestInit): Promise<Response> =>
      url.startsWith('http://10.0.0.1')
        ? new Promise((_, reject) => {
            init?.signal?.addEventListener('abort', () => reject(new Error('too late')));
          })
        : api.fetch(url, init);

    const running = status({ fetch: fetching as typeof fetch, clock });
    await clock.advance(2_000);

    const { exitCode, stdout } = await running;
    expect(exitCode).to.equal(0);
    expect(stdout).to.include('unreachable');
    expect(stdout).to.include('redis c1/eu+us');
  });

  it('ends with 1 when it is interrupted, instead of calling members unreachable', async () => {
    const interruption = new AbortController();
    const { signal } = interruption;
    const api = aCluster();
    api.intercept = ({ path }) => {
      if (path === '/lutra/v1/status') interruption.abort('SIGINT');
      return undefined;
    };
    api.others.clear();
    api.status = 'not one';

    const fetching = async (url: string, init?: RequestInit): Promise<Response> => {
      const response = await api.fetch(url, init);
      signal.throwIfAborted();
      return response;
    };
    const { exitCode, stdout } = await status({
      fetch: fetching as typeof fetch,
      interrupted: signal,
    });

    expect({ exitCode, stdout }).to.deep.equal({ exitCode: 1, stdout: '' });
  });

  it('names each store once, with what is wrong with it and who does not reach it', async () => {
    const api = aCluster();
    const store = {
      ...{ regions: ['eu', 'us'], kind: 'redis', identity: 'c1/eu+us' },
      ...{ durability: 'kept', problems: ['turn AOF on'], isReachable: true },
    };
    const unreached = { ...store, durability: 'not known', problems: [], isReachable: false };
    api.others.set('http://10.0.0.1:9000', aStatus('n1-0000000a', { stores: [unreached] }));
    api.others.set('http://10.0.0.2:9000', aStatus('n2-0000000b', { stores: [store] }));

    const { stdout } = await status({ fetch: api.fetch });

    expect(stdout.slice(stdout.indexOf('store of')).split('\n')).to.deep.equal([
      'store of eu, us  redis c1/eu+us',
      '                 kept',
      '                 turn AOF on',
      '                 not reached by n1-0000000a',
      '',
    ]);
  });

  it('prints what nodes are called without control characters', async () => {
    const api = aCluster();
    api.cluster = { ...CLUSTER_BODY, name: 'a\u001b[2J', identity: 'b\u009b' };

    const { stdout } = await status({ fetch: api.fetch });

    expect(stdout).to.match(/^cluster +a \[2J$/m);
    expect(stdout).to.not.include('\u009b');
  });

  it('ends with 1 where no node can be asked', async () => {
    expect((await status({})).exitCode).to.equal(1);
  });
});
