import { randomBytes, randomUUID } from 'node:crypto';
import type { Random } from '../../base/random.ts';

/** Bytes of a fraction: 48 bits, all of which a double holds exactly. */
const FRACTION_BYTES = 6;

/** Chance from the operating system: fit for ids and keys as well as for jitter. */
export const systemRandom: Random = {
  fraction: () =>
    randomBytes(FRACTION_BYTES).readUIntBE(0, FRACTION_BYTES) / 2 ** (8 * FRACTION_BYTES),
  uuid: () => randomUUID(),
  hex: (count) => randomBytes(count).toString('hex'),
};
