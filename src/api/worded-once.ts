import type { Wording } from './otter-format.ts';

/**
 * The same as `make`, but what is made of an item is kept for as long as the item is, and links begin as they did. An item
 * never changes and is one tenant's, and the rest of a wording is the node's own and stays.
 */
export function wordedOnce<Item extends object, Result>(
  make: (wording: Wording, item: Item) => Result,
): (wording: Wording, item: Item) => Result {
  const known = new WeakMap<Item, Pick<Wording, 'links'> & { readonly result: Result }>();
  return (wording, item) => {
    const before = known.get(item);
    if (before?.links === wording.links) return before.result;
    const result = make(wording, item);
    known.set(item, { links: wording.links, result });
    return result;
  };
}
