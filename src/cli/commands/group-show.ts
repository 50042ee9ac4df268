import type { Registry } from '../command.ts';
import { EXIT } from '../exit.ts';
import { bodyOf, findGroup, groupPath } from '../groups.ts';
import { factRows } from '../output.ts';
import { GROUP_REPLY, readReply } from '../wire.ts';
import { nameOf } from '../wire.ts';
import type { WireGroup } from '../wire.ts';
import { capacityText, pausedText } from '../plan-text.ts';
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
    ...(config.reachedBy === undefined
      ? []
      : [['reached by', `${String(config.reachedBy)} s`] as const]),
    ['metadata', JSON.stringify(config.metadata)],
    ['launch type', launch.type],
    ['launch args', JSON.stringify(launch.args)],
    ['status', state.paused ? `${state.status} ${pausedText(state.pausedUntil)}` : state.status],
    ['desired', String(state.desiredCapacity)],
    ...planFacts(group),
    ['actual', String(state.activeCapacity)],
    ...(state.overdueSince === undefined ? [] : [['overdue since', state.overdueSince] as const]),
  ];
}

/** What it wants apart from its plan, and what sets that. */
function planFacts({ state, scalingPolicies }: WireGroup): readonly (readonly [string, string])[] {
  const { baseCapacity, override, windows = [] } = state;
  const names = new Map(scalingPolicies.map((policy) => [policy.id, nameOf(policy)]));
  return [
    ...(baseCapacity === undefined ? [] : [['base', String(baseCapacity)] as const]),
    ...(override === undefined
      ? []
      : [
          [
            'override',
            `${capacityText(override)} until ${override.until}, by ${override.by}: ${override.reason}`,
          ] as const,
        ]),
    ...windows.map(
      (window) =>
        [
          'window',
          `${names.get(window.policyId) ?? window.policyId}: ${capacityText(window)} until ${window.closesAt}`,
        ] as const,
    ),
  ];
}
