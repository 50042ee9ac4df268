/** What can happen to a store, at random: for the tests in which several stores have to agree. */
import fc from 'fast-check';
import { SETTLED_FIELD } from '../../src/domain/group/fields.ts';
import type { SettledFields, Unit } from '../../src/ports/store.ts';

/** With which token a write comes: the fence's, none, or the fence's but for the claim or the revision. */
export type Writer = 'owner' | 'somebody' | 'stranger' | 'former owner' | 'next owner';

/** When a policy is armed for: in so many ms, at an instant, or no longer at all. */
export type Arming =
  { readonly kind: 'in' | 'at'; readonly ms: number } | { readonly kind: 'never' };

/** What a unit does, apart from what is the case when it is made. */
export interface Change {
  readonly expects: 'current' | 'absent' | 'previous' | 'unheard-of';
  readonly ageMs: number;
  readonly set: Unit['set'];
  readonly remove: Unit['remove'];
  /** By number of the policy, in order; one may come twice. */
  readonly due: readonly (readonly [number, Arming])[];
  readonly divergence: Unit['divergence'];
  readonly listing: Unit['listing'];
  /** What happened, by whom. */
  readonly events: readonly string[];
}

/** What is done to one group: of the numbers 1 to 3 in one partition, and 4 in another. */
export interface GroupChange {
  readonly group: number;
  readonly change: Change;
}

/** How much higher than the fence's a token is, and whether it is the same claim. */
export interface Acquire {
  readonly kind: 'acquire';
  readonly group: number;
  readonly epochBy: number;
  /** A number, or the highest there is. */
  readonly revisionBy: number | 'highest';
  readonly isSameClaim: boolean;
}

export interface Lock {
  readonly kind: 'lock' | 'renew';
  readonly writer: Writer;
  readonly group: number;
  /** Undefined for the one who took the lock last. */
  readonly holder: string | undefined;
  readonly ttlMs: number;
}

export interface Settle {
  readonly kind: 'settle';
  readonly writer: Writer;
  readonly group: number;
  readonly holder: string | undefined;
  /** How many marks have come since the pass began. */
  readonly behind: number;
  readonly set: SettledFields;
  readonly retryInMs: number | undefined;
  readonly events: readonly string[];
}

/** A page of everything that has pages. */
export interface Read {
  readonly kind: 'read';
  readonly group: number;
  readonly limit: number;
  /** After or before which group, or which of so many events. */
  readonly from: number | undefined;
  readonly order: 'newest-first' | 'oldest-first';
}

/** Something that can happen to a store. */
export type Operation =
  | { readonly kind: 'commit'; readonly writer: Writer; readonly units: readonly GroupChange[] }
  /** The last unit arms a policy for an instant that no store can keep; the others are as they should be. */
  | {
      readonly kind: 'spoilt commit';
      readonly writer: 'owner' | 'somebody';
      readonly units: readonly GroupChange[];
      readonly dueAt: number;
    }
  /** Sends units again: those of so many commits ago. */
  | { readonly kind: 'repeat'; readonly writer: Writer; readonly ago: number }
  /** About as many commits as a group remembers, and then repeats of the oldest. */
  | { readonly kind: 'storm'; readonly group: number; readonly count: number }
  /** Makes about as many groups as one removal clears tombstones of, removes them, and one more later. */
  | {
      readonly kind: 'graves';
      readonly writer: Writer;
      readonly count: number;
      readonly laterMs: number;
    }
  | Acquire
  | Lock
  | Settle
  | Read
  /** Lets time pass; where negative, sets the clock back. */
  | { readonly kind: 'step'; readonly ms: number };

/** Names of fields: those that stores look at, and those that come to harm where objects are taken for maps. */
const NAMES = [
  ...['state', 'limits', 'launch', 'observed', 'labels'],
  ...['policy:1', 'progress:1', '__proto__', 'constructor', '', "odd ' náme 🦦"],
];

/** A failing sequence is told with the first of several kinds of values where that fails as well. */
const SIMPLEST_FIRST = { withCrossShrink: true };

const holder = fc.constantFrom('pass-1', 'pass-2', 'páss 3\n');
const group = fc.constantFrom(1, 1, 1, 2, 2, 3, 4);
const passGroup = fc.constantFrom(1, 1, 1, 1, 2, 4);
/** Who goes on with a pass: whoever took the group's lock last, mostly. */
const passHolder = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: holder },
);
const writer = fc.constantFrom<Writer>(
  ...(['owner', 'owner', 'owner', 'somebody', 'somebody', 'somebody'] as const),
  ...(['stranger', 'former owner', 'next owner'] as const),
);
/** An owner's, mostly: others are turned away before anything is looked at. */
const passWriter = fc.constantFrom<Writer>(
  ...(['owner', 'owner', 'owner', 'owner', 'owner', 'owner', 'owner', 'owner'] as const),
  ...(['stranger', 'former owner', 'next owner'] as const),
);

const ttlMs = fc.constantFrom(20, 60, 60, 0);

