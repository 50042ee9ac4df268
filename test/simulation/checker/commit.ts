import type { GroupBook, GroupPage, PolicyPage } from './book.ts';
import type { EntryOf } from './entries.ts';

/** One unit that was applied and survived. */
export interface Commit {
  readonly entry: EntryOf<'store.applied'>;
  readonly book: GroupBook;
  readonly isHand: boolean;
  readonly before: GroupPage;
  readonly after: GroupPage;
  /** The pages of the policies that the unit is about. */
  readonly policiesBefore: ReadonlyMap<string, PolicyPage>;
  readonly policiesAfter: ReadonlyMap<string, PolicyPage>;
  /** The true time of the write that had armed the timer of the group. */
  readonly timerArmedAt: number;
}

/** Whether it brings calendars that have changed, and arms anew the policies that go by them. */
export function bringsCalendars({ events }: Pick<EntryOf<'store.applied'>, 'events'>): boolean {
  return events.some(({ event }) => event === 'group.calendars-changed');
}

/** Whether an owner decided it because something was due; false of what people wrote, and of what a sweep brings. */
export function isOfDue(entry: EntryOf<'store.applied'>): boolean {
  return entry.token !== undefined && !bringsCalendars(entry);
}
