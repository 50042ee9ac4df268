import type { Override } from '../../domain/group/group.ts';
import { parseAt } from '../../domain/schedule/at.ts';
import { isoOf } from '../../domain/schedule/iso.ts';
import { assert } from '../../base/assert.ts';
import type { EpochMs } from '../../base/clock.ts';
import type { Expectation } from '../../scaling/expectation.ts';
import { removeOverride, setOverride } from '../../scaling/override-group.ts';
import { skipOccurrence } from '../../scaling/skip-occurrence.ts';
import type { SkipOccurrenceResult } from '../../scaling/skip-occurrence.ts';
import { answerOnce } from '../answer-once.ts';
import { expectedBodies, tagged } from '../entity-tag.ts';
import { noSuchGroup, noSuchPolicy, notAsExpected, tenantSuspended } from '../errors.ts';
import { noSuchOverride, overrideRefused, skipRefused } from '../plan-errors.ts';
import { overrideBody } from '../plan-format.ts';
import { overrideSchema, skipSchema } from '../plan-schemas.ts';
import { parseBody } from '../validation.ts';
import { needs } from './route.ts';
import type { Call, Reply, Route, RouteDeps } from './route.ts';
import { groupOf, groupTargetOf, policyTargetOf } from './targets.ts';

/** What people do to the plan of a group: an override, and occurrences that are left out. */
export function planRoutes(deps: RouteDeps): readonly Route[] {
  const group = '/v1.0/:tenantId/groups/:groupId';
  return [
    {
      path: `${group}/override`,
      methods: {
        GET: needs(
          'read',
          tagged((call) => showOverride(deps, call)),
        ),
        PUT: needs('execute', (call) => putOverride(deps, call)),
        DELETE: needs('execute', (call) => deleteOverride(deps, call)),
      },
    },
    {
      path: `${group}/policies/:policyId/skip`,
      methods: { POST: needs('execute', (call) => skip(deps, call)) },
    },
  ];
}

async function showOverride(deps: RouteDeps, call: Call): Promise<Reply> {
  const { override } = (await groupOf(deps, call)).state;
  if (override === undefined) throw noSuchOverride(groupTargetOf(call));
  return { status: 200, body: shownOverride(override) };
}

function shownOverride(override: Override): object {
  return { override: overrideBody(override) };
}

async function putOverride(deps: RouteDeps, call: Call): Promise<Reply> {
  const input = parseBody(overrideSchema, await call.body());
  const target = groupTargetOf(call);
  // Where there is none, none is what it was seen as.
  const expectation = seenOverride(call, { whereNone: 'unexpected' });
  const until = instantOf(input.until);
  const request = { ...input, until, by: call.by, expectation };
  const result = await setOverride(deps.scaling, target, request);
  switch (result.kind) {
    case 'set':
      return { status: 200, body: shownOverride(result.override) };
    case 'suspended':
      throw tenantSuspended(target);
    case 'not-as-expected':
      throw notAsExpected();
    case 'no-such-group':
      throw noSuchGroup(target);
    case 'end-passed':
    case 'end-too-far':
    case 'nothing-set':
    case 'min-above-max':
    case 'desired-outside':
      throw overrideRefused(input, result);
  }
}

async function deleteOverride(deps: RouteDeps, call: Call): Promise<Reply> {
  const target = groupTargetOf(call);
  const expectation = seenOverride(call, { whereNone: 'expected' });
  const result = await removeOverride(deps.scaling, target, { by: call.by, expectation });
  switch (result.kind) {
    case 'removed':
      return { status: 204 };
    case 'no-override':
      throw noSuchOverride(target);
    case 'suspended':
      throw tenantSuspended(target);
    case 'not-as-expected':
      throw notAsExpected();
    case 'no-such-group':
      throw noSuchGroup(target);
  }
}

/** What a request takes for granted of the override. */
function seenOverride(
  call: Call,
  { whereNone }: { readonly whereNone: 'expected' | 'unexpected' },
): Expectation | undefined {
  const isExpected = expectedBodies(call);
  if (isExpected === undefined) return undefined;
  return ({ state: { override } }) =>
    override === undefined ? whereNone === 'expected' : isExpected(shownOverride(override));
}

async function skip(deps: RouteDeps, call: Call): Promise<Reply> {
  const { occurrence: text } = parseBody(skipSchema, (await call.optionalBody()) ?? {});
  const occurrence = text === undefined ? undefined : instantOf(text);
  const target = policyTargetOf(call);
  return answerOnce<SkipOccurrenceResult>(deps, call, {
    ...{ target, body: text === undefined ? undefined : { occurrence: text } },
    ask: (once) => skipOccurrence(deps.scaling, target, { occurrence, by: call.by, once }),
    reply: (result) => {
      switch (result.kind) {
        case 'skipped':
          return { status: 200, body: skippedBody(result) };
        case 'no-such-policy':
          throw noSuchPolicy(target);
        case 'no-such-group':
          throw noSuchGroup(target);
        case 'parked':
        case 'nothing-to-skip':
        case 'not-next':
        case 'skips-ahead':
          throw skipRefused(result, target, text);
      }
    },
  });
}

function skippedBody({
  occurrence,
  next,
}: Extract<SkipOccurrenceResult, { kind: 'skipped' }>): object {
  return { skipped: isoOf(occurrence), ...(next === undefined ? {} : { next: isoOf(next) }) };
}

/** Of a text that its schema has tested. */
function instantOf(text: string): EpochMs {
  const at = parseAt(text);
  assert(at !== undefined, 'a schema tests the instants of a body');
  return at;
}
