import type { Registry } from '../command.ts';
import { findGroup, groupPath } from '../groups.ts';
import { plain } from '../output.ts';
import { optionPart } from '../parts.ts';
import { findPolicy, policyPath } from '../policies.ts';
import type { ShownTable } from '../session.ts';
import { nameOf } from '../wire.ts';
import { INSTANT_EXAMPLES, instantIn } from '../instant-option.ts';
import { pausedText } from '../plan-text.ts';
import { timed } from '../timed-client.ts';
import { addPostOptions, carryOut } from '../write.ts';
import type { WriteOptions } from '../write.ts';

/** What can be done to a group as it is, and what it is afterwards. */
const ACTS = [
  { act: 'resume', description: 'have a paused group go on', state: 'resumed' },
  {
    act: 'converge',
    description: 'have the servers of a group looked at now, and brought to what is wanted',
    state: 'converging',
  },
] as const;

/** `lutra execute GROUP POLICY`. */
export function addExecute({ program, action }: Registry): void {
  addPostOptions(
    program
      .command('execute')
      .description('execute a policy now; a cooldown that is not over refuses it')
      .argument('<group>', 'id, key or name of the group')
      .argument('<policy>', 'id, key or name of the policy'),
  ).action(
    action<WriteOptions>(async (session, { words: [groupWord = '', policyWord = ''], options }) => {
      const { tenant } = session;
      const client = await session.connect();
      const group = await findGroup(client, tenant, groupWord);
      const policy = findPolicy(group, policyWord);
      const path = `${policyPath(tenant, group.id, policy.id)}/execute`;
      const row = [nameOf(group.groupConfiguration), nameOf(policy), 'executed'].map(plain);
      return carryOut(session, options, {
        client,
        called: [
          [group.id, groupWord],
          [policy.id, policyWord],
        ],
        requests: [{ method: 'POST', path }],
        shown: (reply) => ({ json: reply, heading: ['GROUP', 'POLICY', 'STATE'], rows: [row] }),
      });
    }),
  );
}

interface PauseOptions extends WriteOptions {
  readonly until?: string;
}

/** `lutra pause GROUP`. */
function addPause({ program, action }: Registry): void {
  const command = program
    .command('pause')
    .description('have a group leave its servers as they are, until it is resumed')
    .argument('<group>', 'id, key or name of the group')
    .option('--until <instant>', `until then: ${INSTANT_EXAMPLES}`);
  addPostOptions(command).action(
    action<PauseOptions>(async (session, { words: [word = ''], options }) => {
      const client = timed(await session.connect());
      const { id, groupConfiguration } = await findGroup(client.ask, session.tenant, word);
      const said = options.until;
      const until =
        said === undefined
          ? undefined
          : instantIn({ option: '--until', text: said }, client.now).text;
      const path = `${groupPath(session.tenant, id)}/pause`;
      const row = [plain(nameOf(groupConfiguration)), pausedText(until)];
      return carryOut(session, options, {
        ...{ client: client.ask, called: [[id, word]] },
        requests: [{ method: 'POST', path, ...(until === undefined ? {} : { body: { until } }) }],
        parts: [optionPart('--until', ['until'], until)],
        shown: () => ({
          json: { id, ...(until === undefined ? {} : { until }) },
          ...{ heading: ['GROUP', 'STATE'], rows: [row] },
        }),
      });
    }),
  );
}

/** `lutra pause GROUP`, `lutra resume GROUP` and `lutra converge GROUP`. */
export function addActs({ program, action }: Registry): void {
  addPause({ program, action });
  for (const { act, description, state } of ACTS) {
    addPostOptions(
      program
        .command(act)
        .description(description)
        .argument('<group>', 'id, key or name of the group'),
    ).action(
      action<WriteOptions>(async (session, { words: [word = ''], options }) => {
        const client = await session.connect();
        const { id, groupConfiguration } = await findGroup(client, session.tenant, word);
        const path = `${groupPath(session.tenant, id)}/${act}`;
        const table: ShownTable = {
          heading: ['GROUP', 'STATE'],
          rows: [[plain(nameOf(groupConfiguration)), state]],
        };
        return carryOut(session, options, {
          ...{ client, called: [[id, word]] },
          requests: [{ method: 'POST', path }],
          shown: () => ({ json: { id }, ...table }),
        });
      }),
    );
  }
}
