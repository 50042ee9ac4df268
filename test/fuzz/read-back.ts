/** Whether what a node shows of a thing is what was sent to it. */

/** What is shown of things beyond what was sent, and what it is then; undefined where that is the node's own affair. */
const SHOWN_UNSENT: Readonly<Record<string, unknown>> = {
  ...{ id: undefined, links: undefined, state: undefined, scalingPolicies_links: undefined },
  // A calendar's is in its path.
  name: undefined,
  ...{ secret: undefined, createdAt: undefined, createdBy: undefined, expiresAt: undefined },
  // Once there, it stays.
  key: undefined,
  ...{ scalingPolicies: [], metadata: {}, maxEntities: 1_000 },
};

/** Lists that are sets: shown in another order, and nothing twice. */
const SETS = new Set(['tenants']);

/** What is not shown as it was sent: a duration turns into an instant. */
const NOT_SHOWN = new Set(['expiresInSeconds']);

/** Where the first difference is, in words; undefined where there is none. */
export function differenceOf(sent: unknown, shown: unknown, path = ''): string | undefined {
  if (Array.isArray(sent) && SETS.has(path.slice(path.lastIndexOf('.') + 1))) {
    return differenceOf({ all: [...new Set(sent)].sort() }, { all: inOrder(shown) }, path);
  }
  if (isContainer(sent) && isContainer(shown) && Array.isArray(sent) === Array.isArray(shown)) {
    return (
      firstOf(Object.entries(sent), ([key, value]) =>
        isLeftOut(key, value, path) ? undefined : differenceOf(value, shown[key], `${path}.${key}`),
      ) ?? additionIn(sent, shown, path)
    );
  }
  if (sent === shown) return undefined;
  const is = shown === undefined ? 'absent' : JSON.stringify(shown);
  return `${path} was sent as ${JSON.stringify(sent)} and is ${is}`;
}

function inOrder(value: unknown): unknown {
  return Array.isArray(value) ? [...(value as unknown[])].sort() : value;
}

function additionIn(
  sent: Record<string, unknown>,
  shown: Record<string, unknown>,
  path: string,
): string | undefined {
  return firstOf(Object.entries(shown), ([key, value]) =>
    Object.hasOwn(sent, key) || isOwnAffair(key, value)
      ? undefined
      : `${path}.${key} was not sent and is ${JSON.stringify(value)}`,
  );
}

/** Whether two lists, or things that have some, show the same, in whatever order things with ids stand. */
export function isSameShown(one: unknown, other: unknown): boolean {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

function sorted(value: unknown): unknown {
  if (!isContainer(value)) return value;
  if (Array.isArray(value)) {
    return value.map(sorted).sort((a, b) => (idOf(a) < idOf(b) ? -1 : Number(idOf(a) > idOf(b))));
  }
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== 'state')
      .map(([key, inner]) => [key, sorted(inner)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function idOf(value: unknown): string {
  const id = isContainer(value) ? value['id'] : undefined;
  return typeof id === 'string' ? id : '';
}

/** `metadata: null` of a server says that there is none, and is not kept. */
function isLeftOut(key: string, value: unknown, path: string): boolean {
  return NOT_SHOWN.has(key) || (key === 'metadata' && value === null && path.endsWith('.server'));
}

function isOwnAffair(key: string, value: unknown): boolean {
  if (!Object.hasOwn(SHOWN_UNSENT, key)) return false;
  const expected = SHOWN_UNSENT[key];
  return expected === undefined || JSON.stringify(value) === JSON.stringify(expected);
}

function firstOf<Item>(
  items: readonly Item[],
  look: (item: Item) => string | undefined,
): string | undefined {
  for (const item of items) {
    const found = look(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
