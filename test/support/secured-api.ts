/** A node's API over real HTTP that asks its callers who they are. */
import { AdminSecret } from '../../src/access/admin-secret.ts';
import { Credentials } from '../../src/access/credentials.ts';
import { KnownTokens } from '../../src/access/known-tokens.ts';
import { createToken } from '../../src/access/manage-tokens.ts';
import type { TokenDeps, TokenRequest } from '../../src/access/manage-tokens.ts';
import {
  createMemoryTokenState,
  MemoryTokenRegistry,
} from '../../src/adapters/memory/token-registry.ts';
import type { CredentialCheck } from '../../src/ports/credentials.ts';
import type { LutraEvent } from '../../src/ports/observe.ts';
import { startApi } from './api-server.ts';
import type { ApiFixture, ApiOptions } from './api-server.ts';
import { START } from './builders.ts';
import { FakeClock } from './fake-clock.ts';
import { seededRandom } from './random.ts';

/** What the file of `auth.adminTokenFile` would hold. */
export const ADMIN_SECRET = 'a-secret-that-only-the-operator-knows';

/** The header that shows a token. */
export function bearer(token: string): { readonly Authorization: string } {
  return { Authorization: `Bearer ${token}` };
}

export interface SecuredApi extends ApiFixture {
  readonly clock: FakeClock;
  /** Makes a token; for tenant 000000 and without an end, unless said otherwise. Answers its secret. */
  token(fields: Partial<TokenRequest>): Promise<string>;
  /** What managing tokens told. */
  readonly told: readonly LutraEvent[];
}

/** Starts a server on a free port, with tokens in memory and the admin's secret. */
export async function startSecuredApi(
  options: ApiOptions & { readonly issuer?: CredentialCheck } = {},
): Promise<SecuredApi> {
  const clock = new FakeClock(START);
  const told: LutraEvent[] = [];
  const parts = {
    ...{ registry: new MemoryTokenRegistry(createMemoryTokenState()), clock },
    observe: (event: LutraEvent) => void told.push(event),
  };
  const known = await KnownTokens.open(parts);
  const tokens: TokenDeps = { ...parts, known, random: seededRandom(1) };
  const admin = new AdminSecret(ADMIN_SECRET);
  const credentials = new Credentials({ admin, tokens: known, issuer: options.issuer });
  const api = await startApi({ clock, ...options, credentials, tokens });
  return {
    ...api,
    clock,
    told,
    token: async (fields) => {
      const result = await createToken(tokens, {
        ...{ name: 'ada', role: 'observer', tenants: ['000000'] as never, by: 'a test' },
        ...{ expiresInSeconds: undefined, ...fields },
      });
      if (result.kind !== 'created') throw new Error(`a token was answered ${result.kind}`);
      return result.secret;
    },
  };
}
