import type { Registry } from '../command.ts';
import { EXIT } from '../exit.ts';
import { bodyOf, findGroup } from '../groups.ts';
import { factRows } from '../output.ts';
import { findPolicy, policyPath } from '../policies.ts';
import { POLICY_HEADING, policyFacts, policyRow } from '../policy-table.ts';
import { POLICY_REPLY, readReply } from '../wire.ts';
import { addPolicyWrites } from './policy-writes.ts';

/** `lutra policies GROUP`, which lists them, and what is done to one. */
export function addPolicies({ program, action }: Registry): void {
  const policies = program
    .command('policies')
    .description("list a group's policies; show, create, update and delete one")
    .usage('[options] <group> | [options] <command>')
    .helpCommand(false);
  addList({ program: policies, action });
  addShow({ program: policies, action });
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

function addShow({ program, action }: Registry): void {
  program
    .command('show')
    .description('show a policy with all that its schedule has')
    .argument('<group>', 'id, key or name of the group')
    .argument('<policy>', 'id, key or name of the policy')
    .action(
      action(async (session, { words: [groupWord = '', word = ''] }) => {
        const client = await session.connect();
        const group = await findGroup(client, session.tenant, groupWord);
        const path = policyPath(session.tenant, group.id, findPolicy(group, word).id);
        const json = bodyOf(await client({ method: 'GET', path }));
        const { policy } = readReply(POLICY_REPLY, json);
        session.show({ json, heading: ['WHAT', 'VALUE'], rows: factRows(policyFacts(policy)) });
        return EXIT.ok;
      }),
    );
}
