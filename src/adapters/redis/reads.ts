/** The face of `groups.lua`. */
import { epochMs } from '../../base/clock.ts';
import type { EpochMs } from '../../base/clock.ts';
import { SUMMARY_FIELDS } from '../../domain/group/fields.ts';
import type { CommitId, GroupId, PartitionId, PolicyId, TenantId } from '../../domain/ids.ts';
import type { PageRequest, StoredGroup } from '../../ports/store.ts';
import type { RunScript } from './connection.ts';
import { isReserved, keysOf } from './keys.ts';
import { ReplyReader } from './replies.ts';
import { SCRIPTS } from './scripts.ts';

/** A group, and what only the lists of tenants ask. */
interface FoundGroup {
  readonly group: StoredGroup;
  /** Whether it is to be on its tenant's list. */
  readonly isListed: boolean;
  readonly createdAt: EpochMs;
}

export interface FoundGroups {
  readonly now: EpochMs;
  readonly found: readonly FoundGroup[];
}

/** What is to be read of which groups of a partition. */
export interface GroupsRead {
  readonly partition: PartitionId;
  readonly fields: 'all' | 'summary';
  readonly which:
    | { readonly kind: 'named'; readonly ids: readonly GroupId[] }
    | { readonly kind: 'walk'; readonly page: PageRequest<GroupId> };
}

/** Reads groups in the order in which they are named, or in that of their ids; leaves out those that are not there. */
export async function readGroups(
  run: RunScript,
  identity: string,
  { partition, fields, which }: GroupsRead,
): Promise<FoundGroups> {
  const keys = keysOf(partition);
  const names = fields === 'summary' ? SUMMARY_FIELDS : [];
  const args = [identity, which.kind, String(names.length), ...names, ...whichArgs(which)];
  const keyNames = [keys.fence, keys.groups, keys.due, keys.divergent];
  const reply = new ReplyReader(await run(SCRIPTS.groups, keyNames, args));
  const now = reply.instant();
  const found: FoundGroup[] = [];
  while (!reply.isAtEnd) found.push(foundGroup(reply));
  return { now, found };
}

function whichArgs(which: GroupsRead['which']): readonly string[] {
  if (which.kind === 'named') return which.ids;
  const { after, limit } = which.page;
  return [after === undefined ? '-' : `(${after}`, String(limit)];
}

function foundGroup(reply: ReplyReader): FoundGroup {
  const groupId = reply.text() as GroupId; // as it was asked for, or as a commit gave it
  const own = new Map<string, string>();
  const fields: (readonly [string, string])[] = [];
  for (const texts = reply.list(); !texts.isAtEnd;) {
    const [name, value] = [texts.text(), texts.text()];
    if (isReserved(name)) own.set(name, value);
    else fields.push([name, value]);
  }
  const due = new Map<PolicyId, EpochMs>();
  for (const armed = reply.list(); !armed.isAtEnd;) {
    due.set(armed.text() as PolicyId, armed.score()); // as a commit gave it
  }
  const group: StoredGroup = {
    groupId,
    tenantId: (own.get('~tenant') ?? '') as TenantId, // as a commit gave it, as is the version
    version: (own.get('~version') ?? '') as CommitId,
    generation: wholeOf(own.get('~generation')),
    isDivergent: reply.text() === '1',
    fields: Object.fromEntries(fields),
    due,
  };
  const createdAt = epochMs(wholeOf(own.get('~created')));
  return { group, isListed: !own.has('~unlisted'), createdAt };
}

/** The number of a reserved field; 0 where it is none, so that a group can be looked at all the same. */
function wholeOf(text = '0'): number {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : 0;
}
