import type { Registry } from '../command.ts';
import { EXIT } from '../exit.ts';
import { findGroup } from '../groups.ts';
import { plain } from '../output.ts';
import type { WirePolicy } from '../wire.ts';

const HEADING = ['ID', 'KEY', 'NAME', 'CHANGE', 'WHEN', 'COOLDOWN'];

/** `lutra policies GROUP`. */
export function addPolicies({ program, action }: Registry): void {
  program
    .command('policies')
    .description("list a group's policies")
    .argument('<group>', 'id or key of the group')
    .action(
      action(async (session, { words: [idOrKey = ''] }) => {
        const group = await findGroup(await session.connect(), session.tenant, idOrKey);
        session.show({
          json: { policies: group.scalingPolicies },
          heading: HEADING,
          rows: group.scalingPolicies.map(row),
        });
        return EXIT.ok;
      }),
    );
}

function row(policy: WirePolicy): readonly string[] {
  return [
    policy.id,
    policy.key ?? '-',
    policy.name,
    adjustment(policy),
    policy.args?.cron ?? policy.args?.at ?? 'on demand',
    `${String(policy.cooldown)} s`,
  ].map(plain);
}

function adjustment({ change, changePercent, desiredCapacity }: WirePolicy): string {
  if (change !== undefined) return signed(change);
  if (changePercent !== undefined) return `${signed(changePercent)} %`;
  return desiredCapacity === undefined ? '-' : `to ${String(desiredCapacity)}`;
}

function signed(amount: number): string {
  return amount > 0 ? `+${String(amount)}` : String(amount);
}
