/**
 * Leases, one call at a time. etcd3's own lease renews itself, and says that it was lost after twice its
 * length; whoever has to know earlier renews it here and counts from when that was sent.
 */
import type { Etcd3, ILeaseKeepAliveResponse } from 'etcd3';
import type { CallLimit, EtcdConnection } from './connection.ts';
import { isLeaseGone } from './errors.ts';

/** A lease, and how long it lasts without a renewal: etcd may grant more than was asked for. */
export interface Lease {
  readonly id: string;
  readonly ttlMs: number;
}

/** Has a lease granted. After a lost answer there may be one that nobody knows; it ends by itself. */
export async function grantLease(connection: EtcdConnection, ttlMs: number): Promise<Lease> {
  const asked = { TTL: Math.ceil(ttlMs / 1_000) };
  const { ID: id, TTL } = await connection.call('asking for a lease', (client, limit) =>
    client.leaseClient.leaseGrant(asked, limit),
  );
  return { id, ttlMs: Number(TTL) * 1_000 };
}

/** Renews leases of one node together. False where any of them has ended. */
export async function renewLeases(
  connection: EtcdConnection,
  leases: readonly string[],
): Promise<boolean> {
  const answers = await connection.call('renewing the session', (client, limit) =>
    exchange(client, limit, leases),
  );
  return answers.every(({ TTL }) => Number(TTL) > 0);
}

/** Ends a lease, and with it all keys under it. */
export async function revokeLease(connection: EtcdConnection, lease: string): Promise<void> {
  await connection.call('ending the session', async (client, limit) => {
    try {
      await client.leaseClient.leaseRevoke({ ID: lease }, limit);
    } catch (error) {
      if (!isLeaseGone(error)) throw error;
    }
  });
}

/** Sends one renewal for each lease, on a stream of their own, and collects the answers. */
async function exchange(
  client: Etcd3,
  limit: CallLimit,
  leases: readonly string[],
): Promise<readonly ILeaseKeepAliveResponse[]> {
  const stream = await client.leaseClient.leaseKeepAlive(limit);
  return new Promise((resolve, reject) => {
    const answers: ILeaseKeepAliveResponse[] = [];
    stream
      .on('error', reject)
      .on('end', () => {
        reject(new Error('the stream of renewals ended before its answers'));
      })
      .on('data', (answer) => {
        answers.push(answer);
        if (answers.length < leases.length) return;
        stream.end();
        resolve(answers);
      });
    for (const ID of leases) stream.write({ ID });
  });
}
