import type { IncomingHttpHeaders } from 'node:http';

/** What a request carries to say who makes it. */
export type Credentials =
  | { readonly kind: 'none' }
  | { readonly kind: 'secret'; readonly secret: string }
  /** Why it cannot be used, in one sentence, which never repeats it. */
  | { readonly kind: 'unusable'; readonly why: string };

const BEARER = /^Bearer +([^\s]+) *$/i;
/** What a header can carry of a secret, so that none is cut or mistaken for two. */
const SECRET = /^[\x21-\x7e]+$/;

/**
 * The credentials in the headers of a request: `X-Auth-Token`, as clients of Otter send it, or `Authorization:
 * Bearer`. Both may be there where they agree; of two that differ neither counts, since a gateway that looks at one
 * could have let pass what the other asks for.
 */
export function credentialsOf(headers: IncomingHttpHeaders): Credentials {
  const [first, second] = [
    bearerIn(headers.authorization),
    tokenIn(headers['x-auth-token']),
  ].filter(({ kind }) => kind !== 'none');
  if (first?.kind !== 'secret') return first ?? { kind: 'none' };
  if (second?.kind !== 'secret') return second ?? first;
  return first.secret === second.secret
    ? first
    : unusable('X-Auth-Token and Authorization must not differ');
}

function bearerIn(authorization: string | undefined): Credentials {
  if (authorization === undefined) return { kind: 'none' };
  const secret = BEARER.exec(authorization)?.[1] ?? '';
  return SECRET.test(secret)
    ? { kind: 'secret', secret }
    : unusable('Authorization must be "Bearer" and one token of visible ASCII characters');
}

function tokenIn(header: string | readonly string[] | undefined): Credentials {
  if (header === undefined) return { kind: 'none' };
  return typeof header === 'string' && SECRET.test(header)
    ? { kind: 'secret', secret: header }
    : unusable('X-Auth-Token must be one token of visible ASCII characters');
}

function unusable(why: string): Credentials {
  return { kind: 'unusable', why };
}
