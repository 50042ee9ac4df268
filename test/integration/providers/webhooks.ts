import { WebhookProvider } from '../../../src/adapters/providers/webhook/provider.ts';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { LutraError } from '../../../src/base/errors.ts';
import type { ErrorCode } from '../../../src/base/errors.ts';
import type { JsonObject } from '../../../src/base/json.ts';
import type { GroupId, TenantId } from '../../../src/domain/ids.ts';
import type { ProviderTarget } from '../../../src/ports/provider.ts';
import { rejectionOf } from '../../contract/provider-contract.ts';

/** Signs all calls of these tests. */
export const KEY = 'a key that both sides know';

/** A provider that may call this machine. */
export function aProvider(
  changes: Partial<ConstructorParameters<typeof WebhookProvider>[0]> = {},
): WebhookProvider {
  return new WebhookProvider({
    ...{ signingKey: KEY, allow: ['127.0.0.1/32'], version: '1.2.3', clock: systemClock },
    ...changes,
  });
}

/** A group whose receiver is at `url`. */
export function aTarget(url: string, args: JsonObject = {}, groupId = 'group'): ProviderTarget {
  return {
    groupId: groupId as GroupId,
    tenantId: 'tenant' as TenantId,
    args: { url, ...args },
  };
}

/** What a rejected call said, as its code and message. */
export async function refusalOf(
  promise: Promise<unknown>,
): Promise<{ code?: ErrorCode; message: string }> {
  const error = await rejectionOf(promise);
  if (error instanceof LutraError) return { code: error.code, message: error.message };
  return { message: String(error) };
}
