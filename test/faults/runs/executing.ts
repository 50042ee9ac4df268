/** People who execute a policy by hand while faults strike, and what they were told. */
import { seededRandom } from '../../support/random.ts';
import { checkExecutions } from '../../support/execution-checker.ts';
import { ExecutingClient } from '../../e2e/executing-client.ts';
import { checkOf } from '../judge.ts';
import { BY_HAND } from '../load.ts';
import type { Check } from '../verdict.ts';
import type { World } from '../world.ts';

const TURN_EVERY_MS = 300;

/** Begins to execute. Answers what ends that, and then what judges it. */
export function beginExecuting(world: World): () => Promise<() => Check> {
  const { cluster, extent } = world;
  const group = cluster.groups.find(({ name }) => name === BY_HAND);
  const [policyId] = group?.onDemand ?? [];
  if (group === undefined || policyId === undefined) throw new Error('nothing is to be executed');
  const client = new ExecutingClient(
    { groupId: group.groupId, policyId },
    seededRandom(extent.seed),
  );
  let turn = 0;
  // To another node each time: any of them may answer.
  const turning = setInterval(() => {
    turn += 1;
    const node = cluster.nodes[turn % cluster.nodes.length];
    if (node?.isRunning !== true) return;
    node.url().then(
      (url) => {
        client.use(url);
      },
      () => undefined, // it ended before it answered
    );
  }, TURN_EVERY_MS);
  return async () => {
    clearInterval(turning);
    const calls = await client.stop();
    return () => {
      const told = calls.filter(({ answer }) => answer !== 'none').length;
      const found = `${told} of ${calls.length} calls acknowledged`;
      const check = checkOf(
        'no acknowledged commit is lost, none is doubled',
        found,
        checkExecutions(world.executions, calls),
      );
      return told > 0 ? check : { ...check, found, isKept: false };
    };
  };
}
