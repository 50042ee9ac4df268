/**
 * The raw side of a comparison: the very calls of the commit script that a run of the loops made, sent again
 * to a store of the same content. Nothing is read, judged or decided on the way; the bytes lie ready.
 */
import type { RedisConnection } from '../../../src/adapters/redis/connection.ts';
import { SCRIPTS } from '../../../src/adapters/redis/scripts.ts';
import { pump } from './pump.ts';
import type { Packet } from './pump.ts';
import { encodeCommand } from './resp.ts';

interface Call {
  readonly keys: readonly string[];
  readonly args: readonly string[];
}

/** Which argument of the script says for how long a decision may be applied. */
const AGE_ARG = 6;
/** Recorded decisions are old when they are sent again. */
const ANY_AGE = '1000000000000';

/** A connection that writes down the calls of the commit script, and what it has written down. */
export function recording(connection: RedisConnection): {
  readonly connection: RedisConnection;
  readonly calls: readonly Call[];
} {
  const calls: Call[] = [];
  const { run } = connection;
  return {
    calls,
    connection: {
      ...connection,
      run: (script, keys, args) => {
        if (script.name === 'commit') calls.push({ keys, args });
        return run(script, keys, args);
      },
    },
  };
}

/** The calls as bytes. */
export function encodeCalls(calls: readonly Call[]): readonly Packet[] {
  return calls.map(({ keys, args }) => {
    const words = [...args];
    words[AGE_ARG] = ANY_AGE;
    const text = encodeCommand([
      ...['EVALSHA', SCRIPTS.commit.sha, String(keys.length)],
      ...[...keys, ...words],
    ]);
    return { bytes: Buffer.from(text), commandCount: 1 };
  });
}

/** Sends the calls; answers how long that took, in ms, until the last was answered. Rejects unless all units were applied. */
export async function replay(
  port: number,
  packets: readonly Packet[],
  unitCount: number,
): Promise<number> {
  let applied = 0;
  const startedAtMs = performance.now();
  await pump(port, packets, {
    packetsInFlight: IN_FLIGHT,
    // {'answered', now, letters}: the letters are last.
    onReply: (reply) => (applied += (/\r\n(a+)\r\n$/.exec(reply)?.[1] ?? '').length),
  });
  const durationMs = performance.now() - startedAtMs;
  if (applied !== unitCount) {
    throw new Error(`${String(applied)} of ${String(unitCount)} units were applied`);
  }
  return durationMs;
}

/** Enough that Redis never waits, and no more than nodes would have under way together. */
const IN_FLIGHT = 64;
