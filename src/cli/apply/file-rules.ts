/**
 * What a document's parts owe one another. The rules read raw data, so that a person sees these mistakes
 * together with those of shape and not one run later.
 */
import { isJsonObject } from '../../base/json.ts';
import type { JsonObject } from '../../base/json.ts';
import { shown } from '../../config/problem.ts';
import type { Path, ShapeProblem } from '../../config/problem.ts';
import { timingProblems } from '../schedule-shape.ts';
import { besideWindowProblems, windowProblems } from '../window-shape.ts';

const EFFECTS = ['change', 'changePercent', 'desiredCapacity', 'window'];
const SCHEDULES = ['cron', 'at'];

/** The broken rules of one document. */
export function ruleProblems(document: unknown): readonly ShapeProblem[] {
  return objectsIn(document, 'groups', []).flatMap(({ value: group, path }) => [
    ...boundsProblems(group, path),
    ...numberProblems(valueOf(group, 'launch'), [...path, 'launch']),
    ...policyListProblems(group, path),
  ]);
}

/** The broken rules of the policies of a group, or of a document that has nothing else. */
export function policyListProblems(parent: unknown, path: Path): readonly ShapeProblem[] {
  const policies = objectsIn(parent, 'policies', path);
  return [
    ...repeated(policies, { field: 'key', what: 'policy' }),
    ...policies.flatMap((policy) =>
      repeated(objectsIn(policy.value, 'webhooks', policy.path), {
        field: 'name',
        what: 'webhook of the policy',
      }),
    ),
    ...policies.flatMap((policy) => policyProblems(policy.value, policy.path)),
  ];
}

interface Part {
  readonly value: JsonObject;
  readonly path: Path;
}

function objectsIn(parent: unknown, name: string, path: Path): readonly Part[] {
  const list = isJsonObject(parent) ? valueOf(parent, name) : undefined;
  if (!Array.isArray(list)) return [];
  return list.flatMap((value: unknown, index) =>
    isJsonObject(value) ? [{ value, path: [...path, name, index] }] : [],
  );
}

function valueOf(parent: JsonObject, name: string): unknown {
  return Object.hasOwn(parent, name) ? parent[name] : undefined;
}

function boundsProblems(group: JsonObject, path: Path): readonly ShapeProblem[] {
  const { minEntities: min, maxEntities: max } = group;
  if (typeof min !== 'number' || typeof max !== 'number' || min <= max) return [];
  return [
    problem([...path, 'minEntities'], {
      wrong: 'is above maxEntities',
      received: `${String(min)} and ${String(max)}`,
      right: 'write a minEntities of at most maxEntities',
    }),
  ];
}

function policyProblems(policy: JsonObject, path: Path): readonly ShapeProblem[] {
  const effects = EFFECTS.filter((name) => Object.hasOwn(policy, name));
  const schedules = SCHEDULES.filter((name) => Object.hasOwn(policy, name));
  const problems = timingProblems(policy).map(({ path: below, wrong, received, right }) =>
    problem([...path, ...below], { wrong, received: shown(received), right }),
  );
  problems.push(...windowRuleProblems(policy, path));
  if (effects.length !== 1) {
    problems.push(
      problem(path, {
        wrong: effects.length === 0 ? 'says nothing about capacity' : 'says two things',
        received: effects.length === 0 ? 'none of them' : effects.join(' and '),
        right: `write exactly one of ${EFFECTS.join(', ')}`,
      }),
    );
  }
  if (schedules.length > 1) {
    problems.push(
      problem(path, {
        wrong: 'has two schedules',
        received: schedules.join(' and '),
        right: 'write one of them, or neither for a policy that is executed on demand',
      }),
    );
  }
  return problems;
}

/** A window opens by a schedule, and is not executed: what is about executions does not go with it. */
function windowRuleProblems(policy: JsonObject, path: Path): ShapeProblem[] {
  const window = valueOf(policy, 'window');
  if (window === undefined) return [];
  const cooldown = valueOf(policy, 'cooldown');
  const found = [
    ...windowProblems(window).map((each) => ({ ...each, path: ['window', ...each.path] })),
    ...besideWindowProblems({ cooldown, timing: policy }),
  ];
  const webhooks = valueOf(policy, 'webhooks');
  if (Array.isArray(webhooks) && webhooks.length > 0) {
    const wrong = 'do not go with a window, which is not executed';
    found.push({ path: ['webhooks'], wrong, received: webhooks, right: 'leave them out' });
  }
  if (!SCHEDULES.some((name) => Object.hasOwn(policy, name))) {
    const right = 'write cron or at beside it';
    found.push({ path: ['window'], wrong: 'has no schedule to open by', received: window, right });
  }
  return found.map(({ path: below, wrong, received, right }) =>
    problem([...path, ...below], { wrong, received: shown(received), right }),
  );
}

/** A key, or a webhook's name, names one thing, or a later run could not tell which one it is about. */
function repeated(
  parts: readonly Part[],
  { field, what }: { readonly field: string; readonly what: string },
): readonly ShapeProblem[] {
  const seen = new Set<unknown>();
  return parts.flatMap(({ value, path }) => {
    const key = valueOf(value, field);
    if (typeof key !== 'string' || !seen.has(key)) {
      seen.add(key);
      return [];
    }
    return [
      problem([...path, field], {
        wrong: `is the ${field} of another ${what} above`,
        received: shown(key),
        right: 'write another one',
      }),
    ];
  });
}

/** YAML has numbers that JSON has not; sent on they would silently become null. */
export function numberProblems(value: unknown, path: Path): readonly ShapeProblem[] {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    const right = 'write a number that has digits';
    return [
      problem(path, { wrong: 'is no number that can be sent', received: shown(value), right }),
    ];
  }
  if (Array.isArray(value)) {
    return value.flatMap((item: unknown, index) => numberProblems(item, [...path, index]));
  }
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([name, item]) => numberProblems(item, [...path, name]));
}

function problem(
  path: Path,
  say: { readonly wrong: string; readonly received: string; readonly right: string },
): ShapeProblem {
  return { path, isKey: false, text: `${say.wrong}, received ${say.received}; ${say.right}` };
}
