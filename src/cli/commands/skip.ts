import type { Registry } from '../command.ts';
import { findGroup } from '../groups.ts';
import { plain } from '../output.ts';
import { optionPart } from '../parts.ts';
import { findPolicy, policyPath } from '../policies.ts';
import { nameOf, readReply, SKIP_REPLY } from '../wire.ts';
import { addPostOptions, carryOut } from '../write.ts';
import type { WriteOptions } from '../write.ts';

interface SkipOptions extends WriteOptions {
  readonly occurrence?: string;
}

/** `lutra policies skip GROUP POLICY`. */
export function addSkip({ program, action }: Registry): void {
  const command = program
    .command('skip')
    .description('leave out the next occurrence of a policy, or the next opening of its window')
    .argument('<group>', 'id, key or name of the group')
    .argument('<policy>', 'id, key or name of the policy')
    .option('--occurrence <instant>', 'only this one: refused where another one is next');
  addPostOptions(command).action(
    action<SkipOptions>(async (session, { words: [groupWord = '', word = ''], options }) => {
      const { occurrence } = options;
      const client = await session.connect();
      const group = await findGroup(client, session.tenant, groupWord);
      const policy = findPolicy(group, word);
      const path = `${policyPath(session.tenant, group.id, policy.id)}/skip`;
      const body = occurrence === undefined ? {} : { body: { occurrence } };
      const names = [nameOf(group.groupConfiguration), nameOf(policy)];
      return carryOut(session, options, {
        client,
        called: [
          [group.id, groupWord],
          [policy.id, word],
        ],
        requests: [{ method: 'POST', path, ...body }],
        parts: [optionPart('--occurrence', ['occurrence'], occurrence)],
        shown: (reply) => {
          const { skipped, next = 'nothing' } = readReply(SKIP_REPLY, reply);
          return {
            json: reply,
            heading: ['GROUP', 'POLICY', 'SKIPPED', 'NEXT'],
            rows: [[...names, skipped, next].map(plain)],
          };
        },
      });
    }),
  );
}
