import { load } from '../load.ts';

interface Client {
  readonly connect: () => Promise<void>;
  readonly query: (sql: string) => Promise<{ readonly rows: readonly Row[] }>;
  readonly end: () => Promise<void>;
}

type Row = Readonly<Record<string, unknown>>;

interface Pg {
  readonly default: { readonly Client: new (url: string) => Client };
}

/** Sends statements one after the other on a connection of their own; answers the rows of the last. */
export async function query(url: string, statements: readonly string[]): Promise<readonly Row[]> {
  const { Client } = ((await load('pg')) as Pg).default;
  const client = new Client(url);
  await client.connect();
  try {
    let rows: readonly Row[] = [];
    for (const statement of statements) rows = (await client.query(statement)).rows;
    return rows;
  } finally {
    await client.end();
  }
}

/** Takes schemas away with all that is in them. */
export async function dropSchemas(url: string, names: readonly string[]): Promise<void> {
  await query(url, [
    'set client_min_messages = warning',
    ...names.map((name) => `drop schema if exists ${name} cascade`),
  ]);
}
