import type { Principal } from '../domain/access/principal.ts';

/** What became of a text that somebody showed to prove who they are. */
export type CredentialVerdict =
  | { readonly kind: 'known'; readonly principal: Principal }
  /** Nobody whom this one knows. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'expired' };

/** One way to know who somebody is. */
export interface CredentialCheck {
  /**
   * Whose secret this is. Rejects with `identity-unavailable` where that cannot be found out at present; nothing
   * about the secret is in what it rejects with.
   */
  check(secret: string): Promise<CredentialVerdict>;
}
