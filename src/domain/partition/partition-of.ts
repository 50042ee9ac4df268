import { assert } from '../../base/assert.ts';
import type { EpochMs } from '../../base/clock.ts';
import type { GroupId, PartitionId } from '../ids.ts';
import { fnv1a } from './hash.ts';

/** How groups are spread over partitions. Fixed when a cluster, or an embedded file, is made. */
export interface PartitionLayout {
  /** Region names; a group's region is the index that the last byte of its id holds. */
  readonly regions: readonly string[];
  /** Partitions of each region. */
  readonly count: number;
}

/** Names partition `index` of a region. */
export function partitionId(region: string, index: number): PartitionId {
  return `${region}/${String(index)}` as PartitionId;
}

/** The region that a partition belongs to. */
export function regionOf(partition: PartitionId): string {
  return partition.slice(0, partition.lastIndexOf('/'));
}

/** All partitions of a layout, region by region. */
export function allPartitions(layout: PartitionLayout): readonly PartitionId[] {
  return layout.regions.flatMap((region) =>
    Array.from({ length: layout.count }, (_, index) => partitionId(region, index)),
  );
}

/**
 * The partition that a group lives in, from its id alone; undefined where the id's region byte names
 * no region of this layout (such a group cannot exist here).
 *
 * The hash must never change: a group whose partition moves is a group whose schedules nobody scans.
 */
export function partitionOf(groupId: GroupId, layout: PartitionLayout): PartitionId | undefined {
  const region = regionOfGroup(groupId, layout);
  if (region === undefined) return undefined;
  return partitionId(region, fnv1a(groupId) % layout.count);
}

/** The region that a group lives in, from its id alone; undefined where the id's region byte names none. */
export function regionOfGroup(groupId: GroupId, layout: PartitionLayout): string | undefined {
  return layout.regions[regionByteOf(groupId)];
}

/** Turns a fresh UUID into a group id of the region: its last byte becomes the region's index. */
export function groupIdInRegion(uuid: string, regionIndex: number): GroupId {
  assert(
    Number.isInteger(regionIndex) && regionIndex >= 0 && regionIndex < 256,
    'a region index is one byte',
  );
  return (uuid.slice(0, -2) + regionIndex.toString(16).padStart(2, '0')) as GroupId;
}

/**
 * The id of a group that is made now: a UUID of version 4 whose first six bytes are the time, and whose last is the region's
 * index. Groups that are made one after the other lie beside each other in a file that is ordered by id, and so one write of
 * a page keeps many of them. 66 bits of chance are left within a millisecond.
 */
export function newGroupId(uuid: string, now: EpochMs, regionIndex: number): GroupId {
  const time = Math.max(0, Math.floor(now))
    .toString(16)
    .padStart(TIME_DIGITS, '0')
    .slice(-TIME_DIGITS);
  return groupIdInRegion(`${time.slice(0, 8)}-${time.slice(8)}${uuid.slice(13)}`, regionIndex);
}

/** Of six bytes, which hold milliseconds until the year 10889. */
const TIME_DIGITS = 12;

/** The region index in a group id; NaN, which indexes nothing, where the id does not end in hex. */
function regionByteOf(groupId: GroupId): number {
  return /[0-9a-f]{2}$/.test(groupId) ? Number.parseInt(groupId.slice(-2), 16) : Number.NaN;
}
