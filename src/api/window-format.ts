/** Windows of policies as bodies have them, and what may be wrong with one beside its schedule. */
import { assert } from '../base/assert.ts';
import type { CapacityWindow, PolicyDefinition } from '../domain/group/policy.ts';
import { invalid } from './errors.ts';
import type { ApiError } from './errors.ts';
import type { WindowInput } from './window-schema.ts';

/** A window of a request, already of the right shape. */
export function readWindow({ duration, ...others }: WindowInput): CapacityWindow {
  const given = Object.entries(others).filter(([, value]) => value !== undefined);
  // The same members; entries lose their types.
  const members = Object.fromEntries(given) as Omit<CapacityWindow, 'kind' | 'durationSeconds'>;
  return { kind: 'window', durationSeconds: duration, ...members };
}

/** What its user wrote, and no more: no member that was left out is filled in. */
export function windowBody(window: CapacityWindow): object {
  const { min, max, desired, durationSeconds, measured, priority } = window;
  return {
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(desired === undefined ? {} : { desired }),
    duration: durationSeconds,
    ...(measured === undefined ? {} : { measured }),
    ...(priority === undefined ? {} : { priority }),
  };
}

/** The error for a window that would be opened anew before it closes. `path` leads to its policy. */
export function windowTooLong(
  definition: Pick<PolicyDefinition, 'adjustment'> | undefined,
  { periodSeconds, path }: { readonly periodSeconds: number; readonly path: string },
): ApiError {
  const adjustment = definition?.adjustment;
  assert(adjustment?.kind === 'window', 'only a window can be too long');
  const [most, duration] = [String(periodSeconds), String(adjustment.durationSeconds)];
  const member = path === '' ? 'window.duration' : `${path}.window.duration`;
  return invalid(
    `${member} must be at most ${most}, not ${duration}: its schedule has openings that are ${most} s apart, ` +
      'and it would not close between them',
  );
}
