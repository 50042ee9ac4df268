import { assert } from '../base/assert.ts';
import { LutraError } from '../base/errors.ts';
import type { GroupId, PartitionId, TenantId } from '../domain/ids.ts';
import { regionOf, regionOfGroup } from '../domain/partition/partition-of.ts';
import type { PartitionLayout } from '../domain/partition/partition-of.ts';
import type { ListedGroup, PageRequest, Store, Unit } from '../ports/store.ts';

/** One store and the regions whose partitions are in it. It knows the layout of them all. */
export interface Shard {
  readonly regions: readonly string[];
  readonly store: Store;
}

/**
 * The stores of all regions as one.
 *
 * What is about a partition or a group goes to the store of its region, so one that is out of reach stops
 * nothing elsewhere. What is about all groups of a tenant needs all stores, and rejects where one of them does:
 * a list that left its groups out would read as if they were gone.
 */
export class RegionalStore implements Store {
  readonly identity: string;
  readonly layout: PartitionLayout;
  readonly #stores: readonly Store[];
  readonly #byRegion: ReadonlyMap<string, Store>;

  readonly acquire: Store['acquire'] = (partition, token) =>
    this.#in(partition).acquire(partition, token);
  readonly due: Store['due'] = (partition, limit) => this.#in(partition).due(partition, limit);
  readonly commit: Store['commit'] = async (partition, token, units) => {
    const isLimited = units.some(({ listingMax }) => listingMax !== undefined);
    const judged = isLimited ? await this.#withElsewhere(partition, units) : units;
    return this.#in(partition).commit(partition, token, judged);
  };
  readonly divergent: Store['divergent'] = (partition, limit) =>
    this.#in(partition).divergent(partition, limit);
  readonly lock: Store['lock'] = (partition, token, request) =>
    this.#in(partition).lock(partition, token, request);
  readonly renew: Store['renew'] = (partition, token, request) =>
    this.#in(partition).renew(partition, token, request);
  readonly settle: Store['settle'] = (partition, token, request) =>
    this.#in(partition).settle(partition, token, request);
  readonly walk: Store['walk'] = (partition, page) => this.#in(partition).walk(partition, page);
  readonly subscribe: Store['subscribe'] = (partition, onWake) =>
    this.#in(partition).subscribe(partition, onWake);
  readonly group: Store['group'] = (groupId) =>
    this.#about(groupId, (store) => store.group(groupId));
  readonly history: Store['history'] = (groupId, request) =>
    this.#about(groupId, (store) => store.history(groupId, request));

  /** Every region of the layout is one shard's. */
  constructor(parts: {
    readonly identity: string;
    readonly layout: PartitionLayout;
    readonly shards: readonly Shard[];
  }) {
    const { identity, layout, shards } = parts;
    this.identity = identity;
    this.layout = layout;
    this.#stores = shards.map(({ store }) => store);
    this.#byRegion = new Map(
      shards.flatMap(({ regions, store }) => regions.map((region) => [region, store] as const)),
    );
    const homeless = layout.regions.filter((region) => !this.#byRegion.has(region));
    assert(homeless.length === 0, `every region has a store, also ${homeless.join(', ')}`);
  }

  /** Each store's page begins at the same place and has room for the whole answer, so nothing in between is missing. */
  async groups(tenantId: TenantId, page: PageRequest<string>): ReturnType<Store['groups']> {
    const pages = await Promise.all(this.#stores.map((store) => store.groups(tenantId, page)));
    const [first, ...others] = pages;
    assert(first !== undefined, 'a layout has regions, and they have stores');
    return {
      // Clocks of different servers differ; the earliest of them is ahead of none.
      now: others.reduce((earliest, { now }) => (now < earliest ? now : earliest), first.now),
      groups: pages
        .flatMap(({ groups }) => groups)
        .sort(byId)
        .slice(0, page.limit),
    };
  }

  countGroups(tenantId: TenantId): Promise<number> {
    return countIn(this.#stores, tenantId);
  }

  /** How many of the tenant's groups are listed in the stores that serve none of these regions. */
  countElsewhere(regions: readonly string[], tenantId: TenantId): Promise<number> {
    const own = regions.map((region) => this.#byRegion.get(region));
    return countIn(
      this.#stores.filter((store) => !own.includes(store)),
      tenantId,
    );
  }

  /** The units with what there is elsewhere, so that a store that has no room left need not even take a place. */
  #withElsewhere(partition: PartitionId, units: readonly Unit[]): Promise<readonly Unit[]> {
    return Promise.all(
      units.map(async (unit) => {
        if (unit.listingMax === undefined) return unit;
        const count = await this.countElsewhere([regionOf(partition)], unit.tenantId);
        return { ...unit, listedElsewhere: (unit.listedElsewhere ?? 0) + count };
      }),
    );
  }

  /** Closes all of them, also where one rejects; then rejects as that one did. */
  async close(): Promise<void> {
    const results = await Promise.allSettled(this.#stores.map((store) => store.close()));
    for (const result of results) {
      if (result.status === 'rejected') throw result.reason;
    }
  }

  #in(partition: PartitionId): Store {
    return this.#ofRegion(regionOf(partition));
  }

  #ofRegion(region: string): Store {
    const store = this.#byRegion.get(region);
    assert(store !== undefined, `there is no region ${region}`);
    return store;
  }

  #about<Answer>(groupId: GroupId, ask: (store: Store) => Promise<Answer>): Promise<Answer> {
    const region = regionOfGroup(groupId, this.layout);
    return region === undefined ? this.#anyAnswer(groupId, ask) : ask(this.#ofRegion(region));
  }

  /** No store can have the group, so each of them answers the same, and with its clock. */
  async #anyAnswer<Answer>(
    groupId: GroupId,
    ask: (store: Store) => Promise<Answer>,
  ): Promise<Answer> {
    try {
      return await Promise.any(this.#stores.map(ask));
    } catch (cause) {
      throw new LutraError('store-unavailable', `no store answers about group ${groupId}`, {
        cause,
      });
    }
  }
}

function byId(a: ListedGroup, b: ListedGroup): number {
  return a.groupId < b.groupId ? -1 : 1;
}

async function countIn(stores: readonly Store[], tenantId: TenantId): Promise<number> {
  const counts = await Promise.all(stores.map((store) => store.countGroups(tenantId)));
  return counts.reduce((sum, count) => sum + count, 0);
}
