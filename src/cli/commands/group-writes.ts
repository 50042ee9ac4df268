import { Option } from 'commander';
import type { Command } from 'commander';

import { withAbsolutePaths } from '../apply/read-files.ts';
import type { Registry } from '../command.ts';
import { CommandError, EXIT } from '../exit.ts';
import { bodyOf, findGroup, groupPath, tenantPath } from '../groups.ts';
import type { NodeClient, NodeRequest } from '../node-client.ts';
import { numberIn } from '../number-option.ts';
import { plain } from '../output.ts';
import {
  bodyFrom,
  filePartsOf,
  optionPart,
  readPartFile,
  storedPart,
  writtenOf,
} from '../parts.ts';
import type { Part } from '../parts.ts';
import { GROUP_BODY, NEW_GROUP_BODY } from '../request-shape.ts';
import type { Session } from '../session.ts';
import { CONFIG_REPLY, GROUP_REPLY, readReply } from '../wire.ts';
import type { WireConfig } from '../wire.ts';
import { addPostOptions, addWriteOptions, carryOut } from '../write.ts';
import type { WriteOptions } from '../write.ts';

interface FieldOptions extends WriteOptions {
  readonly file?: string;
  readonly launch?: string;
  readonly name?: string;
  readonly min?: number | string;
  readonly max?: number | string;
  readonly cooldown?: number | string;
  readonly reachedBy?: number | string;
}

interface UpdateOptions extends FieldOptions {
  readonly without?: readonly string[];
}

interface CreateOptions extends FieldOptions {
  readonly key?: string;
  readonly region?: string;
}

interface DeleteOptions extends WriteOptions {
  readonly force?: boolean;
}

/** What a configuration need not have. */
const MEMBERS = ['reachedBy'];

const HEADING = ['ID', 'KEY', 'NAME', 'STATE'];

/** `lutra groups create`, `lutra groups update GROUP` and `lutra groups delete GROUP`. */
export function addGroupWrites(registry: Registry): void {
  addCreate(registry);
  addUpdate(registry);
  addDelete(registry);
}

function addFieldOptions(command: Command): Command {
  return command
    .option('-f, --file <file>', 'YAML or JSON as the API takes it; options count for more')
    .option('--name <name>', 'what people call it')
    .option('--min <number>', 'servers it has at least, 0 to 1000', numberIn)
    .option('--max <number>', 'servers it has at most, 0 to 1000', numberIn)
    .option('--cooldown <seconds>', 'between two executions of its policies', numberIn)
    .option(
      '--reached-by <seconds>',
      'in which it is to have its servers, else it is told as overdue',
      numberIn,
    )
    .option('--launch <file>', 'YAML or JSON of what it starts: its type and args');
}

function addCreate({ program, action }: Registry): void {
  const command = program.command('create').description('create a group');
  addPostOptions(
    addFieldOptions(command)
      .option(
        '--key <key>',
        'what files and commands call it, beside --name; a second group with it is refused',
      )
      .option('--region <region>', 'where it is created, in a cluster of several regions'),
  ).action(
    action<CreateOptions>(async (session, { options }) => {
      const { parts, folder } = await partsOf(session, options);
      const group = bodyFrom(NEW_GROUP_BODY, [
        // Begun empty, so that what is missing is told by its own name.
        optionPart('--name', ['groupConfiguration'], {}),
        ...parts,
        optionPart('--key', ['groupConfiguration', 'key'], options.key),
        optionPart('--region', ['groupConfiguration', 'region'], options.region),
      ]);
      const launchConfiguration = withAbsolutePaths(group.launchConfiguration, folder);
      const path = `${tenantPath(session.tenant)}/groups`;
      return carryOut(session, options, {
        requests: [{ method: 'POST', path, body: { ...group, launchConfiguration } }],
        shown: (reply) => {
          const { id, groupConfiguration } = readReply(GROUP_REPLY, reply).group;
          return {
            json: reply,
            heading: HEADING,
            rows: [rowOf(id, groupConfiguration, 'created')],
          };
        },
      });
    }),
  );
}

function addUpdate({ program, action }: Registry): void {
  const command = program
    .command('update')
    .description('change the fields that are given, where nobody else does so meanwhile')
    .argument('<group>', 'id, key or name of the group');
  addWriteOptions(
    addFieldOptions(command).addOption(
      new Option('--without <member...>', 'what it is no longer to have').choices(MEMBERS),
    ),
  ).action(
    action<UpdateOptions>(async (session, { words: [word = ''], options }) => {
      const { parts, folder } = await partsOf(session, options);
      const { without = [] } = options;
      if (writtenOf(parts).length + without.length === 0) throw nothingGiven();
      const client = await session.connect();
      const { id, groupConfiguration } = await findGroup(client, session.tenant, word);
      const path = groupPath(session.tenant, id);
      const { requests, name } = await updatesOf(client, path, { parts, folder, without });
      return carryOut(session, options, {
        ...{ client, requests, called: [[id, word]] },
        shown: () => ({
          json: { id },
          heading: HEADING,
          rows: [rowOf(id, { ...groupConfiguration, name }, 'changed')],
        }),
      });
    }),
  );
}

