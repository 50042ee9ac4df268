import { expect } from 'chai';
import { describe, it } from 'mocha';
import { signalInstance } from '../../../../../src/adapters/providers/process/client.ts';
import { toInstances } from '../../../../../src/adapters/providers/process/instances.ts';
import type { Instance } from '../../../../../src/adapters/providers/process/instances.ts';
import { InvariantError } from '../../../../../src/base/assert.ts';
import type { GroupId } from '../../../../../src/domain/ids.ts';

/** Sent to no effect: it only asks whether a signal could be sent. */
const NO_SIGNAL = 0 as unknown as NodeJS.Signals;
/** Beyond what any system gives to a process. */
const NOBODY = 2 ** 30;

/** One instance whose processes are in these groups. */
function anInstance(...processGroups: readonly number[]): Instance {
  const processes = processGroups.map((processGroup, index) => ({
    ...{ pid: NOBODY + index, parentPid: 1, processGroup, isSessionLeader: index === 0 },
    ...{ groupId: 'group' as GroupId, instanceId: 'instance', startedAtMs: 0 },
  }));
  return toInstances(processes, new Map())[0] ?? expect.fail('no instance');
}

/** Signals the instance and answers which of its processes were looked at again right before. */
async function signal(instance: Instance): Promise<readonly number[]> {
  const confirmed: number[] = [];
  await signalInstance(instance, NO_SIGNAL, {
    table: {
      scan: () => Promise.resolve([]),
      find: () => Promise.resolve(undefined),
      isRunning: () => false,
    },
    isStill: ({ pid }) => {
      confirmed.push(pid);
      return Promise.resolve(true);
    },
  });
  return confirmed;
}

describe('signalInstance', () => {
  it('signals each process group once: to some programs a second SIGTERM means something else', async () => {
    const instance = anInstance(NOBODY, NOBODY, NOBODY + 2, NOBODY);

    expect(await signal(instance)).to.deep.equal([NOBODY, NOBODY + 2]);
  });

  for (const processGroup of [0, 1, -1, Number.NaN]) {
    it(`sends nothing to group ${String(processGroup)}, which stands for more than a group`, async () => {
      const error = await signal(anInstance(processGroup)).catch((thrown: unknown) => thrown);

      expect(error).to.be.instanceOf(InvariantError);
    });
  }
});
