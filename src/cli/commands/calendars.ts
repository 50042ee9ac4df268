import { problemLines } from '../../config/problem.ts';
import type { Path, Problem } from '../../config/problem.ts';
import { readYaml } from '../../config/yaml-source.ts';
import type { YamlDocument } from '../../config/yaml-source.ts';
import { fillPlaceholders } from '../apply/placeholders.ts';
import type { Registry } from '../command.ts';
import { CommandError, EXIT } from '../exit.ts';
import { bodyOf, segment, tenantPath } from '../groups.ts';
import { readFileOrInput } from '../input-file.ts';
import type { NodeClient, NodeReply } from '../node-client.ts';
import { plain } from '../output.ts';
import type { Session } from '../session.ts';
import { CALENDAR_REPLY, CALENDARS_REPLY, WRITTEN_CALENDAR_REPLY } from '../calendar-wire.ts';
import type { WireCalendar, WireCalendarEntry, WireWrittenCalendar } from '../calendar-wire.ts';
import { readReply } from '../wire.ts';
import { addWriteOptions, carryOut } from '../write.ts';
import type { WriteOptions } from '../write.ts';

interface PutOptions extends WriteOptions {
  readonly file: string;
}

const NAME = 'its name: A-Z a-z 0-9 . _ -';

/** `lutra calendars`. */
export function addCalendars({ program, action }: Registry): void {
  const calendars = program
    .command('calendars')
    .description('list, show, write and delete the calendars that schedules keep to or leave out')
    .helpCommand(false);
  addList({ program: calendars, action });
  addShow({ program: calendars, action });
  addPut({ program: calendars, action });
  addDelete({ program: calendars, action });
}

function addList({ program, action }: Registry): void {
  program
    .command('list')
    .description('list the calendars of the tenant')
    .action(
      action(async (session) => {
        const client = await session.connect();
        const path = `${tenantPath(session.tenant)}/calendars`;
        const body = bodyOf(await client({ method: 'GET', path }));
        const { calendars, malformed } = readReply(CALENDARS_REPLY, body);
        session.show({
          json: body,
          heading: ['NAME', 'ENTRIES', 'INCLUDES'],
          rows: [
            ...calendars.map(summaryOf),
            ...malformed.map((name) => [plain(name), 'cannot be read', '-']),
          ],
        });
        return EXIT.ok;
      }),
    );
}

function addShow({ program, action }: Registry): void {
  program
    .command('show')
    .description('show what a calendar covers')
    .argument('<name>', NAME)
    .action(
      action(async (session, { words: [name = ''] }) => {
        const client = await session.connect();
        const path = calendarPath(session, name);
        const body = bodyOf(await client({ method: 'GET', path }));
        const { calendar } = readReply(CALENDAR_REPLY, body);
        session.show({
          json: body,
          heading: ['DAYS', 'FROM', 'UNTIL'],
          rows: calendar.entries.map(entryRow),
        });
        return EXIT.ok;
      }),
    );
}

function addPut({ program, action }: Registry): void {
  const command = program
    .command('put')
    .description('write a calendar, and bring it to the groups whose policies name it')
    .argument('<name>', NAME)
    .requiredOption('-f, --file <file>', 'YAML or JSON with its entries; - reads stdin');
  addWriteOptions(command).action(
    action<PutOptions>(async (session, { words: [name = ''], options }) => {
      const path = calendarPath(session, name);
      const document = await readDocument(session, options.file);
      // The node says what is wrong with it.
      const body = Array.isArray(document.value) ? { entries: document.value } : document.value;
      const isDry = options.dryRun === true;
      return carryOut(session, options, {
        ...(isDry ? {} : { client: locating(await session.connect(), document) }),
        requests: [{ method: 'PUT', path, body }],
        shown: (reply) => {
          const written = readReply(WRITTEN_CALENDAR_REPLY, reply);
          const { calendar, groups } = written;
          const { changed, pending } = groups;
          saySilenced(session, written);
          if (pending > 0) {
            session.say(
              `${String(pending)} groups could not be changed yet: a sweep does it within minutes, and this command again at once`,
            );
          }
          return {
            json: reply,
            heading: ['NAME', 'ENTRIES', 'GROUPS CHANGED', 'PENDING'],
            rows: [
              [plain(calendar.name), ...[calendar.entries.length, changed, pending].map(String)],
            ],
          };
        },
      });
    }),
  );
}

