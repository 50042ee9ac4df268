import { hasCode } from '../../src/base/errors.ts';
import { defaultSettings } from '../../src/config/defaults.ts';
import { loadSettings } from '../../src/config/load.ts';
import type { Environment, LoadedSettings } from '../../src/config/load.ts';
import { parseConfig } from '../../src/config/parse.ts';
import type { Config } from '../../src/config/schema.ts';

/** The settings of a file `l.yaml` and an environment, on a machine called `ada`. */
export function loadText(text = '', environment: Environment = {}): LoadedSettings {
  const defaults = defaultSettings({ hostName: 'ada' });
  return loadSettings({ defaults, file: { name: 'l.yaml', text }, environment, options: [] });
}

/** What these settings amount to in the folder `/srv`. */
export function configOf(text = '', environment: Environment = {}): Config {
  return parseConfig(loadText(text, environment), '/srv');
}

/** Why these settings are refused. Throws where they are not. */
export function refusalOf(text: string, environment: Environment = {}): string {
  try {
    configOf(text, environment);
  } catch (error) {
    if (hasCode(error, 'config-invalid')) return error.message;
    throw error;
  }
  throw new Error('it was accepted');
}
