/** The API as an OpenAPI document, made from the schemas that validate requests. */
import { createDocument } from 'zod-openapi';
import type {
  CreateDocumentOptions,
  ZodOpenApiOperationObject,
  ZodOpenApiPathsObject,
  ZodOpenApiResponsesObject,
} from 'zod-openapi';
import type { LaunchTypes } from '../launch-schemas.ts';
import { AREAS, repliesOf } from './operation.ts';
import type { DescribedOperation, StatusReply } from './operation.ts';
import { operationsWith } from './operations.ts';

export type OpenApiDocument = ReturnType<typeof createDocument>;

const DESCRIPTION = [
  'Groups of servers that scale on schedules and on demand.',
  'A slash at the end of a path makes no difference. HEAD is answered wherever GET is; a method that a path does',
  'not have is refused with 405, a path that is not here with 404. Bodies are read as JSON whatever their',
  'Content-Type says. Replies may have further keys in later versions.',
  'A node asks for a token where it is set up to do so.',
].join(' ');

/** What the segments of paths stand for. */
const SEGMENTS: Readonly<Record<string, string>> = {
  tenantId: 'Whose groups. Any text without control characters.',
  groupId: 'The id of a group.',
  policyId: 'The id of a policy.',
  webhookId: 'The id of a webhook.',
  serverId: 'The id of a server, as the state of its group has it.',
  calendarName: 'The name of a calendar.',
  version: 'The version of the capability.',
  hash: 'The capability.',
  tokenId: 'The id of an access token, which is not the token itself.',
  node: 'The id or the name of a node.',
};

const KEY_HEADER: Parameters[number] = {
  in: 'header',
  name: 'Idempotency-Key',
  description: [
    'Carries the request out once, however often it is sent: a repeat with the same key, path and body is told what',
    'the first one came to, and changes nothing. The same key with another path or body is refused with 422. A key',
    'counts within its group, for 24 hours; that of a creation within its tenant and region, for as long as the group',
    'is there and for 24 hours after it was deleted, when a repeat is still told of the group that it created. The',
    'refusal of an execution is told again; any other may be granted to a repeat. How many groups a tenant may',
    'create with a key in a day is limited.',
  ].join(' '),
  schema: { type: 'string', pattern: '^[ -~]{1,255}$' },
};

const KNOWN_HEADER: Parameters[number] = {
  in: 'header',
  name: 'If-None-Match',
  description: 'Entity tags of what the client has. Where one is still right, the reply is 304.',
  schema: { type: 'string' },
};

const EXPECTED_HEADER: Parameters[number] = {
  in: 'header',
  name: 'If-Match',
  description: [
    'Entity tags: only what has one of them now is touched, and all else is refused with 412. It is judged with the',
    'change itself, so that nothing comes in between. What the tag is of, is told by a GET of the same path; for the',
    'execution of a policy, by a GET of the policy.',
  ].join(' '),
  schema: { type: 'string' },
};

const PREFER_HEADER: Parameters[number] = {
  in: 'header',
  name: 'Prefer',
  description:
    'With `return=representation` the reply is 200 and shows what was written; else it is 204.',
  schema: { type: 'string' },
};

const LAST_EVENT_HEADER: Parameters[number] = {
  in: 'header',
  name: 'Last-Event-ID',
  description:
    'Of a stream: the id of the last event that the client has. It is told what came after that. Browsers send it by ' +
    'themselves.',
  schema: { type: 'string', pattern: String.raw`^\d{1,15}$` },
};

const SECURITY_SCHEMES = {
  bearer: { type: 'http', scheme: 'bearer' },
  token: { type: 'apiKey', in: 'header', name: 'X-Auth-Token' },
} as const;

