/**
 * Makes a store, once, and opens one that is there. Only the making writes an identity and fences: a store
 * that lost them is refused by every script, rather than begun anew.
 */
import { assert } from '../../base/assert.ts';
import { LutraError } from '../../base/errors.ts';
import { isJsonObject } from '../../base/json.ts';
import { allPartitions } from '../../domain/partition/partition-of.ts';
import type { PartitionLayout } from '../../domain/partition/partition-of.ts';
import type { RedisConnection } from './connection.ts';
import { keysOf, PROBE_KEY, STORE_KEY } from './keys.ts';
import { ReplyReader } from './replies.ts';
import { SCRIPTS } from './scripts.ts';

/** How everything is laid out here. A store of a newer format is refused. */
const FORMAT = 1;
const RECORD_FIELDS = ['identity', 'layout', 'format', 'complete'];

/** Which store it is. */
export interface StoreIdentity {
  /** Random, given when the store is made. */
  readonly identity: string;
  /** Fixed when the store is made. */
  readonly layout: PartitionLayout;
}

/**
 * Makes a store in an empty database, or completes one whose making was interrupted. Making the very same
 * store again changes nothing; it never gives a store back a fence that it lost. Rejects with
 * `store-foreign` where another store is there, one of another layout or format, or one without a fence.
 */
export async function initStore(connection: RedisConnection, made: StoreIdentity): Promise<void> {
  assert(
    made.layout.regions.every((region) => /^[^{}]+$/.test(region)),
    'the name of a region fits into a hash tag',
  );
  const args = [made.identity, layoutText(made.layout), String(FORMAT)];
  const record = recordOf(
    await connection.run(SCRIPTS['create-store'], [STORE_KEY, PROBE_KEY], args),
  );
  assertSame(connection, record, made);
  if (record.isComplete) return;
  for (const partition of allPartitions(made.layout)) {
    await connection.run(SCRIPTS['create-fence'], [keysOf(partition).fence], [made.identity]);
  }
  await connection.send('HSET', STORE_KEY, 'complete', '1');
}

/**
 * The identity of the store that is there. Rejects with `store-foreign` where there is none that was made
 * completely, or where it has another layout, or a format that this program does not know.
 */
export async function readIdentity(
  connection: RedisConnection,
  layout: PartitionLayout,
): Promise<string> {
  const reply = await connection.send('HMGET', STORE_KEY, ...RECORD_FIELDS);
  if (Array.isArray(reply) && reply[0] === null) {
    throw foreign(
      connection,
      'it holds no store. It may be the wrong address or database (redis.urls), or its data was lost: ' +
        'then restore it. The stores of a new cluster are made by "lutra cluster init"',
    );
  }
  const record = recordOf(reply);
  assertSame(connection, record, { identity: record.identity, layout });
  if (!record.isComplete) {
    throw foreign(
      connection,
      'the making of the store was interrupted: complete it with "lutra cluster init"',
    );
  }
  return record.identity;
}

/**
 * What the database says of the store in it; undefined where it holds none. Rejects with `store-foreign` where
 * it is of a format that this program does not know.
 */
export async function readRecord(
  connection: RedisConnection,
): Promise<(StoreIdentity & { readonly isComplete: boolean }) | undefined> {
  const reply = await connection.send('HMGET', STORE_KEY, ...RECORD_FIELDS);
  if (Array.isArray(reply) && reply[0] === null) return undefined;
  const record = recordOf(reply);
  assertKnownFormat(connection, record);
  const layout = layoutIn(record.layout);
  if (layout === undefined) {
    throw foreign(connection, `its partitions, ${record.layout}, are not of our making`);
  }
  return { identity: record.identity, layout, isComplete: record.isComplete };
}

/** Undefined where the text is none of ours. */
function layoutIn(text: string): PartitionLayout | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isLayout(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isLayout(value: unknown): value is PartitionLayout {
  return (
    isJsonObject(value) &&
    Array.isArray(value['regions']) &&
    value['regions'].every((region) => typeof region === 'string') &&
    Number.isSafeInteger(value['count'])
  );
}

interface StoreRecord {
  readonly identity: string;
  readonly layout: string;
  readonly format: number;
  readonly isComplete: boolean;
}

function recordOf(answer: unknown): StoreRecord {
  const reply = new ReplyReader(answer);
  return {
    identity: reply.text(),
    layout: reply.text(),
    format: reply.number(),
    isComplete: reply.text() === '1',
  };
}

/** Where the database is. */
type Place = Pick<RedisConnection, 'address'>;

function assertKnownFormat(place: Place, { format }: StoreRecord): void {
  if (format <= FORMAT) return;
  throw foreign(place, `a newer Lutra wrote it (format ${format}; this one knows up to ${FORMAT})`);
}

function assertSame(place: Place, found: StoreRecord, wanted: StoreIdentity): void {
  assertKnownFormat(place, found);
  if (found.identity !== wanted.identity) {
    throw foreign(place, `it is store ${found.identity}, not ${wanted.identity}`);
  }
  if (found.layout !== layoutText(wanted.layout)) {
    throw foreign(
      place,
      `it was made with the partitions ${found.layout}, not ${layoutText(wanted.layout)}; ` +
        'they are fixed when a store is made',
    );
  }
}

function layoutText({ regions, count }: PartitionLayout): string {
  return JSON.stringify({ regions, count });
}

function foreign({ address }: Place, why: string): LutraError {
  return new LutraError('store-foreign', `refusing the Redis at ${address}: ${why}`);
}
