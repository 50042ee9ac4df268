/** Every refusal that a client can see: its type, status and words, most of them those of Otter's v1.0 API. */
import { LutraError } from '../base/errors.ts';
import { HTTP_STATUS } from './http-status.ts';

/** The `type` of an error body and its status. */
const STATUS = {
  CalendarInUseError: 409,
  CalendarsOverLimitError: 422,
  CannotDeleteServerBelowMinError: 403,
  CannotExecutePolicyError: 403,
  CannotSkipOccurrenceError: 409,
  Forbidden: 403,
  GroupNotEmptyError: 403,
  GroupPausedError: 403,
  HeadersTooLarge: 431,
  IdempotencyKeyReusedError: 422,
  IdempotencyKeysOverLimitError: 422,
  InternalError: 500,
  InvalidCredentials: 401,
  InvalidJsonError: 400,
  InvalidLaunchConfiguration: 400,
  InvalidMethod: 405,
  InvalidMinEntities: 400,
  InvalidQueryArgument: 400,
  InvalidRequest: 400,
  KeyInUseError: 409,
  NoSuchCalendarError: 404,
  NoSuchOverrideError: 404,
  NoSuchPolicyError: 404,
  NoSuchScalingGroupError: 404,
  NoSuchWebhookError: 404,
  NotFound: 404,
  NotImplementedError: 501,
  PayloadTooLarge: 413,
  PoliciesOverLimitError: 422,
  PreconditionFailed: 412,
  RateLimitError: 429,
  RequestTimeout: 408,
  ScalingGroupOverLimitError: 422,
  ServerDeletionsOverLimitError: 422,
  ServerNotFoundError: 404,
  ServiceUnavailable: 503,
  TenantSuspendedError: 403,
  TokensOverLimitError: 422,
  UriTooLong: 414,
  ValidationError: 400,
  WebhooksOverLimitError: 422,
} as const;

export type ApiErrorType = keyof typeof STATUS;

/** The status that comes with a type. */
export function statusOf(type: ApiErrorType): number {
  return STATUS[type];
}

/** A refusal: thrown by whoever finds the reason, turned into a reply in one place. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly type: ApiErrorType;
  readonly status: number;
  /** Headers that the reply carries besides the usual ones. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    type: ApiErrorType,
    message: string,
    options: { readonly headers?: Readonly<Record<string, string>>; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.type = type;
    this.status = STATUS[type];
    this.headers = options.headers ?? {};
  }
}

/** The body of a refusal. */
export interface ErrorBody {
  readonly error: {
    readonly type: string;
    readonly code: number;
    readonly message: string;
    readonly details: '';
  };
}

/** The body that tells a client of the refusal. `details` is always empty, as it was in Otter. */
export function envelopeOf(error: ApiError): ErrorBody {
  const { type, status, message } = error;
  return { error: { type, code: status, message, details: '' } };
}

/**
 * What a client is told of anything that was thrown while its request was served; the reason stays inside. A request
 * that only reads has left nothing in doubt.
 */
export function apiErrorOf(error: unknown, request = { isReading: false }): ApiError {
  if (error instanceof ApiError) return error;
  const status = error instanceof LutraError ? HTTP_STATUS[error.code] : 500;
  switch (status) {
    case 400:
      return invalid(error instanceof Error ? error.message : '');
    case 503:
      return (request.isReading ? unanswered : unavailable)(
        'The store did not answer, or not in time',
        error,
      );
    case 500:
      return new ApiError('InternalError', 'An Internal Error was encountered', { cause: error });
  }
}

/** Nothing is known about the outcome, and trying again later may succeed. */
export function unavailable(reason: string, cause?: unknown): ApiError {
  const message = `${reason}. Whether a change was made is not known; look, or try again.`;
  return new ApiError('ServiceUnavailable', message, { headers: { 'Retry-After': '1' }, cause });
}

/** The same of a request that only reads. */
export function unanswered(reason: string, cause?: unknown): ApiError {
  const message = `${reason}. The request was not answered, and nothing was changed; try again.`;
  return new ApiError('ServiceUnavailable', message, { headers: { 'Retry-After': '1' }, cause });
}

/** The node takes no more requests. Another one does, or this one again when it is back. */
export function stopping(): ApiError {
  const message = 'This node is stopping; nothing was done. Try again.';
  return new ApiError('ServiceUnavailable', message, { headers: { 'Retry-After': '1' } });
}

