/**
 * The blocks that shapes of settings and files are made of. The message of each says what would be
 * right; `shapeProblems` adds what is wrong and what was received.
 */
import { z } from 'zod';

import { isJsonObject } from '../base/json.ts';

/** An object with these keys and no others. */
export function section<Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
): z.ZodObject<Shape, z.core.$strict> {
  const known = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: ({ code }) => (code === 'unrecognized_keys' ? `known are ${known}` : `write ${known}`),
  });
}

/** A whole number within bounds, both included. */
export function wholeNumber(min: number, max: number): z.ZodInt {
  const error = `write a whole number from ${String(min)} to ${String(max)}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
}

/** A text in which `wrongWith` finds nothing wrong; `right` says how it has to be. */
export function textThat(
  right: string,
  wrongWith: (text: string) => string | undefined,
): z.ZodString {
  return z.string({ error: right }).check(({ value, issues }) => {
    const wrong = wrongWith(value);
    if (wrong === undefined) return;
    issues.push({ code: 'custom', input: value, message: right, params: { wrong } });
  });
}

/**
 * Any object, whole. Not z.record, which drops a key called __proto__ without a word. `right` says what to
 * write instead of something else.
 */
export function anyObject<Value extends object>(right: string): z.ZodCustom<Value> {
  const params = { wrong: 'has the wrong type' };
  return z.custom<Value>(isJsonObject, { error: right, params });
}

/** One of a few texts. */
export function oneOf<const Choices extends readonly string[]>(
  choices: Choices,
): z.ZodEnum<{ [Choice in Choices[number]]: Choice }> {
  return z.enum(choices, { error: `write one of ${choices.join(', ')}` });
}
