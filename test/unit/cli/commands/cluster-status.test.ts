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

const NOT_ASKED =
  'members on other machines answer only there: run this on theirs, or look at their metrics\n';

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

interface RegionCase {
  readonly name: string;
  /** Those besides the one in eu. */
  readonly members: readonly object[];
  /** Of the two partitions of us. */
  readonly owners: readonly (string | undefined)[];
  readonly drains?: readonly (string | undefined)[];
  readonly state: string;
  /** As terminals number them. */
  readonly colour: number;
}

describe('the state of a region in lutra cluster status', () => {
  const FIT = memberOf(1, { unfitFor: [] });
  const UNFIT = memberOf(1);
  const DRAINING = memberOf(1, { unfitFor: [], isDraining: true });
  const ANOTHER = memberOf(1, { node: 'n3-0000000c', unfitFor: [] });
  const [RED, YELLOW, GREEN] = [31, 33, 32];
  const CASES: readonly RegionCase[] = [
    {
      name: 'that nobody is in and nobody runs',
      ...{ members: [], owners: [undefined, undefined] },
      ...{ state: 'vacant', colour: RED },
    },
    {
      name: 'that has nodes and nobody runs',
      ...{ members: [FIT], owners: [undefined, undefined] },
      ...{ state: '2 without owner', colour: RED },
    },
    {
      name: 'that nobody is in and others run in part',
      ...{ members: [], owners: [EU_NODE, undefined] },
      ...{ state: '1 without owner', colour: RED },
    },
    {
      name: 'with a partition without owner and another with an unfit one',
      ...{ members: [UNFIT], owners: [US_NODE, undefined] },
      ...{ state: '1 without owner', colour: RED },
    },
    {
      name: 'with an unfit owner and one from elsewhere',
      ...{ members: [UNFIT], owners: [US_NODE, EU_NODE] },
      ...{ state: '1 with an owner that is unfit', colour: RED },
    },
    {
      name: 'that others run, whose own nodes are draining',
      ...{ members: [DRAINING], owners: [EU_NODE, EU_NODE] },
      ...{ state: 'run by nodes of eu', colour: YELLOW },
    },
    {
      name: 'that nobody is in and others run',
      ...{ members: [], owners: [EU_NODE, EU_NODE] },
      ...{ state: 'run by nodes of eu', colour: YELLOW },
    },
    {
      name: 'all of whose nodes are draining',
      ...{ members: [DRAINING], owners: [US_NODE, US_NODE] },
      ...{ state: 'no node takes partitions', colour: YELLOW },
    },
    {
      name: 'all of whose nodes were asked to drain',
      ...{ members: [FIT], owners: [US_NODE, US_NODE], drains: [US_NODE] },
      ...{ state: 'no node takes partitions', colour: YELLOW },
    },
    {
      name: 'one of whose nodes is draining',
      ...{ members: [DRAINING, ANOTHER], owners: [US_NODE, US_NODE] },
      ...{ state: 'ok', colour: GREEN },
    },
    {
      name: 'that its own fit nodes run',
      ...{ members: [FIT], owners: [US_NODE, US_NODE] },
      ...{ state: 'ok', colour: GREEN },
    },
  ];
  for (const { name, members, owners, drains = [], state, colour } of CASES) {
    it(`is "${state}" for one ${name}`, async () => {
      const api = aCluster();
      const all = [memberOf(0), ...members];
      const partitions = ownedBy(...owners);
      api.cluster = { ...CLUSTER_BODY, members: all, partitions, drains };

      const { stdout } = await status({ fetch: api.fetch, isTerminal: true });

      const row = stdout.split('\n').find((line) => line.startsWith('us ')) ?? '';
      expect(row.endsWith(`\u001b[${String(colour)}m${state}\u001b[39m`), row).to.equal(true);
    });
  }

  it('has no colours where they are not wanted', async () => {
    const api = aCluster();
    const members = [memberOf(0, { address: 'http://127.0.0.1:9000' })];
    const partitions = ownedBy(EU_NODE, EU_NODE);
    api.cluster = { ...CLUSTER_BODY, members, partitions };

    const { stdout } = await status({ fetch: api.fetch, isTerminal: true }, '--no-color');

    expect(stdout).to.not.include('\u001b');
    expect(stdout).to.include('run by nodes of eu').and.to.include('not asked');
  });
});