/** Any text but one with a zero character, which a file refuses. */
const text = fc.oneof(
  SIMPLEST_FIRST,
  { weight: 6, arbitrary: fc.string({ maxLength: 8 }) },
  {
    weight: 2,
    arbitrary: fc.string({ unit: 'binary', maxLength: 8 }).map((any) => any.replaceAll('\0', '0')),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('0', '-1', '1e999', 'null', '\u2028\r\n\t', '~version', ' 1@2'),
  },
  { weight: 1, arbitrary: fc.constantFrom('long '.repeat(4_000), '漢🦦'.repeat(2_000)) },
);
const fields = fc.dictionary(fc.constantFrom(...NAMES), text, {
  maxKeys: 3,
  noNullPrototype: true,
});
const settledFields = fc.record(
  { [SETTLED_FIELD]: text },
  { requiredKeys: [], noNullPrototype: true },
);
/** More than a script takes at once: names and values are two texts each. */
const manyFields = fc.constant(
  Object.fromEntries(Array.from({ length: 2_050 }, (_, index) => [`f${String(index)}`, ''])),
);
const events = fc.oneof(
  SIMPLEST_FIRST,
  { weight: 60, arbitrary: fc.array(text, { maxLength: 3 }) },
  { weight: 4, arbitrary: fc.constant(Array.from({ length: 70 }, () => 'a crowd')) },
  { weight: 1, arbitrary: fc.constant(Array.from({ length: 1_070 }, () => 'a mass')) },
);

const arming: fc.Arbitrary<Arming> = fc.oneof(
  SIMPLEST_FIRST,
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('in'),
      ms: fc.constantFrom(0, 0, 1, 10, 30, 200, 6_000, -50),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ kind: 'never' } as const) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('at'),
      ms: fc.constantFrom(Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 0, -1),
    }),
  },
);

const change: fc.Arbitrary<Change> = fc.record({
  expects: fc.constantFrom<Change['expects']>(
    ...(['current', 'current', 'current', 'current', 'current', 'current'] as const),
    ...(['absent', 'previous', 'unheard-of'] as const),
  ),
  ageMs: fc.constantFrom(0, 0, 0, 0, 0, 1, 5_000, 5_001, -1, 2e12, -1e15),
  set: fc.oneof(
    SIMPLEST_FIRST,
    { weight: 100, arbitrary: fields },
    { weight: 1, arbitrary: manyFields },
  ),
  remove: fc.oneof(
    SIMPLEST_FIRST,
    { weight: 9, arbitrary: fc.subarray(NAMES, { maxLength: 3 }) },
    { weight: 2, arbitrary: fc.constant('group' as const) },
    { weight: 2, arbitrary: fc.constant('content' as const) },
  ),
  due: fc.array(fc.tuple(fc.constantFrom(1, 2, 3), arming), { maxLength: 4 }),
  divergence: fc.constantFrom<Unit['divergence']>('keep', 'mark'),
  listing: fc.constantFrom<Unit['listing']>('keep', 'keep', 'keep', 'drop'),
  events,
});

/** Units of different groups of one partition. */
const units: fc.Arbitrary<readonly GroupChange[]> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.uniqueArray(fc.record({ group: fc.constantFrom(1, 2, 3), change }), {
      selector: (unit) => unit.group,
      minLength: 1,
      maxLength: 3,
    }),
  },
  { weight: 1, arbitrary: fc.tuple(fc.record({ group: fc.constant(4), change })) },
);

const acquire: fc.Arbitrary<Acquire> = fc.record({
  kind: fc.constant('acquire'),
  group,
  epochBy: fc.constantFrom(0, 0, 0, 1, -1),
  revisionBy: fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(0, 0, 1, 1, 8, -1, -8) },
    { weight: 1, arbitrary: fc.constant('highest' as const) },
  ),
  isSameClaim: fc.boolean(),
});

/** Any operation, those that change groups more often than others. */
const OPERATION: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 18, arbitrary: fc.record({ kind: fc.constant('commit'), writer, units }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('spoilt commit'),
      writer: fc.constantFrom('owner', 'somebody'),
      units,
      dueAt: fc.constantFrom(1.5, 2 ** 53, Number.NaN, Number.NEGATIVE_INFINITY),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('repeat'),
      writer,
      ago: fc.oneof(fc.nat({ max: 5 }), fc.nat({ max: 40 })),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('storm'),
      group,
      count: fc.constantFrom(31, 32, 33),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('graves'),
      writer: fc.constantFrom<Writer>('owner', 'somebody'),
      count: fc.constantFrom(1, 16, 17),
      laterMs: fc.constantFrom(0, 3_600_000, 3_600_001),
    }),
  },
  { weight: 3, arbitrary: acquire },
  {
    weight: 7,
    arbitrary: fc.record({
      kind: fc.constant('lock'),
      ...{ writer: passWriter, group: passGroup, holder, ttlMs },
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('renew'),
      ...{ writer: passWriter, group: passGroup, holder: passHolder, ttlMs },
    }),
  },
  {
    weight: 7,
    arbitrary: fc.record({
      kind: fc.constant('settle'),
      ...{ writer: passWriter, group: passGroup, holder: passHolder },
      behind: fc.constantFrom(0, 0, 1),
      set: settledFields,
      retryInMs: fc.option(fc.constantFrom(10, 100, 0), { nil: undefined }),
      events,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('read'),
      group,
      limit: fc.constantFrom(0, 1, 2, 5, 100),
      from: fc.option(fc.nat({ max: 9 }), { nil: undefined }),
      order: fc.constantFrom('newest-first', 'oldest-first'),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('step'),
      ms: fc.oneof(
        { weight: 8, arbitrary: fc.constantFrom(1, 10, 20, 30, 60, -15, -70) },
        {
          weight: 3,
          arbitrary: fc.constantFrom(5_000, 5_001, 3_600_000, 3_600_001, 40 * 24 * 3_600_000),
        },
      ),
    }),
  },
);

/** Operations in a row: of every number up to `max` alike, so that a failing row can be cut down to one. */
export function operations(max: number): fc.Arbitrary<readonly Operation[]> {
  return fc.noBias(fc.array(OPERATION, { minLength: 1, maxLength: max, size: 'max' }));
}
