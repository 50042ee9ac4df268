/** Reads the texts that a group's fields hold. Each answers undefined where a text has not its shape. */

/** What becomes of times of day that clocks skip or repeat. */
interface DstRecord {
  readonly gap?: 'shift' | 'skip';
  readonly overlap?: 'first' | 'second' | 'both';
}

export interface AtRecord {
  readonly kind: 'at';
  readonly at: string;
  readonly timezone?: string;
  readonly dst?: DstRecord;
}

export interface CronRecord {
  readonly kind: 'cron';
  readonly cron: string;
  readonly timezone?: string;
  readonly dialect?: 'extended';
  readonly dst?: DstRecord;
  readonly start?: string;
  readonly end?: string;
  readonly jitterSeconds?: number;
  /** Names of calendars. */
  readonly exclude?: readonly string[];
  readonly only?: readonly string[];
}

/** Days that a calendar covers, or hours of them. */
export interface DaysRecord {
  readonly date?: string;
  readonly from?: string;
  readonly to?: string;
  readonly weekdays?: readonly string[];
  readonly start?: string;
  readonly end?: string;
}

/** A calendar as a group has it. */
export interface CopyRecord {
  readonly version: string;
  readonly entries: readonly DaysRecord[];
}

/** The field `calendars`, by name. */
export type CopiesRecord = Readonly<Record<string, CopyRecord>>;

export type ScheduleRecord = AtRecord | CronRecord;

/** What a plan sets while it holds. */
export interface CapacityRecord {
  readonly min?: number;
  readonly max?: number;
  readonly desired?: number;
}

export interface WindowRecord extends CapacityRecord {
  readonly kind: 'window';
  readonly durationSeconds: number;
  readonly measured?: 'wall' | 'elapsed';
  readonly priority?: number;
}

export type AdjustmentRecord =
  | { readonly kind: 'change' | 'desiredCapacity'; readonly amount: number }
  | { readonly kind: 'changePercent'; readonly percent: number };

/** What is done with occurrences that are found late. */
export interface MisfireRecord {
  readonly policy: 'latest' | 'all' | 'skip';
  readonly withinSeconds?: number;
}

/** A window that is open, in the state of its group. */
export interface OpenRecord extends CapacityRecord {
  readonly policyId: string;
  readonly opensAt: number;
  readonly closesAt: number;
  readonly priority: number;
}

/** What somebody has a group keep to for a while. */
export interface OverrideRecord extends CapacityRecord {
  readonly until: number;
}

/** The field `policy:ID`. */
export interface DefinitionRecord {
  readonly cooldownSeconds: number;
  readonly adjustment: AdjustmentRecord | WindowRecord;
  readonly schedule: ScheduleRecord | undefined;
  readonly misfire: MisfireRecord | undefined;
}

/** The field `progress:ID`. */
export interface ProgressRecord {
  readonly plannedAt?: number;
  readonly claimedAt?: number;
  readonly touchedAt?: number;
  readonly parked?: string;
  readonly skipped?: { readonly first: number; readonly last: number };
}

/** The field `state`. */
export interface StateRecord {
  readonly desired: number;
  /** What the group wants apart from its plan, where that is another number. */
  readonly base?: number;
  readonly windows?: readonly OpenRecord[];
  readonly override?: OverrideRecord;
  readonly pausedUntil?: number;
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
  const misfire = value['misfire'] as MisfireRecord | undefined; // of what users wished for
  return { cooldownSeconds, adjustment, schedule, misfire };
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

/** The calendars that a group has copies of; none where it has no such field. */
export function readCopies(text: string | undefined): CopiesRecord {
  const copies = objectOf(text) ?? {};
  const areRead = Object.values(copies).every((copy) => {
    if (typeof copy !== 'object' || copy === null) return false;
    const { version, entries } = copy as Json;
    return typeof version === 'string' && Array.isArray(entries);
  });
  return areRead ? (copies as CopiesRecord) : {}; // checked one by one above
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

function readAdjustment(value: unknown): AdjustmentRecord | WindowRecord | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { kind, amount, percent, durationSeconds, priority } = value as Json;
  if (kind === 'window') {
    const isWindow = Number.isSafeInteger(durationSeconds) && Number.isSafeInteger(priority ?? 0);
    return isWindow ? (value as WindowRecord) : undefined; // checked above
  }
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
