import { decodeWebhook, webhookField } from '../../domain/group/fields.ts';
import type { WebhookDefinition } from '../../domain/group/webhook.ts';
import {
  changeWebhook,
  createWebhooks,
  deleteWebhook,
  rotateWebhook,
} from '../../scaling/change-webhooks.ts';
import type { CreateWebhooksResult, RotateWebhookResult } from '../../scaling/change-webhooks.ts';
import type { Expectation } from '../../scaling/expectation.ts';
import { findWebhook, findWebhooks } from '../../scaling/read-webhooks.ts';
import { answerOnce } from '../answer-once.ts';
import { expectationOf, tagged } from '../entity-tag.ts';
import {
  noSuchGroup,
  noSuchPolicy,
  noSuchWebhook,
  notAsExpected,
  overWebhookLimit,
  windowHasNoWebhooks,
} from '../errors.ts';
import { nextLink } from '../links.ts';
import { limitOf } from '../query.ts';
import { parseBody } from '../validation.ts';
import { webhookBody } from '../webhook-format.ts';
import { readWebhooks, webhookSchema, webhooksSchema } from '../webhook-schemas.ts';
import { needs } from './route.ts';
import type { Call, Reply, Route, RouteDeps } from './route.ts';
import { policyTargetOf, webhookTargetOf, wordingOf } from './targets.ts';

/** A policy's webhooks. To read them is to be able to execute the policy. */
export function webhookRoutes(deps: RouteDeps): readonly Route[] {
  const webhooks = '/v1.0/:tenantId/groups/:groupId/policies/:policyId/webhooks';
  return [
    {
      path: webhooks,
      methods: {
        GET: needs('reveal', (call) => list(deps, call)),
        POST: needs('change', (call) => create(deps, call)),
      },
    },
    {
      path: `${webhooks}/:webhookId`,
      methods: {
        GET: needs(
          'reveal',
          tagged((call) => show(deps, call)),
        ),
        PUT: needs('change', (call) => replace(deps, call)),
        DELETE: needs('change', (call) => remove(deps, call)),
      },
    },
    {
      path: `${webhooks}/:webhookId/rotate`,
      methods: { POST: needs('change', (call) => rotate(deps, call)) },
    },
  ];
}

async function list(deps: RouteDeps, call: Call): Promise<Reply> {
  const limit = limitOf(call.query, deps.pageMax);
  const marker = call.query.get('marker') ?? '';
  const target = policyTargetOf(call);
  const result = await findWebhooks(readDeps(deps), target);
  switch (result.kind) {
    case 'found': {
      const page = result.webhooks.filter(({ id }) => id > marker).slice(0, limit);
      const wording = wordingOf(deps, call);
      const last = page.length === limit ? page.at(-1) : undefined;
      const next = last === undefined ? undefined : { limit: String(limit), marker: last.id };
      const collection = wording.links.webhooks(wording.tenantId, target.groupId, target.policyId);
      return {
        status: 200,
        body: {
          webhooks: page.map((webhook) => webhookBody(wording, target, webhook)),
          webhooks_links: nextLink(collection, next),
        },
      };
    }
    case 'no-such-policy':
      throw noSuchPolicy(target);
    case 'no-such-group':
      throw noSuchGroup(target);
  }
}

async function create(deps: RouteDeps, call: Call): Promise<Reply> {
  const body = await call.body();
  const definitions = readWebhooks(parseBody(webhooksSchema, body));
  const { by } = call;
  const target = policyTargetOf(call);
  return answerOnce<CreateWebhooksResult>(deps, call, {
    ...{ target, body },
    ask: (once) => createWebhooks(deps.scaling, target, { definitions, by, once }),
    reply: (result) => creationReply(deps, call, { definitions, result }),
  });
}

