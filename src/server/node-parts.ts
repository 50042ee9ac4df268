import type { EpochMs } from '../base/clock.ts';
import type { Config } from '../config/schema.ts';
import type { NodeId } from '../domain/ids.ts';
import type { createScheduleCompiler } from '../domain/schedule/occurrences.ts';
import type { Membership } from '../ownership/membership.ts';
import type { CapacityProvider } from '../ports/provider.ts';
import type { Foundation } from './foundation.ts';
import type { NodeEvents } from './node-events.ts';

/** How far the node has come with the others. */
interface Presence {
  /** Undefined until its ownership has begun. */
  membership: Membership | undefined;
  /** Whether its ownership has ended. */
  isOver: boolean;
}

/** Everything that the parts of one node share. */
export interface NodeParts {
  readonly config: Config;
  readonly version: string;
  readonly node: NodeId;
  readonly startedAt: EpochMs;
  readonly events: NodeEvents;
  readonly foundation: Foundation;
  readonly presence: Presence;
  readonly providers: ReadonlyMap<string, CapacityProvider>;
  readonly occurrencesOf: ReturnType<typeof createScheduleCompiler>;
  /** The release of the time zone data that it compiles with. */
  readonly timeZones: string;
}
