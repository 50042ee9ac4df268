import type { Clock } from '../../../base/clock.ts';
import { LutraError } from '../../../base/errors.ts';
import type { Instance } from './instances.ts';
import type { ProcessTable } from './process-table.ts';

/** Between two looks at processes that are to end: this at first, then twice as long each time. */
const FIRST_PAUSE_MS = 10;
const PAUSE_MAX_MS = 100;
/** SIGKILL is sent again to what was forked while it was sent. */
const KILL_ROUNDS = 4;
/** SIGKILL is not refused, but a process inside a system call takes it when that returns. */
const KILL_WAIT_MS = 500;

export interface StopRequest {
  readonly instances: readonly Instance[];
  /** How long they may take to end by themselves. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface StopDeps {
  readonly clock: Clock;
  readonly table: ProcessTable;
  /** The instances that have processes now, and leftovers. */
  readonly look: () => Promise<readonly Instance[]>;
  readonly send: (instance: Instance, signal: 'SIGTERM' | 'SIGKILL') => Promise<void>;
}

/**
 * Ends all processes of the instances: SIGTERM to all at once, and after the time-out SIGKILL to what is
 * left, until a look at the process table finds nothing of them. Throws the signal's reason where that
 * aborts first (what was sent stays sent; the next order goes on from what it finds), and
 * `provider-transient` where something outlives SIGKILL.
 */
export async function stopInstances(request: StopRequest, deps: StopDeps): Promise<void> {
  if (request.instances.length === 0) return;
  let left = await sendAndWait(request, 'SIGTERM', deps);
  for (let round = 1; round <= KILL_ROUNDS && left.length > 0; round += 1) {
    left = await sendAndWait(
      { instances: left, timeoutMs: KILL_WAIT_MS, signal: request.signal },
      'SIGKILL',
      deps,
    );
  }
  if (left.length === 0) return;
  const pids = left.flatMap(({ processes }) => processes.map(({ pid }) => pid));
  throw new LutraError(
    'provider-transient',
    `processes ${pids.join(', ')} still run ${String(KILL_ROUNDS * KILL_WAIT_MS)} ms after SIGKILL`,
  );
}

/** Answers what is left when the time is over, or nothing as soon as nothing is left. */
async function sendAndWait(
  request: StopRequest,
  name: 'SIGTERM' | 'SIGKILL',
  deps: StopDeps,
): Promise<readonly Instance[]> {
  const { clock, table } = deps;
  for (const instance of request.instances) {
    request.signal.throwIfAborted();
    await deps.send(instance, name);
  }
  const ids = new Set(request.instances.map(({ id }) => id));
  const endsAtMs = clock.monotonicMs() + request.timeoutMs;
  let left = request.instances;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, PAUSE_MAX_MS)) {
    const leftMs = endsAtMs - clock.monotonicMs();
    const isRunning = left.some(({ processes }) =>
      processes.some(({ pid }) => table.isRunning(pid)),
    );
    // Only the whole list shows children that were forked meanwhile, and it costs more than a few pids.
    if (!isRunning || leftMs <= 0) left = (await deps.look()).filter(({ id }) => ids.has(id));
    if (left.length === 0 || leftMs <= 0) return left;
    await clock.sleep(Math.min(pauseMs, leftMs), request.signal);
    request.signal.throwIfAborted();
  }
}
