import { existsSync } from 'node:fs';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { LutraError, messageOf } from '../base/errors.ts';
import type { Random } from '../base/random.ts';

const KEY_BYTES = 32;

/**
 * The key that signs webhook calls: what is in the file, or a fresh one that is written there, readable
 * by its owner alone. The file appears whole or not at all, so a crash leaves none that is empty, and of
 * two nodes that start at once both end up with the key of one. Rejects with `config-invalid` where the file is
 * empty or cannot be used.
 */
export async function signingKey(file: string, random: Pick<Random, 'hex'>): Promise<Buffer> {
  const draft = `${file}.${random.hex(4)}`;
  try {
    if (!existsSync(file)) {
      await writeFile(draft, random.hex(KEY_BYTES), { flag: 'wx', mode: 0o600, flush: true });
      await link(draft, file);
    }
  } catch (cause) {
    if (!isAlreadyThere(cause)) throw unusable(file, messageOf(cause), cause);
  } finally {
    await rm(draft, { force: true });
  }
  return readKey(file, 'remove it to have one made');
}

/**
 * The key in a file that is there: in a cluster receivers know one key, whichever node calls, so none is made.
 * Rejects with `config-invalid` where it is not there, empty, or cannot be used.
 */
export async function sharedSigningKey(file: string): Promise<Buffer> {
  const advice =
    'all nodes of a cluster sign with the same key: put it there ' +
    '("openssl rand -hex 32" makes one) or name another in providers.webhook.signingKeyFile, ' +
    'or switch the provider off (providers.webhook.enabled)';
  if (existsSync(file)) return readKey(file, advice);
  throw unusable(file, `it is not there, and ${advice}`);
}

async function readKey(file: string, adviceIfEmpty: string): Promise<Buffer> {
  const key = await readFile(file).catch((cause: unknown) => {
    throw unusable(file, messageOf(cause), cause);
  });
  if (key.toString().trim() === '') throw unusable(file, `it is empty; ${adviceIfEmpty}`);
  return key;
}

function isAlreadyThere(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}

function unusable(file: string, why: string, cause?: unknown): LutraError {
  const message = `the signing key of webhooks, ${file}, cannot be used: ${why}`;
  return new LutraError('config-invalid', message, { cause });
}
