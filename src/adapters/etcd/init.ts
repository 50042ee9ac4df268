/** What a cluster is made with, which stays for as long as it lives. */
import { LutraError } from '../../base/errors.ts';
import { isJsonObject } from '../../base/json.ts';
import type { PartitionLayout } from '../../domain/partition/partition-of.ts';
import type { EtcdConnection } from './connection.ts';
import { malformed, objectIn } from './keys.ts';
import type { KeyValue } from './keys.ts';
import { isAbsent, NO_LEASE, put } from './requests.ts';

/** How everything is laid out under the cluster's keys. A newer format is refused. */
const FORMAT = 1;

export interface ClusterSettings {
  /** The identity of the cluster's store. */
  readonly identity: string;
  /** Regions in the configured order, and the partitions of each. */
  readonly layout: PartitionLayout;
}

/**
 * Makes the cluster, or completes one whose making was interrupted. Answers with what it was made with: that
 * is something else than `made` where it was there already.
 */
export function initCluster(
  connection: EtcdConnection,
  made: ClusterSettings,
): Promise<ClusterSettings> {
  return fill(connection, made, 0);
}

/** Records that the stores of all regions were made: whichever is empty from now on has been emptied. */
export function completeCluster(connection: EtcdConnection): Promise<void> {
  return putIfAbsent(connection, connection.keys.stores, 'made');
}

/** Whether the stores of all regions were made once. */
export async function isClusterComplete(connection: EtcdConnection): Promise<boolean> {
  const found = await connection.get('reading the cluster settings', connection.keys.stores);
  return found !== undefined;
}

/**
 * Gives an etcd that lost the cluster what a node knows of it: an epoch above the last one that was seen
 * there, so that new tokens are greater than all that were won before. What is there already stays as it is;
 * the answer is what the cluster there was made with, which is something else where it is another's.
 */
export async function refillCluster(
  connection: EtcdConnection,
  known: ClusterSettings,
  epochBeyond: number,
): Promise<ClusterSettings> {
  const { keys } = connection;
  // In one, so that the stores of a cluster that somebody is making there do not count as made.
  await connection.transact('refilling the cluster', {
    when: [isAbsent(keys.settings)],
    then: [put(keys.settings, textOf(known), NO_LEASE), put(keys.stores, 'made', NO_LEASE)],
    otherwise: [],
  });
  return fill(connection, known, epochBeyond + 1);
}

/** What the cluster was made with; undefined where etcd has nothing of it. Throws `config-invalid` where a newer Lutra made it. */
export async function readSettings(
  connection: EtcdConnection,
): Promise<ClusterSettings | undefined> {
  const found = await connection.get('reading the cluster settings', connection.keys.settings);
  return found === undefined ? undefined : settingsOf(found);
}

/** In this order: without an epoch nothing goes on, so whoever comes after a crash in between does this again. */
async function fill(
  connection: EtcdConnection,
  settings: ClusterSettings,
  epoch: number,
): Promise<ClusterSettings> {
  const { keys } = connection;
  await putIfAbsent(connection, keys.settings, textOf(settings));
  await putIfAbsent(connection, keys.epoch, String(epoch));
  const found = await readSettings(connection);
  if (found !== undefined) return found;
  throw new LutraError('coordination-empty', 'etcd lost the cluster while it was being made');
}

async function putIfAbsent(connection: EtcdConnection, key: string, value: string): Promise<void> {
  await connection.transact('making the cluster', {
    when: [isAbsent(key)],
    then: [put(key, value, NO_LEASE)],
    otherwise: [],
  });
}

function textOf({ identity, layout }: ClusterSettings): string {
  return JSON.stringify({ format: FORMAT, identity, layout });
}

/** What the settings key says. Throws `config-invalid` where a newer Lutra wrote it, and `record-malformed`. */
export function settingsOf(found: KeyValue): ClusterSettings {
  const { format, identity, layout } = objectIn(found);
  if (typeof format === 'number' && format > FORMAT) {
    throw new LutraError(
      'config-invalid',
      `a newer Lutra made this cluster (format ${format}; this one knows up to ${FORMAT})`,
    );
  }
  if (typeof identity !== 'string' || !isLayout(layout)) throw malformed(found);
  return { identity, layout: { regions: layout.regions, count: layout.count } };
}

function isLayout(value: unknown): value is PartitionLayout {
  if (!isJsonObject(value)) return false;
  const { regions, count } = value;
  return (
    Array.isArray(regions) &&
    regions.length > 0 &&
    regions.every((region) => typeof region === 'string') &&
    Number.isSafeInteger(count) &&
    Number(count) > 0
  );
}
