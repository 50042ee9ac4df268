import { resolve } from 'node:path';

import type { Command } from 'commander';

import { messageOf } from '../base/errors.ts';
import { defaultSettings } from '../config/defaults.ts';
import { loadSettings } from '../config/load.ts';
import type { LoadedSettings, SettingOption } from '../config/load.ts';
import { parseConfig } from '../config/parse.ts';
import type { Config } from '../config/schema.ts';
import type { TextFile } from '../config/yaml-source.ts';
import { CommandError, EXIT } from './exit.ts';
import { isMissing } from './node-address.ts';
import type { World } from './world.ts';

/** Options that settings of a node come from. */
export interface NodeOptions {
  readonly config?: string;
  readonly host?: string;
  readonly port?: string;
  readonly data?: string;
}

/** Adds the options that settings of a node come from; `--data` is there already. */
export function addNodeOptions(command: Command): Command {
  return command
    .option('--config <file>', 'a YAML file with settings; config/lutra.yaml shows them all')
    .option('--host <address>', 'the address to listen on (LUTRA_API_HOST; else 127.0.0.1)')
    .option('--port <number>', 'the port to listen on, 0 for any (LUTRA_API_PORT; else 9000)');
}

/** The configuration that the options, the environment and the file amount to. Throws `config-invalid`. */
export async function readConfig(
  world: World,
  options: NodeOptions,
): Promise<{ readonly config: Config; readonly loaded: LoadedSettings }> {
  const { config: path, host, port, data } = options;
  const given = [
    { name: '--host', key: 'api.host', text: host },
    { name: '--port', key: 'api.port', text: port },
    { name: '--data', key: 'dataFolder', text: data },
  ];
  const loaded = loadSettings({
    defaults: defaultSettings(world),
    file: path === undefined ? undefined : await readFileFor(world, path, '--config'),
    environment: world.environment,
    options: given.flatMap(({ text, ...option }): readonly SettingOption[] =>
      text === undefined ? [] : [{ ...option, text }],
    ),
  });
  return { config: parseConfig(loaded, world.folder), loaded };
}

/** A file that an option names. Throws a `CommandError` where it cannot be read. */
export async function readFileFor(world: World, path: string, option: string): Promise<TextFile> {
  try {
    return { name: path, text: await world.readText(resolve(world.folder, path)) };
  } catch (cause) {
    const why = isMissing(cause) ? 'there is no such file' : messageOf(cause);
    throw new CommandError(EXIT.usage, `${option} ${path}: ${why}`, { cause });
  }
}
