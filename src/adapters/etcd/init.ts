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

/**
 * Gives an etcd that lost the cluster what a node knows of it: an epoch above the last one that was seen
 * there, so that new tokens are greater than all that were won before. What is there already stays as it is.
 */
export function refillCluster(
  connection: EtcdConnection,
  known: ClusterSettings,
  epochBeyond: number,
): Promise<ClusterSettings> {
  return fill(connection, known, epochBeyond + 1);
}

/** What the cluster was made with; undefined where etcd has nothing of it. Throws `config-invalid` where a newer Lutra made it. */
export async function readSettings(
  connection: EtcdConnection,
): Promise<ClusterSettings | undefined> {
  const found = await connection.get('reading the cluster settings', connection.keys.settings);
  return found === undefined ? undefined : settingsIn(found);
}

/** In this order: without an epoch nothing goes on, so whoever comes after a crash in between does this again. */
async function fill(
  connection: EtcdConnection,
  settings: ClusterSettings,
  epoch: number,
): Promise<ClusterSettings> {
  const { keys } = connection;
  const { identity, layout } = settings;
  const text = JSON.stringify({ format: FORMAT, identity, layout });
  await putIfAbsent(connection, keys.settings, text);
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

function settingsIn(found: KeyValue): ClusterSettings {
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
