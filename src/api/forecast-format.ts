/** Forecasts and explanations as bodies of this API. Instants are ISO 8601 in UTC, to the millisecond. */
import type { EpochMs } from '../base/clock.ts';
import type { Explanation } from '../domain/forecast/explain.ts';
import type { ForecastStep } from '../domain/forecast/curve.ts';
import type { Forecast } from '../domain/forecast/forecast.ts';
import type { Schedule } from '../domain/group/policy.ts';
import { isoOf } from '../domain/schedule/iso.ts';
import type { Occurrences } from '../domain/schedule/occurrences.ts';
import { eventBody } from './history-format.ts';

/** A forecast, made of a group as it was at `now`. */
export function forecastBody(forecast: Forecast, now: EpochMs): object {
  const { from, to, completeUntil, steps, ...facts } = forecast;
  return {
    forecast: {
      now: isoOf(now),
      from: isoOf(from),
      to: isoOf(to),
      completeUntil: isoOf(completeUntil),
      ...facts,
      steps: steps.map(stepBody),
    },
  };
}

/** An explanation. What is unknown is left out. */
export function explanationBody(
  explanation: Explanation,
  occurrencesOf: (schedule: Schedule) => Occurrences,
): object {
  const {
    now,
    observedAt,
    cooldownUntil,
    plan,
    pausedUntil,
    deadline,
    lastChange,
    next,
    ...facts
  } = explanation;
  return {
    explanation: {
      now: isoOf(now),
      ...facts,
      ...(observedAt === undefined ? {} : { observedAt: isoOf(observedAt) }),
      ...(plan.length === 0
        ? {}
        : { plan: plan.map((fact) => ({ ...fact, until: isoOf(fact.until) })) }),
      ...(pausedUntil === undefined ? {} : { pausedUntil: isoOf(pausedUntil) }),
      ...(cooldownUntil === undefined ? {} : { cooldownUntil: isoOf(cooldownUntil) }),
      ...(deadline === undefined ? {} : { deadline: isoOf(deadline) }),
      ...(lastChange === undefined ? {} : { lastChange: eventBody(lastChange, occurrencesOf) }),
      ...(next === undefined ? {} : { next: stepBody(next) }),
    },
  };
}

function stepBody(step: ForecastStep): object {
  const at = isoOf(step.at);
  switch (step.outcome) {
    case 'opened':
    case 'closed':
      return { ...step, at, opensAt: isoOf(step.opensAt), closesAt: isoOf(step.closesAt) };
    case 'override-ended':
    case 'pause-ended':
      return { ...step, at, until: isoOf(step.until) };
    case 'scaled':
    case 'refused':
    case 'skipped':
      return { ...step, at, plannedAt: isoOf(step.plannedAt) };
  }
}