describe('lutra cluster status', () => {
  it('shows members, regions, the epoch and the stores', async () => {
    const { exitCode, stdout } = await status({ fetch: aCluster().fetch });

    expect(exitCode).to.equal(2);
    expect(stdout).to.equal(
      [
        'NODE         REGION  VERSION  OWNED  LATE P99  STATE',
        'n1-0000000a  eu      1.2.3    2      4 ms      doubtful',
        'n2-0000000b  us      1.2.3    1      -         draining, unfit for us',
        '',
        'REGION  PARTITIONS  OWNED  WITHOUT OWNER  STATE',
        'eu      2           2      0              ok',
        'us      2           1      1              1 without owner',
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

  for (const host of ['127.0.0.1', '127.8.0.1', 'localhost', '[::1]']) {
    it(`says not asked of a member that tells others ${host} and does not answer there`, async () => {
      const api = aCluster();
      api.cluster = { ...CLUSTER_BODY, members: [memberOf(0, { address: `http://${host}:1` })] };

      const { stdout, stderr } = await status({ fetch: api.fetch });

      expect(stdout).to.match(/^n1-0000000a .* not asked$/m);
      expect(stderr).to.equal(NOT_ASKED);
    });
  }

  it('says not asked where another node answers at the loopback address of a member', async () => {
    const api = aCluster();
    const members = [memberOf(0, { address: 'http://127.0.0.1:9000' }), memberOf(1)];
    api.cluster = { ...CLUSTER_BODY, members };
    api.others.set('http://127.0.0.1:9000', aStatus('n9-0000000f'));

    const { stdout, stderr } = await status({ fetch: api.fetch });

    expect(stdout).to.match(/^n1-0000000a .* not asked$/m);
    expect(stderr).to.equal(NOT_ASKED);
  });

  it('asks a member that answers at a loopback address like any other', async () => {
    const api = aCluster();
    const members = [memberOf(0, { address: 'http://127.0.0.1:9000' }), memberOf(1)];
    api.cluster = { ...CLUSTER_BODY, members };
    api.others.set('http://127.0.0.1:9000', aStatus('n1-0000000a'));

    const { stdout, stderr } = await status({ fetch: api.fetch });

    expect(stdout).to.match(/^n1-0000000a .* ok$/m);
    expect(stderr).to.equal('');
  });

  it('says of a member that it cannot ask what the others know', async () => {
    const api = aCluster();
    const members = [memberOf(0), memberOf(1, { address: 'http://127.0.0.1:9000' })];
    api.cluster = { ...CLUSTER_BODY, members };

    const { stdout } = await status({ fetch: api.fetch });
    const coloured = (await status({ fetch: api.fetch, isTerminal: true })).stdout;

    expect(stdout).to.match(/^n2-0000000b .* not asked, draining, unfit for us$/m);
    expect(coloured).to.include('\u001b[2mnot asked\u001b[22m, \u001b[31mdraining\u001b[39m, ');
  });

  it('takes an address that is none for unreachable', async () => {
    const api = aCluster();
    api.cluster = { ...CLUSTER_BODY, members: [memberOf(0, { address: 'nowhere' }), memberOf(1)] };
    api.others.delete('http://10.0.0.1:9000');

    const { stdout, stderr } = await status({ fetch: api.fetch });

    expect(stdout).to.match(/^n1-0000000a .* unreachable$/m);
    expect(stderr).to.equal('');
  });

  it('says drained of a draining member that owns nothing', async () => {
    const api = aCluster();
    const members = [memberOf(0), memberOf(1, { isDraining: true, unfitFor: [] })];
    api.cluster = { ...CLUSTER_BODY, members, drains: [], partitions: ownedBy() };

    expect((await status({ fetch: api.fetch })).stdout).to.match(/^n2-0000000b .* drained$/m);
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
    expect(exitCode).to.equal(2);
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
