import type { EpochMs } from '../../base/clock.ts';
import { CommandError, EXIT } from '../exit.ts';
import { listGroups, readGroup } from '../groups.ts';
import type { NodeClient } from '../node-client.ts';
import type { WireGroup } from '../wire.ts';
import type { DesiredGroup } from './desired.ts';
import type { CurrentGroups } from './plan.ts';

/** What the node has of the groups that files name, and its clock at the first reply. */
export async function readCurrent(
  client: NodeClient,
  desired: readonly DesiredGroup[],
): Promise<{ readonly current: CurrentGroups; readonly now: EpochMs }> {
  let now: EpochMs | undefined;
  const timed: NodeClient = async (request) => {
    const reply = await client(request);
    if (reply.kind === 'done') now ??= reply.at;
    return reply;
  };
  const found = new Map<string, WireGroup>();
  for (const tenant of new Set(desired.map((group) => group.tenant))) {
    const wanted = new Set(
      desired.filter((group) => group.tenant === tenant).map(({ key }) => key),
    );
    for (const { item, config } of await listGroups(timed, tenant)) {
      if (config.key === undefined || !wanted.has(config.key)) continue;
      const group = await readGroup(timed, tenant, item.id);
      if (group !== undefined) found.set(idOf(tenant, config.key), group);
    }
  }
  if (now === undefined) {
    throw new CommandError(EXIT.error, "the node's replies have no Date header to count from");
  }
  return { current: (tenant, key) => found.get(idOf(tenant, key)), now };
}

function idOf(tenant: string, key: string): string {
  return JSON.stringify([tenant, key]);
}
