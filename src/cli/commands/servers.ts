import type { Registry } from '../command.ts';
import { EXIT } from '../exit.ts';
import { bodyOf, findGroup, groupPath, segment } from '../groups.ts';
import { plain } from '../output.ts';
import { readReply, STATE_REPLY } from '../wire.ts';
import { addWriteOptions, carryOut } from '../write.ts';
import type { WriteOptions } from '../write.ts';

interface DeleteOptions extends WriteOptions {
  /** False with `--no-replace`. */
  readonly replace: boolean;
  /** False with `--no-purge`. */
  readonly purge: boolean;
}

/** `lutra servers GROUP`, which lists them, and `lutra servers delete GROUP SERVER`. */
export function addServers({ program, action }: Registry): void {
  const servers = program
    .command('servers')
    .description("list a group's servers, or delete one")
    .usage('[options] <group> | [options] <command>')
    .helpCommand(false);
  addList({ program: servers, action });
  addDelete({ program: servers, action });
}

function addList({ program, action }: Registry): void {
  program
    .command('list', { isDefault: true })
    .description("list the ids of a group's servers; the word may be left out")
    .argument('<group>', 'id, key or name of the group')
    .action(
      action(async (session, { words: [word = ''] }) => {
        const client = await session.connect();
        const { id } = await findGroup(client, session.tenant, word);
        const path = `${groupPath(session.tenant, id)}/state`;
        const { group } = readReply(STATE_REPLY, bodyOf(await client({ method: 'GET', path })));
        session.show({
          json: { servers: group.active },
          heading: ['ID'],
          rows: group.active.map((server) => [plain(server.id)]),
        });
        return EXIT.ok;
      }),
    );
}

function addDelete({ program, action }: Registry): void {
  addWriteOptions(
    program
      .command('delete')
      .description('end a server; another one takes its place')
      .argument('<group>', 'id, key or name of the group')
      .argument('<server>', 'its id, as "lutra servers" shows it')
      .option('--no-replace', 'want one server less instead')
      .option('--no-purge', 'let it run on apart from the group, where its provider can'),
  ).action(
    action<DeleteOptions>(async (session, { words: [word = '', server = ''], options }) => {
      const name = segment(server, 'server');
      const client = await session.connect();
      const { id } = await findGroup(client, session.tenant, word);
      const query = new URLSearchParams({
        ...(options.replace ? {} : { replace: 'false' }),
        ...(options.purge ? {} : { purge: 'false' }),
      }).toString();
      const path = `${groupPath(session.tenant, id)}/servers/${name}`;
      return carryOut(session, options, {
        ...{ client, called: [[id, word]] },
        requests: [{ method: 'DELETE', path: query === '' ? path : `${path}?${query}` }],
        shown: () => ({
          json: { id: server },
          heading: ['ID', 'STATE'],
          rows: [[plain(server), 'leaving']],
        }),
      });
    }),
  );
}
