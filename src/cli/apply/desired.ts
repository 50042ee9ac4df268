import type { EpochMs } from '../../base/clock.ts';
import type { JsonObject } from '../../base/json.ts';
import type { CalendarEntry } from '../../domain/calendar/calendar.ts';
import type { TimingArgs } from '../schedule-shape.ts';
import type { WireWindow } from '../window-shape.ts';

/** When a policy of a file fires by itself. */
export type DesiredSchedule =
  | { readonly kind: 'cron'; readonly cron: string }
  /** `instant` is what the text says, or, where a zone stands beside it, what clocks there show. */
  | { readonly kind: 'at'; readonly at: string; readonly instant: EpochMs }
  /** Some time after the policy is created; the instant is fixed then, once. */
  | { readonly kind: 'after'; readonly text: string; readonly ms: number };

/** What a policy does, as the API spells it: exactly one of the four. */
export interface WireAdjustment {
  readonly change?: number;
  readonly changePercent?: number;
  readonly desiredCapacity?: number;
  readonly window?: WireWindow;
}

/** An address that executes a policy, as a file wants it. Within its policy the name tells it from others. */
export interface DesiredWebhook {
  readonly name: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** `file:line:column`. */
  readonly place: string;
}

/** A policy as a file wants it. */
export interface DesiredPolicy {
  readonly key: string;
  readonly name: string;
  readonly cooldown: number;
  readonly adjustment: WireAdjustment;
  /** Undefined for a policy that is executed on demand. */
  readonly schedule: DesiredSchedule | undefined;
  /** What stands beside the schedule. */
  readonly timing?: TimingArgs;
  /** All that there are to be; absent where the file leaves them alone. */
  readonly webhooks?: readonly DesiredWebhook[];
  /** `file:line:column`. */
  readonly place: string;
}

/** A calendar as a file wants it. */
export interface DesiredCalendar {
  readonly tenant: string;
  readonly name: string;
  readonly entries: readonly CalendarEntry[];
  /** `file:line:column`. */
  readonly place: string;
}

/** The configuration of a group, as the API spells it. */
interface DesiredConfig {
  readonly name: string;
  readonly cooldown: number;
  readonly minEntities: number;
  readonly maxEntities: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly reachedBy?: number;
}

/** A group as a file wants it. */
export interface DesiredGroup {
  readonly tenant: string;
  readonly key: string;
  /** Where it is to be created; undefined leaves that to the node. */
  readonly region: string | undefined;
  readonly config: DesiredConfig;
  readonly launch: { readonly type: string; readonly args: JsonObject };
  readonly policies: readonly DesiredPolicy[];
  /** `file:line:column`. */
  readonly place: string;
  readonly launchPlace: string;
}
