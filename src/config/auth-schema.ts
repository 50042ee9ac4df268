/** What can be set about who may call a node. */
import { z } from 'zod';

import { wrongWithKeysUrl } from './addresses.ts';
import { section, textThat, wholeNumber } from './shape.ts';

/** Those with a key that signs and another that checks: with one key for both, whoever checks could sign. */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA'],
];

/** How callers are known. Neither the file nor the issuer set: nobody is asked who they are. */
export interface AuthConfig {
  /** Absolute path of a file with the secret of an admin of all tenants. */
  readonly adminTokenFile: string | undefined;
  /** Tokens of somebody else; `issuer`, `audience` and `jwksUrl` are set together. */
  readonly jwt: {
    readonly issuer: string | undefined;
    readonly audience: string | undefined;
    /** Where the issuer's public keys are. */
    readonly jwksUrl: string | undefined;
    /** At least one. */
    readonly algorithms: readonly string[];
    /** The claim with the tenants of its bearer: a list, or "*" for all. */
    readonly tenantsClaim: string;
    /** The claim with the roles of its bearer. */
    readonly rolesClaim: string;
    /** What roles of ours are called there. */
    readonly roles: {
      readonly observer: readonly string[];
      readonly operator: readonly string[];
      readonly admin: readonly string[];
    };
    /** By how much clocks may differ where it is about when a token is good. */
    readonly clockToleranceSeconds: number;
  };
}

const claim = textThat('write the name of a claim, or a path such as realm_access.roles', (text) =>
  /^$|\s/.test(text) ? 'is not a claim' : undefined,
);
const names = z.array(
  textThat('write a name', (text) => (text === '' ? 'is empty' : undefined)),
  { error: 'write a list of names such as [admin]' },
);
const ALGORITHM_LIST = `write a list of ${ALGORITHMS.join(', ')}`;

/** The shape of the section `auth` as it is written; a path may be relative. */
export const AUTH_SETTINGS = section({
  adminTokenFile: textThat('write a path', (text) =>
    /^$|\p{Cc}/u.test(text) ? 'is not a path' : undefined,
  ).optional(),
  jwt: section({
    issuer: textThat('write what tokens have in "iss"', isBlank).optional(),
    audience: textThat('write what tokens have in "aud"', isBlank).optional(),
    jwksUrl: textThat(
      'write https:// with a host and a path; http:// only for this machine',
      wrongWithKeysUrl,
    ).optional(),
    algorithms: z
      .array(
        textThat(ALGORITHM_LIST, (text) =>
          ALGORITHMS.includes(text) ? undefined : 'is not an algorithm with two keys',
        ),
        { error: ALGORITHM_LIST },
      )
      .min(1, ALGORITHM_LIST),
    tenantsClaim: claim,
    rolesClaim: claim,
    roles: section({ observer: names, operator: names, admin: names }),
    clockToleranceSeconds: wholeNumber(0, 300),
  }),
});

/** Settings as they are written. */
export type WrittenAuth = z.infer<typeof AUTH_SETTINGS>;

/** What holds where nothing is set. */
export const AUTH_DEFAULTS: WrittenAuth = {
  // A node that is tried out answers its own machine alone, and asks nobody.
  adminTokenFile: undefined,
  jwt: {
    issuer: undefined,
    audience: undefined,
    jwksUrl: undefined,
    // What issuers sign with unless they are told otherwise.
    algorithms: ['RS256', 'ES256'],
    tenantsClaim: 'lutra_tenants',
    rolesClaim: 'lutra_roles',
    // Called as they are here.
    roles: { observer: ['observer'], operator: ['operator'], admin: ['admin'] },
    // Synchronised clocks differ by far less.
    clockToleranceSeconds: 5,
  },
};

function isBlank(text: string): string | undefined {
  return text.trim() === '' ? 'is empty' : undefined;
}
