/** Reads the texts that a group's fields hold. Each answers undefined where a text has not its shape. */

export type ScheduleRecord =
  { readonly kind: 'at'; readonly at: string } | { readonly kind: 'cron'; readonly cron: string };

export type AdjustmentRecord =
  | { readonly kind: 'change' | 'desiredCapacity'; readonly amount: number }
  | { readonly kind: 'changePercent'; readonly percent: number };

/** The field `policy:ID`. */
export interface DefinitionRecord {
  readonly cooldownSeconds: number;
  readonly adjustment: AdjustmentRecord;
  readonly schedule: ScheduleRecord | undefined;
}

/** The field `progress:ID`. */
export interface ProgressRecord {
  readonly plannedAt?: number;
  readonly claimedAt?: number;
  readonly touchedAt?: number;
  readonly parked?: string;
}

/** The field `state`. */
export interface StateRecord {
  readonly desired: number;
  readonly touchedAt?: number;
  readonly isPaused: boolean;
  readonly isSuspended: boolean;
  readonly isDeleting: boolean;
  readonly changedBy?: string;
}

/** The field `limits`. */
export interface LimitsRecord {
  readonly minEntities: number;
  readonly maxEntities: number;
  readonly cooldownSeconds: number;
}

type Json = Readonly<Record<string, unknown>>;

/** A policy as its user defined it. */
export function readDefinition(text: string | undefined): DefinitionRecord | undefined {
  const value = objectOf(text);
  const adjustment = readAdjustment(value?.['adjustment']);
  if (value === undefined || adjustment === undefined) return undefined;
  const cooldownSeconds = value['cooldownSeconds'];
  if (typeof cooldownSeconds !== 'number' || typeof value['name'] !== 'string') return undefined;
  const schedule = readSchedule(value['schedule']);
  if (schedule === undefined && value['schedule'] !== undefined) return undefined;
  return { cooldownSeconds, adjustment, schedule };
}

/** How far a policy has come. */
export function readProgress(text: string | undefined): ProgressRecord | undefined {
  if (text === undefined) return {};
  const value = objectOf(text);
  const instants = [value?.['plannedAt'], value?.['claimedAt'], value?.['touchedAt']];
  const areInstants = instants.every((at) => at === undefined || Number.isSafeInteger(at));
  const parked = value?.['parked'];
  if (!areInstants || (parked !== undefined && typeof parked !== 'string')) return undefined;
  return value; // checked key by key above
}

/** What decisions change. */
export function readState(text: string | undefined): StateRecord | undefined {
  const value = objectOf(text);
  if (value === undefined) return undefined;
  const flags = [value['isPaused'], value['isSuspended'], value['isDeleting']];
  const touchedAt = value['touchedAt'];
  const isRead =
    isCount(value['desired']) &&
    flags.every((flag) => typeof flag === 'boolean') &&
    (touchedAt === undefined || Number.isSafeInteger(touchedAt));
  return isRead ? (value as unknown as StateRecord) : undefined; // checked key by key above
}

/** The bounds of decisions. */
export function readLimits(text: string | undefined): LimitsRecord | undefined {
  const value = objectOf(text);
  if (value === undefined) return undefined;
  const isRead =
    isCount(value['minEntities']) &&
    isCount(value['maxEntities']) &&
    typeof value['cooldownSeconds'] === 'number';
  return isRead ? (value as unknown as LimitsRecord) : undefined; // checked key by key above
}

function readAdjustment(value: unknown): AdjustmentRecord | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { kind, amount, percent } = value as Json;
  const isWhole = (kind === 'change' || kind === 'desiredCapacity') && Number.isInteger(amount);
  const isPercent = kind === 'changePercent' && Number.isFinite(percent);
  return isWhole || isPercent ? (value as AdjustmentRecord) : undefined; // checked above
}

function readSchedule(value: unknown): ScheduleRecord | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { kind, at, cron } = value as Json;
  const isRead =
    (kind === 'at' && typeof at === 'string') || (kind === 'cron' && typeof cron === 'string');
  return isRead ? (value as ScheduleRecord) : undefined; // checked above
}

function objectOf(text: string | undefined): Json | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Json) : undefined;
  } catch {
    return undefined; // what is not JSON has not the shape either
  }
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
