/**
 * Fills a Redis with groups by raw writes, since a million policies through commits would take minutes. What
 * is written is what the scripts of the store leave behind after a group was made by an API call and looked
 * at once by a converger; `assertReadable` has the store read a sample, and compares.
 */
import { keysOf, tenantKey } from '../../../src/adapters/redis/keys.ts';
import type { EpochMs } from '../../../src/base/clock.ts';
import { definitionField, encodeField, progressField } from '../../../src/domain/group/fields.ts';
import { decodeGroup } from '../../../src/domain/group/fields.ts';
import { UNOBSERVED } from '../../../src/domain/group/group.ts';
import type { PartitionId } from '../../../src/domain/ids.ts';
import type { Store, StoredGroup } from '../../../src/ports/store.ts';
import { chunksOf, groupFields, oneMore } from './groups.ts';
import type { BenchGroup, Timing } from './groups.ts';
import { pump } from './pump.ts';
import type { Packet } from './pump.ts';
import { encodeCommand } from './resp.ts';

/** What is to be stored. */
export interface SeedPlan {
  readonly port: number;
  readonly groups: readonly BenchGroup[];
  /** By the group's place. All policies of a group share it. */
  readonly timingOf: (index: number) => Timing;
  /** When all of it is said to have been made. */
  readonly at: EpochMs;
  /** Hears how many policies are stored. */
  readonly progress?: (policyCount: number) => void;
}

/** No provider here serves it: groups stay as they are. */
const LAUNCH = { type: 'bench', args: { command: 'node worker.mjs' } };
const FIELDS = groupFields(LAUNCH);
/** As they are after a group was made. */
const COUNTERS = ['~generation', '1', '~sequence', '1'];
const GROUPS_PER_PACKET = 50;
/** Members of one command of a sorted set. */
const MEMBERS_MAX = 500;
const SAMPLE = 50;

/** Stores groups. */
export async function seed(plan: SeedPlan): Promise<void> {
  await pump(plan.port, groupPackets(plan));
  await pump(plan.port, indexPackets(plan));
}

/** Arms all policies of these groups anew, with the claims that there were before left in their histories. */
export async function arm(port: number, groups: readonly BenchGroup[], at: EpochMs): Promise<void> {
  const progress = encodeField({ plannedAt: at });
  await pump(port, armPackets(groups, progress));
  await pump(
    port,
    duePackets(groups, () => at),
  );
}

/**
 * Puts groups back to what they were before their policies were claimed, and arms them for an instant. Writes
 * no more than what claims change.
 */
export async function reset(
  port: number,
  groups: readonly BenchGroup[],
  at: EpochMs,
): Promise<void> {
  await pump(port, resetPackets(groups, encodeField({ plannedAt: at })));
  await pump(
    port,
    duePackets(groups, () => at),
  );
}

function* resetPackets(groups: readonly BenchGroup[], progress: string): Generator<Packet> {
  for (const chunk of chunksOf(groups, GROUPS_PER_PACKET)) {
    const commands = chunk.flatMap(({ groupId, partition, version, policyIds }) => {
      const keys = keysOf(partition);
      return [
        [
          ...['HSET', keys.group(groupId), '~version', version, ...COUNTERS],
          ...['state', FIELDS['state'] ?? ''],
          ...policyIds.flatMap((id) => [progressField(id), progress]),
        ],
        ['LTRIM', keys.history(groupId), '0', '0'],
      ];
    });
    yield packetOf(commands);
  }
  for (const partition of byPartition(groups).keys()) {
    yield packetOf([['UNLINK', keysOf(partition).divergent]]);
  }
}

function* armPackets(groups: readonly BenchGroup[], progress: string): Generator<Packet> {
  for (const chunk of chunksOf(groups, GROUPS_PER_PACKET)) {
    const commands = chunk.map(({ groupId, partition, policyIds }) => [
      ...['HSET', keysOf(partition).group(groupId)],
      ...policyIds.flatMap((id) => [progressField(id), progress]),
    ]);
    yield packetOf(commands);
  }
}

function* groupPackets(plan: SeedPlan): Generator<Packet> {
  let index = 0;
  let policyCount = 0;
  for (const chunk of chunksOf(plan.groups, GROUPS_PER_PACKET)) {
    const commands: string[][] = [];
    for (const group of chunk) {
      const keys = keysOf(group.partition);
      const history = keys.history(group.groupId);
      commands.push(
        ['HSET', keys.group(group.groupId), ...hashOf(group, plan, plan.timingOf(index))],
        ['UNLINK', history],
        ['RPUSH', history, `${String(plan.at)} ${CREATED}`],
      );
      index += 1;
      policyCount += group.policyIds.length;
    }
    plan.progress?.(policyCount);
    yield packetOf(commands);
  }
}

