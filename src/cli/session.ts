import { readBearer } from './bearer.ts';
import { findNode } from './node-address.ts';
import type { NodeAddress } from './node-address.ts';
import { nodeClientFor, REPLY_WITHIN_MS } from './node-client.ts';
import type { NodeClient } from './node-client.ts';
import { streamFollowerFor } from './node-stream.ts';
import type { FollowStream } from './node-stream.ts';
import { coloursFor, jsonDocument, plainLines, tableOf } from './output.ts';
import type { Colours } from './output.ts';
import type { World } from './world.ts';

/** Options that every command takes. */
export interface GlobalOptions {
  readonly url?: string;
  readonly data?: string;
  readonly tenant?: string;
  readonly tokenFile?: string;
  readonly output: 'table' | 'json';
  /** False with `--no-color`. */
  readonly color: boolean;
}

/** Rows under a heading. */
export interface ShownTable {
  readonly heading: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** One command at work: the world as its options let it appear. */
export interface Session {
  readonly world: World;
  readonly isJson: boolean;
  readonly colours: Colours;
  /** `--tenant`, LUTRA_TENANT, or `default`. */
  readonly tenant: string;
  /** A client of the node that the options point at. */
  connect(): Promise<NodeClient>;
  /** A client of another node, which is shown the same token. It waits for a reply for at most `withinMs`. */
  connectTo(address: NodeAddress, withinMs: number): Promise<NodeClient>;
  /** What follows streams of the node that the options point at. */
  connectToStream(): Promise<FollowStream>;
  /** Prints what was asked for, as a table or as JSON. */
  show(result: { readonly json: unknown } & ShownTable): void;
  /** The same for what takes several tables, with an empty line between them. */
  showTables(result: { readonly json: unknown; readonly tables: readonly ShownTable[] }): void;
  /** Says something besides. */
  say(text: string): void;
}

/** The session of a command with these options. */
export function openSession(world: World, options: GlobalOptions): Session {
  const isJson = options.output === 'json';
  const wishes = { isColourWanted: options.color, environment: world.environment };
  const colours = coloursFor(world.stdout, wishes);
  const variable = world.environment['LUTRA_TENANT'] ?? '';
  const showTables: Session['showTables'] = ({ json, tables }) => {
    const texts = tables.map(({ heading, rows }) => tableOf(heading, rows, colours));
    world.stdout.write(isJson ? jsonDocument(json) : texts.join('\n'));
  };
  const connectTo: Session['connectTo'] = async (address, withinMs) => {
    const bearer = await readBearer(world, options.tokenFile);
    return nodeClientFor(world, address, { withinMs, bearer });
  };
  const ownNode = (): Promise<NodeAddress> =>
    findNode(world, { url: options.url, data: options.data });
  return {
    world,
    isJson,
    colours,
    tenant: options.tenant ?? (variable === '' ? 'default' : variable),
    connect: async () => connectTo(await ownNode(), REPLY_WITHIN_MS),
    connectTo,
    connectToStream: async () => {
      const bearer = await readBearer(world, options.tokenFile);
      return streamFollowerFor(world, await ownNode(), { withinMs: REPLY_WITHIN_MS, bearer });
    },
    show: ({ json, ...table }) => showTables({ json, tables: [table] }),
    showTables,
    say: (text) => world.stderr.write(`${plainLines(text)}\n`),
  };
}
