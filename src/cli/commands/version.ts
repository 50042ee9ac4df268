import type { Registry } from '../command.ts';
import { EXIT } from '../exit.ts';
import type { World } from '../world.ts';

/** The versions in a line. */
export function versionLine({ version, zonesVersion }: World): string {
  return `${version} (time zones ${zonesVersion})`;
}

/** `lutra version`. Which rules clocks follow depends on the release of the data, so it is shown as well. */
export function addVersion({ program, action }: Registry): void {
  program
    .command('version')
    .description('print the version, and the release of the time zone data in use; needs no node')
    .action(
      action((session) => {
        const { version, zonesVersion } = session.world;
        session.show({
          json: { version, timeZones: zonesVersion },
          heading: ['WHAT', 'VERSION'],
          rows: [
            ['lutra', version],
            ['time zones', zonesVersion],
          ],
        });
        return Promise.resolve(EXIT.ok);
      }),
    );
}
