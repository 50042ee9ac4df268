/** Makes values that a JSON Schema allows, as far as the API's document uses it. */
import { matches, schemaAt } from '../support/json-schema.ts';
import type { Json } from '../support/json-schema.ts';
import type { Dice } from './dice.ts';
import { GOOD_TEXTS } from './odd-texts.ts';

/** Tries of a value before one is taken that may not match. */
const TRIES_MAX = 30;
const OPTIONAL_SHARE = 0.3;
const ITEMS_MAX = 3;

/** Texts that no schema tells how to write, by what is around them. */
const TEXTS_OF: Readonly<Record<string, readonly string[]>> = {
  at: ['2099-01-01T00:00:00Z', '2040-02-29T23:59:59.123456Z', '2099-12-31T00:00Z'],
  cron: ['*/5 * * * *', '00 9,16 * * *', '0 0 29 2 *', '59 23 31 12 7', '0 0 1 JAN sun'],
  contents: ['YQ==', 'c2xlZXA='],
  until: ['2099-01-01T00:00:00Z', '2026-06-01 12:30Z'],
  occurrence: ['2099-01-01T00:00:00Z', '2026-06-01 12:30Z'],
};

/** Values without a shape: what providers alone understand. */
const FREE_OBJECTS: readonly Json[] = [
  { command: ['true'] },
  { command: ['sleep', '9'] },
  {},
  { nested: { list: [1, 'a', null, { deep: true }], number: 0.1 } },
];

/** A value for the schema; references lead into `root`. It matches unless luck forbids it again and again. */
export function valueFor(schema: Json, root: Json, dice: Dice): unknown {
  return new Maker(root, dice).value(schema, '');
}

class Maker {
  readonly #root: Json;
  readonly #dice: Dice;

  constructor(root: Json, dice: Dice) {
    this.#root = root;
    this.#dice = dice;
  }

  /** `key`: the property that the value is of. */
  value(schema: Json, key: string): unknown {
    let made: unknown;
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      made = this.#try(schema, key);
      if (matches(schema, made, this.#root)) return made;
    }
    return made;
  }

  #try(schema: Json, key: string): unknown {
    const { $ref: reference, ...rest } = schema;
    if (typeof reference === 'string') return this.value(schemaAt(this.#root, reference), key);
    if ('const' in rest) return rest['const'];
    if (Array.isArray(rest['enum'])) return this.#dice.pick(rest['enum'] as unknown[]);
    const branches = (rest['oneOf'] ?? rest['anyOf']) as readonly Json[] | undefined;
    if (branches === undefined) return this.#ofType(rest, key);
    const branch = this.#dice.pick(branches);
    return '$ref' in branch || !('properties' in rest)
      ? this.value({ ...branch }, key)
      : this.#ofType(merged(rest, branch), key);
  }

  #ofType(schema: Json, key: string): unknown {
    const types = [schema['type'] ?? typeImplied(schema)].flat();
    switch (this.#dice.pick(types)) {
      case 'object':
        return this.#object(schema);
      case 'array':
        return this.#array(schema);
      case 'integer':
        return Math.round(this.#number(schema));
      case 'number':
        return this.#number(schema);
      case 'boolean':
        return this.#dice.chance(0.5);
      case 'null':
        return null;
      default:
        return this.#text(schema, key);
    }
  }

  #object(schema: Json): unknown {
    const properties = schema['properties'] as Readonly<Record<string, Json>> | undefined;
    const others = schema['additionalProperties'];
    if (properties === undefined) {
      return typeof others === 'object' ? this.#dictionary(schema) : this.#dice.pick(FREE_OBJECTS);
    }
    const required = (schema['required'] ?? []) as readonly string[];
    const entries = Object.entries(properties)
      .filter(([key]) => required.includes(key) || this.#dice.chance(OPTIONAL_SHARE))
      .map(([key, inner]) => [key, this.value(inner, key)] as const);
    return Object.fromEntries(entries);
  }

  /** Any keys, and values of one kind. */
  #dictionary(schema: Json): unknown {
    const names = (schema['propertyNames'] ?? {}) as Json;
    const value = schema['additionalProperties'] as Json;
    const entries = Array.from({ length: this.#dice.below(ITEMS_MAX + 1) }, () => [
      this.#text(names, ''),
      this.value({ type: 'string', ...value }, ''),
    ]);
    return Object.fromEntries(entries) as unknown;
  }

  #array(schema: Json): unknown {
    const least = Number(schema['minItems'] ?? 0);
    const most = Math.min(Number(schema['maxItems'] ?? ITEMS_MAX), least + ITEMS_MAX);
    const count = least + this.#dice.below(most - least + 1);
    const item = (schema['items'] ?? {}) as Json;
    return Array.from({ length: count }, () => this.value(item, ''));
  }

  #number(schema: Json): number {
    const least = Number(schema['minimum'] ?? -1_000);
    const most = Number(schema['maximum'] ?? least + 2_000);
    const bounds = [least, most, ...(schema['maximum'] === undefined ? [2 ** 53, 1e300] : [])];
    // Small ones, so that a minimum is mostly below its maximum and a cooldown over now and then.
    if (this.#dice.chance(0.5)) return Math.max(least, this.#dice.below(4));
    if (this.#dice.chance(0.2)) return this.#dice.pick(bounds);
    return least + this.#dice.fraction() * (most - least);
  }

  #text(schema: Json, key: string): string {
    const known = TEXTS_OF[key];
    if (known !== undefined) return this.#dice.pick(known);
    const text = this.#dice.pick(GOOD_TEXTS);
    if (matches({ type: 'string', ...schema }, text, this.#root)) return text;
    return `x${String(this.#dice.below(1_000))}`;
  }
}

/** A schema and one of its branches as one. */
function merged(schema: Json, branch: Json): Json {
  const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
  return {
    type: schema['type'],
    properties: { ...(schema['properties'] as Json), ...((branch['properties'] ?? {}) as Json) },
    required: [...list(schema['required']), ...list(branch['required'])],
  };
}

function typeImplied(schema: Json): string {
  if ('properties' in schema) return 'object';
  return 'items' in schema ? 'array' : 'string';
}
