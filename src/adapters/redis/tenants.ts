/**
 * The lists of tenants' groups.
 *
 * Each lies in a slot of its own, so it cannot be part of the commit that makes or drops a group: a group is
 * put on its list before it is made, and taken off after it was dropped. A crash in between leaves an entry
 * without a group, which readers leave out.
 */
import type { GroupId, TenantId } from '../../domain/ids.ts';
import type { PageRequest, Unit } from '../../ports/store.ts';
import type { Outcome } from './commit.ts';
import type { SendCommand } from './connection.ts';
import { tenantKey } from './keys.ts';

/** One place on one list. */
export interface Entry {
  readonly tenantId: TenantId;
  readonly groupId: GroupId;
}

/**
 * The entries that a commit leaves behind without a group, for certain or perhaps: `listed` were put there
 * for its units. Of a unit that was sent before, nobody here knows what became of its group since. There
 * are no outcomes where the whole commit was refused.
 */
export function leftBehind(
  units: readonly Unit[],
  outcomes: readonly Outcome[],
  listed: readonly Entry[],
): { readonly surely: readonly Entry[]; readonly perhaps: readonly Entry[] } {
  const drops = ({ listing, remove }: Unit): boolean => listing === 'drop' || remove === 'group';
  return {
    surely: units.filter((unit, index) => outcomes[index] === 'applied' && drops(unit)),
    perhaps: units.filter(
      (unit, index) =>
        (outcomes[index] === 'repeated' && drops(unit)) ||
        (outcomes[index] !== 'applied' && listed.includes(unit)),
    ),
  };
}

/** Puts entries on their lists. */
export async function list(send: SendCommand, entries: readonly Entry[]): Promise<void> {
  await Promise.all(
    entries.map(({ tenantId, groupId }) => send('ZADD', tenantKey(tenantId), '0', groupId)),
  );
}

/** Takes entries off their lists. */
export async function unlist(send: SendCommand, entries: readonly Entry[]): Promise<void> {
  await Promise.all(
    entries.map(({ tenantId, groupId }) => send('ZREM', tenantKey(tenantId), groupId)),
  );
}

/** A page of the tenant's list, in ascending order of id. */
export async function readListed(
  send: SendCommand,
  tenantId: TenantId,
  { after, limit }: PageRequest<string>,
): Promise<readonly GroupId[]> {
  const lower = after === undefined ? '-' : `(${after}`;
  const range = [tenantKey(tenantId), lower, '+', 'LIMIT', '0', String(limit)];
  return (await send('ZRANGEBYLEX', ...range)) as readonly GroupId[]; // members that commits wrote
}

/** How many groups are on the tenant's list. */
export async function countListed(send: SendCommand, tenantId: TenantId): Promise<number> {
  return Number(await send('ZCARD', tenantKey(tenantId)));
}
