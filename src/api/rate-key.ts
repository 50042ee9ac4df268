import { createHash } from 'node:crypto';

/** What a text is counted by: short, however long it is; and of a secret, of no use to whoever reads it. */
export function keyOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