/** Describes the API of a node of this version that clients find at `urlRoot`. */
export function documentOf(node: {
  readonly version: string;
  readonly urlRoot: string;
  readonly launchTypes: LaunchTypes;
}): OpenApiDocument {
  return createDocument(
    {
      openapi: '3.1.1',
      info: {
        title: 'Lutra',
        version: node.version,
        description: DESCRIPTION,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: node.urlRoot.replace(/\/+$/, '') }],
      tags: AREAS.map((name) => ({ name })),
      security: Object.keys(SECURITY_SCHEMES).map((name) => ({ [name]: [] })),
      paths: pathsOf(operationsWith(node.launchTypes)),
      components: { securitySchemes: SECURITY_SCHEMES },
    },
    { override: tellWhatMatters },
  );
}

function pathsOf(operations: readonly DescribedOperation[]): ZodOpenApiPathsObject {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const operation of operations) {
    const path = operation.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: operationObject(operation) };
  }
  return paths;
}

function operationObject(operation: DescribedOperation): ZodOpenApiOperationObject {
  const { id, area, summary, description, request, isOpen = false } = operation;
  const required = operation.isBodyOptional !== true;
  return {
    operationId: id,
    tags: [area],
    summary,
    ...(description === undefined ? {} : { description }),
    ...(isOpen ? { security: [] } : {}),
    parameters: [...segmentsOf(operation), ...queryOf(operation), ...headersOf(operation)],
    ...(request === undefined
      ? {}
      : { requestBody: { required, content: { 'application/json': { schema: request } } } }),
    responses: responsesOf(operation),
  };
}

type Parameters = NonNullable<ZodOpenApiOperationObject['parameters']>;

function segmentsOf({ path }: DescribedOperation): Parameters {
  return [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => ({
    in: 'path',
    name,
    required: true,
    description: SEGMENTS[name] ?? '',
    schema: { type: 'string' },
  }));
}

function queryOf({ query = [] }: DescribedOperation): Parameters {
  return query.map((key) => ({ in: 'query', ...key }));
}

function headersOf(operation: DescribedOperation): Parameters {
  const { isKeyed, isTagged, isConditional, isShownOnDemand, isStream } = operation;
  return [
    ...(isKeyed === true ? [KEY_HEADER] : []),
    ...(isTagged === true ? [KNOWN_HEADER] : []),
    ...(isConditional === true ? [EXPECTED_HEADER] : []),
    ...(isShownOnDemand === true ? [PREFER_HEADER] : []),
    ...(isStream === true ? [LAST_EVENT_HEADER] : []),
  ];
}

function responsesOf(operation: DescribedOperation): ZodOpenApiResponsesObject {
  return Object.fromEntries(
    [...repliesOf(operation)].map(([status, reply]) => [status, responseObject(reply)]),
  );
}

function responseObject(
  reply: StatusReply,
): ZodOpenApiResponsesObject[`${1 | 2 | 3 | 4 | 5}${string}`] {
  const { description, body, mediaType, headers } = reply;
  return {
    description,
    ...(headers === undefined ? {} : { headers: headerObjects(headers) }),
    ...(body === undefined && mediaType === undefined
      ? {}
      : {
          content: {
            ...(body === undefined ? {} : { 'application/json': { schema: body } }),
            ...(mediaType === undefined ? {} : { [mediaType]: { schema: { type: 'string' } } }),
          },
        }),
  };
}

function headerObjects(
  headers: Readonly<Record<string, string>>,
): Record<string, { description: string; schema: { type: 'string' } }> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [
      name,
      { description, schema: { type: 'string' } },
    ]),
  );
}

/** Leaves out what says nothing, such as the bounds of all integers, and lets replies have further keys one day. */
const tellWhatMatters: NonNullable<CreateDocumentOptions['override']> = ({ jsonSchema, io }) => {
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  const [choice, ...others] = jsonSchema.anyOf ?? [];
  if (choice !== undefined && others.length === 0) {
    delete jsonSchema.anyOf;
    Object.assign(jsonSchema, choice);
  }
  if (io === 'output' && jsonSchema.additionalProperties === false) {
    delete jsonSchema.additionalProperties;
  }
};
