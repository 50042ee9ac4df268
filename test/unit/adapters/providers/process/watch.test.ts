import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { CrashLoops } from '../../../../../src/adapters/providers/process/crash-loop.ts';
import { toInstances } from '../../../../../src/adapters/providers/process/instances.ts';
import type { Instance } from '../../../../../src/adapters/providers/process/instances.ts';
import { Watch } from '../../../../../src/adapters/providers/process/watch.ts';
import type { GroupId } from '../../../../../src/domain/ids.ts';
import type { LutraEvent } from '../../../../../src/ports/observe.ts';
import { FakeClock } from '../../../../support/fake-clock.ts';

const groupId = 'group' as GroupId;

/** One look at a machine on which these pids run, each an instance of its own. */
function looksLike(...pids: readonly number[]): readonly Instance[] {
  return toInstances(
    pids.map((pid) => ({
      ...{ pid, parentPid: 1, processGroup: pid, isSessionLeader: true },
      ...{ groupId, instanceId: `instance-${String(pid)}`, startedAtMs: pid },
    })),
    new Map(),
  );
}

describe('Watch over adopted instances', () => {
  let clock: FakeClock;
  let running: Set<number>;
  let events: LutraEvent[];
  let drifts: GroupId[];
  let watch: Watch;
  beforeEach(() => {
    clock = new FakeClock(0);
    running = new Set([7, 8]);
    events = [];
    drifts = [];
    watch = new Watch({
      clock,
      table: {
        scan: () => Promise.resolve([]),
        find: () => Promise.resolve(undefined),
        isRunning: (pid) => running.has(pid),
      },
      observe: (event) => events.push(event),
      crashLoops: new CrashLoops(clock),
    });
    watch.saw(looksLike(7, 8));
  });

  const ended = {
    ...{ event: 'process.exited', groupId, server: 'instance-7', pid: 7 },
    ...{ exitCode: undefined, signal: undefined },
  };

  it('notices within a second that one has ended, and tells it once', async () => {
    watch.start((drifted) => drifts.push(drifted));
    await clock.advance(5000);
    expect(events).to.deep.equal([]);

    running.delete(7);
    await clock.advance(1000);

    expect(events).to.deep.equal([ended]);
    expect(drifts).to.deep.equal([groupId]);
    await clock.advance(5000);
    expect(events).to.have.lengthOf(1);
    await watch.close();
  });

  it('does not adopt what has ended from a look that began before', () => {
    running.delete(7);
    watch.lookAtAdopted();

    watch.saw(looksLike(7, 8));
    watch.lookAtAdopted();

    expect(events).to.deep.equal([ended]);
  });

  it('remembers leaders as long as something of their instance is left', () => {
    running.delete(7);
    watch.lookAtAdopted();
    const leftover = looksLike(7, 8).map((instance) =>
      instance.id === 'instance-7' ? { ...instance, leader: undefined } : instance,
    );

    watch.saw(leftover);
    expect([...watch.leaders.keys()]).to.deep.equal(['instance-7', 'instance-8']);
    watch.saw(looksLike(8));
    expect([...watch.leaders.keys()]).to.deep.equal(['instance-8']);
  });

  it('tells of a stop, and of no drift, where it was ordered', () => {
    watch.start((drifted) => drifts.push(drifted));
    watch.stopping('instance-7', 'SIGTERM');
    running.delete(7);
    watch.lookAtAdopted();

    expect(events).to.deep.equal([
      { event: 'process.stopped', groupId, server: 'instance-7', pid: 7, signal: 'SIGTERM' },
    ]);
    expect(drifts).to.deep.equal([]);
  });

  it('looks no more when it is closed', async () => {
    watch.start((drifted) => drifts.push(drifted));
    await watch.close();

    running.clear();
    await clock.advance(5000);

    expect(events).to.deep.equal([]);
  });
});
