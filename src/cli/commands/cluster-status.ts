import { seeCluster } from '../cluster.ts';
import type { SeenCluster, SeenMember } from '../cluster.ts';
import type { Registry } from '../command.ts';
import { EXIT } from '../exit.ts';
import { factRows, plain } from '../output.ts';
import type { Colours } from '../output.ts';
import type { ShownTable } from '../session.ts';
import type { WireStore } from '../wire.ts';
import { partitionJson } from './partitions.ts';

/** `lutra cluster status`. */
export function addClusterStatus({ program, action }: Registry): void {
  program
    .command('status')
    .description('show members, owners and stores; asks every member how it is')
    .action(
      action(async (session) => {
        const seen = await seeCluster(session.world, await session.connect());
        const { cluster, members, partitions } = seen;
        session.showTables({
          json: { ...cluster, members, partitions: partitions.map(partitionJson) },
          tables: [
            membersTable(seen, session.colours),
            regionsTable(seen, session.colours),
            { heading: ['WHAT', 'VALUE'], rows: factRows(factsOf(seen)) },
          ],
        });
        return EXIT.ok;
      }),
    );
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
      const troubles = troublesOf(member, seen.cluster.drains);
      return [
        plain(member.node),
        plain(member.region),
        plain(member.version),
        String(ownedCounts.get(member.node) ?? 0),
        p99Ms === undefined ? '-' : `${String(p99Ms)} ms`,
        troubles.length === 0 ? colours.good('ok') : colours.bad(plain(troubles.join(', '))),
      ];
    }),
  };
}

function troublesOf(member: SeenMember, drains: readonly string[]): readonly string[] {
  const { node, status, isDraining, unfitFor } = member;
  const found = [
    { is: status === undefined, text: 'unreachable' },
    { is: status?.isDoubtful === true, text: 'doubtful' },
    { is: isDraining || drains.includes(node), text: 'draining' },
    { is: unfitFor.length > 0, text: `unfit for ${unfitFor.join(' and ')}` },
  ];
  return found.filter(({ is }) => is).map(({ text }) => text);
}

function regionsTable({ cluster, partitions }: SeenCluster, colours: Colours): ShownTable {
  const { layout, vacantRegions } = cluster;
  return {
    heading: ['REGION', 'PARTITIONS', 'OWNED', 'WITHOUT OWNER', 'STATE'],
    rows: layout.regions.map((region) => {
      const own = partitions.filter(({ partition }) => regionOf(partition) === region);
      const ownedCount = own.filter(({ node }) => node !== undefined).length;
      const ownerless = String(own.length - ownedCount);
      return [
        plain(region),
        String(own.length),
        String(ownedCount),
        ownerless === '0' ? ownerless : colours.bad(ownerless),
        vacantRegions.includes(region) ? colours.bad('vacant') : colours.good('ok'),
      ];
    }),
  };
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
