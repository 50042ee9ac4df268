import type { Observe } from '../../../src/ports/observe.ts';
import type { BenchContext } from '../bench.ts';
import type { Extent } from './extent.ts';

/** What the parts of this benchmark are given. */
export interface ClusterContext extends BenchContext {
  /** What a node makes of events: log, metrics, figures of `lutra status`. One for the process, as on a node. */
  readonly reporting: Observe;
  readonly extent: Extent;
}
