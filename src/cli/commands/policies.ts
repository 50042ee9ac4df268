import { isJsonObject } from '../../base/json.ts';
import type { Registry } from '../command.ts';
import { EXIT } from '../exit.ts';
import { bodyOf, findGroup } from '../groups.ts';
import { nextText, readNext } from '../next-occurrence.ts';
import type { Next } from '../next-occurrence.ts';
import { factRows } from '../output.ts';
import { findPolicy, policyPath } from '../policies.ts';
import { POLICY_HEADING, policyFacts, policyRow } from '../policy-table.ts';
import { POLICY_REPLY, readReply } from '../wire.ts';
import { addPolicyPreview } from './policy-preview.ts';
import { addPolicyWrites } from './policy-writes.ts';
import { addSkip } from './skip.ts';

/** `lutra policies GROUP`, which lists them, and what is done to one. */
export function addPolicies({ program, action }: Registry): void {
  const policies = program
    .command('policies')
    .description("list a group's policies; show, preview, create, update, skip and delete one")
    .usage('[options] <group> | [options] <command>')
    .helpCommand(false);
  addList({ program: policies, action });
  addShow({ program: policies, action });
  addPolicyPreview({ program: policies, action });
  addPolicyWrites({ program: policies, action });
  addSkip({ program: policies, action });
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
    .description('show a policy with all that its schedule has, and what comes next of it')
    .argument('<group>', 'id, key or name of the group')
    .argument('<policy>', 'id, key or name of the policy')
    .action(
      action(async (session, { words: [groupWord = '', word = ''] }) => {
        const client = await session.connect();
        const group = await findGroup(client, session.tenant, groupWord);
        const path = policyPath(session.tenant, group.id, findPolicy(group, word).id);
        const json = bodyOf(await client({ method: 'GET', path }));
        const { policy } = readReply(POLICY_REPLY, json);
        const next = policy.args === undefined ? undefined : await readNext(client, path);
        session.show({
          json: isJsonObject(json) ? { ...json, ...nextJson(next) } : json,
          heading: ['WHAT', 'VALUE'],
          rows: factRows([...policyFacts(policy), ...nextFacts(next)]),
        });
        return EXIT.ok;
      }),
    );
}

/** Beside the policy, which is shown as the API has it. */
function nextJson(next: Next | undefined): object {
  return next?.occurrence === undefined ? {} : { next: next.occurrence };
}

function nextFacts(next: Next | undefined): readonly (readonly [string, string])[] {
  return next === undefined ? [] : [['next', nextText(next)]];
}
