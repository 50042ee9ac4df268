/** The parts that transactions are made of. */
import type { ICompare, IRequestOp } from 'etcd3';

/** Whether the key is not there. */
export function isAbsent(key: string): ICompare {
  return { key: Buffer.from(key), result: 'Equal', target: 'Create', create_revision: 0 };
}

/** Whether the key is there. */
export function isPresent(key: string): ICompare {
  return { key: Buffer.from(key), result: 'Greater', target: 'Create', create_revision: 0 };
}

/** Whether the key is there since this revision. */
export function isCreatedAt(key: string, revision: number): ICompare {
  return { key: Buffer.from(key), result: 'Equal', target: 'Create', create_revision: revision };
}

/** Whether the key was last changed at this revision. */
export function isChangedAt(key: string, revision: number): ICompare {
  return { key: Buffer.from(key), result: 'Equal', target: 'Mod', mod_revision: revision };
}

/** Whether the key is there, and under this lease. */
export function isUnder(key: string, lease: string): ICompare {
  return { key: Buffer.from(key), result: 'Equal', target: 'Lease', lease };
}

/** Whether the key holds this value. */
export function holds(key: string, value: string): ICompare {
  return {
    key: Buffer.from(key),
    result: 'Equal',
    target: 'Value',
    value: Buffer.from(value),
  };
}

/** Writes a key; under a lease, unless that is `NO_LEASE`. */
export function put(key: string, value: string, lease: string): IRequestOp {
  return { request_put: { key: Buffer.from(key), value: Buffer.from(value), lease } };
}

/** What stays until somebody deletes it. */
export const NO_LEASE = '0';

/** Deletes a key. */
export function remove(key: string): IRequestOp {
  return { request_delete_range: { key: Buffer.from(key) } };
}
