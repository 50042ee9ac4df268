import { hash } from 'node:crypto';

/** What a text is counted by: short, however long it is; and of a secret, of no use to whoever reads it. */
export function keyOf(text: string): string {
  return hash('sha256', text, 'base64url');
}
