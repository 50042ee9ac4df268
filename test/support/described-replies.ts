/** Holds what a node answers against what its document says that it answers. */
import type { z } from 'zod';
import { isJsonObject } from '../../src/base/json.ts';
import { errorReply } from '../../src/api/openapi/common-replies.ts';
import { documentOf } from '../../src/api/openapi/document.ts';
import { repliesOf } from '../../src/api/openapi/operation.ts';
import type { DescribedOperation, StatusReply } from '../../src/api/openapi/operation.ts';
import { operationsWith } from '../../src/api/openapi/operations.ts';
import type { LaunchTypes } from '../../src/api/launch-schemas.ts';
import { matches, schemaAt } from './json-schema.ts';
import type { Json } from './json-schema.ts';

/** A request, and what came back. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  /** As it was given to be sent. */
  readonly sent: unknown;
  readonly status: number;
  readonly contentType: string | undefined;
  /** Empty where there is no body. */
  readonly text: string;
}

/** What a request can be answered with that no operation is there for. */
const OF_NOTHING = new Set([
  ...['Forbidden', 'InternalError', 'InvalidCredentials', 'InvalidMethod', 'NotFound'],
  ...['ServiceUnavailable', 'UriTooLong', 'ValidationError'],
]);

/** Makes a check of exchanges with a node that serves these launch types. It throws where the document is wrong. */
export function exchangeCheck(launchTypes: LaunchTypes): (exchange: Exchange) => void {
  const made = documentOf({ version: '0', urlRoot: 'http://127.0.0.1', launchTypes });
  const document = JSON.parse(JSON.stringify(made)) as Json;
  const operations = operationsWith(launchTypes).map((operation) => ({
    operation,
    path: pathPattern(operation.path),
    replies: repliesOf(operation),
  }));
  return (exchange) => {
    const path = exchange.path.replace(/\?.*$/s, '');
    const method = exchange.method === 'HEAD' ? 'GET' : exchange.method;
    const place = operations.find((candidate) => candidate.path.test(path))?.operation.path;
    const described = operations.find(
      ({ operation }) => operation.path === place && operation.method === method,
    );
    const problem =
      described === undefined
        ? problemOfNothing(exchange)
        : (replyProblem(exchange, described.replies.get(exchange.status)) ??
          requestProblem(exchange, described.operation, document));
    if (problem === undefined) return;
    const { status, text } = exchange;
    throw new Error(
      `${exchange.method} ${path} was answered ${String(status)} ${text}, but the document says otherwise: ${problem}`,
    );
  };
}

function pathPattern(path: string): RegExp {
  const segments = path.replaceAll('.', '\\.').replaceAll(/:\w+/g, '[^/]+');
  return new RegExp(`^${segments.replace(/\/$/, '')}/?$`);
}

function problemOfNothing(exchange: Exchange): string | undefined {
  const type = errorTypeOf(exchange);
  if (exchange.method === 'HEAD' && exchange.status >= 400) return undefined;
  if (type !== undefined && OF_NOTHING.has(type)) return undefined;
  return 'there is no such operation';
}

function replyProblem(exchange: Exchange, reply: StatusReply | undefined): string | undefined {
  const { method, contentType, text } = exchange;
  if (reply === undefined) return 'it never answers with this status';
  const isJson = contentType === 'application/json';
  const hasOther = reply.mediaType !== undefined;
  if (isJson ? hasOther && reply.body === undefined : contentType !== reply.mediaType) {
    return `its media type is not ${String(contentType)}`;
  }
  if (method === 'HEAD' || !isJson) return undefined;
  if (reply.body === undefined) return text === '' ? undefined : 'there is no body';
  return text === '' ? 'there is a body' : bodyProblem(exchange, reply.body, reply.refusals);
}

function bodyProblem(
  exchange: Exchange,
  schema: z.ZodType,
  refusals: readonly string[],
): string | undefined {
  const type = errorTypeOf(exchange);
  if (type !== undefined) return refusals.includes(type) ? undefined : `never with ${type}`;
  return schema.safeParse(JSON.parse(exchange.text)).error?.message;
}

/** What the node accepts, its document must not refuse. */
function requestProblem(
  { sent, status }: Exchange,
  { method, path, request, isBodyOptional }: DescribedOperation,
  document: Json,
): string | undefined {
  if (request === undefined || status >= 300) return undefined;
  if (isBodyOptional === true && !isObject(sent)) return undefined;
  const body =
    typeof sent === 'string' || Buffer.isBuffer(sent)
      ? (JSON.parse(sent.toString()) as unknown)
      : (JSON.parse(JSON.stringify(sent)) as unknown);
  const schema = requestSchema(document, method, path);
  return matches(schema, body, document) ? undefined : 'the body does not match its schema';
}

/** Whether a JSON object was sent, as an object or as its text. */
function isObject(sent: unknown): boolean {
  if (typeof sent !== 'string') return isJsonObject(sent) && !Buffer.isBuffer(sent);
  try {
    return isJsonObject(JSON.parse(sent));
  } catch {
    return false; // it is no JSON, and was passed over
  }
}

/** What the document says that the body of an operation is like. */
export function requestSchema(document: Json, method: string, path: string): Json {
  const paths = schemaAt(document, '#/paths');
  const item = (paths[path.replaceAll(/:(\w+)/g, '{$1}')] ?? {}) as Json;
  const operation = item[method.toLowerCase()] as Json;
  const content = schemaAt(operation, '#/requestBody/content')['application/json'];
  return schemaAt(content as Json, '#/schema');
}

function errorTypeOf({ text }: Exchange): string | undefined {
  if (!text.startsWith('{"error":')) return undefined;
  const { data } = errorReply.safeParse(JSON.parse(text));
  return data?.error.type;
}
