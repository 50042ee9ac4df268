import { createHmac } from 'node:crypto';
import type { EpochMs } from '../../../base/clock.ts';

export interface SignedRequest {
  readonly at: EpochMs;
  readonly method: string;
  /** Path and query, as they stand in the request line. */
  readonly target: string;
  /** Empty where there is none. */
  readonly body: string;
}

/**
 * The value of the `Lutra-Signature` header: `t=<unix seconds>,v1=<hex>`, where hex is the HMAC-SHA-256 of
 * `t.METHOD.target.body` with the shared key. The time is signed too, so that a receiver can refuse what
 * somebody recorded and sends again.
 */
export function signatureOf(key: Buffer | string, request: SignedRequest): string {
  const { method, target, body } = request;
  const seconds = String(Math.floor(request.at / 1000));
  const hmac = createHmac('sha256', key).update(`${seconds}.${method}.${target}.${body}`);
  return `t=${seconds},v1=${hmac.digest('hex')}`;
}