/** More requests than are allowed, as `limit` says in a phrase. */
export function rateExceeded(limit: string, retryInSeconds: number): ApiError {
  const seconds = String(retryInSeconds);
  return new ApiError('RateLimitError', `Too many requests: ${limit}; try again in ${seconds} s`, {
    headers: { 'Retry-After': seconds },
  });
}

/** Nobody knows who makes the request. */
export function invalidCredentials(message: string): ApiError {
  return new ApiError('InvalidCredentials', message, { headers: { 'WWW-Authenticate': 'Bearer' } });
}

/** Whoever makes the request may not do what it asks for. */
export function forbidden(message: string): ApiError {
  return new ApiError('Forbidden', message);
}

/** A body or a rule of it is broken. */
export function invalid(message: string): ApiError {
  return new ApiError('ValidationError', message);
}

/** A query key has a value that it cannot have. */
export function invalidQuery(message: string): ApiError {
  return new ApiError('InvalidQueryArgument', message);
}

/** The segments of a path that name a group. */
export interface GroupPath {
  readonly tenantId: string;
  readonly groupId: string;
}

/** The segments of a path that name a policy. */
export interface PolicyPath extends GroupPath {
  readonly policyId: string;
}

/** The segments of a path that name a webhook. */
export interface WebhookPath extends PolicyPath {
  readonly webhookId: string;
}

/** The segments of a path that name a server. */
export interface ServerPath extends GroupPath {
  readonly serverId: string;
}

export function noSuchGroup({ tenantId, groupId }: GroupPath): ApiError {
  return new ApiError(
    'NoSuchScalingGroupError',
    `No such scaling group ${groupId} for tenant ${tenantId}`,
  );
}

export function noSuchPolicy({ tenantId, groupId, policyId }: PolicyPath): ApiError {
  return new ApiError(
    'NoSuchPolicyError',
    `No such scaling policy ${policyId} for group ${groupId} for tenant ${tenantId}`,
  );
}

export function noSuchWebhook(path: WebhookPath): ApiError {
  const { tenantId, groupId, policyId, webhookId } = path;
  return new ApiError(
    'NoSuchWebhookError',
    `No such webhook ${webhookId} for policy ${policyId} in group ${groupId} for tenant ${tenantId}`,
  );
}

export function groupNotEmpty({ tenantId, groupId }: GroupPath): ApiError {
  return new ApiError(
    'GroupNotEmptyError',
    `Group ${groupId} for tenant ${tenantId} still has entities.`,
  );
}

export function tenantSuspended({ tenantId }: Pick<GroupPath, 'tenantId'>): ApiError {
  return new ApiError('TenantSuspendedError', `Tenant ${tenantId} is SUSPENDED.`);
}

/** The group is paused, so it does not do what `deed` says. */
export function groupPaused(deed: string, { tenantId, groupId }: GroupPath): ApiError {
  return new ApiError(
    'GroupPausedError',
    `Cannot ${deed} for group ${groupId} for tenant ${tenantId} because group is paused`,
  );
}

/** The policy was consulted and changes nothing, for this reason. */
export function cannotExecute(reason: string, path: PolicyPath): ApiError {
  const { tenantId, groupId, policyId } = path;
  return new ApiError(
    'CannotExecutePolicyError',
    `Cannot execute scaling policy ${policyId} for group ${groupId} for tenant ${tenantId}: ${reason}`,
  );
}

export function noSuchServer({ tenantId, groupId, serverId }: ServerPath): ApiError {
  return new ApiError(
    'ServerNotFoundError',
    `Active server ${serverId} not found in tenant ${tenantId}'s group ${groupId}`,
  );
}

/** The server is not to be replaced, and the group would have too few without it. */
export function serverBelowMin({ tenantId, groupId, serverId }: ServerPath, min: number): ApiError {
  return new ApiError(
    'CannotDeleteServerBelowMinError',
    `Cannot remove server ${serverId} from tenant ${tenantId}'s group ${groupId}. ` +
      `It will reduce number of servers below required minimum ${String(min)}.`,
  );
}

/** The group's provider cannot do this to the server. */
export function serverStays({ serverId }: ServerPath, launchType: string, deed: string): ApiError {
  return new ApiError(
    'NotImplementedError',
    `Cannot remove server ${serverId}: the launch configuration, of type ${JSON.stringify(launchType)}, ` +
      `does not let single servers be ${deed}`,
  );
}

