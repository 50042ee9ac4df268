/** From the text of files to the groups and calendars that they want, or to everything that is wrong with them. */
import { dirname, isAbsolute, resolve } from 'node:path';

import { isJsonObject } from '../../base/json.ts';
import type { Json } from '../../base/json.ts';
import type { Environment } from '../../config/load.ts';
import { keyOf, shapeProblems, shown } from '../../config/problem.ts';
import type { Path, Problem, ShapeProblem } from '../../config/problem.ts';
import { readYaml } from '../../config/yaml-source.ts';
import type { TextFile, YamlDocument } from '../../config/yaml-source.ts';
import { parseAt } from '../../domain/schedule/at.ts';
import { parseLocalAt } from '../../domain/schedule/local-at.ts';
import { timingArgs } from '../schedule-shape.ts';
import { sentWindow } from '../window-shape.ts';
import type {
  DesiredCalendar,
  DesiredGroup,
  DesiredPolicy,
  DesiredSchedule,
  WireAdjustment,
} from './desired.ts';
import { calendarsOf, repeatedCalendars } from './file-calendars.ts';
import { afterMs, CALENDARS_DOCUMENT, FILE_DOCUMENT } from './file-shape.ts';
import type { FileDocument, FileGroup, FilePolicy } from './file-shape.ts';
import { ruleProblems } from './file-rules.ts';
import { fillPlaceholders } from './placeholders.ts';

/** What files are read against. */
export interface ReadingContext {
  /** The tenant of documents that name none. */
  readonly tenant: string;
  readonly environment: Environment;
  /** Where relative paths of files start; relative paths in a file start where the file is. */
  readonly folder: string;
}

/** The groups and calendars of all files in order, or all problems. */
export type ReadFiles =
  | {
      readonly kind: 'read';
      readonly groups: readonly DesiredGroup[];
      readonly calendars: readonly DesiredCalendar[];
    }
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] };

/** Reads files of groups. */
export function readFiles(files: readonly TextFile[], context: ReadingContext): ReadFiles {
  const read = files.map((file) => readFile(file, context));
  const problems = read.flatMap((result) => (result.kind === 'invalid' ? result.problems : []));
  const groups = read.flatMap((result) => (result.kind === 'read' ? result.groups : []));
  const calendars = read.flatMap((result) => (result.kind === 'read' ? result.calendars : []));
  const allProblems = [...problems, ...repeatedCalendars(calendars), ...repeatedGroups(groups)];
  return allProblems.length > 0
    ? { kind: 'invalid', problems: allProblems }
    : { kind: 'read', groups, calendars };
}

function readFile(file: TextFile, context: ReadingContext): ReadFiles {
  const { environment } = context;
  const yaml = readYaml(file, (text) => fillPlaceholders(text, environment));
  if (yaml.kind === 'unreadable') return { kind: 'invalid', problems: yaml.problems };
  const folder = dirname(resolve(context.folder, file.name));
  const problems: Problem[] = [];
  const groups: DesiredGroup[] = [];
  const calendars: DesiredCalendar[] = [];
  // An empty document is what a separator at the end of a file leaves.
  for (const document of yaml.documents.filter(({ value }) => value !== null)) {
    const parsed = shapeOf(document.value).safeParse(document.value);
    const found = [
      ...(parsed.success ? [] : shapeProblems(parsed.error.issues, document.shown)),
      ...ruleProblems(document.value),
    ];
    problems.push(...locatedProblems(found, document));
    if (!parsed.success) continue;
    const tenant = parsed.data.tenant ?? context.tenant;
    groups.push(...groupsOf(parsed.data, { ...context, tenant, folder, document }));
    calendars.push(...calendarsOf(parsed.data.calendars ?? {}, { tenant, document }));
  }
  return problems.length > 0 ? { kind: 'invalid', problems } : { kind: 'read', groups, calendars };
}

function shapeOf(value: unknown): typeof FILE_DOCUMENT | typeof CALENDARS_DOCUMENT {
  const hasCalendarsAlone =
    isJsonObject(value) && Object.hasOwn(value, 'calendars') && !Object.hasOwn(value, 'groups');
  return hasCalendarsAlone ? CALENDARS_DOCUMENT : FILE_DOCUMENT;
}

/** The problems of one document, with their places, in the order of these. */
export function locatedProblems(
  found: readonly ShapeProblem[],
  document: YamlDocument,
): readonly Problem[] {
  return found.map((problem) => located(problem, document)).sort(byPlace);
}

