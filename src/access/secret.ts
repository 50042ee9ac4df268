/** Secrets that callers show, and the digests that are kept of them. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Random } from '../base/random.ts';
import { TOKEN_PREFIX } from '../domain/access/access-token.ts';

/** As many bits as its digest has: nobody finds one by trying. */
const SECRET_BYTES = 32;

/** A fresh token: what it is known by, and 32 random bytes. */
export function newSecret(random: Pick<Random, 'hex'>): string {
  return TOKEN_PREFIX + Buffer.from(random.hex(SECRET_BYTES), 'hex').toString('base64url');
}

/** SHA-256 in lower-case hex. Secrets are long and random, so that it needs neither salt nor many rounds. */
export function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Whether two digests are the same, in a time that does not tell how much of them is. */
export function isSameDigest(a: string, b: string): boolean {
  const [first, second] = [Buffer.from(a), Buffer.from(b)];
  return first.length === second.length && timingSafeEqual(first, second);
}
