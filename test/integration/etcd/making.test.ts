import { expect } from 'chai';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import { initCluster, readSettings, refillCluster } from '../../../src/adapters/etcd/init.ts';
import { readServerFacts, serverNotes } from '../../../src/adapters/etcd/server-facts.ts';
import { hasCode } from '../../../src/base/errors.ts';
import { FIRST, win } from '../../contract/coordination/world.ts';
import { rejection } from '../../contract/store-fixture.ts';
import { PARTITION } from '../../support/builders.ts';
import { anEtcdWorld, MADE } from '../../support/etcd-fixture.ts';
import type { EtcdWorld } from '../../support/etcd-fixture.ts';
import { startEtcd } from '../../support/etcd-server.ts';
import type { TestEtcd } from '../../support/etcd-server.ts';

const OTHER = { identity: 'another', layout: { regions: ['there'], count: 64 } };

describe('The making of a cluster in etcd', () => {
  let etcd: TestEtcd;
  let world: EtcdWorld;
  before(async () => {
    etcd = await startEtcd();
  });
  beforeEach(async () => {
    world = await anEtcdWorld({ endpoints: etcd.urls });
  });
  afterEach(() => world.close());
  after(() => etcd.remove());

  it('is done once: who comes later is told what was made', async () => {
    const { connection } = world.node();

    expect(await initCluster(connection, OTHER)).to.deep.equal(MADE);
    expect(await readSettings(connection)).to.deep.equal(MADE);
  });

  it('has one outcome where several make it at once', async () => {
    const cluster = `${world.settings.cluster}-at-once`;
    const makers = [MADE, OTHER, MADE].map((made) => ({
      made,
      connection: world.node({ cluster }).connection,
    }));

    const answers = await Promise.all(
      makers.map(({ connection, made }) => initCluster(connection, made)),
    );

    expect(answers).to.deep.equal(answers.map(() => answers[0]));
  });

  it('has nothing to tell of a cluster that was never made', async () => {
    const { connection, coordination } = world.node({ cluster: 'never-made' });

    expect(await readSettings(connection)).to.equal(undefined);
    expect(hasCode(await rejection(coordination.open(FIRST)), 'coordination-empty')).to.equal(true);
  });

  it('does not lower the epoch of a cluster that is made or refilled again', async () => {
    const { connection, coordination } = world.node();
    const session = await coordination.open(FIRST);
    const token = await win({ coordination, session }, 'claim-1');
    await coordination.raiseEpoch(PARTITION, token, 7);
    await initCluster(connection, MADE);
    await refillCluster(connection, MADE, 3);

    expect((await coordination.read()).epoch).to.equal(8);
  });

  it('refuses a cluster that a newer version made', async () => {
    const { connection } = world.node();
    const newer = JSON.stringify({ format: 2, ...MADE });
    await etcd.ctl('put', connection.keys.settings, newer);

    const error = await rejection(readSettings(connection));

    expect(hasCode(error, 'config-invalid'), String(error)).to.equal(true);
  });

  for (const { name, text } of [
    { name: 'no JSON', text: 'x' },
    { name: 'no object', text: '[]' },
    { name: 'no layout', text: '{"format":1,"identity":"a"}' },
    { name: 'no regions', text: '{"identity":"a","layout":{"regions":[],"count":1}}' },
    { name: 'no count', text: '{"identity":"a","layout":{"regions":["x"],"count":0}}' },
    { name: 'no identity', text: '{"layout":{"regions":["x"],"count":1}}' },
  ]) {
    it(`says which key it cannot read, where there is ${name} in it`, async () => {
      const { connection } = world.node();
      await etcd.ctl('put', connection.keys.settings, text);

      const error = await rejection(readSettings(connection));

      expect(hasCode(error, 'record-malformed'), String(error)).to.equal(true);
      expect(String(error)).to.include(connection.keys.settings);
    });
  }

  it('knows the version of each member, and of alarms', async () => {
    const full = await startEtcd({ args: ['--quota-backend-bytes', '200000'] });
    const own = await anEtcdWorld({ endpoints: full.urls });
    const { connection } = own.node();
    const [before] = await readServerFacts(connection);
    const filling = Array.from({ length: 20 }, () => full.ctl('put', 'x', 'x'.repeat(100_000)));
    await Promise.allSettled(filling);
    const facts = await readServerFacts(connection);

    expect(before?.version).to.match(/^3\.\d+\.\d+/);
    expect(before?.alarms).to.deep.equal([]);
    expect(facts.map(({ alarms }) => alarms)).to.deep.equal([['NOSPACE']]);
    expect(serverNotes(facts).join()).to.include('out of space');
    await own.close();
    await full.remove();
  });

  it('does without the facts of members that are away, unless all are', async () => {
    const away = 'http://127.0.0.1:1';
    const some = world.node({ endpoints: [away, ...etcd.urls] });
    const none = world.node({ endpoints: [away] });

    expect(await readServerFacts(some.connection)).to.have.length(1);
    const error = await rejection(readServerFacts(none.connection));
    expect(hasCode(error, 'coordination-unavailable'), String(error)).to.equal(true);
  });
});
