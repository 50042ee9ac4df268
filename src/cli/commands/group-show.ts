import type { Registry } from '../command.ts';
import { EXIT } from '../exit.ts';
import { bodyOf, findGroup, groupPath } from '../groups.ts';
import { factRows } from '../output.ts';
import { GROUP_REPLY, readReply } from '../wire.ts';
import type { WireGroup } from '../wire.ts';
import { POLICY_HEADING, policyRow } from '../policy-table.ts';

/** `lutra groups show GROUP`. */
export function addShow({ program, action }: Registry): void {
  program
    .command('show')
    .description('show a group, what it starts, and its policies')
    .argument('<group>', 'id, key or name of the group')
    .action(
      action(async (session, { words: [word = ''] }) => {
        const client = await session.connect();
        const { id } = await findGroup(client, session.tenant, word);
        const path = groupPath(session.tenant, id);
        const json = bodyOf(await client({ method: 'GET', path }));
        const { group } = readReply(GROUP_REPLY, json);
        session.showTables({
          json,
          tables: [
            { heading: ['WHAT', 'VALUE'], rows: factRows(factsOf(group)) },
            { heading: POLICY_HEADING, rows: group.scalingPolicies.map(policyRow) },
          ],
        });
        return EXIT.ok;
      }),
    );
}

function factsOf(group: WireGroup): readonly (readonly [string, string])[] {
  const { groupConfiguration: config, launchConfiguration: launch, state } = group;
  return [
    ['id', group.id],
    ...(config.key === undefined ? [] : [['key', config.key] as const]),
    ['name', config.name],
    ...(config.region === undefined ? [] : [['region', config.region] as const]),
    ['servers', `${String(config.minEntities)} to ${String(config.maxEntities)}`],
    ['cooldown', `${String(config.cooldown)} s`],
    ['metadata', JSON.stringify(config.metadata)],
    ['launch type', launch.type],
    ['launch args', JSON.stringify(launch.args)],
    ['status', state.paused ? `${state.status} paused` : state.status],
    ['desired', String(state.desiredCapacity)],
    ['actual', String(state.activeCapacity)],
  ];
}
