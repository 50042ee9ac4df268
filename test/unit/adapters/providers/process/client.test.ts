import { expect } from 'chai';
import { describe, it } from 'mocha';
import { signalInstance } from '../../../../../src/adapters/providers/process/client.ts';
import { toInstances } from '../../../../../src/adapters/providers/process/instances.ts';
import { InvariantError } from '../../../../../src/base/assert.ts';
import type { GroupId } from '../../../../../src/domain/ids.ts';

/** Sent to no effect: it only asks whether a signal could be sent. */
const NO_SIGNAL = 0 as unknown as NodeJS.Signals;

describe('signalInstance', () => {
  for (const processGroup of [0, 1, -1, Number.NaN]) {
    it(`sends nothing to group ${String(processGroup)}, which stands for more than a group`, async () => {
      const [instance] = toInstances(
        [
          {
            ...{ pid: process.pid, parentPid: 1, processGroup, isSessionLeader: true },
            ...{ groupId: 'group' as GroupId, instanceId: 'instance', startedAtMs: 0 },
          },
        ],
        new Map(),
      );
      const table = {
        scan: () => Promise.resolve([]),
        find: () => Promise.resolve(undefined),
        isRunning: () => true,
      };

      const error = await signalInstance(instance ?? expect.fail('no instance'), NO_SIGNAL, {
        table,
        isStill: () => Promise.resolve(true),
      }).catch((thrown: unknown) => thrown);

      expect(error).to.be.instanceOf(InvariantError);
    });
  }
});
