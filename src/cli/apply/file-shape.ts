/** The shape of a file of groups. Rules between fields are in `file-rules.ts`. */
import { z } from 'zod';

import type { JsonObject } from '../../base/json.ts';
import { anyObject, section, textThat, wholeNumber } from '../../config/shape.ts';
import { onceOr } from '../at-rules.ts';
import { TIMING } from '../schedule-shape.ts';
import { WINDOW } from '../window-shape.ts';
import { CALENDARS } from './file-calendars.ts';

const NAME_MAX = 256;
const COOLDOWN_MAX = 86_400;
const REACHED_BY_MAX = 86_400;
/** Policies that a group can be created with. */
export const POLICIES_MAX = 100;
/** Webhooks that one request can create. A node may be set to allow fewer of a policy. */
const WEBHOOKS_MAX = 100;
const METADATA_MAX = 1_000;
const METADATA_RIGHT =
  'write texts of up to 256 characters under names of one line; put numbers in quotes';

/** A name of a group or a policy. */
export const name = textThat('write 1 to 256 characters', (text) => {
  if (text.trim() === '') return 'is blank';
  return lengthOf(text) > NAME_MAX ? 'is too long' : undefined;
});

/** What a group, or a policy of it, is called by. */
export const key = textThat('write 1 to 256 characters on one line', (text) => {
  if (text.trim() === '') return 'is blank';
  if (/[\p{Cc}\p{Cs}]/u.test(text)) return 'has control characters';
  return lengthOf(text) > NAME_MAX ? 'is too long' : undefined;
});

/** Texts that a group carries along. */
export const metadata = anyObject<Readonly<Record<string, string>>>(METADATA_RIGHT).superRefine(
  (value, context) => {
    if (Object.keys(value).length > METADATA_MAX) {
      const message = `write at most ${String(METADATA_MAX)} entries`;
      context.addIssue({ code: 'custom', path: [], message, params: { wrong: 'has too many' } });
      return;
    }
    for (const [name, text] of Object.entries(value)) {
      const wrong = wrongWithMetadata(name, text);
      if (wrong === undefined) continue;
      const params = { wrong };
      context.addIssue({ code: 'custom', path: [name], message: METADATA_RIGHT, params });
    }
  },
);

const tenant = textThat('write the name of a tenant', (text) =>
  ['', '.', '..'].includes(text) || /[\p{Cc}\p{Cs}]/u.test(text) ? 'is no name' : undefined,
);

const cooldownRight = `write seconds, from 0 to ${String(COOLDOWN_MAX)}`;
/** Seconds between executions of a policy. */
export const cooldown = z
  .number({ error: cooldownRight })
  .min(0, { error: cooldownRight })
  .max(COOLDOWN_MAX, { error: cooldownRight });

const AFTER = /^\+(\d{1,6})([smhd])$/;
const UNIT_MS: Readonly<Record<string, number>> = {
  ...{ s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 },
};

/** What an execution does; one of the three is given. */
export const ADJUSTMENT = {
  change: z.int({ error: 'write a whole number other than 0' }).check(refuseZero).optional(),
  changePercent: z.number({ error: 'write a number other than 0' }).check(refuseZero).optional(),
  desiredCapacity: z
    .int({ error: 'write a whole number from 0 on' })
    .min(0, { error: 'write a whole number from 0 on' })
    .optional(),
};

const webhook = section({ name, metadata: metadata.default({}) });

const policy = section({
  key,
  name: name.optional(),
  ...TIMING,
  at: onceOr(', or +20s, +5m, +1h, +2d', (text) => afterMs(text) !== undefined).optional(),
  ...ADJUSTMENT,
  window: WINDOW.optional(),
  cooldown: cooldown.default(0),
  webhooks: z
    .array(webhook, { error: 'write a list of webhooks' })
    .max(WEBHOOKS_MAX, { error: `write at most ${String(WEBHOOKS_MAX)} webhooks` })
    .optional(),
});

/** Where a group is. */
export const region = textThat('write the name of one of the regions of the cluster', (text) =>
  text.trim() === '' ? 'is blank' : undefined,
);

/** A bound of a group. */
export const entities = wholeNumber(0, 1000);
/** Seconds between executions of a group. */
export const groupCooldown = wholeNumber(0, COOLDOWN_MAX);
/** Seconds in which a group is to have its servers. */
export const reachedBy = wholeNumber(1, REACHED_BY_MAX);

/** What the servers of a group are. */
export const launch = section({
  type: textThat('write process, webhook, or another type that the node knows', (text) =>
    text.trim() === '' ? 'is blank' : undefined,
  ),
  args: anyObject<JsonObject>('write a mapping of arguments'),
});

const group = section({
  key,
  name: name.optional(),
  region: region.optional(),
  minEntities: entities.default(0),
  maxEntities: entities.default(1000),
  cooldown: groupCooldown.default(0),
  reachedBy: reachedBy.optional(),
  metadata: metadata.default({}),
  launch,
  policies: z
    .array(policy, { error: 'write a list of policies' })
    .max(POLICIES_MAX, { error: `write at most ${String(POLICIES_MAX)} policies` })
    .default([]),
});

/** One document of a file. */
export const FILE_DOCUMENT = section({
  tenant: tenant.optional(),
  calendars: CALENDARS.optional(),
  groups: z.array(group, { error: 'write a list of groups' }),
});

/** One document of a file that has calendars and no groups. */
export const CALENDARS_DOCUMENT = FILE_DOCUMENT.extend({
  groups: FILE_DOCUMENT.shape.groups.default([]),
});

/** One document of a file that has policies without their group. */
export const POLICIES_DOCUMENT = section({
  policies: z
    .array(policy, { error: 'write a list of policies' })
    .min(1, { error: 'write at least one policy' })
    .max(POLICIES_MAX, { error: `write at most ${String(POLICIES_MAX)} policies` }),
});

/** A document that has its shape, its defaults filled in. */
export type FileDocument = z.infer<typeof FILE_DOCUMENT>;
/** A group of such a document. */
export type FileGroup = FileDocument['groups'][number];
/** A policy of such a group. */
export type FilePolicy = FileGroup['policies'][number];

/** The milliseconds of `+20s`, `+5m`, `+1h` or `+2d`; undefined for any other text. */
export function afterMs(text: string): number | undefined {
  const [, count, unit = ''] = AFTER.exec(text) ?? [];
  const unitMs = UNIT_MS[unit];
  return unitMs === undefined ? undefined : Number(count) * unitMs;
}

function wrongWithMetadata(name: string, text: unknown): string | undefined {
  if (lengthOf(name) > NAME_MAX || name.includes('\n')) return 'has a name that it cannot have';
  if (typeof text !== 'string') return 'has the wrong type';
  return lengthOf(text) > NAME_MAX ? 'is too long' : undefined;
}

/** The API counts code points, not halves of them. */
function lengthOf(text: string): number {
  return Array.from(text).length;
}

function refuseZero({ value, issues }: z.core.ParsePayload<number>): void {
  if (value !== 0) return;
  const params = { wrong: 'changes nothing' };
  issues.push({ code: 'custom', input: value, message: 'write a number other than 0', params });
}
