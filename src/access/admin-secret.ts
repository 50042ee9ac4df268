import type { Principal } from '../domain/access/principal.ts';
import type { CredentialCheck, CredentialVerdict } from '../ports/credentials.ts';
import { digestOf, isSameDigest } from './secret.ts';

/** Who shows the secret of `auth.adminTokenFile`: that is how the first token is made. */
const ADMIN: Principal = {
  name: 'admin-token-file',
  role: 'admin',
  tenants: 'all',
  credential: { kind: 'admin-file' },
};

/** Knows one secret, whose bearer is admin of all tenants. */
export class AdminSecret implements CredentialCheck {
  readonly #digest: string;

  constructor(secret: string) {
    this.#digest = digestOf(secret);
  }

  check(secret: string): Promise<CredentialVerdict> {
    const isIt = isSameDigest(this.#digest, digestOf(secret));
    return Promise.resolve(isIt ? { kind: 'known', principal: ADMIN } : { kind: 'unknown' });
  }
}