const CREATED = JSON.stringify({ event: 'group.created', by: 'bench', desiredAfter: 0 });

/** Names and values of a group's hash: those of the store first, as `scripts/guard.lua` names them. */
function hashOf(
  { tenantId, version, policyIds }: BenchGroup,
  { at }: Pick<SeedPlan, 'at'>,
  { cron, plannedAt }: Timing,
): readonly string[] {
  const definition = encodeField(oneMore({ kind: 'cron', cron }));
  const progress = encodeField({ plannedAt });
  const observed = encodeField({ ...UNOBSERVED, actual: 0, observedAt: at });
  return [
    ...['~version', version, ...COUNTERS],
    ...['~tenant', tenantId, '~created', String(at), '~remembered', ` ${version}@${String(at)}`],
    ...['~armed', policyIds.map((id) => ` ${id}`).join('')],
    ...Object.entries(FIELDS).flat(),
    ...['observed', observed],
    ...policyIds.flatMap((id) => [definitionField(id), definition, progressField(id), progress]),
  ];
}

/** The lists and sorted sets that groups are in; nothing is divergent. */
function* indexPackets({ groups, timingOf }: SeedPlan): Generator<Packet> {
  for (const chunk of chunksOf(groups, GROUPS_PER_PACKET)) {
    yield packetOf(
      chunk.map(({ tenantId, groupId }) => ['ZADD', tenantKey(tenantId), '0', groupId]),
    );
  }
  for (const [partition, inside] of byPartition(groups)) {
    const keys = keysOf(partition);
    yield packetOf([['UNLINK', keys.divergent]]);
    for (const chunk of chunksOf(inside, MEMBERS_MAX)) {
      yield packetOf([['ZADD', keys.groups, ...chunk.flatMap(({ groupId }) => ['0', groupId])]]);
    }
  }
  yield* duePackets(groups, (index) => timingOf(index).plannedAt);
}

function* duePackets(
  groups: readonly BenchGroup[],
  dueAtOf: (index: number) => EpochMs,
): Generator<Packet> {
  const entries = groups.flatMap(({ groupId, partition, policyIds }, index) =>
    policyIds.map((id) => ({
      partition,
      words: [String(dueAtOf(index)), `${groupId}/${id}`],
    })),
  );
  for (const [partition, inside] of byPartition(entries)) {
    for (const chunk of chunksOf(inside, MEMBERS_MAX)) {
      yield packetOf([['ZADD', keysOf(partition).due, ...chunk.flatMap(({ words }) => words)]]);
    }
  }
}

/** What lies in each partition, in the same order. */
export function byPartition<Item extends { readonly partition: PartitionId }>(
  items: readonly Item[],
): ReadonlyMap<PartitionId, readonly Item[]> {
  const found = new Map<PartitionId, Item[]>();
  for (const item of items) {
    const inside = found.get(item.partition);
    if (inside === undefined) found.set(item.partition, [item]);
    else inside.push(item);
  }
  return found;
}

function packetOf(commands: readonly (readonly string[])[]): Packet {
  return { bytes: commands.map(encodeCommand).join(''), commandCount: commands.length };
}

/** Has the store read some of the groups, and throws where one is not what was to be stored. */
export async function assertReadable(store: Store, plan: SeedPlan): Promise<void> {
  const step = Math.max(Math.floor(plan.groups.length / SAMPLE), 1);
  for (let index = 0; index < plan.groups.length; index += step) {
    const wanted = plan.groups[index];
    if (wanted === undefined) return;
    const { group } = await store.group(wanted.groupId);
    const timing = plan.timingOf(index);
    if (group === undefined) throw new Error(`the store does not know ${wanted.groupId}`);
    assertSame(group, wanted, timing);
    const [created] = await store.history(wanted.groupId, {
      ...{ from: undefined, order: 'oldest-first', limit: 10 },
    });
    if (created?.event.event !== 'group.created' || created.sequence !== 1) {
      throw new Error(`the history of ${wanted.groupId} begins with ${JSON.stringify(created)}`);
    }
  }
}

function assertSame(group: StoredGroup, wanted: BenchGroup, timing: Timing): void {
  const { policies } = decodeGroup(group);
  const isSame =
    group.tenantId === wanted.tenantId &&
    group.version === wanted.version &&
    !group.isDivergent &&
    policies.size === wanted.policyIds.length &&
    wanted.policyIds.every(
      (id) =>
        group.due.get(id) === timing.plannedAt &&
        policies.get(id)?.progress.plannedAt === timing.plannedAt,
    );
  if (isSame) return;
  throw new Error(`the store reads something else than was stored: ${JSON.stringify(group)}`);
}