function creationReply(
  deps: RouteDeps,
  call: Call,
  created: {
    readonly definitions: readonly WebhookDefinition[];
    readonly result: CreateWebhooksResult;
  },
): Reply {
  const { definitions, result } = created;
  const target = policyTargetOf(call);
  switch (result.kind) {
    case 'created': {
      const wording = wordingOf(deps, call);
      const { links, tenantId } = wording;
      return {
        status: 201,
        headers: { Location: links.webhooks(tenantId, target.groupId, target.policyId) },
        body: { webhooks: result.webhooks.map((webhook) => webhookBody(wording, target, webhook)) },
      };
    }
    case 'over-webhook-limit': {
      const { maxWebhooksPerPolicy: max } = deps.scaling.limits;
      throw overWebhookLimit(target, { count: result.count, added: definitions.length, max });
    }
    case 'is-window':
      throw windowHasNoWebhooks(target);
    case 'no-such-policy':
      throw noSuchPolicy(target);
    case 'no-such-group':
      throw noSuchGroup(target);
  }
}

async function show(deps: RouteDeps, call: Call): Promise<Reply> {
  const target = webhookTargetOf(call);
  const result = await findWebhook(readDeps(deps), target);
  switch (result.kind) {
    case 'found': {
      const webhook = webhookBody(wordingOf(deps, call), target, result.webhook);
      return { status: 200, body: { webhook } };
    }
    case 'no-such-webhook':
      throw noSuchWebhook(target);
    case 'no-such-group':
      throw noSuchGroup(target);
  }
}

/** What a request takes for granted of its webhook. One that cannot be read was shown to nobody. */
function seenWebhook(deps: RouteDeps, call: Call): Expectation | undefined {
  const wording = wordingOf(deps, call);
  const target = webhookTargetOf(call);
  const { policyId, webhookId } = target;
  return expectationOf(call, ({ fields }) => {
    const stored = fields[webhookField(policyId, webhookId)];
    if (stored === undefined) return undefined;
    const webhook = { id: webhookId, ...decodeWebhook(stored) };
    return { webhook: webhookBody(wording, target, webhook) };
  });
}

async function replace(deps: RouteDeps, call: Call): Promise<Reply> {
  const definition = parseBody(webhookSchema, await call.body());
  const target = webhookTargetOf(call);
  const request = { definition, by: call.by, expectation: seenWebhook(deps, call) };
  const result = await changeWebhook(deps.scaling, target, request);
  switch (result.kind) {
    case 'changed':
      return { status: 204 };
    case 'not-as-expected':
      throw notAsExpected();
    case 'no-such-webhook':
      throw noSuchWebhook(target);
    case 'no-such-group':
      throw noSuchGroup(target);
  }
}

async function remove(deps: RouteDeps, call: Call): Promise<Reply> {
  const target = webhookTargetOf(call);
  const request = { by: call.by, expectation: seenWebhook(deps, call) };
  const result = await deleteWebhook(deps.scaling, target, request);
  switch (result.kind) {
    case 'deleted':
      return { status: 204 };
    case 'not-as-expected':
      throw notAsExpected();
    case 'no-such-webhook':
      throw noSuchWebhook(target);
    case 'no-such-group':
      throw noSuchGroup(target);
  }
}

async function rotate(deps: RouteDeps, call: Call): Promise<Reply> {
  const { by } = call;
  const target = webhookTargetOf(call);
  return answerOnce<RotateWebhookResult>(deps, call, {
    target,
    ask: (once) => rotateWebhook(deps.scaling, target, { by, once }),
    reply: (result) => rotationReply(deps, call, result),
  });
}

function rotationReply(deps: RouteDeps, call: Call, result: RotateWebhookResult): Reply {
  const target = webhookTargetOf(call);
  switch (result.kind) {
    case 'rotated': {
      const webhook = webhookBody(wordingOf(deps, call), target, result.webhook);
      return { status: 200, body: { webhook } };
    }
    case 'no-such-webhook':
      throw noSuchWebhook(target);
    case 'no-such-group':
      throw noSuchGroup(target);
  }
}

function readDeps({ scaling, observe }: RouteDeps): Parameters<typeof findWebhook>[0] {
  return { store: scaling.store, observe };
}
