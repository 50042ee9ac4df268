import type { Defect } from './defect.ts';
import { CONVERGENCE_DEFECTS } from './defects/convergence.ts';
import { DURABILITY_DEFECTS } from './defects/durability.ts';
import { FENCE_DEFECTS } from './defects/fences.ts';
import { FIRING_DEFECTS } from './defects/firing.ts';
import { OWNERSHIP_DEFECTS } from './defects/ownership.ts';
import { PLAN_DEFECTS } from './defects/plans.ts';
import { REQUEST_DEFECTS } from './defects/requests.ts';

/** All defects that are planted, one at a time. */
export const DEFECTS: readonly Defect[] = [
  ...FENCE_DEFECTS,
  ...FIRING_DEFECTS,
  ...PLAN_DEFECTS,
  ...REQUEST_DEFECTS,
  ...CONVERGENCE_DEFECTS,
  ...DURABILITY_DEFECTS,
  ...OWNERSHIP_DEFECTS,
];
