import { assert } from '../../base/assert.ts';
import type { Gate } from '../../base/gate.ts';
import type { Turns } from '../../base/turns.ts';
import type { Call, Reply } from './route.ts';
import { tenantOf } from './targets.ts';

/**
 * The reply to a request that takes long to compute, made when it is its turn: its tenant's, of which one is made at a
 * time so that no tenant keeps the others waiting, and then at the gate. Of those that are made at once each holds the
 * thread for a few ms at a time, and schedules fire on the same thread. Whoever waits for too long has been answered
 * when its turn would come.
 */
export function inTurn(
  { gate, turns }: { readonly gate: Gate; readonly turns: Turns },
  call: Call,
  work: () => Promise<Reply>,
): Promise<Reply> {
  const { signal } = call;
  return turns.take(`computed:${tenantOf(call)}`, signal, async () => {
    const reply = await gate.pass(signal, work);
    if (reply === undefined) signal.throwIfAborted();
    assert(reply !== undefined, 'a gate is passed unless its signal aborts');
    return reply;
  });
}
