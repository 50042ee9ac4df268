import { InvalidArgumentError, Option } from 'commander';

import { ROLES } from '../../domain/access/role.ts';
import { isoOf } from '../../domain/schedule/iso.ts';
import type { Registry } from '../command.ts';
import { CommandError, EXIT } from '../exit.ts';
import { bodyOf, segment } from '../groups.ts';
import { plain } from '../output.ts';
import { readReply, TOKEN_REPLY, TOKENS_REPLY } from '../wire.ts';
import type { WireAccessToken } from '../wire.ts';

interface CreateOptions {
  readonly name: string;
  readonly role: string;
  /** `--tenant`, which every command has: here it has to be said, not only meant. */
  readonly tenant?: string;
  readonly tenants?: readonly string[];
  readonly allTenants?: boolean;
  /** Seconds. */
  readonly expires?: number;
}

const PATH = '/lutra/v1/tokens';
const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };
const EXPIRES_MAX_DAYS = 3_650;

/** `lutra tokens`. */
export function addTokens({ program, action }: Registry): void {
  const tokens = program
    .command('tokens')
    .description('make, list and revoke access tokens; takes a token of an admin of all tenants')
    .helpCommand(false);
  addCreate({ program: tokens, action });
  addList({ program: tokens, action });
  addRevoke({ program: tokens, action });
}

function addCreate({ program, action }: Registry): void {
  program
    .command('create')
    .description('make a token and print it; it is shown this once. Name tenants, or take all')
    .requiredOption('--name <name>', 'what the history of groups calls its bearer')
    .addOption(
      new Option('--role <role>', 'what its bearer may do').choices(ROLES).makeOptionMandatory(),
    )
    .option('--tenants <ids...>', 'the tenants it is good for, where there are several')
    .option('--all-tenants', 'good for every tenant, those to come included')
    .option('--expires <span>', 'good for this long, such as 30d, 12h, 15m or 90s', spanOption)
    .action(
      action<CreateOptions>(async (session, { options }) => {
        const { name, role, expires } = options;
        const body = {
          ...{ name, role, tenants: tenantsOf(options) },
          ...(expires === undefined ? {} : { expiresInSeconds: expires }),
        };
        const client = await session.connect();
        const reply = bodyOf(await client({ method: 'POST', path: PATH, body }));
        const { token } = readReply(TOKEN_REPLY, reply);
        session.show({
          json: reply,
          heading: [...HEADING, 'TOKEN'],
          rows: [[...rowOf(token), plain(token.secret)]],
        });
        session.say('keep the token in a safe place: it is not shown again');
        return EXIT.ok;
      }),
    );
}

function addList({ program, action }: Registry): void {
  program
    .command('list')
    .description('list the tokens there are, without their secrets')
    .action(
      action(async (session) => {
        const client = await session.connect();
        const body = bodyOf(await client({ method: 'GET', path: PATH }));
        const { tokens } = readReply(TOKENS_REPLY, body);
        session.show({ json: body, heading: HEADING, rows: tokens.map(rowOf) });
        return EXIT.ok;
      }),
    );
}

function addRevoke({ program, action }: Registry): void {
  program
    .command('revoke')
    .description('end a token: every node refuses it within seconds')
    .argument('<id>', 'its id, as "lutra tokens list" shows it')
    .action(
      action(async (session, { words: [id = ''] }) => {
        const client = await session.connect();
        bodyOf(await client({ method: 'DELETE', path: `${PATH}/${segment(id, 'token')}` }));
        session.show({ json: { id }, heading: ['ID', 'STATE'], rows: [[plain(id), 'revoked']] });
        return EXIT.ok;
      }),
    );
}

function tenantsOf({ tenant, tenants = [], allTenants = false }: CreateOptions): object | string {
  const named = [...tenants, ...(tenant === undefined ? [] : [tenant])];
  if (allTenants === named.length > 0) {
    throw new CommandError(
      EXIT.usage,
      'say which tenants the token is good for: --tenant ID or --tenants ID ID, or else --all-tenants',
    );
  }
  return allTenants ? 'all' : named;
}

const HEADING = ['ID', 'NAME', 'ROLE', 'TENANTS', 'CREATED', 'EXPIRES', 'BY'];

function rowOf(token: WireAccessToken): readonly string[] {
  const { id, name, role, tenants, createdAt, expiresAt, createdBy } = token;
  return [
    plain(id),
    plain(name),
    plain(role),
    tenants === 'all' ? 'all' : tenants.map(plain).join(', '),
    createdAt === undefined ? '-' : isoOf(createdAt),
    expiresAt === undefined ? 'never' : isoOf(expiresAt),
    plain(createdBy),
  ];
}

/** A span of time in one unit, in seconds. */
function spanOption(text: string): number {
  const [, count, unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const seconds = Number(count) * (UNIT_SECONDS[unit] ?? 0);
  if (seconds >= 1 && seconds <= EXPIRES_MAX_DAYS * 86_400) return seconds;
  throw new InvalidArgumentError(
    `write a whole number and s, m, h or d, up to ${String(EXPIRES_MAX_DAYS)}d`,
  );
}
