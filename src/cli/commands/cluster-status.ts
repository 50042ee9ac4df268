import { isLeaving, isOutOfReach, seeCluster } from '../cluster.ts';
import type { SeenCluster, SeenMember, SeenPartition } from '../cluster.ts';
import type { Registry } from '../command.ts';
import { EXIT } from '../exit.ts';
import { factRows, plain } from '../output.ts';
import type { Colours } from '../output.ts';
import type { ShownTable } from '../session.ts';
import type { WireCluster, WireStore } from '../wire.ts';
import { partitionJson } from './partitions.ts';

const OUT_OF_REACH =
  'members on other machines answer only there: run this on theirs, or look at their metrics';

/** `lutra cluster status`. */
export function addClusterStatus({ program, action }: Registry): void {
  program
    .command('status')
    .description(
      'show members, owners and stores; asks every member how it is; ends with 2 where something is wrong',
    )
    .action(
      action(async (session) => {
        const seen = await seeCluster(session);
        const { cluster, members, partitions } = seen;
        const isHealthy = isWell(seen);
        session.showTables({
          json: { ...cluster, isHealthy, members, partitions: partitions.map(partitionJson) },
          tables: [
            membersTable(seen, session.colours),
            regionsTable(seen, session.colours),
            { heading: ['WHAT', 'VALUE'], rows: factRows(factsOf(seen)) },
          ],
        });
        if (members.some(isOutOfReach)) session.say(OUT_OF_REACH);
        return isHealthy ? EXIT.ok : EXIT.unhealthy;
      }),
    );
}

/**
 * Whether every partition has an owner that is fit for it, and no node is in trouble that it was not asked for: one
 * that drains does as it was told. Nothing is known of members that cannot be asked from here.
 */
function isWell(seen: SeenCluster): boolean {
  const { cluster, members, partitions } = seen;
  const areRegionsWell = cluster.layout.regions.every((region) => {
    const own = partitions.filter(({ partition }) => regionOf(partition) === region);
    return regionState(seen, { region, own }).tone !== 'bad';
  });
  const isAtFault = (member: SeenMember): boolean =>
    troublesOf(member, { cluster, ownedCount: 0 }).some(({ isFault }) => isFault);
  return areRegionsWell && !members.some(isAtFault);
}

function membersTable(seen: SeenCluster, colours: Colours): ShownTable {
  const ownedCounts = new Map<string, number>();
  for (const { node } of seen.partitions) {
    if (node !== undefined) ownedCounts.set(node, (ownedCounts.get(node) ?? 0) + 1);
  }
  return {
    heading: ['NODE', 'REGION', 'VERSION', 'OWNED', 'LATE P99', 'STATE'],
    rows: seen.members.map((member) => {
      const p99Ms = member.status?.lateness?.p99Ms;
      const ownedCount = ownedCounts.get(member.node) ?? 0;
      return [
        plain(member.node),
        plain(member.region),
        plain(member.version),
        String(ownedCount),
        p99Ms === undefined ? '-' : `${String(p99Ms)} ms`,
        memberState(member, { cluster: seen.cluster, ownedCount }, colours),
      ];
    }),
  };
}

function memberState(
  member: SeenMember,
  around: { readonly cluster: WireCluster; readonly ownedCount: number },
  colours: Colours,
): string {
  const troubles = troublesOf(member, around).map(({ text }) => colours.bad(plain(text)));
  const remarks = isOutOfReach(member) ? [colours.unknown('not asked')] : [];
  const said = [...remarks, ...troubles];
  return said.length === 0 ? colours.good('ok') : said.join(', ');
}

interface Trouble {
  readonly text: string;
  /** Nobody asked for it. */
  readonly isFault: boolean;
}

