import { assert } from '../../base/assert.ts';
import type { CommitId, GroupId, PartitionId, PolicyId, TenantId } from '../../domain/ids.ts';
import type {
  DivergentGroup,
  DivergentList,
  DueGroup,
  DueList,
  DuePolicy,
} from '../../ports/store.ts';
import type { RunScript } from './connection.ts';
import { keysOf } from './keys.ts';
import { ReplyReader } from './replies.ts';
import { SCRIPTS } from './scripts.ts';

/** A longer scan would hold up every other client. */
const SCAN_MAX = 1_000;

/** What a loop asks of its partition. */
export interface LoopRead {
  readonly partition: PartitionId;
  readonly limit: number;
}

/** The face of `due.lua`. */
export async function readDue(
  run: RunScript,
  identity: string,
  { partition, limit }: LoopRead,
): Promise<DueList> {
  assert(limit <= SCAN_MAX, `a scan answers at most ${SCAN_MAX} policies`);
  const keys = keysOf(partition);
  const args = [identity, String(limit)];
  const reply = new ReplyReader(await run(SCRIPTS.due, [keys.fence, keys.due], args));
  const [now, nextAt, policyCount] = [reply.instant(), reply.optionalScore(), reply.number()];
  const groups: DueGroup[] = [];
  while (!reply.isAtEnd) groups.push(dueGroup(reply));
  return { now, groups, policyCount, nextAt };
}

function dueGroup(reply: ReplyReader): DueGroup {
  const groupId = reply.text() as GroupId; // from a member that a commit wrote, as is the policy's
  const tenantId = reply.text() as TenantId; // as a commit gave it, as is the version
  const version = reply.text() as CommitId;
  const limits = reply.optionalText();
  const state = reply.optionalText();
  const calendars = reply.optionalText();
  const fields = {
    ...(limits === undefined ? {} : { limits }),
    ...(state === undefined ? {} : { state }),
    ...(calendars === undefined ? {} : { calendars }),
  };
  const policies: DuePolicy[] = [];
  for (let left = reply.number(); left > 0; left -= 1) {
    policies.push({
      policyId: reply.text() as PolicyId,
      dueAt: reply.score(),
      definition: reply.optionalText(),
      progress: reply.optionalText(),
    });
  }
  return { groupId, tenantId, version, fields, policies };
}

/** The face of `divergent.lua`. */
export async function readDivergent(
  run: RunScript,
  identity: string,
  { partition, limit }: LoopRead,
): Promise<DivergentList> {
  assert(limit <= SCAN_MAX, `a scan answers at most ${SCAN_MAX} groups`);
  const keys = keysOf(partition);
  const args = [identity, String(limit)];
  const reply = new ReplyReader(await run(SCRIPTS.divergent, [keys.fence, keys.divergent], args));
  const [now, nextAt] = [reply.instant(), reply.optionalScore()];
  const groups: DivergentGroup[] = [];
  while (!reply.isAtEnd) {
    groups.push({
      groupId: reply.text() as GroupId, // from a member that a commit wrote
      checkAt: reply.score(),
      tenantId: reply.text() as TenantId, // as a commit gave it
      generation: reply.number(),
      launch: reply.optionalText(),
    });
  }
  return { now, groups, nextAt };
}