/** So many servers are on their way out that the group keeps no more in mind. */
export function overDeletionLimit({ tenantId, groupId }: GroupPath, max: number): ApiError {
  return new ApiError(
    'ServerDeletionsOverLimitError',
    `Currently ${String(max)} servers are being removed from tenant ${tenantId}'s group ${groupId}, ` +
      'which is as many as there may be at once; wait until they are gone',
  );
}

/** There is such an operation, and it is not carried out here. */
export function notImplemented(): ApiError {
  return new ApiError('NotImplementedError', '');
}

export function overGroupLimit(tenantId: string, max: number): ApiError {
  return new ApiError(
    'ScalingGroupOverLimitError',
    `Allowed limit of ${String(max)} scaling groups reached by tenant ${tenantId}`,
  );
}

export function overPolicyLimit(
  { tenantId, groupId }: GroupPath,
  policies: { readonly count: number; readonly added: number; readonly max: number },
): ApiError {
  const { count, added, max } = policies;
  return new ApiError(
    'PoliciesOverLimitError',
    `Currently there are ${String(count)} policies for tenant ${tenantId}, scaling group ${groupId}. ` +
      `Creating ${String(added)} new policies would exceed the policy limit of ${String(max)} per group.`,
  );
}

/** The two spaces were always there. */
export function overWebhookLimit(
  { tenantId, groupId, policyId }: PolicyPath,
  webhooks: { readonly count: number; readonly added: number; readonly max: number },
): ApiError {
  const { count, added, max } = webhooks;
  return new ApiError(
    'WebhooksOverLimitError',
    `Currently there are ${String(count)} webhooks for tenant ${tenantId}, scaling group ${groupId}, ` +
      `policy ${policyId}.  Creating ${String(added)} new webhooks would exceed the webhook limit of ` +
      `${String(max)} per policy.`,
  );
}

/** Webhooks execute policies, and a window is none that is executed. */
export function windowHasNoWebhooks({ policyId }: PolicyPath): ApiError {
  return invalid(
    `Scaling policy ${policyId} is a window, which holds by its schedule and is not executed: webhooks go with policies of type webhook or schedule`,
  );
}

/** What `key` identifies exists already; nothing was created. */
export function keyInUse(what: 'scaling group' | 'scaling policy', key: string): ApiError {
  return new ApiError('KeyInUseError', `There is a ${what} with the key ${JSON.stringify(key)}`);
}

/** A key is given when a thing is created, or never. */
export function keyIsFixed(key: string | undefined): ApiError {
  const stored = key === undefined ? 'it has none' : `it is ${JSON.stringify(key)}`;
  return invalid(`key cannot be changed: ${stored}, and stays so; leave it out`);
}

/** What the request would change is not as its sender saw it. */
export function notAsExpected(): ApiError {
  return new ApiError(
    'PreconditionFailed',
    'It is not what If-Match says any more; nothing was done: look at it again',
  );
}

/** A request with this key was carried out, and it asked for something else. */
export function keyReused(): ApiError {
  return new ApiError(
    'IdempotencyKeyReusedError',
    'Idempotency-Key is that of a request with another path or body; nothing was done, and another key would be right',
  );
}

/** A group forgets no answer before its time, so it takes no more keys for now. */
export function overAnswerLimit(max: number): ApiError {
  return new ApiError(
    'IdempotencyKeysOverLimitError',
    `The group keeps its answers to requests with an Idempotency-Key for a day, and at most ${String(max)} of them, fewer where they are long; nothing was done: wait, or leave the key out`,
  );
}

/** What a request with a key leaves out must not depend on the node that it reaches. */
export function regionMissing(regions: readonly string[]): ApiError {
  const known = regions.map((name) => JSON.stringify(name)).join(', ');
  return invalid(
    `groupConfiguration.region must be one of ${known} where there is an Idempotency-Key: without it, a repeat on another node could create a second group`,
  );
}

/** A new group can only be where there is a region. */
export function noSuchRegion(region: string, regions: readonly string[]): ApiError {
  const known = regions.map((name) => JSON.stringify(name)).join(', ');
  return invalid(
    `groupConfiguration.region must be one of ${known}, not ${JSON.stringify(region)}`,
  );
}

/** A group stays where it was created. */
export function regionIsFixed(region: string): ApiError {
  return invalid(
    `region cannot be changed: it is ${JSON.stringify(region)}, and stays so; leave it out`,
  );
}

/** Servers of one launch type cannot be stopped by the provider of another. */
export function launchTypeInUse(type: string): ApiError {
  return invalid(
    `type cannot be changed while the group may have servers of type ${JSON.stringify(type)}: bring it to 0 first`,
  );
}
