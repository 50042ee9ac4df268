import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import type { Instance } from '../../../../../src/adapters/providers/process/instances.ts';
import { toInstances } from '../../../../../src/adapters/providers/process/instances.ts';
import { stopInstances } from '../../../../../src/adapters/providers/process/stop.ts';
import type { GroupId } from '../../../../../src/domain/ids.ts';
import { FakeClock } from '../../../../support/fake-clock.ts';

const NEVER = new AbortController().signal;

/** Processes that end when the test says so, by pid; the instance of each. */
class FakeProcesses {
  readonly sent: string[] = [];
  readonly #clock: FakeClock;
  readonly #running = new Map<number, string>();

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  start(pid: number, instanceId: string): void {
    this.#running.set(pid, instanceId);
  }

  end(pid: number): void {
    this.#running.delete(pid);
  }

  all(): readonly Instance[] {
    const processes = [...this.#running].map(([pid, instanceId]) => ({
      ...{ pid, instanceId, parentPid: 1, processGroup: pid, isSessionLeader: true },
      ...{ groupId: 'group' as GroupId, startedAtMs: 0 },
    }));
    return toInstances(processes, new Map());
  }

  stop(
    ids: readonly string[],
    timeoutMs: number,
    onSignal: (instance: Instance, signal: string) => void,
    signal = NEVER,
  ): Promise<void> {
    return stopInstances(
      { instances: this.all().filter(({ id }) => ids.includes(id)), timeoutMs, signal },
      {
        clock: this.#clock,
        table: {
          scan: () => Promise.resolve([]),
          find: () => Promise.resolve(undefined),
          isRunning: (pid) => this.#running.has(pid),
        },
        look: () => Promise.resolve(this.all()),
        send: (instance, name) => {
          this.sent.push(`${name} ${instance.id} at ${String(this.#clock.monotonicMs())}`);
          onSignal(instance, name);
          return Promise.resolve();
        },
      },
    );
  }

  endAll({ processes }: Instance): void {
    for (const { pid } of processes) this.end(pid);
  }
}

describe('stopInstances', () => {
  let clock: FakeClock;
  let processes: FakeProcesses;
  beforeEach(() => {
    clock = new FakeClock(0);
    processes = new FakeProcesses(clock);
    processes.start(101, 'a');
    processes.start(102, 'b');
  });

  it('asks all to end, at once, and is done when they have', async () => {
    await processes.stop(['a', 'b'], 5000, (instance) => {
      processes.endAll(instance);
    });

    expect(processes.sent).to.deep.equal(['SIGTERM a at 0', 'SIGTERM b at 0']);
    expect(clock.monotonicMs()).to.equal(0);
  });

  it('kills what is left after the time-out, and nothing else', async () => {
    const stopped = processes.stop(['a', 'b'], 5000, (instance, signal) => {
      if (instance.id === 'a' || signal === 'SIGKILL') processes.endAll(instance);
    });

    await clock.advance(4999);
    expect(processes.sent).to.have.lengthOf(2);
    await clock.advance(1);
    await stopped;

    expect(processes.sent.slice(2)).to.deep.equal(['SIGKILL b at 5000']);
  });

  it('goes on to what was forked meanwhile', async () => {
    const stopped = processes.stop(['a'], 1000, (instance, signal) => {
      processes.endAll(instance);
      if (signal === 'SIGTERM') processes.start(201, 'a');
    });

    await clock.advance(1000);
    await stopped;

    expect(processes.sent).to.deep.equal(['SIGTERM a at 0', 'SIGKILL a at 1000']);
    expect(processes.all().map(({ id }) => id)).to.deep.equal(['b']);
  });

  it('rejects as transient where something outlives SIGKILL', async () => {
    const rejected = processes
      .stop(['a'], 1000, () => undefined)
      .then(
        () => 'stopped',
        (error: unknown) => String(error),
      );

    await clock.advance(10_000);

    expect(await rejected).to.match(/processes 101 still run 2000 ms after SIGKILL/);
    expect(processes.sent.filter((sent) => sent.startsWith('SIGKILL'))).to.have.lengthOf(4);
  });

  it('stops waiting when the signal aborts', async () => {
    const term = new AbortController();
    const rejected = processes
      .stop(['a'], 5000, () => undefined, term.signal)
      .catch((error: unknown) => String(error));
    await clock.advance(100);

    term.abort(new Error('the term is over'));

    expect(await rejected).to.equal('Error: the term is over');
    expect(processes.sent).to.deep.equal(['SIGTERM a at 0']);
  });

  it('has nothing to do where nothing is to be stopped', async () => {
    await processes.stop([], 5000, () => undefined);

    expect(processes.sent).to.deep.equal([]);
  });
});
