import type { FaultKind } from '../faults.ts';
import type { NodeSurroundings, SimNode } from './node.ts';
import { oneOf } from './settings.ts';
import { stepMs } from './strike.ts';
import type { Begun, Strike } from './strike.ts';

type NodeFault = Extract<FaultKind, `node-${string}`>;

/** Whether it is a node that it strikes. */
export function isNodeFault(what: FaultKind): what is NodeFault {
  return what.startsWith('node-');
}

const NOTHING = (): void => undefined;

/** Strikes the node of the call that was waited for, or any that runs; undefined where none does. */
export function strikeNode(
  { network, time }: Pick<NodeSurroundings, 'network' | 'time'>,
  nodes: readonly SimNode[],
  { what, random, call }: Pick<Strike, 'random' | 'call'> & { readonly what: NodeFault },
): Begun | undefined {
  const running = nodes.filter(({ process }) => process?.isFrozen === false);
  if (running.length === 0) return undefined;
  const node = running.find(({ name }) => name === call?.node) ?? oneOf(random, running);
  const { machine, name, process } = node;
  if (process !== undefined && !what.startsWith('node-clock-')) {
    network.befall(what, process, call?.operation);
  }
  switch (what) {
    case 'node-killed':
      node.kill();
      return {
        node: name,
        end: () => {
          node.start();
        },
      };
    case 'node-frozen':
      node.freeze();
      return {
        node: name,
        end: () => {
          node.wake();
        },
      };
    case 'node-suspended':
      node.freeze();
      machine.suspend();
      return {
        node: name,
        end: () => {
          machine.resume();
          node.wake();
        },
      };
    case 'node-restarted': {
      node.leave(() => {
        node.start();
      });
      return { node: name, end: NOTHING };
    }
    case 'node-clock-stepped': {
      const byMs = stepMs(random);
      machine.step(byMs);
      return {
        node: name,
        detail: `${String(byMs)} ms`,
        end: () => {
          machine.step(-byMs);
        },
      };
    }
    case 'node-clock-drifts': {
      const byRate = (random.fraction() - 0.5) / 10;
      const sinceMs = time.nowMs;
      machine.drift(byRate);
      // Undoes what came of it and no more: other faults of the same clock may be in force, or may have ended.
      const end = (): void => {
        machine.drift(-byRate);
        machine.step(-byRate * (time.nowMs - sinceMs));
      };
      return { node: name, detail: `rate ${String(1 + byRate)}`, end };
    }
  }
}
