import type { Registry } from '../command.ts';
import { EXIT } from '../exit.ts';
import { listGroups } from '../groups.ts';
import type { ListedGroup } from '../groups.ts';
import { plain } from '../output.ts';
import type { Colours } from '../output.ts';
import type { GroupItem } from '../wire.ts';
import { addShow } from './group-show.ts';
import { addGroupWrites } from './group-writes.ts';
import { addOverride } from './override.ts';

/** A column of the table, and what it shows of a group. */
interface Column {
  readonly heading: string;
  readonly cell: (group: ListedGroup, colours: Colours) => string;
}

const NAMES: readonly Column[] = [
  { heading: 'ID', cell: ({ item }) => plain(item.id) },
  { heading: 'KEY', cell: ({ config }) => plain(config.key ?? '-') },
  { heading: 'NAME', cell: ({ config }) => plain(config.name) },
];
const REGION: Column = { heading: 'REGION', cell: ({ config }) => plain(config.region ?? '-') };
const NUMBERS: readonly Column[] = [
  { heading: 'DESIRED', cell: ({ item }) => String(item.state.desiredCapacity) },
  { heading: 'ACTUAL', cell: ({ item }) => String(item.state.activeCapacity) },
  { heading: 'MIN', cell: ({ config }) => String(config.minEntities) },
  { heading: 'MAX', cell: ({ config }) => String(config.maxEntities) },
  { heading: 'STATUS', cell: ({ item }, colours) => statusCell(item.state, colours) },
];

/** `lutra groups`, which lists them, and what is done to one. */
export function addGroups({ program, action }: Registry): void {
  const groups = program
    .command('groups')
    .description("list the tenant's groups; create, show, update, override and delete one")
    .helpCommand(false);
  addList({ program: groups, action });
  addShow({ program: groups, action });
  addGroupWrites({ program: groups, action });
  addOverride({ program: groups, action });
}

function addList({ program, action }: Registry): void {
  program
    .command('list', { isDefault: true })
    .description("list the tenant's groups; the same as no word at all")
    .action(
      action(async (session) => {
        const listed = await listGroups(await session.connect(), session.tenant);
        const columns = [...NAMES, ...(isOfManyRegions(listed) ? [REGION] : []), ...NUMBERS];
        session.show({
          json: {
            groups: listed.map(({ item, config }) => ({ ...item, groupConfiguration: config })),
          },
          heading: columns.map(({ heading }) => heading),
          rows: listed.map((group) => columns.map(({ cell }) => cell(group, session.colours))),
        });
        return EXIT.ok;
      }),
    );
}

function isOfManyRegions(groups: readonly ListedGroup[]): boolean {
  return new Set(groups.map(({ config }) => config.region)).size > 1;
}

function statusCell({ status, paused }: GroupItem['state'], colours: Colours): string {
  const text = plain(status);
  const coloured = text === 'ACTIVE' ? colours.good(text) : colours.bad(text);
  return paused ? `${coloured} paused` : coloured;
}
