import { expect } from 'chai';
import { after, afterEach, beforeEach, describe, it } from 'mocha';
import { hasCode } from '../../../src/base/errors.ts';
import type { ProviderTarget } from '../../../src/ports/provider.ts';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { anOrder, rejectionOf } from '../../contract/provider-contract.ts';
import { eventually, killNow, platformTable, ProcessLab } from './processes.ts';

const NEVER = new AbortController().signal;

describe('ProcessProvider', function () {
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

  it('stops the oldest first', async () => {
    const provider = lab.provider();
    const target = lab.target('idle');
    await provider.setCapacity(target, anOrder(2), NEVER);
    const old = await lab.ids(provider, target);
    await provider.setCapacity(target, anOrder(4), NEVER);
    const all = await lab.ids(provider, target);

    await provider.setCapacity(target, anOrder(2), NEVER);

    expect(all.slice(0, 2)).to.deep.equal(old);
    expect(await lab.ids(provider, target)).to.deep.equal(all.slice(2));
  });

  it('adopts what an earlier Lutra started, and goes on from there', async () => {
    const target = lab.target('idle');
    const earlier = lab.provider();
    await earlier.setCapacity(target, anOrder(2), NEVER);
    const ids = await lab.ids(earlier, target);
    await earlier.close();
    const later = lab.provider();

    expect(await lab.ids(later, target)).to.deep.equal(ids);
    await later.setCapacity(target, anOrder(3), NEVER);
    expect((await lab.ids(later, target)).slice(0, 2)).to.deep.equal(ids);
    await later.setCapacity(target, anOrder(1), NEVER);
    expect(await lab.ids(later, target))
      .to.have.lengthOf(1)
      .and.to.not.include.members(ids);
  });

  it('adopts what has a long environment, too', async () => {
    const env = Object.fromEntries(['A', 'B', 'C'].map((name) => [name, 'x'.repeat(32_000)]));
    const target = lab.target('idle', { env });
    await lab.provider().setCapacity(target, anOrder(1), NEVER);

    expect(await lab.ids(lab.provider(), target)).to.have.lengthOf(1);
  });

  it('kills after the stop time-out what does not heed SIGTERM', async () => {
    const provider = lab.provider();
    const target = lab.target('stubborn', { stop_timeout: 0.3 });
    await provider.setCapacity(target, anOrder(1), NEVER);
    const [id = ''] = await lab.ids(provider, target);
    await lab.output(target, id, 'ready');
    const startedAtMs = systemClock.monotonicMs();

    await provider.setCapacity(target, anOrder(0), NEVER);

    expect(systemClock.monotonicMs() - startedAtMs).to.be.within(295, 3000);
    expect(await lab.ids(provider, target)).to.deep.equal([]);
    await eventually(() => (lab.told('process.stopped').length > 0 ? true : undefined));
    expect(lab.told('process.stopped')[0]).to.include({ server: id, signal: 'SIGKILL' });
  });

  it('stops all that is to be stopped at once', async () => {
    const provider = lab.provider();
    const target = lab.target('stubborn', { stop_timeout: 0.5 });
    await provider.setCapacity(target, anOrder(4), NEVER);
    for (const id of await lab.ids(provider, target)) await lab.output(target, id, 'ready');
    const startedAtMs = systemClock.monotonicMs();

    await provider.setCapacity(target, anOrder(0), NEVER);

    expect(systemClock.monotonicMs() - startedAtMs).to.be.below(1500);
  });

  /** Starts one instance and gives the pid of the child that it started itself. */
  async function withChild(target: ProviderTarget): Promise<{ leader: number; child: number }> {
    const provider = lab.provider();
    await provider.setCapacity(target, anOrder(1), NEVER);
    const [id = ''] = await lab.ids(provider, target);
    const output = await lab.output(target, id, '\n');
    expect(await lab.ids(provider, target)).to.deep.equal([id]);
    const child = Number(/child (\d+)/.exec(output)?.[1]);
    expect(platformTable.isRunning(child)).to.equal(true);
    return { leader: await lab.pidOf(id), child };
  }

  for (const worker of ['parent', 'parentOfSession'] as const) {
    it(`stops with an instance what it started itself (${worker})`, async () => {
      const target = lab.target(worker);
      const { child } = await withChild(target);

      await lab.provider().setCapacity(target, anOrder(0), NEVER);

      expect(platformTable.isRunning(child)).to.equal(false);
    });

    it(`does not take for an instance what one left behind (${worker})`, async () => {
      const target = lab.target(worker);
      const { leader, child } = await withChild(target);
      // As in life, the provider has looked before the instance ends.
      const provider = lab.provider();
      await provider.observe(target, NEVER);
      killNow(leader);
      await eventually(() => (platformTable.isRunning(leader) ? undefined : true));

      expect(await lab.ids(provider, target)).to.deep.equal([]);
      expect(platformTable.isRunning(child)).to.equal(true);
      await provider.setCapacity(target, anOrder(1), NEVER);

      expect(platformTable.isRunning(child)).to.equal(false);
      expect(await lab.ids(provider, target)).to.have.lengthOf(1);
    });
  }

  it('gives up waiting when the signal aborts; the next order carries on', async () => {
    const provider = lab.provider();
    const target = lab.target('stubborn', { stop_timeout: 20 });
    await provider.setCapacity(target, anOrder(1), NEVER);
    const [id = ''] = await lab.ids(provider, target);
    await lab.output(target, id, 'ready');
    const term = new AbortController();
    const stopping = rejectionOf(provider.setCapacity(target, anOrder(0), term.signal));
    const startedAtMs = systemClock.monotonicMs();
    await systemClock.sleep(50, NEVER);

    term.abort(new Error('the term is over'));

    expect(hasCode(await stopping, 'provider-transient')).to.equal(true);
    expect(systemClock.monotonicMs() - startedAtMs).to.be.below(1000);
    expect(await lab.ids(provider, target)).to.deep.equal([id]);
    const impatient = { ...target, args: { ...target.args, stop_timeout: 0 } };
    await provider.setCapacity(impatient, anOrder(0), NEVER);
    expect(await lab.ids(provider, target)).to.deep.equal([]);
  });

  it('starts no more once the signal aborts', async () => {
    const term = new AbortController();
    const provider = lab.provider({
      observe: () => {
        term.abort(new Error('the term is over'));
      },
    });
    const target = lab.target('idle');

    const rejection = await rejectionOf(provider.setCapacity(target, anOrder(5), term.signal));

    expect(hasCode(rejection, 'provider-transient'), String(rejection)).to.equal(true);
    expect(await lab.ids(provider, target)).to.have.lengthOf(1);
  });

  it('sees its own children even where their environment cannot be read', async () => {
    const blind = {
      ...platformTable,
      scan: () => Promise.resolve([]),
      find: () => Promise.resolve(undefined),
    };
    const provider = lab.provider({ table: blind });
    const target = lab.target('idle');
    await provider.setCapacity(target, anOrder(2), NEVER);
    const ids = await lab.ids(provider, target);
    await provider.setCapacity(target, anOrder(2), NEVER);

    expect(ids).to.have.lengthOf(2);
    expect(await lab.ids(provider, target)).to.deep.equal(ids);
    await provider.setCapacity(target, anOrder(0), NEVER);
    expect(await platformTable.scan(lab.scope)).to.deep.equal([]);
  });

  it('sends no signal to a pid that has become another process', async () => {
    const target = lab.target('idle', { stop_timeout: 0 });
    await lab.provider().setCapacity(target, anOrder(1), NEVER);
    // The process table, as it is when the instance ended right after it was listed.
    const table = { ...platformTable, find: () => Promise.resolve(undefined) };
    const later = lab.provider({ table });

    const rejection = await rejectionOf(later.setCapacity(target, anOrder(0), NEVER));

    expect(hasCode(rejection, 'provider-transient'), String(rejection)).to.equal(true);
    expect(await lab.ids(later, target)).to.have.lengthOf(1);
  });
});
