import { effectiveSettings } from '../../config/parse.ts';
import type { EffectiveSetting } from '../../config/parse.ts';
import type { Registry } from '../command.ts';
import { EXIT } from '../exit.ts';
import { plain } from '../output.ts';
import { addNodeOptions, readConfig } from '../node-options.ts';
import type { NodeOptions } from '../node-options.ts';

/** `lutra config`. */
export function addConfig({ program, action }: Registry): void {
  addNodeOptions(
    program
      .command('config')
      .description('show every setting that "lutra serve" would use, and where it comes from'),
  ).action(
    action<NodeOptions>(async (session, { options }) => {
      const { config, loaded } = await readConfig(session.world, options);
      const settings = effectiveSettings(config, loaded);
      session.show({
        json: { settings },
        heading: ['SETTING', 'VALUE', 'FROM'],
        rows: settings.map(({ key, value, from }) => [key, shownValue(value), from].map(plain)),
      });
      return EXIT.ok;
    }),
  );
}

function shownValue(value: EffectiveSetting['value']): string {
  if (value === undefined) return '-';
  return Array.isArray(value) ? `[${value.join(', ')}]` : String(value);
}
