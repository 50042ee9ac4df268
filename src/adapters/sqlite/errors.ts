import { LutraError, messageOf } from '../../base/errors.ts';
import type { ErrorCode } from '../../base/errors.ts';

/** SQLite's primary result codes that are not the store's fault but the record's: TOOBIG, CONSTRAINT, MISMATCH. */
const RECORD_CODES: ReadonlySet<number> = new Set([18, 19, 20]);
/** Those that say that the file is not a sound database: CORRUPT, NOTADB. */
const FILE_CODES: ReadonlySet<number> = new Set([11, 26]);

/** Something that a file cannot keep, noticed before SQLite saw it. Becomes `unit-refused` where it is translated. */
export class UnkeepableError extends Error {
  override readonly name = 'UnkeepableError';
}

/** Names what went wrong in SQLite in our words; what is not SQLite's comes back as it is. */
export function translated(doing: string, cause: unknown): unknown {
  if (cause instanceof UnkeepableError) {
    return new LutraError('unit-refused', `${doing}: ${cause.message}`, { cause });
  }
  const code = codeOf(cause);
  if (code === undefined) return cause;
  return new LutraError(code, `${doing}: SQLite says "${messageOf(cause)}"`, { cause });
}

/** The same while a file is opened: there one that is not a sound database is foreign, not merely in trouble. */
export function translatedAtOpen(doing: string, cause: unknown): unknown {
  if (!FILE_CODES.has(primaryCode(cause) ?? 0)) return translated(doing, cause);
  const message = `${doing}: it is not a sound database ("${messageOf(cause)}")`;
  return new LutraError('store-foreign', message, { cause });
}

function codeOf(cause: unknown): ErrorCode | undefined {
  const primary = primaryCode(cause);
  if (primary !== undefined)
    return RECORD_CODES.has(primary) ? 'unit-refused' : 'store-unavailable';
  // The driver's own: a value that SQLite has no type for, and a database that was closed.
  if (hasDriverCode(cause, ['ERR_INVALID_ARG_TYPE', 'ERR_INVALID_ARG_VALUE', 'ERR_OUT_OF_RANGE'])) {
    return 'unit-refused';
  }
  return hasDriverCode(cause, ['ERR_INVALID_STATE']) ? 'store-unavailable' : undefined;
}

/** The low byte of an extended result code names its family. */
function primaryCode(cause: unknown): number | undefined {
  if (!(cause instanceof Error) || !('errcode' in cause)) return undefined;
  return typeof cause.errcode === 'number' ? cause.errcode & 0xff : undefined;
}

function hasDriverCode(cause: unknown, codes: readonly string[]): boolean {
  return (
    cause instanceof Error &&
    'code' in cause &&
    typeof cause.code === 'string' &&
    codes.includes(cause.code)
  );
}
