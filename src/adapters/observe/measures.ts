import type { LutraEvent } from '../../ports/observe.ts';

/** What an event adds to the instruments; events without an entry are only counted by name. */
export type Measures = {
  readonly [Name in LutraEvent['event']]?: (
    event: Extract<LutraEvent, { readonly event: Name }>,
  ) => void;
};
