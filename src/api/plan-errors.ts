/** Refusals of what people do to the plan of a group. */
import { END_MAX_DAYS } from '../domain/plan/ends.ts';
import type { EndProblem } from '../domain/plan/ends.ts';
import type { OverrideProblem } from '../domain/plan/override.ts';
import { isoOf } from '../domain/schedule/iso.ts';
import type { SkipOccurrenceResult } from '../scaling/skip-occurrence.ts';
import { ApiError, invalid } from './errors.ts';
import type { GroupPath, PolicyPath } from './errors.ts';
import type { OverrideInput } from './plan-schemas.ts';
import { shown } from './validation.ts';

/** The group keeps to its plan. */
export function noSuchOverride({ tenantId, groupId }: GroupPath): ApiError {
  return new ApiError(
    'NoSuchOverrideError',
    `No override is set for scaling group ${groupId} for tenant ${tenantId}`,
  );
}

/** What begins now cannot end then. */
export function endRefused(until: string | undefined, problem: EndProblem): ApiError {
  const wrong =
    problem.kind === 'end-passed'
      ? `later than now, which is ${isoOf(problem.now)}`
      : `at most ${String(END_MAX_DAYS)} days ahead, which is ${isoOf(problem.latest)}`;
  return invalid(`until must be ${wrong}, not ${shown(until)}`);
}

/** The override cannot be. */
export function overrideRefused(input: OverrideInput, problem: OverrideProblem): ApiError {
  switch (problem.kind) {
    case 'end-passed':
    case 'end-too-far':
      return endRefused(input.until, problem);
    case 'nothing-set':
      return invalid('the body must have at least one of min, max, desired');
    case 'min-above-max':
      return minAboveMax(input, problem);
    case 'desired-outside': {
      const { min, max } = problem;
      return invalid(
        `desired must be from ${String(min)} to ${String(max)}, the bounds that hold with this override, ` +
          `not ${String(input.desired)}; it may set min and max as well`,
      );
    }
  }
}

function minAboveMax(
  { min, max }: OverrideInput,
  held: { readonly min: number; readonly max: number },
): ApiError {
  if (min === undefined) {
    const least = `at least min, which is ${String(held.min)} without this override`;
    return invalid(`max must be ${least}, not ${String(max)}; it may set min as well`);
  }
  const most = `at most max, which is ${String(held.max)}`;
  if (max !== undefined) return invalid(`min must be ${most}, not ${String(min)}`);
  return invalid(
    `min must be ${most} without this override, not ${String(min)}; it may set max as well`,
  );
}

/** No occurrence was left out. */
export function skipRefused(
  result: Exclude<SkipOccurrenceResult, { kind: 'skipped' | 'no-such-policy' | 'no-such-group' }>,
  path: PolicyPath,
  occurrence: string | undefined,
): ApiError {
  switch (result.kind) {
    case 'parked':
      return cannotSkip(path, `the policy is parked: ${result.reason}`);
    case 'nothing-to-skip':
      return cannotSkip(path, 'nothing is to come by itself');
    case 'not-next':
      return cannotSkip(path, `${shown(occurrence)} is not next, ${isoOf(result.next)} is`);
    case 'skips-ahead': {
      const [next, first] = [isoOf(result.next), isoOf(result.first)];
      return cannotSkip(
        path,
        `the next one, ${next}, comes before those from ${first} on, which are left out already, and others lie between`,
      );
    }
  }
}

function cannotSkip({ tenantId, groupId, policyId }: PolicyPath, reason: string): ApiError {
  return new ApiError(
    'CannotSkipOccurrenceError',
    `Cannot skip an occurrence of scaling policy ${policyId} for group ${groupId} for tenant ${tenantId}: ${reason}`,
  );
}
