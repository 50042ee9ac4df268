import { expect } from 'chai';
import { describe, it } from 'mocha';
import { toInstances } from '../../../../../src/adapters/providers/process/instances.ts';
import type { MarkedProcess } from '../../../../../src/adapters/providers/process/process-table.ts';
import type { GroupId } from '../../../../../src/domain/ids.ts';

function aProcess(changes: Partial<MarkedProcess> = {}): MarkedProcess {
  const pid = changes.pid ?? 100;
  return {
    pid,
    parentPid: 1,
    processGroup: pid,
    isSessionLeader: true,
    groupId: 'group' as GroupId,
    instanceId: 'a',
    startedAtMs: 1000,
    ...changes,
  };
}

const NONE_KNOWN: ReadonlyMap<string, number> = new Map();

describe('toInstances', () => {
  it('takes for the leader what leads a session and was not started from within', () => {
    const leader = aProcess({ pid: 300 });
    const child = aProcess({ pid: 301, parentPid: 300, processGroup: 300, isSessionLeader: false });
    const session = aProcess({ pid: 200, parentPid: 301 });

    expect(toInstances([session, leader, child], NONE_KNOWN)).to.deep.equal([
      {
        ...{ id: 'a', groupId: 'group', startedAtMs: 1000, leader },
        processes: [session, leader, child],
      },
    ]);
  });

  it('finds no leader among leftovers', () => {
    const child = aProcess({ pid: 301, processGroup: 300, isSessionLeader: false });

    expect(toInstances([child], NONE_KNOWN)[0]?.leader).to.equal(undefined);
  });

  it('takes no session for the leader where another is known to have been it', () => {
    const session = aProcess({ pid: 302 });

    expect(toInstances([session], new Map([['a', 300]]))[0]?.leader).to.equal(undefined);
    expect(toInstances([session], new Map([['a', 302]]))[0]?.leader).to.equal(session);
  });

  it('puts the oldest first, and those of one millisecond always in the same order', () => {
    const young = aProcess({ pid: 1, instanceId: 'a', startedAtMs: 2000 });
    const twins = ['b', 'c'].map((instanceId) => aProcess({ instanceId, startedAtMs: 1000 }));

    const orders = [[young, ...twins], [...twins, young], [...twins].reverse().concat(young)].map(
      (processes) => toInstances(processes, NONE_KNOWN).map(({ id }) => id),
    );

    expect(orders).to.deep.equal([
      ['b', 'c', 'a'],
      ['b', 'c', 'a'],
      ['b', 'c', 'a'],
    ]);
  });
});
