import { errors, jwtVerify } from 'jose';
import type { JWTPayload } from 'jose';
import type { Clock, EpochMs } from '../../base/clock.ts';
import type { CredentialCheck, CredentialVerdict } from '../../ports/credentials.ts';
import { principalIn } from './claims.ts';
import type { ClaimNames } from './claims.ts';
import { IssuerKeys } from './issuer-keys.ts';

/** Whose tokens are good, and what they mean. */
export interface JwtIssuerSettings extends ClaimNames {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl: string;
  readonly algorithms: readonly string[];
  readonly clockToleranceSeconds: number;
}

/** What tokens are checked with. */
export interface JwtIssuerDeps {
  readonly clock: Clock;
  readonly fetch: typeof fetch;
  /** The instant as jose takes it. */
  readonly dateAt: (at: EpochMs) => Date;
}

/** A token that never ends cannot be taken back; one without a subject would leave nobody's name in histories. */
const REQUIRED_CLAIMS = ['exp', 'sub'];
/** What is kept of each change of a group. */
const NAME = /^[^\p{C}]{1,255}$/u;

/** Knows the bearers of JWTs that one issuer has made for this service. */
export class JwtIssuer implements CredentialCheck {
  readonly #settings: JwtIssuerSettings;
  readonly #deps: JwtIssuerDeps;
  readonly #keys: IssuerKeys;

  constructor(settings: JwtIssuerSettings, deps: JwtIssuerDeps) {
    this.#settings = settings;
    this.#deps = deps;
    this.#keys = new IssuerKeys(settings.jwksUrl, deps);
  }

  async check(secret: string): Promise<CredentialVerdict> {
    try {
      const claims = await this.#verifiedClaims(secret);
      const { sub = '' } = claims;
      if (!NAME.test(sub)) return { kind: 'unknown' };
      return { kind: 'known', principal: principalIn({ ...claims, sub }, this.#settings) };
    } catch (error) {
      if (error instanceof errors.JWTExpired) return { kind: 'expired' };
      if (error instanceof errors.JOSEError) return { kind: 'unknown' };
      throw error;
    }
  }

  async #verifiedClaims(secret: string): Promise<JWTPayload> {
    const { issuer, audience, algorithms, clockToleranceSeconds } = this.#settings;
    const { clock, dateAt } = this.#deps;
    const { payload } = await jwtVerify(
      secret,
      (header, token) => this.#keys.keyFor(header, token),
      {
        ...{ issuer, audience, algorithms: [...algorithms] },
        ...{ clockTolerance: clockToleranceSeconds, requiredClaims: REQUIRED_CLAIMS },
        currentDate: dateAt(clock.now()),
      },
    );
    return payload;
  }
}
