import type { Principal } from '../domain/access/principal.ts';

/** What became of a text that somebody showed to prove who they are. */
export type CredentialVerdict =
  | { readonly kind: 'known'; readonly principal: Principal }
  /** Nobody whom this one knows. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'expired' };

/** What only a check that costs much can tell, such as that of a signature: whoever asked decides whether it is made. */
export interface CostlyCheck {
  readonly kind: 'costly';
  /** Resolves and rejects as `CredentialCheck.check`. */
  readonly verify: () => Promise<CredentialVerdict>;
}

/** All ways to know who somebody is. */
export interface CallerCheck {
  /** Whose secret this is, as `CredentialCheck.check`, where that takes no more than a look into memory. */
  check(secret: string): Promise<CredentialVerdict | CostlyCheck>;
}

/** One way to know who somebody is. */
export interface CredentialCheck {
  /**
   * Whose secret this is. Rejects with `identity-unavailable` where that cannot be found out at present; nothing
   * about the secret is in what it rejects with.
   */
  check(secret: string): Promise<CredentialVerdict>;
}
