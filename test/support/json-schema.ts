/**
 * Judges values by a JSON Schema, as far as the API's document uses it: what it does not know it refuses to judge by,
 * so that no keyword is passed over.
 */

/** A schema, or a value inside one. */
export type Json = Readonly<Record<string, unknown>>;

type Judge = (said: never, value: unknown, schema: Json, root: Json) => boolean;

/** Keywords that tell people something and judge nothing. */
const SILENT = new Set(['description', 'discriminator', 'format', 'then', 'else']);

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  array: Array.isArray,
  boolean: (value) => typeof value === 'boolean',
  integer: Number.isInteger,
  null: (value) => value === null,
  number: (value) => typeof value === 'number',
  object: isObject,
  string: (value) => typeof value === 'string',
};

const ofNumbers =
  (judge: (value: number, bound: number) => boolean): Judge =>
  (bound, value) =>
    typeof value !== 'number' || judge(value, bound);
const ofTexts =
  (judge: (value: string, said: string & number) => boolean): Judge =>
  (said, value) =>
    typeof value !== 'string' || judge(value, said);
const ofLists =
  (judge: (value: readonly unknown[], said: never, root: Json) => boolean): Judge =>
  (said, value, _schema, root) =>
    !Array.isArray(value) || judge(value, said, root);
const ofObjects =
  (judge: (value: Json, said: never, context: { schema: Json; root: Json }) => boolean): Judge =>
  (said, value, schema, root) =>
    !isObject(value) || judge(value, said, { schema, root });

const KEYWORDS: Readonly<Record<string, Judge>> = {
  $ref: (reference: string, value, _schema, root) =>
    matches(schemaAt(root, reference), value, root),
  type: (said: string | string[], value) =>
    [said].flat().some((type) => TYPES[type]?.(value) === true),
  const: (said, value) => isSame(said, value),
  enum: (said: readonly unknown[], value) => said.some((option) => isSame(option, value)),
  minimum: ofNumbers((value, bound) => value >= bound),
  maximum: ofNumbers((value, bound) => value <= bound),
  exclusiveMinimum: ofNumbers((value, bound) => value > bound),
  minLength: ofTexts((value, bound) => Array.from(value).length >= bound),
  maxLength: ofTexts((value, bound) => Array.from(value).length <= bound),
  pattern: ofTexts((value, pattern) => new RegExp(pattern, 'u').test(value)),
  minItems: ofLists((value, bound) => value.length >= bound),
  maxItems: ofLists((value, bound) => value.length <= bound),
  uniqueItems: ofLists((value) => new Set(value.map(canonical)).size === value.length),
  items: ofLists((value, item, root) => value.every((entry) => matches(item, entry, root))),
  required: ofObjects((value, keys: readonly string[]) =>
    keys.every((key) => Object.hasOwn(value, key)),
  ),
  dependentRequired: ofObjects((value, needs: Readonly<Record<string, readonly string[]>>) =>
    Object.entries(needs).every(
      ([key, keys]) =>
        !Object.hasOwn(value, key) || keys.every((needed) => Object.hasOwn(value, needed)),
    ),
  ),
  properties: ofObjects((value, properties: Readonly<Record<string, Json>>, { root }) =>
    Object.entries(properties).every(
      ([key, schema]) => !Object.hasOwn(value, key) || matches(schema, value[key], root),
    ),
  ),
  maxProperties: ofObjects((value, bound: number) => Object.keys(value).length <= bound),
  propertyNames: ofObjects((value, names: Json, { root }) =>
    Object.keys(value).every((key) => matches(names, key, root)),
  ),
  additionalProperties: ofObjects((value, others: Json | false, { schema, root }) =>
    Object.keys(value)
      .filter((key) => !Object.hasOwn((schema['properties'] ?? {}) as Json, key))
      .every((key) => others !== false && matches(others, value[key], root)),
  ),
  not: (said: Json, value, _schema, root) => !matches(said, value, root),
  allOf: (said: readonly Json[], value, _schema, root) =>
    said.every((schema) => matches(schema, value, root)),
  anyOf: (said: readonly Json[], value, _schema, root) =>
    said.some((schema) => matches(schema, value, root)),
  oneOf: (said: readonly Json[], value, _schema, root) =>
    said.filter((schema) => matches(schema, value, root)).length === 1,
  if: (said: Json, value, schema, root) => {
    const branch = schema[matches(said, value, root) ? 'then' : 'else'];
    return branch === undefined || matches(branch as Json, value, root);
  },
};

/** Whether the value is as the schema says. References lead into `root`. Throws for a keyword that it does not know. */
export function matches(schema: Json, value: unknown, root: Json): boolean {
  return Object.entries(schema)
    .filter(([keyword]) => !SILENT.has(keyword))
    .every(([keyword, said]) => {
      const judge = KEYWORDS[keyword];
      if (judge === undefined) throw new Error(`cannot judge by the keyword ${keyword}`);
      return judge(said as never, value, schema, root); // each keyword's judge knows what it is said with
    });
}

/** What a reference such as `#/components/schemas/Error` leads to. Throws where that is nothing. */
export function schemaAt(root: Json, reference: string): Json {
  const found = reference
    .replace(/^#\//, '')
    .split('/')
    .reduce<unknown>((place, key) => (isObject(place) ? place[key] : undefined), root);
  if (!isObject(found)) throw new Error(`${reference} leads nowhere`);
  return found;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSame(one: unknown, other: unknown): boolean {
  return canonical(one) === canonical(other);
}

/** The same text for the same value, in whatever order its keys stand. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    isObject(inner) ? Object.fromEntries(Object.entries(inner).sort()) : inner,
  );
}
