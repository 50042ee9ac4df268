/**
 * Every way in which something that Lutra depends on can let it down, as a closed list.
 * Expected outcomes (stale, fenced, refused) are return values and are not here. `docs/errors.md` explains each.
 */
export const ERROR_CODES = [
  'config-invalid',
  'coordination-empty',
  'coordination-foreign',
  'coordination-unavailable',
  'identity-unavailable',
  'input-invalid',
  'internal',
  'node-unreachable',
  'provider-fatal',
  'provider-transient',
  'record-malformed',
  'store-changed',
  'store-foreign',
  'store-unavailable',
  'unit-refused',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** A dependency that did not do its part. The code says what to do about it; the message says what was being done. */
export class LutraError extends Error {
  override readonly name = 'LutraError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** Whether `error` is one of ours with this code. */
export function hasCode(error: unknown, code: ErrorCode): error is LutraError {
  return error instanceof LutraError && error.code === code;
}

/** What an unknown thrown value says, for a message or a log line. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
