import { TOKEN_PREFIX } from '../domain/access/access-token.ts';
import type {
  CallerCheck,
  CostlyCheck,
  CredentialCheck,
  CredentialVerdict,
} from '../ports/credentials.ts';

/** The ways to know who somebody is that a node has. */
export interface CredentialWays {
  readonly admin: CredentialCheck | undefined;
  readonly tokens: CredentialCheck;
  readonly issuer: CredentialCheck | undefined;
}

/** A header and a body in base64url, each of an object in JSON, and a signature. */
const JWT = /^eyJ[\w-]*\.eyJ[\w-]*\.[\w-]+$/;

/**
 * Asks the one that a secret is for, by its looks. So the registry, or an issuer, that cannot be read stands in the
 * way of nobody but its own. What an issuer signed is left to whoever asks: a signature costs a thousand times a digest.
 */
export class Credentials implements CallerCheck {
  readonly #ways: CredentialWays;

  constructor(ways: CredentialWays) {
    this.#ways = ways;
  }

  async check(secret: string): Promise<CredentialVerdict | CostlyCheck> {
    const { admin, tokens, issuer } = this.#ways;
    // Whatever an operator chose for it may look like one of the others.
    const asAdmin = await admin?.check(secret);
    if (asAdmin?.kind === 'known') return asAdmin;
    if (secret.startsWith(TOKEN_PREFIX)) return tokens.check(secret);
    if (issuer !== undefined && JWT.test(secret)) {
      return { kind: 'costly', verify: () => issuer.check(secret) };
    }
    return { kind: 'unknown' };
  }
}
