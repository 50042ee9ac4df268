import { inspect, isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import { LutraError } from '../../src/base/errors.ts';
import type { Store } from '../../src/ports/store.ts';

/** Two stores or more. */
export type Stores = readonly [Store, Store, ...(readonly Store[])];

/** What a store says to a call. */
export type Outcome<Answer> =
  | { readonly kind: 'answered'; readonly answer: Answer }
  | { readonly kind: 'rejected'; readonly code: string };

/** Calls every store, and answers what they say; fails where one says something else than the first. */
export async function askAll<Answer>(
  stores: Stores,
  what: string,
  call: (store: Store) => Promise<Answer>,
): Promise<Outcome<Answer>> {
  const [reference, ...others] = stores;
  const [expected, ...outcomes] = await Promise.all([
    outcomeOf(call(reference)),
    ...others.map((store) => outcomeOf(call(store))),
  ]);
  for (const [index, outcome] of outcomes.entries()) {
    if (isDeepStrictEqual(outcome, expected)) continue;
    const told = [
      `${nameOf(others[index])} ${shown(outcome)}`,
      `${nameOf(reference)} ${shown(expected)}`,
    ];
    expect(outcome, `${what}:\n${told.join('\n')}`).to.deep.equal(expected);
  }
  return expected;
}

/** The answer, or the code of the rejection; whatever is neither is thrown on. */
async function outcomeOf<Answer>(call: Promise<Answer>): Promise<Outcome<Answer>> {
  try {
    return { kind: 'answered', answer: await call };
  } catch (error) {
    if (error instanceof LutraError) return { kind: 'rejected', code: error.code };
    throw error;
  }
}

function nameOf(store: Store | undefined): string {
  return store?.constructor.name ?? '';
}

function shown(outcome: unknown): string {
  return inspect(outcome, { depth: 6, breakLength: 100, maxStringLength: 100 }).slice(0, 4_000);
}
