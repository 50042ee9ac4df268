import { readFile, stat } from 'node:fs/promises';
import { LutraError, messageOf } from '../base/errors.ts';

const LENGTH_MIN = 32;
/** Others may neither read nor write it, nor may its group write it; a group may read what is mounted for it. */
const FORBIDDEN_MODE = 0o027;
/** What a header can carry. */
const SECRET = /^[\x21-\x7e]+$/;

/**
 * The secret in the file of `auth.adminTokenFile`, whose bearer may do everything. Rejects with `config-invalid` where
 * it cannot be read, is too short or no header can carry it, and where others than its owner can get at it.
 */
export async function adminSecretIn(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw unusable(file, `it cannot be read: ${messageOf(cause)}`, cause);
  });
  const { mode } = await stat(file);
  // Windows has no such modes: what stands there says nothing.
  if (process.platform !== 'win32' && (mode & FORBIDDEN_MODE) !== 0) {
    const shown = (mode & 0o777).toString(8);
    throw unusable(
      file,
      `others than its owner can get at it (mode ${shown}); run "chmod 600 ${file}"`,
    );
  }
  const secret = text.replace(/\r?\n$/, '');
  if (secret.length < LENGTH_MIN) {
    const length = String(secret.length);
    throw unusable(
      file,
      `its secret has ${length} characters, and needs ${String(LENGTH_MIN)}; "openssl rand -hex 32" makes one`,
    );
  }
  if (!SECRET.test(secret)) {
    throw unusable(file, 'its secret must be one line of visible ASCII characters without blanks');
  }
  return secret;
}

function unusable(file: string, why: string, cause?: unknown): LutraError {
  return new LutraError('config-invalid', `auth.adminTokenFile: ${file}: ${why}`, { cause });
}
