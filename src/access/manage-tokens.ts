/** Making, listing and revoking access tokens. */
import { plusMs } from '../base/clock.ts';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { encodeToken, RECORD_MAX_LENGTH, TOKENS_MAX } from '../domain/access/access-token.ts';
import type { AccessToken } from '../domain/access/access-token.ts';
import type { Observe } from '../ports/observe.ts';
import type { TokenRegistry } from '../ports/token-registry.ts';
import type { KnownTokens } from './known-tokens.ts';
import { digestOf, newSecret } from './secret.ts';

/** What tokens are managed with. */
export interface TokenDeps {
  readonly registry: TokenRegistry;
  readonly known: Pick<KnownTokens, 'add' | 'remove'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Random;
  readonly observe: Observe;
}

/** A token that somebody wants. */
export interface TokenRequest extends Pick<AccessToken, 'name' | 'role' | 'tenants'> {
  /** From now on, by this node's clock; undefined for one that stays good until it is revoked. */
  readonly expiresInSeconds: number | undefined;
  /** The principal that asks for it. */
  readonly by: string;
}

export type CreateTokenResult =
  /** The secret is kept nowhere: whoever asked is the only one who gets it. */
  | { readonly kind: 'created'; readonly token: AccessToken; readonly secret: string }
  | { readonly kind: 'too-long'; readonly length: number; readonly max: number }
  | { readonly kind: 'full'; readonly max: number };

/** Makes a token. It is good on this node at once, and on others as soon as they hear of it. */
export async function createToken(
  deps: TokenDeps,
  request: TokenRequest,
): Promise<CreateTokenResult> {
  const { registry, known, clock, random, observe } = deps;
  const { name, role, tenants, expiresInSeconds, by } = request;
  const secret = newSecret(random);
  const now = clock.now();
  const token: AccessToken = {
    ...{ id: random.uuid(), digest: digestOf(secret), name, role, tenants, createdAt: now },
    expiresAt: expiresInSeconds === undefined ? undefined : plusMs(now, expiresInSeconds * 1_000),
    createdBy: by,
  };
  const { length } = encodeToken(token);
  if (length > RECORD_MAX_LENGTH) return { kind: 'too-long', length, max: RECORD_MAX_LENGTH };
  if ((await registry.put(token, TOKENS_MAX)) === 'full') return { kind: 'full', max: TOKENS_MAX };
  known.add(token);
  observe({ event: 'token.created', tokenId: token.id, name, role, by });
  return { kind: 'created', token, secret };
}

/** All tokens, the oldest first. */
export async function listTokens({
  registry,
}: Pick<TokenDeps, 'registry'>): Promise<readonly AccessToken[]> {
  const { tokens } = await registry.list();
  return [...tokens].sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
}

/** Ends a token, here at once, and on others as soon as they hear of it. False where there is none of this id. */
export async function revokeToken(
  { registry, known, observe }: Omit<TokenDeps, 'random' | 'clock'>,
  { id, by }: { readonly id: string; readonly by: string },
): Promise<boolean> {
  const wasThere = await registry.remove(id);
  known.remove(id);
  if (wasThere) observe({ event: 'token.revoked', tokenId: id, by });
  return wasThere;
}
