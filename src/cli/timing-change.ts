/** What a change of a schedule does to what comes next of its policy. */
import type { EpochMs } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import { isoOf } from '../domain/schedule/iso.ts';
import { localTimesOf } from '../domain/schedule/local-times.ts';
import { compileSchedule } from '../domain/schedule/occurrences.ts';
import { zoneOf } from '../domain/schedule/zone.ts';
import { exitCodeOf } from './exit.ts';
import { nextText, readNext } from './next-occurrence.ts';
import type { Next } from './next-occurrence.ts';
import type { NodeClient } from './node-client.ts';
import { plain } from './output.ts';
import { scheduleOf } from './preview/previewed-schedule.ts';
import type { ScheduleArgs } from './request-shape.ts';
import type { Session } from './session.ts';
import type { Change } from './write.ts';

/** The change, looked at from before it. */
interface WatchedTiming {
  /** What would come next, by the schedule as it is to be. */
  readonly foreseen: Change['foreseen'];
  /** What came next before and what does now, after the change; empty where the node cannot say. */
  told(): Promise<Told>;
}

/** Members of a document, and columns with one row. */
interface Told {
  readonly json: object;
  readonly heading: readonly string[];
  readonly cells: readonly string[];
}

const NOTHING: Told = { json: {}, heading: [], cells: [] };

/** Of a change that leaves the schedule as it is. */
export const UNTOUCHED_TIMING: WatchedTiming = {
  foreseen: undefined,
  told: () => Promise.resolve(NOTHING),
};

/** Asks the node what comes next before the schedule of a policy is changed to `args`. */
export async function watchTiming(
  session: Session,
  client: NodeClient,
  { path, args }: { readonly path: string; readonly args: ScheduleArgs | undefined },
): Promise<WatchedTiming> {
  const before = await readNext(client, path);
  return {
    foreseen: args === undefined ? undefined : foresee(session, before, args),
    told: async () => {
      if (before === undefined) return NOTHING;
      const after = await readNextAfter(session, client, path);
      return {
        json: nextJson(before, after),
        heading: ['NEXT BEFORE', 'NEXT'],
        cells: [before, after].map((next) => (next === undefined ? '-' : plain(nextText(next)))),
      };
    },
  };
}

/** By the clock of the store, as far as it was told: a schedule is judged by that one. */
function foresee(
  session: Session,
  before: (Next & { readonly from: EpochMs | undefined }) | undefined,
  args: ScheduleArgs,
): Change['foreseen'] {
  if (args.exclude !== undefined || args.only !== undefined) {
    return { json: {}, text: 'next: the node says when it is changed, it has the calendars' };
  }
  const after = nextOf(args, before?.from ?? session.world.clock.now());
  const text = `next: ${nextText(after)}`;
  return {
    json: nextJson(before, after),
    text: before === undefined ? text : `next before: ${nextText(before)}\n${text}`,
  };
}

function nextOf(args: ScheduleArgs, from: EpochMs): Next {
  const schedule = scheduleOf(args);
  const at = compileSchedule(schedule).next(from);
  if (at === undefined) return {};
  return { occurrence: { at: isoOf(at), ...localTimesOf(schedule, zoneOf)?.(at) } };
}

/** What is absent is not printed. */
function nextJson(before: Next | undefined, after: Next | undefined): object {
  return { next: { before: before?.occurrence, after: after?.occurrence } };
}

/** The change is made: that nobody says what comes of it does not make it fail. */
async function readNextAfter(
  session: Session,
  client: NodeClient,
  path: string,
): Promise<Next | undefined> {
  try {
    return await readNext(client, path);
  } catch (error) {
    if (exitCodeOf(error) === undefined) throw error;
    session.say(`changed; what comes next is not known: ${messageOf(error)}`);
    return undefined;
  }
}
