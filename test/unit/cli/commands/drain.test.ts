import { expect } from 'chai';
import { describe, it } from 'mocha';

import { NEW_YEAR_2030, runIn } from '../../../support/cli-world.ts';
import type { Ended, WorldOptions } from '../../../support/cli-world.ts';
import { CLUSTER_BODY } from '../../../support/cluster-builders.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { FakeNodeApi, refusal } from '../../../support/fake-node-api.ts';

/** A node that accepts to drain n1 and then owns as many partitions as each look says, the last one for ever. */
function draining(...ownedCounts: readonly number[]): FakeNodeApi {
  const api = new FakeNodeApi(NEW_YEAR_2030);
  const left = [...ownedCounts];
  api.intercept = ({ method, path }) => {
    if (method === 'POST') {
      expect(path).to.equal('/lutra/v1/nodes/n1/drain');
      return { status: 202, body: { node: 'n1-0000000a' } };
    }
    const count = left.length > 1 ? left.shift() : left[0];
    const partitions = CLUSTER_BODY.partitions.filter(({ node }) => node === 'n1-0000000a');
    return { status: 200, body: { ...CLUSTER_BODY, partitions: partitions.slice(0, count) } };
  };
  return api;
}

function drain(options: WorldOptions, ...words: readonly string[]): Promise<Ended> {
  return runIn(options, 'drain', 'n1', '--url', 'http://127.0.0.1:1', ...words);
}

describe('lutra drain', () => {
  it('asks the node to drain and says what it still owns', async () => {
    expect(await drain({ fetch: draining(2).fetch })).to.deep.equal({
      exitCode: 0,
      stdout: 'NODE         OWNED  STATE\nn1-0000000a  2      draining\n',
      stderr: '',
    });
  });

  it('waits with --wait until it owns nothing, and says how it goes on', async () => {
    const clock = new FakeClock(NEW_YEAR_2030);

    const running = drain({ fetch: draining(2, 2, 1, 0).fetch, clock }, '--wait');
    await clock.advance(3_000);

    expect(await running).to.deep.equal({
      exitCode: 0,
      stdout: 'NODE         OWNED  STATE\nn1-0000000a  0      drained\n',
      stderr:
        'n1-0000000a owns 2 partitions\nn1-0000000a owns 1 partition\nn1-0000000a owns 0 partitions\n',
    });
  });

  it('ends with 1 where it still owns something when the time is over', async () => {
    const clock = new FakeClock(NEW_YEAR_2030);

    const words = ['--wait', '--timeout', '2', '-o', 'json'];
    const running = drain({ fetch: draining(1).fetch, clock }, ...words);
    await clock.advance(2_000);

    const { exitCode, stdout, stderr } = await running;
    expect(exitCode).to.equal(1);
    expect(JSON.parse(stdout)).to.deep.equal({
      node: 'n1-0000000a',
      ownedCount: 1,
      isDrained: false,
    });
    expect(stderr).to.include('n1-0000000a still owns 1 partition after 2 s');
  });

  it('ends with 1 when it is interrupted, and says that the node goes on', async () => {
    const clock = new FakeClock(NEW_YEAR_2030);
    const interruption = new AbortController();

    const { signal } = interruption;
    const running = drain({ fetch: draining(1).fetch, clock, interrupted: signal }, '--wait');
    await clock.advance(500);
    interruption.abort('SIGINT');

    const { exitCode, stderr } = await running;
    expect(exitCode).to.equal(1);
    expect(stderr).to.include('interrupted; the node goes on draining');
  });

  it('ends with 1 and the words of the node where it knows no such member', async () => {
    const api = new FakeNodeApi(NEW_YEAR_2030);
    api.intercept = () => refusal(404, 'NotFound', 'No node n1 is a member; members are: n2-b');

    const { exitCode, stderr } = await drain({ fetch: api.fetch });

    expect({ exitCode, stderr }).to.deep.equal({
      exitCode: 1,
      stderr: 'NotFound: No node n1 is a member; members are: n2-b\n',
    });
  });
});
