import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { CrashLoops } from '../../../../../src/adapters/providers/process/crash-loop.ts';
import type { Exit } from '../../../../../src/adapters/providers/process/crash-loop.ts';
import type { GroupId } from '../../../../../src/domain/ids.ts';
import { FakeClock } from '../../../../support/fake-clock.ts';

const group = 'group' as GroupId;

function anExit(changes: Partial<Exit> = {}): Exit {
  return {
    groupId: group,
    instanceId: 'instance',
    launch: 'worker',
    ranMs: 100,
    exitCode: 1,
    signal: undefined,
    ...changes,
  };
}

describe('CrashLoops', () => {
  let clock: FakeClock;
  let loops: CrashLoops;
  beforeEach(() => {
    clock = new FakeClock(0);
    loops = new CrashLoops(clock);
  });

  async function recordAt(...seconds: readonly number[]): Promise<void> {
    for (const second of seconds) {
      await clock.advance(second * 1000 - clock.monotonicMs());
      loops.record(anExit({ instanceId: `at ${String(second)} s` }));
    }
  }

  it('knows no loop before the third early exit', async () => {
    await recordAt(0, 1);
    expect(loops.current(group, 'worker')).to.equal(undefined);

    await recordAt(2);
    expect(loops.current(group, 'worker')).to.deep.equal(anExit({ instanceId: 'at 2 s' }));
  });

  it('lasts until a minute has passed since the last early exit', async () => {
    await recordAt(0, 10, 20);

    await clock.advance(59_999);
    expect(loops.current(group, 'worker')).to.not.equal(undefined);
    await clock.advance(1);
    expect(loops.current(group, 'worker')).to.equal(undefined);
  });

  it('takes three more exits to be in a loop again', async () => {
    await recordAt(0, 1, 2, 70, 71);
    expect(loops.current(group, 'worker')).to.equal(undefined);

    await recordAt(72);
    expect(loops.current(group, 'worker')).to.not.equal(undefined);
  });

  it('takes exits that lie further apart than a minute for no loop', async () => {
    await recordAt(0, 31, 61);
    expect(loops.current(group, 'worker')).to.equal(undefined);

    await recordAt(91);
    expect(loops.current(group, 'worker')).to.not.equal(undefined);
  });

  it('counts no exit of an instance that got to work', async () => {
    await recordAt(0, 1);
    loops.record(anExit({ ranMs: 10_000 }));
    expect(loops.current(group, 'worker')).to.equal(undefined);

    loops.record(anExit({ ranMs: 9_999 }));
    expect(loops.current(group, 'worker')).to.not.equal(undefined);
  });

  it('keeps groups apart', async () => {
    await recordAt(0, 1);
    loops.record(anExit({ groupId: 'another' as GroupId }));

    expect(loops.current(group, 'worker')).to.equal(undefined);
    expect(loops.current('another' as GroupId, 'worker')).to.equal(undefined);
  });

  it('lets another command try at once, and counts its exits anew', async () => {
    await recordAt(0, 1, 2);
    expect(loops.current(group, 'mended worker')).to.equal(undefined);

    loops.record(anExit({ launch: 'mended worker' }));
    expect(loops.current(group, 'mended worker')).to.equal(undefined);
    expect(loops.current(group, 'worker')).to.equal(undefined);
  });
});
