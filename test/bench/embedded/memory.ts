/** The memory of a node, seen in a process that has done nothing else. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { EpochMs } from '../../../src/base/clock.ts';

/** Resident size of a process, in MB. */
export interface Memory {
  /** At the end. */
  readonly residentMb: number;
  /** At its highest. */
  readonly peakMb: number;
}

/** What the process does: claims, at each instant, the `due` occurrences that are due. */
export interface MemoryPlan {
  readonly path: string;
  readonly instants: readonly EpochMs[];
  readonly due: number;
  /** Number of the owner. */
  readonly owner: number;
}

/** Has `memory-node.ts` carry out the plan, and answers what it saw of itself. */
export async function measureMemory(plan: MemoryPlan): Promise<Memory> {
  const script = fileURLToPath(new URL('memory-node.ts', import.meta.url));
  const child = fork(script, [JSON.stringify(plan)]);
  const messages: unknown[] = [];
  child.on('message', (message) => messages.push(message));
  const [code] = (await once(child, 'exit')) as [number | null];
  const [memory] = messages;
  if (code === 0 && memory !== undefined) return memory as Memory; // sent by memory-node.ts
  throw new Error(`the process that measures memory ended with ${String(code)}`);
}
