/** What people read of groups: what their tenant can see, and nothing of a group that is being deleted. */
import type { EpochMs } from '../base/clock.ts';
import { hasCode, messageOf } from '../base/errors.ts';
import { onceEach } from '../base/once-each.ts';
import {
  decodeGroup,
  decodeLabels,
  decodeObservation,
  decodeState,
} from '../domain/group/fields.ts';
import type { Group } from '../domain/group/group.ts';
import type { GroupId, TenantId } from '../domain/ids.ts';
import type { Observe } from '../ports/observe.ts';
import type { ListedGroup, PageRequest, Store, StoredGroup } from '../ports/store.ts';
import { partitionOfTarget } from './write-group.ts';

/** What a list shows of a group. */
export type GroupSummary = Pick<Group, 'id' | 'labels' | 'state' | 'observation'>;

/** A page of a tenant's groups. */
export interface GroupPage {
  readonly groups: readonly GroupSummary[];
  /** Where the next page begins; undefined where this one was not full. */
  readonly nextAfter: GroupId | undefined;
}

/** The group, whole; undefined where the tenant has none of this id. Throws `record-malformed`. */
export async function findGroup(
  store: Store,
  tenantId: TenantId,
  groupId: GroupId,
): Promise<Group | undefined> {
  return (await findGroupNow(store, tenantId, groupId))?.group;
}

/** The same, with the store's clock when it was read. */
export async function findGroupNow(
  store: Store,
  tenantId: TenantId,
  groupId: GroupId,
): Promise<{ readonly now: EpochMs; readonly group: Group } | undefined> {
  if (partitionOfTarget(store, groupId) === undefined) return undefined;
  const { now, group: stored } = await store.group(groupId);
  if (stored?.tenantId !== tenantId) return undefined;
  const { group } = decodedOnce(stored);
  return group && { now, group };
}

// Stores may answer with the same object again where nothing has changed.
const decodedOnce = onceEach((stored: StoredGroup): { readonly group: Group | undefined } => ({
  // Whatever else is wrong with a group, nobody sees one that is being deleted.
  group: decodeState(stored.fields['state']).isDeleting ? undefined : decodeGroup(stored),
}));

/** A tenant's groups in ascending order of id. One that cannot be read is left out and reported. */
export async function listGroups(
  deps: { readonly store: Store; readonly observe: Observe },
  tenantId: TenantId,
  page: PageRequest<string>,
): Promise<GroupPage> {
  const { groups } = await deps.store.groups(tenantId, page);
  return {
    groups: groups.flatMap((listed) => summaryOf(deps, tenantId, listed) ?? []),
    // A page counts what it was made from, so that leaving a group out never ends the list.
    nextAfter: groups.length === page.limit ? groups.at(-1)?.groupId : undefined,
  };
}

function summaryOf(
  deps: { readonly store: Store; readonly observe: Observe },
  tenantId: TenantId,
  listed: ListedGroup,
): GroupSummary | undefined {
  try {
    return summarizedOnce(listed).summary;
  } catch (error) {
    if (!hasCode(error, 'record-malformed')) throw error;
    const { groupId } = listed;
    const partition = partitionOfTarget(deps.store, groupId);
    if (partition !== undefined) {
      deps.observe({
        event: 'group.record-malformed',
        partition,
        tenantId,
        groupId,
        reason: messageOf(error),
      });
    }
    return undefined;
  }
}

const summarizedOnce = onceEach(
  ({ groupId, fields }: ListedGroup): { readonly summary: GroupSummary | undefined } => {
    const state = decodeState(fields['state']);
    if (state.isDeleting) return { summary: undefined };
    const labels = decodeLabels(fields['labels']);
    const observation = decodeObservation(fields['observed']);
    return { summary: { id: groupId, labels, state, observation } };
  },
);
