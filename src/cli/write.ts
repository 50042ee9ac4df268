/** How commands that change something ask a node for it, or only show what they would ask for. */
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';

import { messageOf } from '../base/errors.ts';
import { CommandError, EXIT, exitCodeOf } from './exit.ts';
import type { ExitCode } from './exit.ts';
import { bodyOf } from './groups.ts';
import { headersOf } from './node-client.ts';
import type { NodeClient, NodeReply, NodeRequest } from './node-client.ts';
import { jsonDocument, plainLines } from './output.ts';
import { placedMessage } from './parts.ts';
import type { Part } from './parts.ts';
import type { Session, ShownTable } from './session.ts';

/** Options of commands that change something. */
export interface WriteOptions {
  readonly dryRun?: boolean;
  readonly idempotencyKey?: string;
}

/** What a command asks for, one request after the other. */
export interface Change {
  readonly client?: NodeClient;
  readonly requests: readonly NodeRequest[];
  /** What the body was made of, where a refusal is to say which of it is wrong. */
  readonly parts?: readonly Part[];
  /** Ids and the words that a person wrote for them, for what the node says of them. */
  readonly called?: readonly (readonly [id: string, word: string])[];
  /** What is printed of the reply to the last one; undefined where that has no body. */
  readonly shown: (reply: unknown) => Shown | Promise<Shown>;
  /** What would come of the requests, as far as it is known without them. */
  readonly foreseen?: Foreseen | undefined;
}

interface Foreseen {
  readonly json: object;
  readonly text: string;
}

type Shown = { readonly json: unknown } & ShownTable;

const REPLAY =
  'this is the reply to an earlier request with the same idempotency key: nothing was done anew';
const KEY = /^[\x20-\x7e]{1,255}$/;

/** Adds the options of commands that change something by PUT and DELETE. */
export function addWriteOptions(command: Command): Command {
  return command.option(
    '--dry-run',
    'print the request and change nothing; what the node would refuse is not known',
  );
}

/** Adds the options of commands that POST: a repeat of those is harmless only where it has the same key. */
export function addPostOptions(command: Command): Command {
  return addWriteOptions(command).option(
    '--idempotency-key <key>',
    'the key of an earlier try: what that did is not done again (else a fresh UUID)',
    keyOption,
  );
}

/**
 * Sends the requests and prints what came of them; with `--dry-run` prints the requests instead. Rejects with a
 * `CommandError` at the first that does not succeed.
 */
export async function carryOut(
  session: Session,
  options: WriteOptions,
  change: Change,
): Promise<ExitCode> {
  const requests = change.requests.map((request) => keyed(session, options, request));
  if (options.dryRun === true) {
    showOnly(session, requests, change.foreseen);
    return EXIT.ok;
  }
  const client = change.client ?? (await session.connect());
  let reply: unknown;
  const done: NodeRequest[] = [];
  for (const request of requests) {
    try {
      const answer = await ask(client, request);
      if (answer.isReplay === true) session.say(REPLAY);
      reply = bodyOf(placed(answer, change));
    } catch (error) {
      for (const { method, path } of done) session.say(`done before: ${method} ${path}`);
      throw error;
    }
    done.push(request);
  }
  session.show(await change.shown(reply));
  return EXIT.ok;
}

/** A refusal in the words of the command line, behind the option or the line that it is about. */
function placed(reply: NodeReply, { parts = [], called = [] }: Change): NodeReply {
  if (reply.kind === 'done') return reply;
  const named = called.reduce(
    (message, [id, word]) => (id === word ? message : message.replaceAll(id, JSON.stringify(word))),
    reply.message,
  );
  return { ...reply, message: placedMessage(named, parts) };
}

/** Only what is posted takes a key: to PUT or DELETE twice comes to the same as once. */
function keyed(session: Session, options: WriteOptions, request: NodeRequest): NodeRequest {
  if (request.method !== 'POST') return request;
  return { ...request, idempotencyKey: options.idempotencyKey ?? session.world.random.uuid() };
}

/** Asks a node; where it cannot be known what came of that, says how to ask again. */
async function ask(client: NodeClient, request: NodeRequest): Promise<NodeReply> {
  try {
    return await client(request);
  } catch (cause) {
    const exitCode = exitCodeOf(cause);
    if (exitCode === undefined || wasNeverSent(cause)) throw cause;
    const { idempotencyKey: key } = request;
    const again =
      key === undefined
        ? 'look whether it was, and ask again'
        : `ask again with --idempotency-key ${JSON.stringify(key)}, and it is done once`;
    const message = `${messageOf(cause)}\nit may have been done all the same: ${again}`;
    throw new CommandError(exitCode, message, { cause });
  }
}

/** Whether nobody was there to take it. */
function wasNeverSent(error: unknown): boolean {
  return /ECONNREFUSED|ENOTFOUND/.test(messageOf(error));
}

/** The requests are what was asked for; what would come of them is said besides. */
function showOnly(
  session: Session,
  requests: readonly NodeRequest[],
  foreseen: Foreseen | undefined,
): void {
  session.world.stdout.write(session.isJson ? asJson(requests, foreseen?.json) : asText(requests));
  if (foreseen !== undefined && !session.isJson) session.say(foreseen.text);
}

function asJson(requests: readonly NodeRequest[], foreseen: object = {}): string {
  return jsonDocument({
    dryRun: true,
    requests: requests.map((request) => {
      const { method, path, body } = request;
      return { method, path, headers: headersOf(request), body };
    }),
    ...foreseen,
  });
}

function asText(requests: readonly NodeRequest[]): string {
  return requests
    .map((request) => {
      const { method, path, body } = request;
      const headers = Object.entries(headersOf(request)).map(([name, text]) => `${name}: ${text}`);
      const head = [`${method} ${path}`, ...headers].map((line) => `${line}\n`).join('');
      return plainLines(body === undefined ? head : `${head}\n${jsonDocument(body)}`);
    })
    .join('\n');
}

function keyOption(text: string): string {
  if (KEY.test(text)) return text;
  throw new InvalidArgumentError(
    'write 1 to 255 ASCII characters, none of them a control character',
  );
}
