import { inSimulation } from '../defect.ts';
import type { Defect } from '../defect.ts';

/** In what opens and closes windows, and in what follows from that for the size of a group. */
export const PLAN_DEFECTS: readonly Defect[] = [
  {
    name: 'closing-instant-included',
    about: 'A window is still open at the instant at which it closes.',
    edits: [
      {
        file: 'src/domain/plan/plan.ts',
        find: 'return at < closesAt;',
        replace: 'return at <= closesAt;',
      },
      {
        file: 'src/domain/plan/window.ts',
        find: 'if (at >= closesAt) return undefined;',
        replace: 'if (at > closesAt) return undefined;',
      },
    ],
    catcher: inSimulation('open-unplanned', 'wrong-size'),
  },
  {
    name: 'lowest-priority-wins',
    about: 'Of windows that contradict each other the one with the lowest priority wins.',
    edits: [
      {
        file: 'src/domain/plan/plan.ts',
        find: 'if (priority !== b.window.priority) return priority > b.window.priority;',
        replace: 'if (priority !== b.window.priority) return priority < b.window.priority;',
      },
    ],
    catcher: inSimulation('wrong-size'),
  },
  {
    name: 'lowest-minimum-wins',
    about: 'Of windows of one priority the one with the lowest minimum wins.',
    edits: [
      {
        file: 'src/domain/plan/plan.ts',
        find: "return field === 'max' ? a.value < b.value : a.value > b.value;",
        replace: "return field === 'desired' ? a.value > b.value : a.value < b.value;",
      },
    ],
    catcher: inSimulation('wrong-size'),
  },
  {
    name: 'size-kept-on-closing',
    about: 'A window that closes leaves its group at the size that it had made.',
    edits: [
      {
        file: 'src/domain/plan/turns.ts',
        find: 'const derived = withBase(unsettled, baseOf(before), planAt(unsettled, at.limits, at.instant));',
        replace: `const isClosing = taken.every(({ turn }) => turn.kind === 'window' && turn.open === undefined);
  const derived = isClosing
    ? unsettled
    : withBase(unsettled, baseOf(before), planAt(unsettled, at.limits, at.instant));`,
      },
    ],
    catcher: inSimulation('wrong-size', 'off-plan'),
  },
  {
    name: 'base-lost-in-a-window',
    about: 'What a group wants apart from its plan is forgotten when a window opens.',
    edits: [
      {
        file: 'src/domain/plan/plan.ts',
        find: 'return desired === base ? { ...rest, desired } : { ...rest, desired, base };',
        replace: 'return { ...rest, desired };',
      },
    ],
    catcher: inSimulation('wrong-size', 'off-plan'),
  },
  {
    name: 'skipped-opening-opens',
    about: 'A window opens at a time that somebody had left out.',
    edits: [
      {
        file: 'src/domain/plan/window.ts',
        find: 'if (latest === undefined || skipped === undefined || !isSkipped(skipped, latest)) return latest;',
        replace:
          'if (latest === undefined || skipped === undefined || skipped.last > 0) return latest;',
      },
      {
        file: 'src/domain/plan/window.ts',
        find: 'if (next === undefined || skipped === undefined || !isSkipped(skipped, next)) return next;',
        replace:
          'if (next === undefined || skipped === undefined || skipped.last > 0) return next;',
      },
    ],
    catcher: inSimulation('open-unplanned', 'opening-fate', 'misarmed'),
  },
  {
    name: 'override-never-ends',
    about: 'The timer of a group is not armed for the end of its override.',
    edits: [
      {
        file: 'src/domain/plan/timer.ts',
        find: 'const ends = [override?.until, pausedUntil].filter((end) => end !== undefined);',
        replace: 'const ends = [pausedUntil].filter((end) => end !== undefined);',
      },
      {
        file: 'src/domain/plan/timer.ts',
        find: '...(override !== undefined && override.until <= instant',
        replace: '...(override !== undefined && override.until < 0',
      },
    ],
    catcher: inSimulation('misarmed', 'turned-late'),
  },
  {
    name: 'opening-forgotten',
    about: 'Openings that came and went while nobody looked are told of nowhere.',
    edits: [
      {
        file: 'src/domain/plan/window.ts',
        find: 'missed: openingsBetween(window, { after: after ?? now, until }),',
        replace: 'missed: openingsBetween(window, { after: until, until }),',
      },
    ],
    catcher: inSimulation('opening-fate'),
  },
  {
    name: 'late-fires-anyway',
    about: 'A policy that leaves late occurrences out fires them all the same.',
    edits: [
      {
        file: 'src/domain/schedule/judge.ts',
        find: 'if (withinSeconds !== undefined) return { policy, withinMs: withinSeconds * SECOND_MS };',
        replace: 'if (withinSeconds === 0) return { policy, withinMs: 0 };',
      },
    ],
    catcher: inSimulation('misfired'),
  },
  {
    name: 'jitter-passes-the-next',
    about: 'An occurrence may be held back longer than until the next one is planned.',
    edits: [
      {
        file: 'src/domain/schedule/jitter.ts',
        find: 'const spanMs = Math.min(jitterSeconds * SECOND_MS, next - plannedAt);',
        replace: 'const spanMs = next > 0 ? jitterSeconds * SECOND_MS : 0;',
      },
    ],
    catcher: inSimulation('misarmed', 'misfired'),
  },
  {
    name: 'calendars-not-swept',
    about: 'No sweep brings calendars to groups that a request has not come to.',
    edits: [
      {
        file: 'src/scaling/sweep-calendars.ts',
        find: 'if (using.length === 0) return undefined;',
        replace: 'if (using.length >= 0) return undefined;',
      },
    ],
    catcher: inSimulation('stale-calendar'),
  },
  {
    name: 'excluded-fires-anyway',
    about: 'An occurrence that a calendar leaves out is armed and fires all the same.',
    edits: [
      {
        file: 'src/domain/schedule/with-calendars.ts',
        find: 'if (excluding.length > 0) return { stands: false, run: longestRun(excluding) };',
        replace: 'if (excluding.length > 99) return { stands: false, run: longestRun(excluding) };',
      },
    ],
    catcher: inSimulation('misarmed', 'unplanned', 'open-unplanned'),
  },
  {
    name: 'due-lost-to-a-calendar',
    about: 'A change of a calendar gives up what is due, though the calendar lets it stand.',
    edits: [
      {
        file: 'src/scaling/group-calendars.ts',
        find: 'const armed = (isWindow ? undefined : lateArmed(arm)) ?? armPolicy(arm);',
        replace:
          'const armed = (isWindow || now > 0 ? undefined : lateArmed(arm)) ?? armPolicy(arm);',
      },
    ],
    catcher: inSimulation('misarmed', 'missed'),
  },
];
