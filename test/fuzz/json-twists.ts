/** Spoils values, and the texts that they are written as: one change at a random place. */
import type { Dice } from './dice.ts';
import { GOOD_TEXTS, ODD_TEXTS } from './odd-texts.ts';

/** JSON that no value is written as, such as a number that is too large. */
class Raw {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

const ODD_NUMBERS: readonly string[] = [
  ...['0', '-0', '1', '-1', '1.0', '0.1', '1e0', '1E+2', '1e-400', '1e400', '-1e400', '1e308'],
  ...['9007199254740993', '9223372036854775807', '-9223372036854775809', '4294967296', '1000.5'],
  ...['9'.repeat(400), `0.${'1'.repeat(400)}`, '86400', '86401', '1000', '1001'],
];

/** What is no JSON, where JSON should be. */
const NO_JSON: readonly string[] = [
  ...['NaN', 'Infinity', '01', '+1', '.5', '5.', '0x10', 'undefined', 'True', "'a'", 'a', ','],
  ...['"a', '"\\x41"', '"\\ud83', '"a\nb"', '"\u0000"', '[1,]', '{,}', '{"a"}', '{a:1}', '/*a*/1'],
];

const ODD_KEYS: readonly string[] = [
  ...['__proto__', 'constructor', 'toString', '', 'a'.repeat(300), 'links', 'id', 'tenantId'],
  ...['\u0000', '\ud83e', 'n\u00e4me', 'Name', 'type ', '$ref', 'length', 'then', 'toJSON'],
];

/** Depths around the one that is the most. */
const DEPTHS: readonly number[] = [5, 62, 63, 64, 65, 66, 200, 5_000];

/** The value as JSON, with so many changes at random places. */
export function twistedJson(value: unknown, count: number, dice: Dice): string {
  let twisted = value;
  for (let index = 0; index < count; index += 1) twisted = twistedAt(twisted, dice);
  return written(twisted);
}

/** Goes into the value until chance stops, and changes what is there. */
function twistedAt(value: unknown, dice: Dice): unknown {
  const keys = keysOf(value);
  if (keys.length === 0 || dice.chance(0.2)) return dice.chance(0.8) ? odd(value, dice) : value;
  const key = dice.pick(keys);
  if (dice.chance(0.2)) return spoiled(value as object, key, dice);
  return withEntry(value as object, key, twistedAt((value as never)[key], dice));
}

function keysOf(value: unknown): readonly string[] {
  return typeof value === 'object' && value !== null && !(value instanceof Raw)
    ? Object.keys(value)
    : [];
}

/** Something else in the place of a value. */
function odd(value: unknown, dice: Dice): unknown {
  const others: readonly (() => unknown)[] = [
    () => null,
    () => dice.pick([[], {}, true, false]),
    () => new Raw(dice.pick(ODD_NUMBERS)),
    () => new Raw(dice.pick(ODD_NUMBERS)),
    () => new Raw(dice.pick(NO_JSON)),
    () => dice.pick(GOOD_TEXTS),
    () => dice.pick(ODD_TEXTS),
    () => [value],
    () => ({ value }),
    () => (typeof value === 'number' ? String(value) : new Raw(quoteless(value))),
    () => new Raw(nested(dice.pick(DEPTHS), dice)),
    () => Array.from({ length: dice.pick([2, 6, 99, 100, 101, 1_000]) }, () => value),
    () =>
      Object.fromEntries(
        Array.from({ length: dice.pick([10, 1_000]) }, (_, key) => [`k${String(key)}`, 'v']),
      ),
  ];
  return dice.pick(others)();
}

/** The same value as a number where it reads like one, or without its quotes. */
function quoteless(value: unknown): string {
  return typeof value === 'string' && value !== '' ? value : '0';
}

function nested(depth: number, dice: Dice): string {
  return dice.chance(0.5)
    ? '['.repeat(depth) + ']'.repeat(depth)
    : '{"a":'.repeat(depth) + '1' + '}'.repeat(depth);
}

/** An object or list with a key less, more, twice, or in another place. */
function spoiled(value: object, key: string, dice: Dice): unknown {
  const entries = entriesOf(value);
  const at = entries.findIndex(([name]) => name === key);
  const others: readonly (() => readonly Entry[])[] = [
    () => entries.filter(([name]) => name !== key),
    () => [...entries, [dice.pick(ODD_KEYS), dice.pick([null, 1, 'a', {}, []])]],
    () => [...entries.slice(0, at), [key, odd(entries[at]?.[1], dice)], ...entries.slice(at)],
    () => [...entries, [key, entries[at]?.[1]]],
    () => [...entries].reverse(),
    () => [...entries, [key.toUpperCase(), entries[at]?.[1]]],
  ];
  const changed = dice.pick(others)();
  if (Array.isArray(value)) return changed.map(([, inner]) => inner);
  return new Raw(`{${changed.map(([name, inner]) => entryText(name, inner)).join()}}`);
}

function withEntry(value: object, key: string, inner: unknown): unknown {
  if (Array.isArray(value))
    return value.map((old: unknown, at) => (String(at) === key ? inner : old));
  const entries = entriesOf(value).map(([name, old]) =>
    entryText(name, name === key ? inner : old),
  );
  return inner instanceof Raw ? new Raw(`{${entries.join()}}`) : { ...value, [key]: inner };
}

type Entry = readonly [key: string, value: unknown];

function entriesOf(value: object): readonly Entry[] {
  return Object.entries(value);
}

function entryText(key: string, value: unknown): string {
  return `${JSON.stringify(key)}:${written(value)}`;
}

/** The JSON of a value with raw text in it. */
function written(value: unknown): string {
  if (value instanceof Raw) return value.text;
  if (Array.isArray(value)) return `[${value.map(written).join()}]`;
  if (typeof value === 'object' && value !== null) {
    return `{${entriesOf(value)
      .map(([key, inner]) => entryText(key, inner))
      .join()}}`;
  }
  return JSON.stringify(value);
}
