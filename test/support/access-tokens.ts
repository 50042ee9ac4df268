/** Access tokens for tests. */
import type { AccessToken } from '../../src/domain/access/access-token.ts';
import { START } from './builders.ts';

/** A token for all tenants that never ends; every other `id` has another digest. */
export function anAccessToken(fields: Partial<AccessToken> = {}): AccessToken {
  const { id = 'token-1' } = fields;
  return {
    ...{ id, digest: Buffer.from(id).toString('hex').padStart(64, '0').slice(-64) },
    ...{ name: 'ada', role: 'observer', tenants: 'all', createdAt: START },
    ...{ expiresAt: undefined, createdBy: 'admin-token-file' },
    ...fields,
  };
}
