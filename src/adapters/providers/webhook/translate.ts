import { z } from 'zod';
import { LutraError } from '../../../base/errors.ts';
import { isJsonObject } from '../../../base/json.ts';
import type { JsonObject } from '../../../base/json.ts';
import type { ArgsProblem, ProviderObservation } from '../../../ports/provider.ts';

/** Where the receiver is, and how it is called. */
export interface LaunchArgs {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** For a whole call, from the connection to the last byte. */
  readonly timeoutMs: number;
  /** Whether the receiver takes out the servers that an order names. */
  readonly canEvict: boolean;
}

export type ParsedArgs =
  | { readonly kind: 'args'; readonly args: LaunchArgs }
  | { readonly kind: 'malformed'; readonly problems: readonly ArgsProblem[] };

const URL_MAX_LENGTH = 2048;
const HEADERS_MAX = 20;
const HEADER_VALUE_MAX_LENGTH = 4096;
const TIMEOUT_DEFAULT_SECONDS = 10;
const SERVER_ID_MAX_LENGTH = 256;
/** So many servers are taken over by name; a group has no more than 1,000 unless its limits say otherwise. */
const SERVERS_MAX = 1000;

/** Headers that belong to one connection (RFC 9110, 7.6.1), that frame the message, or that we set. */
const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade', 'expect', 'host', 'content-length'],
  ...['content-type', 'content-encoding', 'accept', 'accept-encoding', 'user-agent'],
  ...['idempotency-key'],
]);

const url = z
  .string({ error: 'must be an http or https URL' })
  .max(URL_MAX_LENGTH, { error: `must have at most ${String(URL_MAX_LENGTH)} characters` })
  .refine((text) => ['http:', 'https:'].includes(urlOf(text)?.protocol ?? ''), {
    error: 'must be an http or https URL',
    abort: true,
  })
  .refine((text) => urlOf(text)?.username === '' && urlOf(text)?.password === '', {
    error: 'must not contain a user name or password; use a header',
  });

const headerName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, { error: 'is not the name of a header' })
  .refine((name) => !isReserved(name), { error: 'is set by Lutra or by HTTP itself' });

const headerValue = z
  .string({ error: 'must be a string' })
  .max(HEADER_VALUE_MAX_LENGTH, {
    error: `must have at most ${String(HEADER_VALUE_MAX_LENGTH)} characters`,
  })
  .regex(/^[\t\x20-\x7e\x80-\xff]*$/, {
    error: 'must not contain line breaks, control characters or characters beyond Latin-1',
  });

/** z.record drops this key without looking at it. */
const withoutProto = z
  .unknown()
  .refine((headers) => !isJsonObject(headers) || !Object.hasOwn(headers, '__proto__'), {
    path: ['__proto__'],
    error: 'is not a name that can be used here',
  });

const argsSchema = z.strictObject({
  url,
  headers: withoutProto
    .pipe(z.record(headerName, headerValue, { error: 'must be an object of strings' }))
    .refine((headers) => Object.keys(headers).length <= HEADERS_MAX, {
      error: `must have at most ${String(HEADERS_MAX)} entries`,
    })
    .refine(hasDistinctNames, { error: 'must not have the same header twice' })
    .optional(),
  timeout: z
    .number({ error: 'must be a number of seconds' })
    .min(1, { error: 'must be from 1 to 30 seconds' })
    .max(30, { error: 'must be from 1 to 30 seconds' })
    .default(TIMEOUT_DEFAULT_SECONDS),
  evicts: z.boolean({ error: 'must be true or false' }).default(false),
});

const ID_RULE = { error: `must be a string of 1 to ${String(SERVER_ID_MAX_LENGTH)} characters` };
const SERVER_RULE = { error: 'must be an object with an id' };

