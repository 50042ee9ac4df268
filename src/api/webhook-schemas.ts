/** The shapes of webhooks in requests. Their names and metadata are bounded like those of groups. */
import { z } from 'zod';
import type { WebhookDefinition } from '../domain/group/webhook.ts';
import { configSchema, objectOf } from './schemas.ts';

/** Webhooks that one request may create. */
const WEBHOOKS_MAX = 100;

const { name, metadata } = configSchema.shape;

/** A webhook in a request that replaces one: complete. */
export const webhookSchema = objectOf({ name, metadata }).meta({
  id: 'WebhookInput',
  description: 'Complete: what is left out is not kept.',
});

const newWebhookSchema = objectOf({ name, metadata: metadata.optional() }).meta({
  id: 'NewWebhookInput',
});

type NewWebhookInput = z.output<typeof newWebhookSchema>;

const ERROR = `an array of 1 to ${String(WEBHOOKS_MAX)} webhooks`;

/** Webhooks in a request that creates them. */
export const webhooksSchema: z.ZodType<NewWebhookInput[]> = z
  .array(newWebhookSchema, { error: ERROR })
  .min(1, { error: ERROR })
  .max(WEBHOOKS_MAX, { error: ERROR });

/** Webhooks of one request, in order. */
export function readWebhooks(inputs: readonly NewWebhookInput[]): readonly WebhookDefinition[] {
  return inputs.map((input) => ({ name: input.name, metadata: input.metadata ?? {} }));
}