/** Both are of one file, so their numbers decide. */
function byPlace(a: Problem, b: Problem): number {
  return a.at.localeCompare(b.at, 'en', { numeric: true });
}

function located({ path, isKey, text }: ShapeProblem, document: YamlDocument): Problem {
  const at = isKey ? document.locateKey(path) : document.locate(path);
  return { at, key: keyOf(path), text };
}

interface DocumentContext extends ReadingContext {
  readonly document: YamlDocument;
}

function groupsOf(document: FileDocument, context: DocumentContext): readonly DesiredGroup[] {
  return document.groups.map((group, index) => groupOf(group, ['groups', index], context));
}

function groupOf(group: FileGroup, path: Path, context: DocumentContext): DesiredGroup {
  const { key, name, region, cooldown, minEntities, maxEntities, metadata } = group;
  const { launch, policies, reachedBy } = group;
  const { tenant, folder, document } = context;
  return {
    ...{ tenant, key, region },
    config: {
      ...{ name: name ?? key, cooldown, minEntities, maxEntities, metadata },
      ...(reachedBy === undefined ? {} : { reachedBy }),
    },
    launch: withAbsolutePaths({ type: launch.type, args: launch.args }, folder),
    policies: policies.map((policy, index) =>
      policyOf(policy, [...path, 'policies', index], document),
    ),
    place: document.locate(path),
    launchPlace: document.locate([...path, 'launch']),
  };
}

/** A policy of a file, as it is to be. */
export function policyOf(policy: FilePolicy, path: Path, document: YamlDocument): DesiredPolicy {
  const { key, name, cooldown, webhooks } = policy;
  const timing = timingArgs(policy);
  return {
    key,
    name: name ?? key,
    cooldown,
    adjustment: adjustmentOf(policy),
    schedule: scheduleOf(policy),
    ...(Object.keys(timing).length === 0 ? {} : { timing }),
    ...(webhooks === undefined
      ? {}
      : {
          webhooks: webhooks.map((webhook, index) => ({
            ...webhook,
            place: document.locate([...path, 'webhooks', index]),
          })),
        }),
    place: document.locate(path),
  };
}

function adjustmentOf(policy: FilePolicy): WireAdjustment {
  const { change, changePercent, desiredCapacity, window } = policy;
  return {
    ...(change === undefined ? {} : { change }),
    ...(changePercent === undefined ? {} : { changePercent }),
    ...(desiredCapacity === undefined ? {} : { desiredCapacity }),
    ...(window === undefined ? {} : { window: sentWindow(window) }),
  };
}

function scheduleOf({ cron, at }: FilePolicy): DesiredSchedule | undefined {
  if (cron !== undefined) return { kind: 'cron', cron };
  if (at === undefined) return undefined;
  const ms = afterMs(at);
  if (ms !== undefined) return { kind: 'after', text: at, ms };
  const instant = parseAt(at) ?? parseLocalAt(at);
  return instant === undefined ? undefined : { kind: 'at', at, instant };
}

/**
 * A node runs processes in folders of its own choice, so a file's `cwd`, and a program with a slash in
 * its name, are sent as absolute paths.
 */
export function withAbsolutePaths(
  launch: DesiredGroup['launch'],
  folder: string,
): DesiredGroup['launch'] {
  const { type, args } = launch;
  if (type !== 'process') return launch;
  const { cwd, command } = args;
  const workingFolder = typeof cwd === 'string' ? resolve(folder, cwd) : folder;
  return {
    type,
    args: {
      ...args,
      ...(typeof cwd === 'string' ? { cwd: workingFolder } : {}),
      ...(Array.isArray(command) ? { command: withAbsoluteProgram(command, workingFolder) } : {}),
    },
  };
}

/** A bare name is looked for on the node's PATH. */
function withAbsoluteProgram(command: readonly Json[], folder: string): readonly Json[] {
  const [program, ...rest] = command;
  const isPath = typeof program === 'string' && program.includes('/') && !isAbsolute(program);
  return isPath ? [resolve(folder, program), ...rest] : command;
}

/** A key names one group of a tenant, over all files. */
function repeatedGroups(groups: readonly DesiredGroup[]): readonly Problem[] {
  const seen = new Map<string, DesiredGroup>();
  return groups.flatMap((group) => {
    const id = JSON.stringify([group.tenant, group.key]);
    const earlier = seen.get(id);
    if (earlier === undefined) {
      seen.set(id, group);
      return [];
    }
    const text = `is the key of the group at ${earlier.place} too, received ${shown(group.key)}; write another one`;
    return [{ at: group.place, key: 'key', text }];
  });
}
