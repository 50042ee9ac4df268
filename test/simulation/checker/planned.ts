/** What of all that people plan came about in a run: a run in which none of it does shows nothing about it. */
import type { TracedEvent, TraceEntry } from '../trace.ts';
import { namesOf } from './calendar.ts';
import { bringsCalendars } from './commit.ts';
import type { EntryOf } from './entries.ts';
import { readDefinition } from './records.ts';
import type { DefinitionRecord } from './records.ts';

/** Everything that is counted. */
export const PLANNED_KINDS = [
  ...(['window opened', 'window closed', 'window missed', 'window left out'] as const),
  ...(['window changed size', 'windows overlapped', 'window executed'] as const),
  ...(['fired in a zone', 'fired in the extended dialect', 'fired with jitter'] as const),
  ...(['fired between start and end', 'fired beside a plan', 'firing left out'] as const),
  ...(['missed as superseded', 'missed as too late', 'caught up'] as const),
  ...(['override set', 'override removed', 'override ended', 'pause ended'] as const),
  ...(['fired under a calendar', 'window opened under a calendar'] as const),
  ...(['calendars brought by a request', 'calendars brought by a sweep'] as const),
  ...(['calendar changed what was due', 'due while a calendar changed'] as const),
] as const;

type PlannedKind = (typeof PLANNED_KINDS)[number];
export type PlannedCounts = Readonly<Record<PlannedKind, number>>;

/** Counts what came about in one trace. */
export function countPlanned(trace: readonly TraceEntry[]): PlannedCounts {
  const counts = noneOf();
  const definitions = new Map<string, DefinitionRecord | undefined>();
  for (const entry of trace) {
    if (entry.kind !== 'store.applied') continue;
    for (const [name, text] of Object.entries(entry.set)) {
      if (name.startsWith('policy:')) definitions.set(name.slice(7), readDefinition(text));
    }
    if ((entry.set['state']?.match(/"opensAt"/g)?.length ?? 0) > 1)
      counts['windows overlapped'] += 1;
    for (const kind of broughtAs(entry)) counts[kind] += 1;
    const fired = new Set<unknown>();
    for (const event of entry.events) {
      const definition = definitions.get(String(event['policyId']));
      for (const kind of kindsOf(event, definition)) counts[kind] += 1;
      if (event.event !== 'policy.fired') continue;
      if (fired.has(event['policyId'])) counts['caught up'] += 1;
      fired.add(event['policyId']);
    }
  }
  return counts;
}

/** The counts of several runs together. */
export function addPlanned(runs: readonly PlannedCounts[]): PlannedCounts {
  const sums = noneOf();
  for (const run of runs) for (const kind of PLANNED_KINDS) sums[kind] += run[kind];
  return sums;
}

/** The kinds that never came about. */
export function neverPlanned(counts: PlannedCounts): readonly PlannedKind[] {
  return PLANNED_KINDS.filter((kind) => counts[kind] === 0);
}

/** A line for each kind. */
export function formatPlanned(counts: PlannedCounts): string {
  const width = Math.max(...PLANNED_KINDS.map((kind) => kind.length));
  return PLANNED_KINDS.map(
    (kind) => `${kind.padEnd(width)} ${String(counts[kind]).padStart(6)}`,
  ).join('\n');
}

/** What a change of calendars came to. */
function broughtAs(entry: EntryOf<'store.applied'>): readonly PlannedKind[] {
  if (!bringsCalendars(entry)) return [];
  const { token, events, due, decidedAt } = entry;
  const isMissed = events.some(({ event }) => event === 'policy.missed');
  const isDue = due.some(({ dueAt }) => dueAt !== undefined && dueAt <= decidedAt);
  return [
    token === undefined ? 'calendars brought by a request' : 'calendars brought by a sweep',
    ...(isMissed ? (['calendar changed what was due'] as const) : []),
    ...(isDue ? (['due while a calendar changed'] as const) : []),
  ];
}

function kindsOf(
  event: TracedEvent,
  definition: DefinitionRecord | undefined,
): readonly PlannedKind[] {
  const isWindow = definition?.adjustment.kind === 'window';
  switch (event.event) {
    case 'policy.fired':
      return definition === undefined ? [] : firedAs(event, definition);
    case 'policy.missed':
      if (isWindow) return ['window missed'];
      return [event['reason'] === 'too-late' ? 'missed as too late' : 'missed as superseded'];
    case 'policy.skipped':
      return [isWindow ? 'window left out' : 'firing left out'];
    case 'policy.executed':
      return event['reason'] === 'window' ? ['window executed'] : [];
    case 'window.opened':
    case 'window.closed': {
      const isResized = event['desiredBefore'] !== event['desiredAfter'];
      const turn = event.event === 'window.opened' ? 'window opened' : 'window closed';
      const isUnder = turn === 'window opened' && namesOf(definition?.schedule).length > 0;
      return [
        turn,
        ...(isResized ? (['window changed size'] as const) : []),
        ...(isUnder ? (['window opened under a calendar'] as const) : []),
      ];
    }
    default:
      return ENDS[event.event] ?? [];
  }
}

const ENDS: Readonly<Record<string, readonly PlannedKind[]>> = {
  'override.set': ['override set'],
  'override.removed': ['override removed'],
  'override.ended': ['override ended'],
  'pause.ended': ['pause ended'],
};

function firedAs(event: TracedEvent, { schedule }: DefinitionRecord): readonly PlannedKind[] {
  const { timezone } = schedule ?? {};
  const cron = schedule?.kind === 'cron' ? schedule : undefined;
  const isBounded = cron?.start !== undefined || cron?.end !== undefined;
  return [
    ...(timezone === undefined ? [] : (['fired in a zone'] as const)),
    ...(cron?.dialect === undefined ? [] : (['fired in the extended dialect'] as const)),
    ...(cron?.jitterSeconds === undefined ? [] : (['fired with jitter'] as const)),
    ...(isBounded ? (['fired between start and end'] as const) : []),
    ...(event['base'] === undefined ? [] : (['fired beside a plan'] as const)),
    ...(namesOf(schedule).length === 0 ? [] : (['fired under a calendar'] as const)),
  ];
}

function noneOf(): Record<PlannedKind, number> {
  // One entry for each kind, which the type of Object.fromEntries does not say.
  return Object.fromEntries(PLANNED_KINDS.map((kind) => [kind, 0])) as Record<PlannedKind, number>;
}
