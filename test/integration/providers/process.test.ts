import { execFile } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import { hasCode } from '../../../src/base/errors.ts';
import type { GroupId } from '../../../src/domain/ids.ts';
import type { LutraEvent } from '../../../src/ports/observe.ts';
import type { ProviderTarget } from '../../../src/ports/provider.ts';
import { procfs } from '../../../src/adapters/providers/process/procfs.ts';
import { ps } from '../../../src/adapters/providers/process/ps.ts';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { anOrder, providerContract, rejectionOf } from '../../contract/provider-contract.ts';
import { eventually, killNow, platformTable, ProcessLab } from './processes.ts';

const run = promisify(execFile);
const NEVER = new AbortController().signal;

const hasPs = (process.env['PATH'] ?? '')
  .split(delimiter)
  .some((folder) => existsSync(join(folder, 'ps')));

for (const { name, table, isHere } of [
  { name: 'process, found through /proc', table: procfs, isHere: process.platform === 'linux' },
  { name: 'process, found through ps', table: ps, isHere: hasPs },
]) {
  describe(name, function () {
    this.timeout(30_000);
    before(function skipWhatThisMachineLacks() {
      if (!isHere) this.skip();
    });

    providerContract({
      name,
      open: () => {
        const lab = new ProcessLab();
        return Promise.resolve({
          provider: lab.provider({ table }),
          target: lab.target('idle'),
          otherTarget: lab.target('idle'),
          close: () => lab.close(),
        });
      },
    });

    it('lists what runs and carries the marks of its scope', async () => {
      const lab = new ProcessLab();
      const target = lab.target('parent');
      const provider = lab.provider({ table });
      try {
        await provider.setCapacity(target, anOrder(1), NEVER);
        const [instanceId = ''] = await lab.ids(provider, target);
        await lab.output(target, instanceId, '\n');

        const found = await table.scan(lab.scope);

        const leader = found.find(({ isSessionLeader }) => isSessionLeader);
        const child = found.find(({ isSessionLeader }) => !isSessionLeader);
        const shared = { groupId: target.groupId, instanceId, processGroup: leader?.pid };
        expect(found).to.have.lengthOf(2);
        expect(leader).to.include({ ...shared, parentPid: process.pid });
        expect(child).to.include({ ...shared, parentPid: leader?.pid });
        expect(await table.find(leader?.pid ?? 0, lab.scope)).to.deep.equal(leader);
        expect(await table.find(leader?.pid ?? 0, 'another')).to.equal(undefined);
        expect(await table.scan('another')).to.deep.equal([]);
      } finally {
        await lab.close();
      }
    });

    it('leaves out the process group of Lutra itself, though it may carry marks', async () => {
      const lab = new ProcessLab();
      const target = lab.target('idle');
      try {
        const marks = {
          LUTRA_SCOPE: lab.scope,
          LUTRA_GROUP_ID: target.groupId,
          LUTRA_INSTANCE_ID: 'instance',
          LUTRA_STARTED_AT: '1',
        };
        const { stdout } = await run(
          process.execPath,
          ['--import', 'tsx', new URL('./list-processes.ts', import.meta.url).pathname, lab.scope],
          { env: { ...process.env, ...marks } },
        );

        const seen = JSON.parse(stdout) as Record<'procfs' | 'ps', unknown>;
        expect(seen[table === ps ? 'ps' : 'procfs']).to.deep.equal([]);
      } finally {
        await lab.close();
      }
    });
  });
}

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

  function eventsOf(name: LutraEvent['event']): readonly LutraEvent[] {
    return lab.events.filter(({ event }) => event === name);
  }

  it('tells of every start and stop', async () => {
    const provider = lab.provider();
    const target = lab.target('idle');
    await provider.setCapacity(target, anOrder(1), NEVER);
    const [server = ''] = await lab.ids(provider, target);
    const pid = await lab.pidOf(server);

    await provider.setCapacity(target, anOrder(0), NEVER);

    await eventually(() => (eventsOf('process.stopped').length > 0 ? true : undefined));
    const { groupId } = target;
    expect(lab.events).to.deep.equal([
      { event: 'process.started', groupId, server, pid },
      { event: 'process.stopped', groupId, server, pid, signal: 'SIGTERM' },
    ]);
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
    await eventually(() => (eventsOf('process.stopped').length > 0 ? true : undefined));
    expect(eventsOf('process.stopped')[0]).to.include({ server: id, signal: 'SIGKILL' });
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
    expect(eventsOf('process.exited')[0]).to.include({ server: killed, signal: 'SIGKILL' });
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

  it('takes the stops that were ordered for no drift', async () => {
    const target = lab.target('idle');
    const drifts: GroupId[] = [];
    const earlier = lab.provider();
    earlier.watchDrift((groupId) => drifts.push(groupId));
    await earlier.setCapacity(target, anOrder(3), NEVER);
    await earlier.setCapacity(target, anOrder(2), NEVER);
    await eventually(() => (eventsOf('process.stopped').length === 1 ? true : undefined));
    await earlier.close();
    const later = lab.provider();
    later.watchDrift((groupId) => drifts.push(groupId));

    await later.setCapacity(target, anOrder(0), NEVER);

    expect(eventsOf('process.stopped')).to.have.lengthOf(3);
    expect(eventsOf('process.exited')).to.deep.equal([]);
    expect(drifts).to.deep.equal([]);
  });

  it('gives a command that keeps ending up for a minute, and shows its output', async () => {
    const provider = lab.provider();
    const target = lab.target('broken');
    await provider.setCapacity(target, anOrder(3), NEVER);
    await eventually(() => (eventsOf('process.exited').length === 3 ? true : undefined));

    const rejection = await rejectionOf(provider.setCapacity(target, anOrder(3), NEVER));

    expect(hasCode(rejection, 'provider-fatal'), String(rejection)).to.equal(true);
    expect(String(rejection))
      .to.include(process.execPath)
      .and.to.include('exit code 3')
      .and.to.include('no database at db.example');
    await provider.setCapacity(target, anOrder(0), NEVER);
    // Another command for the group is another matter.
    const mended = { ...target, args: lab.target('idle').args };
    await provider.setCapacity(mended, anOrder(1), NEVER);
    expect(await lab.ids(provider, target)).to.have.lengthOf(1);
  });

  it('says what is wrong with a command that cannot be started', async () => {
    const script = join(lab.folder, 'script');
    writeFileSync(script, '#!/nowhere/interpreter\n');
    chmodSync(script, 0o755);
    const missing = join(lab.folder, 'missing');
    const cases = [
      { command: [missing], says: `cannot start ${missing}: there is no such file` },
      { command: ['lutra-no-such-program'], says: 'no program of this name is on PATH' },
      {
        command: [lab.folder],
        says: `cannot start ${lab.folder}: it is not a file that Lutra may execute`,
      },
      { command: [script], says: 'the interpreter that its first line names does not exist' },
      { command: [process.execPath], cwd: missing, says: `its cwd ${missing} is not a folder` },
      { command: [process.execPath], cwd: script, says: `its cwd ${script} is not a folder` },
    ];
    const provider = lab.provider();
    for (const { says, ...args } of cases) {
      const target = lab.target('idle', args);

      const rejection = await rejectionOf(provider.setCapacity(target, anOrder(1), NEVER));

      expect(hasCode(rejection, 'provider-fatal'), String(rejection)).to.equal(true);
      expect(String(rejection)).to.include(says);
      expect(readdirSync(join(lab.folder, target.groupId))).to.deep.equal([]);
    }
  });

  it('says which log cannot be written', async () => {
    const logFolder = join(lab.folder, 'file');
    writeFileSync(logFolder, '');

    const rejection = await rejectionOf(
      lab.provider({ logFolder }).setCapacity(lab.target('idle'), anOrder(1), NEVER),
    );

    expect(hasCode(rejection, 'provider-fatal'), String(rejection)).to.equal(true);
    expect(String(rejection)).to.include(`cannot write the log ${logFolder}`);
  });

  it('touches nothing of another installation', async () => {
    const other = new ProcessLab();
    try {
      const target = lab.target('idle');
      const theirs = other.provider();
      await theirs.setCapacity(target, anOrder(2), NEVER);
      const ours = lab.provider();

      expect(await lab.ids(ours, target)).to.deep.equal([]);
      await ours.setCapacity(target, anOrder(1), NEVER);
      await ours.setCapacity(target, anOrder(0), NEVER);

      expect(await other.ids(theirs, target)).to.have.lengthOf(2);
    } finally {
      await other.close();
    }
  });

  it('hands on nothing of its environment but what every program needs', async () => {
    const environment = { PATH: '/bin', HOME: '/home/lutra', TZ: 'UTC', LUTRA_TOKEN: 'secret' };
    const provider = lab.provider({ environment });
    const target = lab.target('environment', {
      env: { GREETING: 'good morning', TZ: 'Asia/Tokyo' },
    });
    await provider.setCapacity(target, anOrder(1), NEVER);
    const [id = ''] = await lab.ids(provider, target);

    const { LUTRA_STARTED_AT, ...seen } = JSON.parse(await lab.output(target, id, '\n')) as Record<
      string,
      string
    >;

    expect(Math.abs(Number(LUTRA_STARTED_AT) - systemClock.now())).to.be.below(20_000);
    // macOS adds one of its own.
    delete seen['__CF_USER_TEXT_ENCODING'];
    expect(seen).to.deep.equal({
      PATH: '/bin',
      HOME: '/home/lutra',
      TZ: 'Asia/Tokyo',
      GREETING: 'good morning',
      LUTRA_SCOPE: lab.scope,
      LUTRA_GROUP_ID: target.groupId,
      LUTRA_INSTANCE_ID: id,
    });
  });

  it('keeps logs to itself, and the newest five of ended instances', async () => {
    const provider = lab.provider();
    const target = lab.target('idle');
    const folder = join(lab.folder, target.groupId);
    for (let round = 0; round < 2; round += 1) {
      await provider.setCapacity(target, anOrder(4), NEVER);
      await provider.setCapacity(target, anOrder(0), NEVER);
    }
    await provider.setCapacity(target, anOrder(1), NEVER);
    const [running = ''] = await lab.ids(provider, target);

    expect(statSync(folder).mode & 0o777).to.equal(0o700);
    expect(statSync(join(folder, `${running}.log`)).mode & 0o777).to.equal(0o600);
    expect(readdirSync(folder)).to.have.lengthOf(6).and.to.include(`${running}.log`);
  });

  it('writes no log where output is discarded', async () => {
    const provider = lab.provider();
    const target = lab.target('idle', { output: 'discard' });

    await provider.setCapacity(target, anOrder(1), NEVER);

    expect(await lab.ids(provider, target)).to.have.lengthOf(1);
    expect(readdirSync(lab.folder)).to.deep.equal([]);
  });

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

  it('sees its own children even where their environment cannot be read', async () => {
    const blind = { ...platformTable, scan: () => Promise.resolve([]) };
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

  it('refuses a scope that would not survive the way through ps', () => {
    expect(() => lab.provider({ scope: 'a b' })).to.throw('cannot be the scope');
  });
});
