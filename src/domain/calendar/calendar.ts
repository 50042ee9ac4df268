/** Calendars: days, and hours of days, that schedules leave out or keep to. */

/** A day of the week, as it is written. */
export type WeekdayName = 'MON' | 'TUE' | 'WED' | 'THU' | 'FRI' | 'SAT' | 'SUN';

/** Which hours of each of its days an entry covers, as `HH:MM`, from `start` on and before `end`. Absent: from 00:00, until 24:00. */
interface HoursOfDay {
  readonly start?: string;
  readonly end?: string;
}

/** Days that are covered. Dates are civil ones, `YYYY-MM-DD`, in the zone of the schedule that uses the calendar. */
export type DaysEntry = HoursOfDay &
  (
    | { readonly date: string }
    /** Both days included. */
    | { readonly from: string; readonly to: string }
    | { readonly weekdays: readonly WeekdayName[] }
  );

/** An entry as a user writes it: days, or all that another calendar of the tenant covers. */
export type CalendarEntry = DaysEntry | { readonly calendar: string };

/** A calendar with every other one that it includes written out, as groups hold it. */
export interface CalendarCopy {
  /** A digest of the entries: equal for equal ones, whoever's they are. */
  readonly version: string;
  readonly entries: readonly DaysEntry[];
}

/** Copies by the names of their calendars. */
export type CalendarCopies = Readonly<Record<string, CalendarCopy>>;