function troublesOf(
  member: SeenMember,
  { cluster, ownedCount }: { readonly cluster: WireCluster; readonly ownedCount: number },
): readonly Trouble[] {
  const { status, unfitFor } = member;
  const leaving = ownedCount === 0 ? 'drained' : 'draining';
  const found = [
    { is: status === undefined && !isOutOfReach(member), text: 'unreachable', isFault: true },
    { is: status?.isDoubtful === true, text: 'doubtful', isFault: true },
    { is: isLeaving(member, cluster), text: leaving, isFault: false },
    { is: unfitFor.length > 0, text: `unfit for ${unfitFor.join(' and ')}`, isFault: true },
  ];
  return found.filter(({ is }) => is);
}

function regionsTable(seen: SeenCluster, colours: Colours): ShownTable {
  return {
    heading: ['REGION', 'PARTITIONS', 'OWNED', 'WITHOUT OWNER', 'STATE'],
    rows: seen.cluster.layout.regions.map((region) => {
      const own = seen.partitions.filter(({ partition }) => regionOf(partition) === region);
      const ownedCount = own.filter(({ node }) => node !== undefined).length;
      const ownerless = String(own.length - ownedCount);
      const { tone, text } = regionState(seen, { region, own });
      return [
        plain(region),
        String(own.length),
        String(ownedCount),
        ownerless === '0' ? ownerless : colours.bad(ownerless),
        colours[tone](text),
      ];
    }),
  };
}

interface RegionState {
  readonly tone: 'good' | 'doubtful' | 'bad';
  readonly text: string;
}

/** The worst that is the matter with a region. */
function regionState(
  { cluster, members }: SeenCluster,
  { region, own }: { readonly region: string; readonly own: readonly SeenPartition[] },
): RegionState {
  const bad = (text: string): RegionState => ({ tone: 'bad', text });
  const residents = members.filter((member) => member.region === region);
  const owners = own.flatMap(({ node }) => members.filter((member) => member.node === node));
  const ownerlessCount = own.filter(({ node }) => node === undefined).length;
  if (residents.length === 0 && ownerlessCount === own.length) return bad('vacant');
  if (ownerlessCount > 0) return bad(`${String(ownerlessCount)} without owner`);

  const unfitCount = owners.filter(({ unfitFor }) => unfitFor.includes(region)).length;
  if (unfitCount > 0) return bad(`${String(unfitCount)} with an owner that is unfit`);

  const others = new Set(owners.map((owner) => owner.region).filter((home) => home !== region));
  if (others.size > 0) {
    return { tone: 'doubtful', text: plain(`run by nodes of ${[...others].join(', ')}`) };
  }
  const isTakingAny = residents.some((member) => !isLeaving(member, cluster));
  return isTakingAny
    ? { tone: 'good', text: 'ok' }
    : { tone: 'doubtful', text: 'no node takes partitions' };
}

function regionOf(partition: string): string {
  return partition.slice(0, partition.lastIndexOf('/'));
}

function factsOf({ cluster, members }: SeenCluster): readonly (readonly [string, string])[] {
  return [
    ['cluster', cluster.name],
    ['identity', cluster.identity],
    ['epoch', String(cluster.epoch)],
    ...storesOf(members).flatMap(({ store, unreachedBy }) => [
      [`store of ${store.regions.join(', ')}`, `${store.kind} ${store.identity}`] as const,
      ['', store.durability] as const,
      ...store.problems.map((problem) => ['', problem] as const),
      ...unreachedBy.map((node) => ['', `not reached by ${node}`] as const),
    ]),
  ];
}

interface SeenStore {
  readonly store: WireStore;
  readonly unreachedBy: readonly string[];
}

/** Each store once, as told by a member that reaches it, where there is one. */
function storesOf(members: readonly SeenMember[]): readonly SeenStore[] {
  const told = members.flatMap(({ node, status }) =>
    (status?.stores ?? []).map((store) => ({ node, store })),
  );
  return [...new Set(told.map(({ store }) => store.identity))].flatMap((identity) => {
    const same = told.filter(({ store }) => store.identity === identity);
    const [first] = [...same].sort(
      (a, b) => Number(b.store.isReachable) - Number(a.store.isReachable),
    );
    if (first === undefined) return [];
    const unreached = same.filter(({ store }) => !store.isReachable);
    return [{ store: first.store, unreachedBy: unreached.map(({ node }) => node) }];
  });
}
