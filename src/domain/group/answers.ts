/**
 * What a group keeps of requests that carry a key, so that each is carried out once however often it is sent.
 *
 * An answer is a field of the group, written by the very commit that did the work: there is no instant at
 * which one is there without the other, whatever dies. Only those who ask by key, and people's other changes,
 * look at these fields; what fires does not.
 */
import type { EpochMs } from '../../base/clock.ts';
import { LutraError } from '../../base/errors.ts';
import type { PolicyId } from '../ids.ts';
import { isCount, isOpenWindow, listOf, optional, parse } from './checks.ts';
import type { ScalingState } from './group.ts';

type Fields = Readonly<Record<string, string>>;

/** How long an answer is kept, by the store's clock; and the key of a creation after its group was deleted. */
export const ANSWER_KEPT_MS = 86_400_000;
/** Answers that a group keeps. One is some 150 bytes where there is little to tell. */
export const ANSWERS_MAX = 2_000;
/** Their characters beyond which no more are kept; the last one may exceed it, so that none is too long. */
export const ANSWERS_LENGTH_MAX = 2_097_152;

/** A request that is to be carried out once. */
export interface Keyed {
  /** A digest of its key. */
  readonly key: string;
  /** A digest of what it asks for: two requests with the same key must have the same. */
  readonly fingerprint: string;
}

/** An answer, and the request that it was given to. */
interface Answer {
  readonly fingerprint: string;
  readonly text: string;
}

const PREFIX = 'answer:';
const ANSWER = /^(-?\d+) ([^ ]+) ([^]*)$/;

/** The field that holds the answer to the request with this key. */
function answerField(key: string): string {
  return `${PREFIX}${key}`;
}

/** The answer to the request with this key that is still kept at `now`. Throws `record-malformed`. */
export function keptAnswer(fields: Fields, key: string, now: EpochMs): Answer | undefined {
  const stored = Object.hasOwn(fields, answerField(key)) ? fields[answerField(key)] : undefined;
  if (stored === undefined || isOutlived(stored, now)) return undefined;
  const [, , fingerprint, text] = ANSWER.exec(stored) ?? [];
  if (fingerprint !== undefined && text !== undefined) return { fingerprint, text };
  // Not what is there: it may hold a capability, and errors are logged.
  throw new LutraError('record-malformed', `cannot read the stored field "${answerField(key)}"`);
}

/** The field that keeps an answer from `now` on, by name. */
export function keepingAnswer(keyed: Keyed, text: string, now: EpochMs): Fields {
  return { [answerField(keyed.key)]: `${String(now)} ${keyed.fingerprint} ${text}` };
}

/** The fields whose answers need not be kept any more. */
export function outlivedAnswers(fields: Fields, now: EpochMs): readonly string[] {
  return Object.keys(fields).filter(
    (name) => name.startsWith(PREFIX) && isOutlived(fields[name] ?? '', now),
  );
}

/** Whether the group can keep one more answer. */
export function hasRoomForAnswer(fields: Fields, now: EpochMs): boolean {
  const kept = Object.entries(fields).filter(
    ([name, value]) => name.startsWith(PREFIX) && !isOutlived(value, now),
  );
  const length = kept.reduce((sum, [, value]) => sum + value.length, 0);
  return kept.length < ANSWERS_MAX && length <= ANSWERS_LENGTH_MAX;
}

/** One that cannot be read is never outlived: it may be the answer to something that must not be done again. */
function isOutlived(stored: string, now: EpochMs): boolean {
  return now - Number.parseInt(stored, 10) > ANSWER_KEPT_MS;
}

/** The field that tells by which request with a key a group was created. */
export const CREATION_FIELD = 'creation';

/** The request that created a group whose id follows from its key. Kept as long as the group is there. */
export interface Creation {
  readonly fingerprint: string;
  /** The ids that the policies of the request were given, in its order. */
  readonly policyIds: readonly PolicyId[];
  /** A `CreatedPlan` as `encodeCreatedPlan` writes it; absent where no window was open. */
  readonly plan?: string;
  /** When the group was deleted. */
  readonly deletedAt?: EpochMs;
}

/** What windows that were open at its creation made of a group's state. */
export type CreatedPlan = Pick<ScalingState, 'base' | 'windows'>;

/** The plan as part of a creation. Calendars may change, so that it cannot be derived again of the request. */
export function encodeCreatedPlan({ base, windows }: CreatedPlan): string {
  return JSON.stringify({ base, windows });
}

/** The plan that a group was created with; empty where no window was open. Throws `record-malformed`. */
export function createdPlanOf(plan = '{}'): CreatedPlan {
  return parse<CreatedPlan>(CREATION_FIELD, plan, {
    base: optional(isCount),
    windows: optional(listOf(isOpenWindow)),
  });
}

/** A creation as the text that a store keeps. */
export function encodeCreation({ fingerprint, policyIds, plan, deletedAt }: Creation): string {
  const planned = plan === undefined ? [] : [plan];
  return [fingerprint, deletedAt ?? '-', ...policyIds, ...planned].join(' ');
}

/** The request with a key that created the group; undefined where it was created without one. */
export function creationOf(fields: Fields): Creation | undefined {
  const stored = fields[CREATION_FIELD];
  if (stored === undefined) return undefined;
  const [fingerprint = '', deleted = '', ...rest] = stored.split(' ');
  // What ids are not begins so: it is JSON without a blank, and last, where older nodes pass over it.
  const plan = rest.find((part) => part.startsWith('{'));
  const policyIds = rest.filter((part) => part !== plan);
  return {
    fingerprint,
    policyIds: policyIds as PolicyId[], // as they were encoded
    ...(plan === undefined ? {} : { plan }),
    ...(/^-?\d+$/.test(deleted) ? { deletedAt: Number(deleted) as EpochMs } : {}),
  };
}

/**
 * For how many more ms a deleted group must stay, though nothing is left of it: until then a repeat of the
 * request that created it finds that it was created, and creates nothing.
 */
export function rememberedForMs(fields: Fields, now: EpochMs): number {
  const deletedAt = creationOf(fields)?.deletedAt;
  return deletedAt === undefined ? 0 : Math.max(0, deletedAt + ANSWER_KEPT_MS - now);
}