function addDelete({ program, action }: Registry): void {
  addWriteOptions(
    program
      .command('delete')
      .description('delete a group and its policies')
      .argument('<group>', 'id, key or name of the group')
      .option('--force', 'also where it has servers, which are ended'),
  ).action(
    action<DeleteOptions>(async (session, { words: [word = ''], options }) => {
      const client = await session.connect();
      const { id, groupConfiguration } = await findGroup(client, session.tenant, word);
      const query = options.force === true ? '?force=true' : '';
      return carryOut(session, options, {
        ...{ client, called: [[id, word]] },
        requests: [{ method: 'DELETE', path: `${groupPath(session.tenant, id)}${query}` }],
        shown: () => ({
          json: { id },
          heading: HEADING,
          rows: [rowOf(id, groupConfiguration, 'deleted')],
        }),
      });
    }),
  );
}

interface Written {
  readonly parts: readonly Part[];
  /** Where relative paths of the launch configuration start. */
  readonly folder: string;
}

/** What the files and options of both commands say. */
async function partsOf({ world }: Session, options: FieldOptions): Promise<Written> {
  const { file, launch, name, min, max, cooldown, reachedBy } = options;
  const whole = file === undefined ? undefined : await readPartFile(world, file, '--file');
  const started = launch === undefined ? undefined : await readPartFile(world, launch, '--launch');
  const config = 'groupConfiguration';
  const parts = [
    optionPart('--launch', ['launchConfiguration'], undefined),
    ...(whole === undefined ? [] : filePartsOf(whole.document, [], 2)),
    ...(started === undefined ? [] : filePartsOf(started.document, ['launchConfiguration'], 0)),
    optionPart('--name', [config, 'name'], name),
    optionPart('--min', [config, 'minEntities'], min),
    optionPart('--max', [config, 'maxEntities'], max),
    optionPart('--cooldown', [config, 'cooldown'], cooldown),
    optionPart('--reached-by', [config, 'reachedBy'], reachedBy),
  ];
  return { parts, folder: (started ?? whole)?.folder ?? world.folder };
}

/**
 * The launch configuration comes before the bounds, so that servers that new bounds ask for are of the new kind.
 * The bounds are changed only where they are still those that the new ones were checked with. `name` is what the
 * group is called afterwards.
 */
async function updatesOf(
  client: NodeClient,
  path: string,
  { parts, folder, without }: Written & { readonly without: readonly string[] },
): Promise<{ readonly requests: readonly NodeRequest[]; readonly name: string }> {
  const reply = await client({ method: 'GET', path: `${path}/config` });
  const stored = readReply(CONFIG_REPLY, bodyOf(reply)).groupConfiguration;
  const { name, cooldown, minEntities, maxEntities, metadata, reachedBy } = stored;
  const kept = { name, cooldown, minEntities, maxEntities, metadata, reachedBy };
  // Keys and regions are given once, when the group is created.
  const groupConfiguration = Object.fromEntries(
    Object.entries(kept).filter(([member, value]) => {
      return value !== undefined && !without.includes(member);
    }),
  );
  const body = bodyFrom(GROUP_BODY, [storedPart({ groupConfiguration }), ...parts]);
  const launch = body.launchConfiguration;
  const isConfigured =
    without.length > 0 || writtenOf(parts).some(({ path: [top] }) => top === 'groupConfiguration');
  const tag = reply.kind === 'done' ? reply.tag : undefined;
  const ifMatch = tag === undefined ? {} : { ifMatch: tag };
  const requests: readonly NodeRequest[] = [
    ...(launch === undefined
      ? []
      : [
          {
            method: 'PUT',
            path: `${path}/launch`,
            body: withAbsolutePaths(launch, folder),
          } as const,
        ]),
    ...(isConfigured
      ? [
          {
            method: 'PUT',
            path: `${path}/config`,
            body: body.groupConfiguration,
            ...ifMatch,
          } as const,
        ]
      : []),
  ];
  return { requests, name: body.groupConfiguration.name };
}

function rowOf(id: string, config: WireConfig, state: string): readonly string[] {
  return [id, config.key ?? '-', config.name, state].map(plain);
}

function nothingGiven(): CommandError {
  return new CommandError(
    EXIT.usage,
    'nothing to change, received no field; give at least one of --name, --min, --max, --cooldown, --reached-by, --without, --launch, --file',
  );
}
