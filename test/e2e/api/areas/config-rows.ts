/** What a group's configuration may and must not say, field by field, wherever it is sent. */
import { ASTRAL } from '../support/bodies.ts';
import { invalid, MIN_OVER_MAX } from '../support/replies.ts';
import type { Refusal } from '../support/replies.ts';

/** One change to a configuration that is fine. */
export interface ConfigRow {
  readonly name: string;
  readonly change: Readonly<Record<string, unknown>>;
  /** Undefined where the change is fine as well. */
  readonly refusal: Refusal | undefined;
}

const LONG = 'x'.repeat(256);

type Values = Readonly<Record<string, readonly unknown[]>>;

const FINE: Values = {
  name: ['x', LONG, ASTRAL, ' x ', '\tx\n', '0'],
  cooldown: [0, 1, 86_400],
  minEntities: [0, 10],
  maxEntities: [0, 1_000],
  metadata: [{}, { a: '' }, { '': 'b' }, { [LONG]: LONG }, { [ASTRAL]: ASTRAL }, { 'a b.:/': '1' }],
};

const WRONG: Values = {
  name: ['', ' ', '\t\n ', `${LONG}x`, `${ASTRAL}x`, 5, null, true, ['x'], {}],
  cooldown: [-1, 86_401, 1.5, '60', '-00.01', null, true, [1], {}],
  minEntities: [-1, 1_001, 0.5, '0', '-100', '-0.01', null, false, [0], {}],
  maxEntities: [-1, 1_001, 5.5, '5', '', true, [5], {}],
  metadata: [
    ...[null, 'x', '{}', [], [['a', 'b']], 5, true],
    ...[{ a: 1 }, { a: null }, { a: true }, { a: {} }, { a: ['b'] }],
    ...[{ [`${LONG}x`]: '' }, { a: `${LONG}x` }, { 'a\nb': '' }, { a: 'b', c: 2 }],
  ],
};

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= 24 ? text : `${text.slice(0, 20)}… of ${String(text.length)} characters`;
}

function rowsOf(
  values: Values,
  refusalOf: (key: string) => Refusal | undefined,
): readonly ConfigRow[] {
  return Object.entries(values).flatMap(([key, list]) =>
    list.map((value) => ({
      name: `${key} ${shown(value)}`,
      change: { [key]: value },
      refusal: refusalOf(key),
    })),
  );
}

export const CONFIG_ROWS: readonly ConfigRow[] = [
  ...rowsOf(FINE, () => undefined),
  ...rowsOf(WRONG, (key) => invalid(new RegExp(`(^|\\.)${key}\\b`))),
  { name: 'maxEntities null', change: { maxEntities: null }, refusal: MIN_OVER_MAX },
  { name: 'as much at the least as at the most', change: { minEntities: 10 }, refusal: undefined },
  {
    name: '1000 at the least',
    change: { minEntities: 1_000, maxEntities: 1_000 },
    refusal: undefined,
  },
  {
    name: 'more at the least than at the most',
    change: { minEntities: 11 },
    refusal: MIN_OVER_MAX,
  },
  ...['id', 'links', 'Name', 'cooldown_seconds', '__proto__x'].map((key) => ({
    name: `a key ${key}`,
    change: { [key]: 'x' },
    refusal: invalid(new RegExp(`(^|\\.)${key} is not known`)),
  })),
];