function saySilenced(session: Session, { silenced }: WireWrittenCalendar): void {
  if (silenced === undefined) return;
  const { count, policies } = silenced;
  for (const { groupName, policyName } of policies) {
    const who = `policy ${plain(policyName)} of group ${plain(groupName)}`;
    session.say(`${who} has no occurrence left: its calendars leave it none`);
  }
  if (count > policies.length) {
    session.say(`and so have ${String(count - policies.length)} other policies`);
  }
}

function addDelete({ program, action }: Registry): void {
  const command = program
    .command('delete')
    .description('delete a calendar that no policy and no other calendar names')
    .argument('<name>', NAME);
  addWriteOptions(command).action(
    action<WriteOptions>((session, { words: [name = ''], options }) =>
      carryOut(session, options, {
        requests: [{ method: 'DELETE', path: calendarPath(session, name) }],
        shown: () => ({
          json: { name },
          heading: ['NAME', 'STATE'],
          rows: [[plain(name), 'deleted']],
        }),
      }),
    ),
  );
}

function calendarPath({ tenant }: Session, name: string): string {
  return `${tenantPath(tenant)}/calendars/${segment(name, 'calendar')}`;
}

/** One document: a mapping with `entries`, or the list alone. */
async function readDocument({ world }: Session, path: string): Promise<YamlDocument> {
  const file = await readFileOrInput(world, path, '--file');
  const yaml = readYaml(file, (text) => fillPlaceholders(text, world.environment));
  if (yaml.kind === 'unreadable') throw badInput(yaml.problems);
  const [document, ...others] = yaml.documents.filter(({ value }) => value !== null);
  if (document !== undefined && others.length === 0) return document;
  const count = document === undefined ? 'none' : String(others.length + 1);
  const text = `must have one document in it, received ${count}; write one`;
  throw badInput([{ at: `--file ${path}`, key: '', text }]);
}

function badInput(problems: readonly Problem[]): CommandError {
  return new CommandError(EXIT.usage, problemLines(problems));
}

/** A client whose refusals say where in the file somebody wrote what they are about. */
function locating(client: NodeClient, document: YamlDocument): NodeClient {
  return async (request) => located(await client(request), document);
}

/** A message such as `ValidationError: entries[1].date is …`. */
function located(reply: NodeReply, document: YamlDocument): NodeReply {
  if (reply.kind === 'done') return reply;
  const [, text] = /^\w+: entries((?:\[\d+\]|\.\w+)*) /.exec(reply.message) ?? [];
  if (text === undefined) return reply;
  const steps = text.match(/\d+|\w+/g) ?? [];
  const below: Path = steps.map((step) => (/^\d+$/.test(step) ? Number(step) : step));
  const path = Array.isArray(document.value) ? below : ['entries', ...below];
  return { ...reply, message: `${document.locate(path)}: ${reply.message}` };
}

function summaryOf({ name, entries }: WireCalendar): readonly string[] {
  const included = entries.flatMap(({ calendar }) => (calendar === undefined ? [] : [calendar]));
  return [
    plain(name),
    String(entries.length),
    included.length === 0 ? '-' : included.map(plain).join(', '),
  ];
}

function entryRow(entry: WireCalendarEntry): readonly string[] {
  const { calendar, start, end } = entry;
  if (calendar !== undefined) return [`all of ${plain(calendar)}`, '-', '-'];
  return [plain(daysOf(entry)), plain(start ?? '00:00'), plain(end ?? '24:00')];
}

function daysOf({ date, from, to, weekdays }: WireCalendarEntry): string {
  if (date !== undefined) return date;
  return from === undefined ? (weekdays ?? []).join(', ') : `${from} to ${to ?? ''}`;
}
