import { resolve } from 'node:path';

import { z } from 'zod';

import { LutraError, messageOf } from '../base/errors.ts';
import { defaultSettings } from '../config/defaults.ts';
import { addressFile } from '../server/address-file.ts';
import { CommandError, EXIT } from './exit.ts';
import type { World } from './world.ts';

/** Where a node answers, and how we know. */
export interface NodeAddress {
  /** Without a slash at the end. */
  readonly url: string;
  /** `--url`, `LUTRA_URL`, or the file in the data folder with the process that wrote it. */
  readonly from: string;
}

/** What the user said about the node to talk to. */
export interface AddressOptions {
  readonly url: string | undefined;
  readonly data: string | undefined;
}

const ADDRESS_FILE = z.object({ url: z.string(), pid: z.int() });

/** Ends a message about a node that is not there. */
export const HOW_TO_START =
  'start one with "lutra serve", or say where one is with --url or LUTRA_URL';

/**
 * The node to talk to: `--url`, else LUTRA_URL, else the one that serves the data folder. Throws
 * `node-unreachable` where no node has left its address there.
 */
export async function findNode(world: World, options: AddressOptions): Promise<NodeAddress> {
  if (options.url !== undefined) return given(options.url, '--url');
  const fromEnvironment = world.environment['LUTRA_URL'] ?? '';
  if (fromEnvironment !== '') return given(fromEnvironment, 'LUTRA_URL');

  const file = addressFile(dataFolder(world, options.data));
  const text = await readAddress(world, file);
  const parsed = ADDRESS_FILE.safeParse(asJson(text));
  if (!parsed.success) {
    throw new CommandError(EXIT.error, `${file} is not the address of a node; ${HOW_TO_START}`);
  }
  return { url: parsed.data.url, from: `${file}, written by process ${String(parsed.data.pid)}` };
}

function given(url: string, from: string): NodeAddress {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const isUsable =
    parsed !== undefined &&
    ['http:', 'https:'].includes(parsed.protocol) &&
    [parsed.username, parsed.password, parsed.search, parsed.hash].every((part) => part === '');
  if (!isUsable) {
    throw new CommandError(
      EXIT.usage,
      `${from} must be http:// or https:// with a host, such as http://127.0.0.1:9000, received ${JSON.stringify(url)}`,
    );
  }
  return { url: parsed.href.replace(/\/+$/, ''), from };
}

function dataFolder(world: World, option: string | undefined): string {
  const variable = world.environment['LUTRA_DATA_FOLDER'] ?? '';
  const fallback = variable === '' ? defaultSettings(world).dataFolder : variable;
  return resolve(world.folder, option ?? fallback);
}

async function readAddress(world: World, file: string): Promise<string> {
  try {
    return await world.readText(file);
  } catch (cause) {
    const why = isMissing(cause) ? 'it does not exist' : messageOf(cause);
    const message = `no node is known here (${file}: ${why}); ${HOW_TO_START}`;
    throw new LutraError('node-unreachable', message, { cause });
  }
}

/** Whether reading a file was refused because there is none. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the caller refuses what is no address
  }
}
