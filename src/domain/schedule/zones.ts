import { zoneOf } from './zone.ts';
import type { Zone } from './zone.ts';

/**
 * Makes a `zoneOf` that remembers the `maxEntries` zones that were asked for last: what a zone has read takes
 * up to 160 kB, and a third of a millisecond a year to read again.
 *
 * A name that differs in the case of letters alone is the same entry. Aliases (Asia/Calcutta, Asia/Kolkata)
 * are entries of their own: there are about 600 names in all. Names that are none are not remembered.
 */
export function createZones(maxEntries: number): (name: string) => Zone | undefined {
  const remembered = new Map<string, Zone>();
  return (name) => {
    const key = name.toLowerCase();
    const zone = remembered.get(key) ?? zoneOf(name);
    if (zone === undefined) return undefined;
    // Last in the order of the map is what was used last.
    remembered.delete(key);
    remembered.set(key, zone);
    const [unusedLongest] = remembered.keys();
    if (unusedLongest !== undefined && remembered.size > maxEntries) {
      remembered.delete(unusedLongest);
    }
    return zone;
  };
}
