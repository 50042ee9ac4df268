import { z } from 'zod';
import { createToken, listTokens, revokeToken } from '../../access/manage-tokens.ts';
import type { TokenDeps } from '../../access/manage-tokens.ts';
import type { AccessToken } from '../../domain/access/access-token.ts';
import { ROLES } from '../../domain/access/role.ts';
import type { TenantId } from '../../domain/ids.ts';
import { isoOf } from '../../domain/schedule/iso.ts';
import { ApiError, forbidden, invalid } from '../errors.ts';
import { objectOf } from '../schemas.ts';
import { parseBody } from '../validation.ts';
import { needs } from './route.ts';
import type { Call, Reply, Route } from './route.ts';

/** What tokens are managed with. */
export interface TokenRouteDeps {
  /** `off` where nobody is asked for a token. */
  readonly tokens: TokenDeps | 'off';
}

/** Ten years. Nobody remembers an older token, and no clock is wrong by so much. */
const EXPIRY_MAX_SECONDS = 315_360_000;
const TENANTS_MAX = 100;

const NAME = '1 to 255 characters, none of them a control character';
const name = z.string({ error: NAME }).regex(/^[^\p{C}]{1,255}$/u, { error: NAME });
const TENANTS = `"all" or a list of 1 to ${String(TENANTS_MAX)} tenants`;
const EXPIRY = `a whole number of seconds from 1 to ${String(EXPIRY_MAX_SECONDS)}`;

/** The shape of requests that create tokens. */
export const tokenSchema: z.ZodType<TokenInput> = objectOf({
  name,
  role: z.enum(ROLES, { error: `one of ${ROLES.join(', ')}` }),
  tenants: z.union([z.literal('all'), z.array(name).min(1, TENANTS).max(TENANTS_MAX, TENANTS)], {
    error: TENANTS,
  }),
  expiresInSeconds: z
    .int({ error: EXPIRY })
    .min(1, { error: EXPIRY })
    .max(EXPIRY_MAX_SECONDS, { error: EXPIRY })
    .optional(),
});

interface TokenInput {
  readonly name: string;
  readonly role: (typeof ROLES)[number];
  readonly tenants: 'all' | readonly string[];
  readonly expiresInSeconds?: number | undefined;
}

/** The access tokens. Whoever may make them may do everything, so nobody gains by making one. */
export function tokenRoutes({ tokens }: TokenRouteDeps): readonly Route[] {
  return [
    {
      path: '/lutra/v1/tokens',
      methods: {
        GET: needs('administer', async () => ({
          status: 200,
          body: { tokens: (await listTokens(managed(tokens))).map(tokenBody) },
        })),
        POST: needs('administer', (call) => create(managed(tokens), call)),
      },
    },
    {
      path: '/lutra/v1/tokens/:tokenId',
      methods: { DELETE: needs('administer', (call) => revoke(managed(tokens), call)) },
    },
  ];
}

/** One that was made before anybody is asked for it would be forgotten, and good from that day on. */
function managed(tokens: TokenRouteDeps['tokens']): TokenDeps {
  if (tokens !== 'off') return tokens;
  throw forbidden(
    'This node asks nobody for a token, so there are none: set auth.adminTokenFile or auth.jwt first',
  );
}

async function create(tokens: TokenDeps, call: Call): Promise<Reply> {
  if (call.header('idempotency-key').length > 0) {
    throw invalid(
      'Idempotency-Key cannot be used here: the secret of a token is told once, and kept nowhere',
    );
  }
  const input = parseBody(tokenSchema, await call.body());
  const result = await createToken(tokens, {
    ...{ name: input.name, role: input.role, expiresInSeconds: input.expiresInSeconds },
    tenants: input.tenants === 'all' ? 'all' : ([...new Set(input.tenants)] as TenantId[]), // checked by the schema
    by: call.by,
  });
  switch (result.kind) {
    case 'created':
      return {
        status: 201,
        // Shown once: whatever lies between must not keep it.
        headers: { 'Cache-Control': 'no-store' },
        body: { token: { ...tokenBody(result.token), secret: result.secret } },
      };
    case 'too-long':
      throw invalid(
        `tenants must be fewer or shorter: the token's record has ${String(result.length)} bytes, and may have ${String(result.max)}`,
      );
    case 'full':
      throw new ApiError(
        'TokensOverLimitError',
        `There are ${String(result.max)} access tokens already, and no more are kept: revoke some; those that have expired count, too`,
      );
  }
}

async function revoke(tokens: TokenDeps, call: Call): Promise<Reply> {
  const id = call.param('tokenId');
  if (await revokeToken(tokens, { id, by: call.by })) return { status: 204 };
  throw new ApiError('NotFound', `There is no access token with the id ${id}`);
}

/** A token without what it is known by. */
function tokenBody(token: AccessToken): object {
  const { id, role, tenants, createdAt, expiresAt, createdBy } = token;
  return {
    ...{ id, name: token.name, role, tenants, createdAt: isoOf(createdAt) },
    expiresAt: expiresAt === undefined ? undefined : isoOf(expiresAt),
    createdBy,
  };
}
