import type { Registry } from '../command.ts';
import { EXIT } from '../exit.ts';
import { listGroups } from '../groups.ts';
import type { ListedGroup } from '../groups.ts';
import { plain } from '../output.ts';
import type { Colours } from '../output.ts';

const HEADING = ['ID', 'KEY', 'NAME', 'DESIRED', 'ACTUAL', 'MIN', 'MAX', 'STATUS'];

/** `lutra groups`. */
export function addGroups({ program, action }: Registry): void {
  program
    .command('groups')
    .description("list the tenant's groups")
    .action(
      action(async (session) => {
        const listed = await listGroups(await session.connect(), session.tenant);
        session.show({
          json: {
            groups: listed.map(({ item, config }) => ({ ...item, groupConfiguration: config })),
          },
          heading: HEADING,
          rows: listed.map((group) => row(group, session.colours)),
        });
        return EXIT.ok;
      }),
    );
}

function row({ item, config }: ListedGroup, colours: Colours): readonly string[] {
  const { state } = item;
  const status = plain(state.status);
  return [
    plain(item.id),
    plain(config.key ?? '-'),
    plain(config.name),
    String(state.desiredCapacity),
    String(state.activeCapacity),
    String(config.minEntities),
    String(config.maxEntities),
    status === 'ACTIVE' ? colours.good(status) : colours.bad(status),
  ].map((cell, column) => (column === 7 && state.paused ? `${cell} paused` : cell));
}
