import type { EpochMs } from '../../base/clock.ts';
import { CommandError, EXIT } from '../exit.ts';
import { bodyOf, listGroups, readGroup, readGroupWithWebhooks, tenantPath } from '../groups.ts';
import type { NodeClient } from '../node-client.ts';
import { CALENDARS_REPLY } from '../calendar-wire.ts';
import { readReply } from '../wire.ts';
import type { WireGroup } from '../wire.ts';
import type { CalendarEntry } from '../../domain/calendar/calendar.ts';
import type { DesiredCalendar, DesiredGroup } from './desired.ts';
import type { HeldCalendars } from './plan-calendars.ts';
import type { CurrentGroups } from './plan.ts';

/** What the node has of the groups that files name, and its clock at the first reply. */
export async function readCurrent(
  client: NodeClient,
  desired: readonly DesiredGroup[],
): Promise<{ readonly current: CurrentGroups; readonly now: EpochMs }> {
  let now: EpochMs | undefined;
  const timed: NodeClient = async (request) => {
    const reply = await client(request);
    if (reply.kind === 'done') now ??= reply.at;
    return reply;
  };
  const found = new Map<string, WireGroup>();
  for (const tenant of new Set(desired.map((group) => group.tenant))) {
    const wanted = new Map(
      desired.filter((group) => group.tenant === tenant).map((group) => [group.key, group]),
    );
    for (const { item, config } of await listGroups(timed, tenant)) {
      const { key } = config;
      const group = key === undefined ? undefined : wanted.get(key);
      if (group === undefined) continue;
      const read = hasWebhooks(group) ? readGroupWithWebhooks : readGroup;
      const present = await read(timed, tenant, item.id);
      if (present !== undefined) found.set(idOf(tenant, group.key), present);
    }
  }
  if (now === undefined) {
    throw new CommandError(EXIT.error, "the node's replies have no Date header to count from");
  }
  return { current: (tenant, key) => found.get(idOf(tenant, key)), now };
}

/** The calendars that the tenants of these have at the node. */
export async function readCurrentCalendars(
  client: NodeClient,
  desired: readonly Pick<DesiredCalendar, 'tenant'>[],
): Promise<(tenant: string) => HeldCalendars> {
  const found = new Map<string, HeldCalendars>();
  for (const tenant of new Set(desired.map((calendar) => calendar.tenant))) {
    const reply = await client({ method: 'GET', path: `${tenantPath(tenant)}/calendars` });
    const { calendars, malformed } = readReply(CALENDARS_REPLY, bodyOf(reply));
    found.set(
      tenant,
      new Map([
        // of the node, which checked them
        ...calendars.map(
          ({ name, entries }) => [name, entries as readonly CalendarEntry[]] as const,
        ),
        ...malformed.map((name) => [name, undefined] as const),
      ]),
    );
  }
  return (tenant) => found.get(tenant) ?? new Map<string, undefined>();
}

/** Who says nothing of webhooks need not be allowed to see them. */
function hasWebhooks({ policies }: DesiredGroup): boolean {
  return policies.some(({ webhooks }) => webhooks !== undefined);
}

function idOf(tenant: string, key: string): string {
  return JSON.stringify([tenant, key]);
}
