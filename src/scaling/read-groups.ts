/** What people read of groups: what their tenant can see, and nothing of a group that is being deleted. */
import type { EpochMs } from '../base/clock.ts';
import { hasCode, messageOf } from '../base/errors.ts';
import {
  decodeGroup,
  decodeLabels,
  decodeObservation,
  decodeState,
} from '../domain/group/fields.ts';
import type { Group } from '../domain/group/group.ts';
import type { GroupId, TenantId } from '../domain/ids.ts';
import type { Observe } from '../ports/observe.ts';
import type { ListedGroup, PageRequest, Store } from '../ports/store.ts';
import { partitionOfTarget, visibleTo } from './write-group.ts';

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
  const visible = visibleTo(tenantId, await store.group(groupId));
  if (visible === undefined) return undefined;
  return { now: visible.now, group: decodeGroup(visible.stored) };
}

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
  { groupId, fields }: ListedGroup,
): GroupSummary | undefined {
  try {
    const state = decodeState(fields['state']);
    if (state.isDeleting) return undefined;
    return {
      id: groupId,
      labels: decodeLabels(fields['labels']),
      state,
      observation: decodeObservation(fields['observed']),
    };
  } catch (error) {
    if (!hasCode(error, 'record-malformed')) throw error;
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
