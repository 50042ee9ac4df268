import type { Registry } from '../command.ts';
import { EXIT } from '../exit.ts';
import { findGroup } from '../groups.ts';
import { POLICY_HEADING, policyRow } from '../policy-table.ts';
import { addPolicyWrites } from './policy-writes.ts';

/** `lutra policies GROUP`, which lists them, and what is done to one. */
export function addPolicies({ program, action }: Registry): void {
  const policies = program
    .command('policies')
    .description("list a group's policies; create, update and delete one")
    .usage('[options] <group> | [options] <command>')
    .helpCommand(false);
  addList({ program: policies, action });
  addPolicyWrites({ program: policies, action });
}

function addList({ program, action }: Registry): void {
  program
    .command('list', { isDefault: true })
    .description("list a group's policies; the word may be left out")
    .argument('<group>', 'id, key or name of the group')
    .action(
      action(async (session, { words: [word = ''] }) => {
        const group = await findGroup(await session.connect(), session.tenant, word);
        session.show({
          json: { policies: group.scalingPolicies },
          heading: POLICY_HEADING,
          rows: group.scalingPolicies.map(policyRow),
        });
        return EXIT.ok;
      }),
    );
}