const answerSchema = z.object(
  {
    actual: z.int({ error: 'must be an integer' }).min(0, { error: 'must be at least 0' }),
    servers: z
      .array(
        z.object(
          { id: z.string(ID_RULE).min(1, ID_RULE).max(SERVER_ID_MAX_LENGTH, ID_RULE) },
          SERVER_RULE,
        ),
        { error: 'must be a list' },
      )
      .optional(),
  },
  { error: 'must be an object' },
);

/** Reads the arguments of a launch configuration, or says everything that is wrong with them. */
export function parseArgs(input: JsonObject): ParsedArgs {
  const parsed = argsSchema.safeParse(input);
  if (!parsed.success) {
    return { kind: 'malformed', problems: parsed.error.issues.flatMap(toProblems) };
  }
  const { headers = {}, timeout, evicts: canEvict } = parsed.data;
  const args = { url: new URL(parsed.data.url), headers, timeoutMs: timeout * 1000, canEvict };
  return { kind: 'args', args };
}

/**
 * Reads the answer to a GET. Text that is no JSON comes from a proxy or from a receiver in the middle of
 * its deployment and is `provider-transient`; JSON of another shape is what the receiver means to say, and
 * `provider-fatal`: somebody must change it. `who` names the receiver.
 */
export function toObservation(text: string, who: string): ProviderObservation {
  const parsed = answerSchema.safeParse(jsonOf(text, who));
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues as [z.core.$ZodIssue];
    throw shapeError(who, `${pathOf(path) || 'it'} ${message}`);
  }
  const { actual, servers = [] } = parsed.data;
  if (servers.length > actual) throw shapeError(who, 'servers has more entries than actual says');
  return { actual, servers: servers.slice(0, SERVERS_MAX) };
}

/** What a status other than 2xx means; undefined for 2xx. `who` names the call. */
export function statusError(
  status: number,
  retryAfter: string | undefined,
  who: string,
): LutraError | undefined {
  if (status >= 200 && status < 300) return undefined;
  const answered = `${who} answered ${String(status)}`;
  if (status >= 500 || [408, 425, 429].includes(status)) {
    const isPlain = retryAfter !== undefined && /^[\w ,:+-]{1,40}$/.test(retryAfter);
    const advice = isPlain ? ` and asks to wait (Retry-After: ${retryAfter})` : '';
    return new LutraError('provider-transient', `${answered}${advice}`);
  }
  const isRedirect = status >= 300 && status < 400;
  const advice = isRedirect ? ': redirects are not followed, give the final URL' : '';
  return new LutraError('provider-fatal', `${answered}${advice}`);
}

/** Names a receiver in messages: without the query, in which secrets travel. */
export function nameOf(target: URL): string {
  return `${target.origin}${target.pathname}`;
}

function shapeError(who: string, problem: string): LutraError {
  const expected = '{ "actual": 3, "servers": [{ "id": "a" }] }';
  return new LutraError(
    'provider-fatal',
    `GET ${who} answered something else than JSON like ${expected}: ${problem}`,
  );
}

function jsonOf(text: string, who: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = `GET ${who} answered something that is not JSON`;
    throw new LutraError('provider-transient', message, { cause });
  }
}

function urlOf(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

function isReserved(name: string): boolean {
  const lower = name.toLowerCase();
  return RESERVED_HEADERS.has(lower) || lower.startsWith('lutra-');
}

function hasDistinctNames(headers: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(headers);
  return new Set(names.map((name) => name.toLowerCase())).size === names.length;
}

function toProblems(issue: z.core.$ZodIssue): readonly ArgsProblem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: pathOf([...issue.path, key]),
      message: 'is not known',
    }));
  }
  // The name of an entry is at fault: what is wrong with it lies one level deeper.
  const issues = issue.code === 'invalid_key' ? issue.issues : [issue];
  return issues.map(({ message }) => ({ path: pathOf(issue.path), message }));
}

/** `['servers', 0, 'id']` as `servers[0].id`. */
function pathOf(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${String(part)}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}
