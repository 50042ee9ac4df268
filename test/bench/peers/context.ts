import type { BenchContext } from '../bench.ts';
import type { Extent } from './extent.ts';
import type { Lab } from './lab.ts';

/** What the parts of this benchmark are given. */
export interface PeersContext extends BenchContext {
  readonly extent: Extent;
  readonly lab: Lab;
}
