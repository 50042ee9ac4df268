import { expect } from 'chai';
import { after, afterEach, beforeEach, describe, it } from 'mocha';
import type { GroupId } from '../../../src/domain/ids.ts';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { anOrder, rejectionOf } from '../../contract/provider-contract.ts';
import { eventually, killNow, platformTable, ProcessLab } from './processes.ts';

const NEVER = new AbortController().signal;

describe('what ProcessProvider tells', function () {
  this.timeout(30_000);
  let lab: ProcessLab;
  const scopes: string[] = [];
  beforeEach(() => {
    lab = new ProcessLab();
    scopes.push(lab.scope);
  });
  afterEach(() => lab.close());
  after('leaves no process behind', async () => {
    for (const scope of scopes) expect(await platformTable.scan(scope)).to.deep.equal([]);
  });

  it('tells of every start and stop', async () => {
    const provider = lab.provider();
    const target = lab.target('idle');
    await provider.setCapacity(target, anOrder(1), NEVER);
    const [server = ''] = await lab.ids(provider, target);
    const pid = await lab.pidOf(server);

    await provider.setCapacity(target, anOrder(0), NEVER);

    await eventually(() => (lab.told('process.stopped').length > 0 ? true : undefined));
    const { groupId } = target;
    expect(lab.events).to.deep.equal([
      { event: 'process.started', groupId, server, pid },
      { event: 'process.stopped', groupId, server, pid, signal: 'SIGTERM' },
    ]);
  });

  it('notices that a child was killed, and starts another when asked', async () => {
    const provider = lab.provider();
    const target = lab.target('idle');
    const drifts: GroupId[] = [];
    provider.watchDrift((groupId) => drifts.push(groupId));
    await provider.setCapacity(target, anOrder(2), NEVER);
    const [killed = '', other = ''] = await lab.ids(provider, target);

    killNow(await lab.pidOf(killed));

    await eventually(() => (drifts.length > 0 ? true : undefined));
    expect(drifts).to.deep.equal([target.groupId]);
    expect(lab.told('process.exited')[0]).to.include({ server: killed, signal: 'SIGKILL' });
    await provider.setCapacity(target, anOrder(2), NEVER);
    const ids = await lab.ids(provider, target);
    expect(ids).to.have.lengthOf(2).and.to.include(other);
    expect(ids).to.not.include(killed);
  });

  it('notices that an adopted instance was killed', async () => {
    const target = lab.target('idle');
    const earlier = lab.provider();
    await earlier.setCapacity(target, anOrder(1), NEVER);
    await earlier.close();
    const drifts: GroupId[] = [];
    const later = lab.provider();
    later.watchDrift((groupId) => drifts.push(groupId));
    const [id = ''] = await lab.ids(later, target);

    killNow(await lab.pidOf(id));

    await eventually(() => (drifts.length > 0 ? true : undefined));
    expect(drifts).to.deep.equal([target.groupId]);
  });

  it('leaves everything running when it closes, unless it is told then to stop it', async () => {
    const target = lab.target('idle');
    let stops = false;
    const provider = lab.provider({ stopsAtClose: () => stops });
    await provider.setCapacity(target, anOrder(2), NEVER);

    await provider.close();
    expect(await platformTable.scan(lab.scope)).to.have.lengthOf(2);
    stops = true;
    await provider.close();

    expect(await platformTable.scan(lab.scope)).to.deep.equal([]);
  });

  it('takes the stops that were ordered for no drift', async () => {
    const target = lab.target('idle');
    const drifts: GroupId[] = [];
    const earlier = lab.provider();
    earlier.watchDrift((groupId) => drifts.push(groupId));
    await earlier.setCapacity(target, anOrder(3), NEVER);
    await earlier.setCapacity(target, anOrder(2), NEVER);
    await eventually(() => (lab.told('process.stopped').length === 1 ? true : undefined));
    await earlier.close();
    const later = lab.provider();
    later.watchDrift((groupId) => drifts.push(groupId));

    await later.setCapacity(target, anOrder(0), NEVER);

    expect(lab.told('process.stopped')).to.have.lengthOf(3);
    expect(lab.told('process.exited')).to.deep.equal([]);
    expect(drifts).to.deep.equal([]);
  });

  it('takes the end of an instance that is to stay for drift, though a withdrawn order has signalled it', async () => {
    const provider = lab.provider();
    const target = lab.target('stubborn', { stop_timeout: 20 });
    const drifts: GroupId[] = [];
    provider.watchDrift((groupId) => drifts.push(groupId));
    await provider.setCapacity(target, anOrder(1), NEVER);
    const [id = ''] = await lab.ids(provider, target);
    await lab.output(target, id, 'ready');
    const term = new AbortController();
    const stopping = rejectionOf(provider.setCapacity(target, anOrder(0), term.signal));
    await systemClock.sleep(50, NEVER);
    term.abort();
    await stopping;
    await provider.setCapacity(target, anOrder(1), NEVER);

    killNow(await lab.pidOf(id));

    await eventually(() => (drifts.length > 0 ? true : undefined));
    expect(drifts).to.deep.equal([target.groupId]);
  });

  it('tells nothing after it was closed', async () => {
    const provider = lab.provider();
    const target = lab.target('idle');
    const drifts: GroupId[] = [];
    provider.watchDrift((groupId) => drifts.push(groupId));
    await provider.setCapacity(target, anOrder(1), NEVER);
    const [id = ''] = await lab.ids(provider, target);
    const pid = await lab.pidOf(id);
    await provider.close();
    const later = lab.provider({ observe: () => undefined });
    await later.observe(target, NEVER);
    const noticed = new Promise((resolve) => {
      later.watchDrift(resolve);
    });

    killNow(pid);

    await noticed;
    expect(drifts).to.deep.equal([]);
    expect(lab.told('process.exited')).to.deep.equal([]);
  });
});
