import type { ErrorCode } from '../base/errors.ts';

/**
 * What a client is told when something that Lutra depends on failed a request: 503 where the same
 * request may succeed later, 500 where a person has to act first.
 */
export const HTTP_STATUS: Readonly<Record<ErrorCode, 400 | 500 | 503>> = {
  'config-invalid': 500,
  'coordination-empty': 503,
  'coordination-foreign': 500,
  'coordination-unavailable': 503,
  'identity-unavailable': 503,
  'input-invalid': 400,
  internal: 500,
  'node-unreachable': 503,
  'provider-fatal': 500,
  'provider-transient': 503,
  'record-malformed': 500,
  'store-changed': 503,
  'store-foreign': 503,
  'store-unavailable': 503,
  'unit-refused': 500,
};
